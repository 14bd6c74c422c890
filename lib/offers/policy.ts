import type { Hex } from "viem";
import { z } from "zod";
import { address, commitSha } from "../core/encoding.ts";
import { sha256Hex } from "../core/hash.ts";
import { canonicalBytes, parseCanonical } from "../core/json.ts";
import { offerError } from "./errors.ts";

/** A policy capsule is small: it is emitted on-chain as a whole. */
export const MAX_POLICY_BYTES = 16_384;

const repositoryName = z.string().regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, "expected owner/repository");
/** Text for people: control characters could hide or reorder what is shown, and some stores cannot hold them. */
const printable = z.string().regex(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u, "expected text without control characters");
const workflowFile = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}\/\.github\/workflows\/[A-Za-z0-9._-]{1,100}\.ya?ml$/, {
    message: "expected owner/repository/.github/workflows/file.yml",
  });
const relativePath = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/, "expected a plain relative path");

/**
 * The policy capsule, version 1. It holds nothing that varies per run, so that an offer can pin its hash.
 * Sizes are bytes, times are seconds.
 */
export const policySchema = z.strictObject({
  v: z.literal(1),
  title: printable.min(1).max(80),
  description: printable.max(1000),
  chainId: z.int().min(1),
  permitConsumer: address,
  gateway: address,
  /** What the runner checks out and executes. */
  workload: z.strictObject({
    repository: repositoryName,
    commit: commitSha,
    /** Node program, relative to the repository's root. */
    entry: relativePath,
  }),
  /** Paths behind the identity terms, so that a dispatcher and a reader know what the hashes name. */
  workflows: z.strictObject({ signer: workflowFile, caller: workflowFile }),
  /** The label of the pinned workflow's `runs-on`. */
  runsOn: z.string().min(1).max(60),
  limits: z.strictObject({
    permitWaitSeconds: z.int().min(10).max(3600),
    stepSeconds: z.int().min(1).max(21_600),
    memoryBytes: z.int().min(16_777_216).max(17_179_869_184),
    inputBytes: z.int().min(1).max(1_048_576),
    resultBytes: z.int().min(1).max(16_777_216),
    stateBytes: z.int().min(1).max(1_073_741_824),
  }),
  /** What to do when the previous state cannot be restored. Version 1 knows one answer. */
  restore: z.literal("fail_closed"),
  /** Tools the workload may call. The runner offers none but these. */
  tools: z.array(z.enum(["node"])).min(1),
  /**
   * `none`: the workload runs in a network namespace of its own, without a network. `runner`: it has whatever network the
   * runner has, and could send its input and state anywhere.
   */
  network: z.discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("none") }),
    z.strictObject({ mode: z.literal("runner") }),
  ]),
});

export type Policy = z.output<typeof policySchema>;

/** Canonical bytes of a policy; what the registry hashes and emits. */
export function policyBytes(policy: Policy): Uint8Array {
  return canonicalBytes(policySchema.parse(policy));
}

export function policyHashOf(bytes: Uint8Array): Hex {
  return sha256Hex(bytes);
}

/**
 * Parses a policy capsule. With `expectedHash` the bytes must be the ones an offer pins; the hash is compared before
 * anything is parsed.
 *
 * @throws POLICY_MISMATCH, JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN
 */
export function parsePolicy(bytes: Uint8Array, expectedHash?: Hex): Policy {
  if (expectedHash !== undefined) {
    const actual = policyHashOf(bytes);
    if (actual !== expectedHash) throw offerError("POLICY_MISMATCH", { expected: expectedHash, actual });
  }
  return parseCanonical(bytes, policySchema, { what: "policy.json", maxBytes: MAX_POLICY_BYTES });
}
