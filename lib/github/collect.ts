import { createHash } from "node:crypto";
import { type UnzipFileInfo, unzipSync } from "fflate";
import { zeroHash } from "viem";
import { type ErrorJson, findPawlError, type PawlError } from "../core/error.ts";
import { type Certificate, parseCertificate } from "../evidence/certificate.ts";
import { evidenceError } from "../evidence/errors.ts";
import { parsePolicy } from "../offers/policy.ts";
import type { AttemptPlace, GitHubClient, RunArtifact, WorkflowRun } from "./client.ts";
import { githubError } from "./errors.ts";

/** Gathers what a completed run uploaded. Nothing is verified here: it is only whole, and about the run it names. */

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

export type EvidenceFiles = Readonly<Record<EvidenceFile, Uint8Array>> & { readonly "observation.json"?: Uint8Array };

export type CollectedRun = { readonly run: WorkflowRun; readonly files: EvidenceFiles };

/** What collecting looks at, in this order; nothing is looked at after the first refusal. */
const steps = {
  run: "The run has completed and succeeded.",
  artifact: "This attempt uploaded one current artifact of the expected name, from this run, commit and repository.",
  archive: "The downloaded archive is the one that GitHub lists.",
  files: "The archive holds every expected file once, and nothing else.",
  checksums: "The attested files are the ones of the checksums, in their order.",
  certificate: "The runner's certificate is well-formed and about this run.",
  policy: "The policy is well-formed and is the one that the certificate names.",
  restore: "The step went on from its parent's state; only a first step starts afresh.",
} as const;

export type CollectStep = {
  readonly name: keyof typeof steps;
  readonly sentence: string;
  /** Null where the step passed. */
  readonly refusal: ErrorJson | null;
};

/** What was collected, or why not; `record` says what was looked at and what was found. */
export type Collection =
  | { readonly accepted: true; readonly collected: CollectedRun; readonly record: readonly CollectStep[] }
  | { readonly accepted: false; readonly refusal: PawlError; readonly record: readonly CollectStep[] };

type CollectClient = Pick<GitHubClient, "getRunAttempt" | "listArtifacts" | "downloadArtifact">;

/**
 * Downloads the evidence of a completed, successful run attempt. Anything that is missing, repeated, changed or about
 * another run refuses the whole; there is no way to skip a step.
 *
 * @throws only what is no refusal but a defect
 */
export async function collect(place: AttemptPlace, client: CollectClient): Promise<Collection> {
  const record: CollectStep[] = [];
  async function look<T>(name: keyof typeof steps, at: () => T | Promise<T>): Promise<T> {
    try {
      const found = await at();
      record.push({ name, sentence: steps[name], refusal: null });
      return found;
    } catch (thrown) {
      const refusal = findPawlError(thrown);
      if (refusal) record.push({ name, sentence: steps[name], refusal: refusal.toJSON() });
      throw thrown;
    }
  }
  try {
    const run = await look("run", () => completedRun(place, client));
    const artifact = await look("artifact", async () =>
      artifactOf(place, run, await client.listArtifacts({ ...place, name: ARTIFACT_NAME })),
    );
    const archive = await look("archive", () => download(place, artifact, client));
    const files = await look("files", () => unpackEvidence(archive));
    await look("checksums", () => compareChecksums(files));
    const certificate = await look("certificate", () => certificateOf(files, place));
    await look("policy", () => parsePolicy(files["policy.json"], certificate.policyHash));
    await look("restore", () => requireNoColdStart(certificate));
    return { accepted: true, collected: { run, files }, record };
  } catch (thrown) {
    const refusal = findPawlError(thrown);
    if (refusal === undefined) throw thrown;
    return { accepted: false, refusal, record };
  }
}

/**
 * As {@link collect}, for who needs the files or nothing.
 *
 * @throws RUN_NOT_COMPLETED, RUN_NOT_SUCCESSFUL, ARTIFACT_MISSING, ARTIFACT_TOO_LARGE, ARTIFACT_MISMATCH
 * @throws COLD_START_REFUSED, POLICY_MISMATCH, JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN
 * @throws GITHUB_UNREACHABLE, GITHUB_REFUSED, GITHUB_ANSWER_INVALID
 */
export async function collectRun(place: AttemptPlace, client: CollectClient): Promise<CollectedRun> {
  const collection = await collect(place, client);
  if (!collection.accepted) throw collection.refusal;
  return collection.collected;
}

async function completedRun(place: AttemptPlace, client: CollectClient): Promise<WorkflowRun> {
  const run = (await client.getRunAttempt(place)).value;
  if (run.status !== "completed") throw githubError("RUN_NOT_COMPLETED", { runId: place.runId, status: run.status });
  if (run.conclusion !== "success") {
    throw githubError("RUN_NOT_SUCCESSFUL", { runId: place.runId, conclusion: run.conclusion });
  }
  return run;
}

async function download(place: AttemptPlace, artifact: RunArtifact, client: CollectClient): Promise<Uint8Array> {
  const archive = await client.downloadArtifact({ repository: place.repository, artifactId: artifact.id });
  const digest = `sha256:${createHash("sha256").update(archive).digest("hex")}`;
  if (digest !== artifact.digest) {
    throw githubError("ARTIFACT_MISMATCH", { what: "archive", expected: artifact.digest, actual: digest });
  }
  return archive;
}

function certificateOf(files: EvidenceFiles, place: AttemptPlace): Certificate {
  const certificate = parseCertificate(files["certificate.json"]);
  const { repository, runId, runAttempt } = certificate.run;
  const expected = `${place.repository} ${place.runId}/${place.runAttempt}`;
  const actual = `${repository} ${runId}/${runAttempt}`;
  if (actual !== expected) throw githubError("ARTIFACT_MISMATCH", { what: "certificate.json", expected, actual });
  return certificate;
}

/** Every policy is fail-closed: a step with a parent has restored its state, or there is no step. */
function requireNoColdStart({ restoreMode, step, parentStateCommitment, parentNetCommitment }: Certificate): void {
  const first = step === 1 && parentStateCommitment === zeroHash && parentNetCommitment === zeroHash;
  if (restoreMode === (first ? "genesis" : "restored")) return;
  throw evidenceError("COLD_START_REFUSED", {
    field: "restoreMode",
    step,
    expected: first ? "genesis" : "restored",
    actual: restoreMode,
  });
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
 * Opens the archive: every expected file once, nothing else, nothing over the cap.
 *
 * @throws ARTIFACT_TOO_LARGE, ARTIFACT_MISSING, ARTIFACT_MISMATCH
 */
function unpackEvidence(archive: Uint8Array): EvidenceFiles {
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
  return {
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
  };
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
function compareChecksums(files: EvidenceFiles): void {
  const expected = ATTESTED_FILES.map((name) => {
    const hash = createHash("sha256").update(files[name]).digest("hex");
    return `${hash}  ${name}\n`;
  }).join("");
  const actual = Buffer.from(files[CHECKSUMS_FILE]).toString("latin1");
  if (actual !== expected) throw githubError("ARTIFACT_MISMATCH", { what: CHECKSUMS_FILE, expected, actual });
}
