import { createHash } from "node:crypto";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import type { GitHubClient, RunArtifact, WorkflowRun } from "#lib/github/client.ts";
import { ATTESTED_FILES, collectRun, unpackEvidence } from "#lib/github/collect.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

function evidence(changes: Record<string, Uint8Array | undefined> = {}): Record<string, Uint8Array> {
  const names = [
    ...ATTESTED_FILES,
    "next-tokens.json",
    "policy.json",
    "transcript.jsonl",
    "receipt.json",
    "permit.json",
  ];
  const files: Record<string, Uint8Array | undefined> = Object.fromEntries(names.map((name) => [name, bytes(name)]));
  files["checksums.txt"] = bytes(ATTESTED_FILES.map((name) => `${sha256(bytes(name))}  ${name}\n`).join(""));
  files["bundle.sigstore.json"] = bytes("{}");
  const merged = Object.entries({ ...files, ...changes });
  return Object.fromEntries(merged.flatMap(([name, content]) => (content === undefined ? [] : [[name, content]])));
}

const run: WorkflowRun = {
  id: "7",
  run_attempt: 1,
  status: "completed",
  conclusion: "success",
  event: "workflow_dispatch",
  path: ".github/workflows/step.yml",
  head_sha: "a".repeat(40),
  display_title: "pawl n",
  created_at: "2026-11-20T10:00:00Z",
  run_started_at: "2026-11-20T10:00:00Z",
  repository: { id: "1", full_name: "o/r" },
  referenced_workflows: [],
};

function collect(changes: {
  run?: Partial<WorkflowRun>;
  artifact?: Partial<RunArtifact>;
  artifacts?: RunArtifact[];
  archive?: Uint8Array;
}) {
  const archive = changes.archive ?? zipSync(evidence());
  const artifact: RunArtifact = {
    id: "5",
    name: "pawl-step",
    size_in_bytes: archive.length,
    expired: false,
    created_at: "2026-11-20T10:05:00Z",
    digest: `sha256:${sha256(archive)}`,
    workflow_run: { id: "7", head_sha: "a".repeat(40), repository_id: "1" },
    ...changes.artifact,
  };
  const client: Pick<GitHubClient, "getRunAttempt" | "listArtifacts" | "downloadArtifact"> = {
    getRunAttempt: async () => ({ value: { ...run, ...changes.run }, raw: bytes("") }),
    listArtifacts: async () => changes.artifacts ?? [artifact],
    downloadArtifact: async () => archive,
  };
  return collectRun({ repository: "o/r", runId: "7", runAttempt: 1 }, client);
}

describe("collecting", () => {
  it("gives back every file", async () => {
    const { files } = await collect({});
    expect(Buffer.from(files["pawl-claim"]).toString()).toBe("pawl-claim");
    expect(files["observation.json"]).toBeUndefined();
    const observed = zipSync(evidence({ "observation.json": bytes("{}") }));
    expect((await collect({ archive: observed })).files["observation.json"]).toEqual(bytes("{}"));
  });

  const refused: Record<string, [string, Parameters<typeof collect>[0]]> = {
    "a run under way": ["RUN_NOT_COMPLETED", { run: { status: "in_progress", conclusion: null } }],
    "a failed run": ["RUN_NOT_SUCCESSFUL", { run: { conclusion: "failure" } }],
    "no artifact": ["ARTIFACT_MISSING", { artifacts: [] }],
    "an artifact of another name": ["ARTIFACT_MISSING", { artifact: { name: "pawl-step-2" } }],
    "an expired artifact": ["ARTIFACT_MISSING", { artifact: { expired: true } }],
    "an artifact of an earlier attempt": ["ARTIFACT_MISSING", { artifact: { created_at: "2026-11-20T09:00:00Z" } }],
    "an artifact of another run": [
      "ARTIFACT_MISMATCH",
      { artifact: { workflow_run: { id: "8", head_sha: "a".repeat(40), repository_id: "1" } } },
    ],
    "another archive than was listed": ["ARTIFACT_MISMATCH", { artifact: { digest: `sha256:${"0".repeat(64)}` } }],
  };
  for (const [name, [code, changes]] of Object.entries(refused)) {
    it(`refuses ${name}`, () => expect(collect(changes)).rejects.toMatchObject({ code }));
  }
});

describe("unpacking", () => {
  const codeOf = (archive: Uint8Array) => {
    try {
      unpackEvidence(archive);
      return "accepted";
    } catch (error) {
      return error instanceof Error && "code" in error ? error.code : "untyped";
    }
  };
  const checksums = (order: readonly string[]) =>
    bytes(order.map((name) => `${sha256(bytes(name))}  ${name}\n`).join(""));

  const refused: Record<string, [string, Record<string, Uint8Array | undefined>]> = {
    "an unknown file": ["ARTIFACT_MISMATCH", { "evil.sh": bytes("x") }],
    "a path that climbs": ["ARTIFACT_MISMATCH", { "../pawl-claim": bytes("x") }],
    "a changed attested file": ["ARTIFACT_MISMATCH", { "result.json": bytes("other") }],
    "checksums in another order": ["ARTIFACT_MISMATCH", { "checksums.txt": checksums([...ATTESTED_FILES].reverse()) }],
    "checksums with a line more": ["ARTIFACT_MISMATCH", { "checksums.txt": checksums([...ATTESTED_FILES, "x"]) }],
    "checksums with a line less": ["ARTIFACT_MISMATCH", { "checksums.txt": checksums(ATTESTED_FILES.slice(0, 3)) }],
  };
  for (const [name, [code, changes]] of Object.entries(refused)) {
    it(`refuses ${name}`, () => expect(codeOf(zipSync(evidence(changes)))).toBe(code));
  }

  it("refuses the loss of any file", () => {
    for (const name of Object.keys(evidence())) {
      expect(codeOf(zipSync(evidence({ [name]: undefined }))), name).toBe("ARTIFACT_MISSING");
    }
  });

  it("refuses what is not a zip, and a zip cut short", () => {
    const whole = zipSync(evidence());
    expect(codeOf(bytes("no zip"))).toBe("ARTIFACT_MISMATCH");
    expect(codeOf(whole.slice(0, whole.length - 30))).toBe("ARTIFACT_MISMATCH");
  });

  it("refuses a file that is there twice", () => {
    const name = "policy.json";
    const archive = Buffer.from(zipSync(evidence({ "policy.jsoX": bytes("second") })));
    const wrong = Buffer.from("policy.jsoX");
    for (let at = archive.indexOf(wrong); at >= 0; at = archive.indexOf(wrong)) archive.write(name, at, "latin1");
    expect(codeOf(archive)).toBe("ARTIFACT_MISMATCH");
  });

  it("refuses a zip that claims to unpack to more than the cap", () => {
    const archive = Buffer.from(zipSync(evidence()));
    const central = archive.indexOf(Buffer.from("504b0102", "hex"));
    archive.writeUInt32LE(1_300_000_000, central + 24);
    expect(codeOf(archive)).toBe("ARTIFACT_TOO_LARGE");
  });
});
