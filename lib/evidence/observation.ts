import { type Hex, hashTypedData } from "viem";
import { z } from "zod";
import { bytes32, commitSha, decimal } from "../core/encoding.ts";
import { sha256Hex } from "../core/hash.ts";
import { canonicalBytes, parseCanonical, parseSchema } from "../core/json.ts";
import { type PermitDomain, permitConsumerDomain } from "../permits/stepPermit.ts";

const what = "observation.json";
const MAX_OBSERVATION_BYTES = 16_384;
const text = z.string().min(1).max(300);

/** What GitHub's API said about one job. Ids are decimal strings, `observedAt` is unix seconds. */
const observedShape = {
  /** `owner/repository`. */
  repository: text,
  repositoryId: decimal,
  runId: decimal,
  runAttempt: z.int().min(1).max(0xffff_ffff),
  checkRunId: decimal,
  sha: commitSha,
  event: text,
  /** Path of the dispatched workflow in its repository. */
  workflowPath: text,
  /** Commit of the called workflow; null when the dispatched workflow defines the job itself. */
  calledCommit: commitSha.nullable(),
  status: text,
  runnerName: text,
  runnerGroupId: z.int(),
  runnerGroupName: text,
  labels: z.array(text).max(16).readonly(),
  observedAt: z.int().min(1),
};

/** `observation.json`, version 1: the facts, and SHA-256 of the two raw answers they were read from. */
const observationSchema = z.strictObject({
  v: z.literal(1),
  ...observedShape,
  runHash: bytes32,
  jobsHash: bytes32,
});

export type Observation = z.output<typeof observationSchema>;
export type ObservedFacts = Omit<Observation, "v" | "runHash" | "jobsHash">;

/** Bytes of `observation.json` from what was observed. @throws SCHEMA_MISMATCH */
export function observationBytes(observed: {
  readonly facts: ObservedFacts;
  readonly raw: { readonly run: Uint8Array; readonly jobs: Uint8Array };
}): Uint8Array {
  const observation = {
    v: 1,
    ...observed.facts,
    runHash: sha256Hex(observed.raw.run),
    jobsHash: sha256Hex(observed.raw.jobs),
  };
  return canonicalBytes(parseSchema(observationSchema, observation, what));
}

/** @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN */
export function parseObservation(bytes: Uint8Array): Observation {
  return parseCanonical(bytes, observationSchema, { what, maxBytes: MAX_OBSERVATION_BYTES });
}

/** What an observer signs, under the PermitConsumer's domain; the contract holds the same struct. */
const observationTypes = {
  Observation: [
    { name: "runKey", type: "bytes32" },
    { name: "observationHash", type: "bytes32" },
  ],
} as const;

export function observationDigest(
  message: { readonly runKey: Hex; readonly observationHash: Hex },
  domain: PermitDomain,
): Hex {
  return hashTypedData({
    domain: permitConsumerDomain(domain),
    types: observationTypes,
    primaryType: "Observation",
    message,
  });
}
