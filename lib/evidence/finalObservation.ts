import { type Hex, hashTypedData } from "viem";
import { z } from "zod";
import { bytes32, commitSha, decimal } from "../core/encoding.ts";
import { sha256Hex } from "../core/hash.ts";
import { canonicalBytes, parseCanonical, parseSchema } from "../core/json.ts";
import { type PermitDomain, permitConsumerDomain } from "../permits/stepPermit.ts";

const what = "final-observation.json";
const MAX_FINAL_OBSERVATION_BYTES = 32_768;
const text = z.string().min(1).max(300);

const jobSchema = z.strictObject({
  checkRunId: decimal,
  status: text,
  conclusion: text,
  runnerName: text,
  runnerGroupId: z.int(),
  runnerGroupName: text,
  labels: z.array(text).max(16).readonly(),
  startedAt: z.int().min(1),
  completedAt: z.int().min(1),
});

const factsShape = {
  v: z.literal(1),
  /** `owner/repository`. */
  repository: text,
  repositoryId: decimal,
  runId: decimal,
  runAttempt: z.int().min(1).max(0xffff_ffff),
  sha: commitSha,
  event: text,
  /** How many jobs GitHub counts in the attempt. */
  totalJobs: z.int().min(1),
  /** All of them. */
  jobs: z.array(jobSchema).min(1).max(16).readonly(),
  observedAt: z.int().min(1),
  /** SHA-256 of the two raw answers these facts were read from. */
  runHash: bytes32,
  jobsHash: bytes32,
};
const factsSchema = z.strictObject(factsShape);
const finalSchema = z.strictObject({
  ...factsShape,
  signature: z.custom<Hex>((value) => typeof value === "string" && /^0x(?:[0-9a-f]{2}){1,2048}$/.test(value), {
    message: "expected a signature in lower-case hex",
  }),
});

/** What GitHub's API said about an attempt after it had ended. Ids are decimal strings, times unix seconds. */
export type FinalFacts = z.output<typeof factsSchema>;

/** `final-observation.json`, version 1: the facts, signed by whoever observed the run while it was live. */
export type FinalObservation = z.output<typeof finalSchema>;

/** @throws SCHEMA_MISMATCH */
export function encodeFinalObservation(final: FinalObservation): Uint8Array {
  return canonicalBytes(parseSchema(finalSchema, final, what));
}

/** @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN */
export function parseFinalObservation(bytes: Uint8Array): FinalObservation {
  return parseCanonical(bytes, finalSchema, { what, maxBytes: MAX_FINAL_OBSERVATION_BYTES });
}

/** A type of its own: a signature over the end of a run must never pass for one over its beginning. */
const finalObservationTypes = {
  FinalObservation: [
    { name: "runKey", type: "bytes32" },
    { name: "finalHash", type: "bytes32" },
  ],
} as const;

/** What the observer signs, under the PermitConsumer's domain. */
export function finalObservationDigest(facts: FinalFacts, runKey: Hex, domain: PermitDomain): Hex {
  return hashTypedData({
    domain: permitConsumerDomain(domain),
    types: finalObservationTypes,
    primaryType: "FinalObservation",
    message: { runKey, finalHash: sha256Hex(canonicalBytes(facts)) },
  });
}
