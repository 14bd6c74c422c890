import { z } from "zod";
import { address, bytes32, commitSha, decimal } from "../core/encoding.ts";
import { canonicalBytes, parseCanonical, parseSchema } from "../core/json.ts";

const MAX_CERTIFICATE_BYTES = 65_536;

const what = "certificate.json";
const text = z.string().min(1).max(300);

/** The node: the machine a step ran on, as the runner sees it. */
export const nodeSchema = z.strictObject({
  os: text,
  arch: text,
  name: text,
  /** How the workload was kept apart: by the rights of its process alone, or by namespaces of the kernel too. */
  isolation: z.enum(["process", "process+network-namespace"]),
});

const amount = z.int().min(0);

/**
 * `certificate.json`, version 1: what the runner says happened. Its hash is attested and in the claim; it does not name
 * the claim. Ids are decimal strings, times unix seconds.
 */
export const certificateSchema = z.strictObject({
  v: z.literal(1),
  chainId: z.int().min(1),
  permitConsumer: address,
  settlement: address,
  entitlement: bytes32,
  step: z.int().min(1).max(0xffff_ffff),
  permitHash: bytes32,
  run: z.strictObject({
    /** `owner/repository`. */
    repository: text,
    repositoryId: decimal,
    runId: decimal,
    runAttempt: z.int().min(1).max(0xffff_ffff),
    checkRunId: decimal,
    sha: commitSha,
    /** `owner/repository/.github/workflows/file.yml@ref`, as in the token. */
    workflowRef: text,
    workflowSha: commitSha,
    jobWorkflowRef: text,
    jobWorkflowSha: commitSha,
  }),
  runner: nodeSchema,
  policyHash: bytes32,
  inputHash: bytes32,
  workerKey: bytes32,
  parentStateCommitment: bytes32,
  parentNetCommitment: bytes32,
  resultHash: bytes32,
  bundleHash: bytes32,
  nextTokensHash: bytes32,
  nextStateCommitment: bytes32,
  nextNetCommitment: bytes32,
  transcriptRoot: bytes32,
  receiptHash: bytes32,
  /** What the step used, as the runner measured it: bytes of input, result file and unpacked state, and the workload's time. */
  usage: z.strictObject({
    inputBytes: amount,
    resultBytes: amount,
    stateBytes: amount,
    workloadMilliseconds: amount,
    /** The most that was seen of the workload's resident memory; 0 where the runner has no way to look. */
    memoryBytes: amount,
    /** What the runner gave the workload to work with. */
    tools: z.array(z.string().regex(/^[a-z][a-z0-9-]{0,29}$/, "expected a tool's name")).max(16),
  }),
  /** `genesis` for the first step, which has nothing to restore; `restored` for every other. */
  restoreMode: z.enum(["genesis", "restored"]),
  finishedAt: z.int().min(1),
  /** The certificate counts for one presentation: random nonce, and the last second at which it may be attested. */
  replay: z.strictObject({ nonce: bytes32, expiresAt: z.int().min(1) }),
});

export type Certificate = z.output<typeof certificateSchema>;

/** @throws SCHEMA_MISMATCH */
export function encodeCertificate(certificate: Certificate): Uint8Array {
  return canonicalBytes(parseSchema(certificateSchema, certificate, what));
}

/** @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN */
export function parseCertificate(bytes: Uint8Array): Certificate {
  return parseCanonical(bytes, certificateSchema, { what, maxBytes: MAX_CERTIFICATE_BYTES });
}
