import { createHash } from "node:crypto";
import { type UnzipFileInfo, unzipSync } from "fflate";
import type { AttemptPlace, GitHubClient, RunArtifact, WorkflowRun } from "./client.ts";
import { githubError } from "./errors.ts";

/** Gathers what a completed run uploaded. Nothing here is trusted yet: it is only whole and what it says it is. */

export const ARTIFACT_NAME = "pawl-step";
/** The Sigstore bundle's name in the artifact. */
export const BUNDLE_FILE = "bundle.sigstore.json";
const CHECKSUMS_FILE = "checksums.txt";

/** The attested files, in the order of the statement's subjects. */
export const ATTESTED_FILES = ["pawl-claim", "certificate.json", "result.json", "state.bundle"] as const;

const OTHER_FILES = [
  "next-tokens.json",
  "policy.json",
  "transcript.jsonl",
  "receipt.json",
  "permit.json",
  CHECKSUMS_FILE,
  BUNDLE_FILE,
] as const;

/** Below tier 2 there is no observation. */
const OPTIONAL_FILES = ["observation.json"] as const;

const MAX_TOTAL_BYTES = 1_200_000_000;

export type EvidenceFile = (typeof ATTESTED_FILES)[number] | (typeof OTHER_FILES)[number];

export type CollectedRun = {
  readonly run: WorkflowRun;
  readonly files: Readonly<Record<EvidenceFile, Uint8Array>> & { readonly "observation.json"?: Uint8Array };
};

/**
 * Downloads the evidence of a completed, successful run attempt.
 *
 * @throws RUN_NOT_COMPLETED, RUN_NOT_SUCCESSFUL, ARTIFACT_MISSING, ARTIFACT_TOO_LARGE, ARTIFACT_MISMATCH
 * @throws GITHUB_UNREACHABLE, GITHUB_REFUSED, GITHUB_ANSWER_INVALID
 */
export async function collectRun(
  place: AttemptPlace,
  client: Pick<GitHubClient, "getRunAttempt" | "listArtifacts" | "downloadArtifact">,
): Promise<CollectedRun> {
  const run = (await client.getRunAttempt(place)).value;
  if (run.status !== "completed") throw githubError("RUN_NOT_COMPLETED", { runId: place.runId, status: run.status });
  if (run.conclusion !== "success") {
    throw githubError("RUN_NOT_SUCCESSFUL", { runId: place.runId, conclusion: run.conclusion });
  }
  const listed = await client.listArtifacts({ ...place, name: ARTIFACT_NAME });
  const artifact = artifactOf(place, run, listed);
  const archive = await client.downloadArtifact({ repository: place.repository, artifactId: artifact.id });
  const digest = `sha256:${createHash("sha256").update(archive).digest("hex")}`;
  if (digest !== artifact.digest) {
    throw githubError("ARTIFACT_MISMATCH", { what: "archive", expected: artifact.digest, actual: digest });
  }
  return { run, files: unpackEvidence(archive) };
}

/** The newest artifact of this attempt: a re-run leaves those of earlier attempts in the list. */
function artifactOf(place: AttemptPlace, run: WorkflowRun, listed: readonly RunArtifact[]): RunArtifact {
  const started = Date.parse(run.run_started_at);
  const [artifact] = listed
    .filter(({ name, expired, created_at: at }) => name === ARTIFACT_NAME && !expired && Date.parse(at) >= started)
    .sort((a, b) => Number(b.id) - Number(a.id));
  if (artifact === undefined) throw githubError("ARTIFACT_MISSING", { runId: place.runId, name: ARTIFACT_NAME });
  const { id, head_sha: sha, repository_id: repositoryId } = artifact.workflow_run;
  if (id !== place.runId || sha !== run.head_sha || repositoryId !== run.repository.id) {
    throw githubError("ARTIFACT_MISMATCH", { what: "workflow_run", expected: place.runId, actual: id });
  }
  return artifact;
}

/**
 * Opens the archive: every expected file once, nothing else, nothing over the cap, the attested four as the checksums
 * say.
 *
 * @throws ARTIFACT_TOO_LARGE, ARTIFACT_MISSING, ARTIFACT_MISMATCH
 */
export function unpackEvidence(archive: Uint8Array): CollectedRun["files"] {
  const known = new Set<string>([...ATTESTED_FILES, ...OTHER_FILES, ...OPTIONAL_FILES]);
  const seen = new Set<string>();
  let total = 0;
  const filter = ({ name, originalSize }: UnzipFileInfo): boolean => {
    if (!known.has(name)) throw githubError("ARTIFACT_MISMATCH", { what: "file", problem: "unknown", file: name });
    if (seen.has(name)) throw githubError("ARTIFACT_MISMATCH", { what: "file", problem: "repeated", file: name });
    seen.add(name);
    total += originalSize;
    if (total > MAX_TOTAL_BYTES) throw githubError("ARTIFACT_TOO_LARGE", { maxBytes: MAX_TOTAL_BYTES });
    return true;
  };
  const unpacked = unzip(archive, filter);
  const file = (name: EvidenceFile): Uint8Array => {
    const bytes = Object.hasOwn(unpacked, name) ? unpacked[name] : undefined;
    if (bytes === undefined) throw githubError("ARTIFACT_MISSING", { file: name });
    return bytes;
  };
  const observation = unpacked["observation.json"];
  const files = {
    "pawl-claim": file("pawl-claim"),
    "certificate.json": file("certificate.json"),
    "result.json": file("result.json"),
    "state.bundle": file("state.bundle"),
    "next-tokens.json": file("next-tokens.json"),
    "policy.json": file("policy.json"),
    "transcript.jsonl": file("transcript.jsonl"),
    "receipt.json": file("receipt.json"),
    "permit.json": file("permit.json"),
    [CHECKSUMS_FILE]: file(CHECKSUMS_FILE),
    [BUNDLE_FILE]: file(BUNDLE_FILE),
    ...(observation !== undefined && { "observation.json": observation }),
  } satisfies CollectedRun["files"];
  compareChecksums(files);
  return files;
}

function unzip(archive: Uint8Array, filter: (file: UnzipFileInfo) => boolean): Record<string, Uint8Array> {
  let refused: unknown;
  try {
    return unzipSync(archive, {
      filter: (file) => {
        try {
          return filter(file);
        } catch (error) {
          refused = error;
          throw error;
        }
      },
    });
  } catch (cause) {
    if (refused !== undefined) throw refused;
    throw githubError("ARTIFACT_MISMATCH", { what: "archive", problem: "not a zip" }, cause);
  }
}

/** The checksums file must be exactly the four lines that were attested, and be true. */
function compareChecksums(files: CollectedRun["files"]): void {
  const expected = ATTESTED_FILES.map((name) => {
    const hash = createHash("sha256").update(files[name]).digest("hex");
    return `${hash}  ${name}\n`;
  }).join("");
  const actual = Buffer.from(files[CHECKSUMS_FILE]).toString("latin1");
  if (actual !== expected) throw githubError("ARTIFACT_MISMATCH", { what: CHECKSUMS_FILE, expected, actual });
}
