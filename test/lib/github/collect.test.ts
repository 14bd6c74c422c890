import { createHash } from "node:crypto";
import { zipSync } from "fflate";
import { zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { parseCertificate } from "#lib/evidence/certificate.ts";
import { checksumsText } from "#lib/evidence/statement.ts";
import type { GitHubClient, RunArtifact, WorkflowRun } from "#lib/github/client.ts";
import { ATTESTED_FILES, collect, collectRun } from "#lib/github/collect.ts";
import { mintStep, type StepChanges } from "../evidence/step.fixture.ts";

/** What a run uploads, honest but for one change, and what collecting it says. */

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
const hash = (content: Uint8Array) => `0x${sha256(content)}` as const;

type Files = Record<string, Uint8Array>;
/** Files that replace or, where undefined, take away those of the honest run. */
type FileChanges = Record<string, Uint8Array | undefined>;

async function uploaded(changes: StepChanges = {}): Promise<Files> {
  const { parts } = await mintStep({ permit: firstStep, expectation: firstParents, ...changes });
  const stateBundle = parts.stateBundle ?? new Uint8Array();
  return {
    "pawl-claim": parts.claim,
    "certificate.json": parts.certificate,
    "result.json": parts.result,
    "state.bundle": stateBundle,
    "next-tokens.json": parts.nextTokens,
    "policy.json": parts.policy,
    "transcript.jsonl": parts.transcript ?? new Uint8Array(),
    "receipt.json": parts.receipt,
    "permit.json": bytes("{}"),
    "bundle.sigstore.json": parts.bundle,
    "checksums.txt": bytes(
      checksumsText({
        claimHash: hash(parts.claim),
        certificateHash: hash(parts.certificate),
        resultHash: hash(parts.result),
        bundleHash: hash(stateBundle),
      }),
    ),
  };
}

const firstStep: NonNullable<StepChanges["permit"]> = (permit) => ({
  ...permit,
  step: 1,
  parentStateCommitment: zeroHash,
  parentNetCommitment: zeroHash,
});
const firstParents: NonNullable<StepChanges["expectation"]> = (expectation) => ({
  ...expectation,
  parents: { stateCommitment: zeroHash, netCommitment: zeroHash },
});

const honest = await uploaded();
const { run: ran } = parseCertificate(honest["certificate.json"] ?? new Uint8Array());
const place = { repository: ran.repository, runId: ran.runId, runAttempt: ran.runAttempt };

function zipped(changes: FileChanges = {}, files: Files = honest): Uint8Array {
  const merged = Object.entries({ ...files, ...changes });
  return zipSync(Object.fromEntries(merged.flatMap(([name, content]) => (content ? [[name, content]] : []))));
}

const run: WorkflowRun = {
  id: place.runId,
  run_attempt: place.runAttempt,
  status: "completed",
  conclusion: "success",
  event: "workflow_dispatch",
  path: ".github/workflows/step.yml",
  head_sha: "a".repeat(40),
  display_title: "pawl n",
  created_at: "2026-11-20T10:00:00Z",
  run_started_at: "2026-11-20T10:00:00Z",
  repository: { id: "1", full_name: place.repository },
  referenced_workflows: [],
};

type Change = {
  run?: Partial<WorkflowRun>;
  artifact?: Partial<RunArtifact>;
  artifacts?: RunArtifact[];
  archive?: Uint8Array;
};

function clientOf(changes: Change) {
  const archive = changes.archive ?? zipped();
  const artifact: RunArtifact = {
    id: "5",
    name: "pawl-step",
    size_in_bytes: archive.length,
    expired: false,
    created_at: "2026-11-20T10:05:00Z",
    digest: `sha256:${sha256(archive)}`,
    workflow_run: { id: place.runId, head_sha: "a".repeat(40), repository_id: "1" },
    ...changes.artifact,
  };
  return {
    getRunAttempt: async () => ({ value: { ...run, ...changes.run }, raw: bytes("") }),
    listArtifacts: async () => changes.artifacts ?? [artifact],
    downloadArtifact: async () => archive,
  } satisfies Pick<GitHubClient, "getRunAttempt" | "listArtifacts" | "downloadArtifact">;
}

/** The step that refused and its code, and that nothing was looked at afterwards. */
async function refusal(changes: Change): Promise<string> {
  const collection = await collect(place, clientOf(changes));
  expect(collection.accepted).toBe(false);
  const refused = collection.record.filter((step) => step.refusal !== null);
  expect(refused).toEqual(collection.record.slice(-1));
  return `${refused[0]?.name}: ${refused[0]?.refusal?.code}`;
}

describe("collecting", () => {
  it("gives back every file, and says what was looked at", async () => {
    const collection = await collect(place, clientOf({}));
    if (!collection.accepted) throw collection.refusal;
    expect(Object.keys(collection.collected.files).sort()).toEqual(Object.keys(honest).sort());
    expect(collection.record.map(({ name, refusal: refused }) => [name, refused])).toEqual(
      ["run", "artifact", "archive", "files", "checksums", "certificate", "policy", "restore"].map((name) => [
        name,
        null,
      ]),
    );
  });

  it("gives back the observation where the run had one", async () => {
    const archive = zipped({ "observation.json": bytes("{}") });
    expect((await collectRun(place, clientOf({ archive }))).files["observation.json"]).toEqual(bytes("{}"));
  });

  it("takes a later step that restored its parent's state", async () => {
    const archive = zipped(
      {},
      await uploaded({ permit: (permit) => permit, expectation: (expectation) => expectation }),
    );
    expect((await collect(place, clientOf({ archive }))).accepted).toBe(true);
  });

  const refusedRuns: Record<string, [string, Change]> = {
    "a run under way": ["run: RUN_NOT_COMPLETED", { run: { status: "in_progress", conclusion: null } }],
    "a failed run": ["run: RUN_NOT_SUCCESSFUL", { run: { conclusion: "failure" } }],
    "no artifact": ["artifact: ARTIFACT_MISSING", { artifacts: [] }],
    "an artifact of another name": ["artifact: ARTIFACT_MISSING", { artifact: { name: "pawl-step-2" } }],
    "an expired artifact": ["artifact: ARTIFACT_MISSING", { artifact: { expired: true } }],
    "an artifact of an earlier attempt": [
      "artifact: ARTIFACT_MISSING",
      { artifact: { created_at: "2026-11-20T09:00:00Z" } },
    ],
    "an artifact of another run": [
      "artifact: ARTIFACT_MISMATCH",
      { artifact: { workflow_run: { id: "8", head_sha: "a".repeat(40), repository_id: "1" } } },
    ],
    "another archive than was listed": [
      "archive: ARTIFACT_MISMATCH",
      { artifact: { digest: `sha256:${"0".repeat(64)}` } },
    ],
  };
  for (const [name, [expected, changes]] of Object.entries(refusedRuns)) {
    it(`refuses ${name}`, async () => expect(await refusal(changes)).toBe(expected));
  }

  const checksums = (order: readonly string[]) =>
    bytes(order.map((name) => `${sha256(honest[name] ?? bytes("x"))}  ${name}\n`).join(""));
  const refusedFiles: Record<string, [string, FileChanges]> = {
    "an unknown file": ["files: ARTIFACT_MISMATCH", { "evil.sh": bytes("x") }],
    "a path that climbs": ["files: ARTIFACT_MISMATCH", { "../pawl-claim": bytes("x") }],
    "a changed attested file": ["checksums: ARTIFACT_MISMATCH", { "result.json": bytes("other") }],
    "checksums in another order": [
      "checksums: ARTIFACT_MISMATCH",
      { "checksums.txt": checksums([...ATTESTED_FILES].reverse()) },
    ],
    "checksums with a line more": [
      "checksums: ARTIFACT_MISMATCH",
      { "checksums.txt": checksums([...ATTESTED_FILES, "x"]) },
    ],
    "checksums with a line less": [
      "checksums: ARTIFACT_MISMATCH",
      { "checksums.txt": checksums(ATTESTED_FILES.slice(0, 3)) },
    ],
    "another policy than the certificate names": ["policy: POLICY_MISMATCH", { "policy.json": bytes("{}") }],
  };
  for (const [name, [expected, changes]] of Object.entries(refusedFiles)) {
    it(`refuses ${name}`, async () => expect(await refusal({ archive: zipped(changes) })).toBe(expected));
  }

  const refusedSteps: Record<string, [string, StepChanges]> = {
    "a later step that started afresh": [
      "restore: COLD_START_REFUSED",
      { permit: (p) => p, expectation: (e) => e, certificate: (c) => ({ ...c, restoreMode: "genesis" }) },
    ],
    "a first step that says it restored something": [
      "restore: COLD_START_REFUSED",
      { certificate: (c) => ({ ...c, restoreMode: "restored" }) },
    ],
    "a later step without a parent that started afresh": [
      "restore: COLD_START_REFUSED",
      { certificate: (c) => ({ ...c, step: 2 }) },
    ],
    "a certificate of another run": [
      "certificate: ARTIFACT_MISMATCH",
      { certificate: (c) => ({ ...c, run: { ...c.run, runId: "8" } }) },
    ],
    "a certificate of another attempt": [
      "certificate: ARTIFACT_MISMATCH",
      { certificate: (c) => ({ ...c, run: { ...c.run, runAttempt: 9 } }) },
    ],
  };
  for (const [name, [expected, changes]] of Object.entries(refusedSteps)) {
    it(`refuses ${name}`, async () =>
      expect(await refusal({ archive: zipped({}, await uploaded(changes)) })).toBe(expected));
  }

  it("refuses the loss of any file", async () => {
    for (const name of Object.keys(honest)) {
      expect(await refusal({ archive: zipped({ [name]: undefined }) }), name).toBe("files: ARTIFACT_MISSING");
    }
  });

  it("refuses what is not a zip, and a zip cut short", async () => {
    const whole = zipped();
    expect(await refusal({ archive: bytes("no zip") })).toBe("files: ARTIFACT_MISMATCH");
    expect(await refusal({ archive: whole.slice(0, whole.length - 30) })).toBe("files: ARTIFACT_MISMATCH");
  });

  it("refuses a file that is there twice", async () => {
    const name = "policy.json";
    const archive = Buffer.from(zipped({ "policy.jsoX": bytes("second") }));
    const wrong = Buffer.from("policy.jsoX");
    for (let at = archive.indexOf(wrong); at >= 0; at = archive.indexOf(wrong)) archive.write(name, at, "latin1");
    expect(await refusal({ archive })).toBe("files: ARTIFACT_MISMATCH");
  });

  it("refuses a zip that claims to unpack to more than the cap", async () => {
    const archive = Buffer.from(zipped());
    const central = archive.indexOf(Buffer.from("504b0102", "hex"));
    archive.writeUInt32LE(1_300_000_000, central + 24);
    expect(await refusal({ archive })).toBe("files: ARTIFACT_TOO_LARGE");
  });

  it("throws the refusal where only the files count", async () => {
    await expect(collectRun(place, clientOf({ artifacts: [] }))).rejects.toMatchObject({ code: "ARTIFACT_MISSING" });
  });
});
