import { type Address, bytesToBigInt, bytesToHex, concat, type Hex, hexToBytes, padBytes } from "viem";
import { sha256Hex, taggedHash, uint } from "../core/hash.ts";
import { evidenceError } from "./errors.ts";

/**
 * What a run claims of its step. Run, commits, policy, input and parents are in it through the permit hash. It travels
 * as fixed-width ABI words, so that a contract can rebuild it without parsing anything.
 */
export type StepClaim = {
  readonly chainId: number;
  readonly settlement: Address;
  readonly entitlement: Hex;
  readonly step: number;
  readonly permitHash: Hex;
  readonly certificateHash: Hex;
  readonly resultHash: Hex;
  readonly bundleHash: Hex;
  readonly nextStateCommitment: Hex;
  readonly nextNetCommitment: Hex;
  readonly transcriptRoot: Hex;
};

const CLAIM_BYTES = 12 * 32;

/** T(`StepClaim`, ∅): the first word, which no other encoding of the protocol begins with. */
export const STEP_CLAIM_TAG: Hex = bytesToHex(taggedHash("StepClaim"));

const HASH_FIELDS = [
  "permitHash",
  "certificateHash",
  "resultHash",
  "bundleHash",
  "nextStateCommitment",
  "nextNetCommitment",
  "transcriptRoot",
] as const;

/** The claim blob: 12 words, equal to `abi.encode(tag, chainId, settlement, entitlement, step, …)`. */
export function encodeClaim(claim: StepClaim): Uint8Array {
  return concat([
    hexToBytes(STEP_CLAIM_TAG),
    uint(claim.chainId, 256),
    padBytes(hexToBytes(claim.settlement), { size: 32 }),
    hexToBytes(claim.entitlement),
    uint(claim.step, 256),
    ...HASH_FIELDS.map((field) => hexToBytes(claim[field])),
  ]);
}

/** SHA-256 of the claim blob: the digest of the first attested subject, and what a verifier approves. */
export function claimHash(claim: StepClaim): Hex {
  return sha256Hex(encodeClaim(claim));
}

/**
 * Reads a claim blob back. Every word must be one that {@link encodeClaim} writes.
 *
 * @throws CLAIM_MALFORMED
 */
export function decodeClaim(bytes: Uint8Array): StepClaim {
  if (bytes.length !== CLAIM_BYTES) throw evidenceError("CLAIM_MALFORMED", { bytes: bytes.length });
  const word = (index: number) => bytes.subarray(index * 32, (index + 1) * 32);
  const hex = (index: number) => bytesToHex(word(index));
  if (hex(0) !== STEP_CLAIM_TAG) {
    throw evidenceError("CLAIM_MALFORMED", { field: "tag", expected: STEP_CLAIM_TAG, actual: hex(0) });
  }
  if (
    word(2)
      .subarray(0, 12)
      .some((byte) => byte !== 0)
  ) {
    throw evidenceError("CLAIM_MALFORMED", { field: "settlement", actual: hex(2) });
  }
  return {
    chainId: numberWithin(word(1), Number.MAX_SAFE_INTEGER, "chainId"),
    settlement: bytesToHex(word(2).subarray(12)),
    entitlement: hex(3),
    step: numberWithin(word(4), 0xffff_ffff, "step"),
    permitHash: hex(5),
    certificateHash: hex(6),
    resultHash: hex(7),
    bundleHash: hex(8),
    nextStateCommitment: hex(9),
    nextNetCommitment: hex(10),
    transcriptRoot: hex(11),
  };
}

function numberWithin(word: Uint8Array, limit: number, field: string): number {
  const value = bytesToBigInt(word);
  if (value > BigInt(limit)) throw evidenceError("CLAIM_MALFORMED", { field, actual: value });
  return Number(value);
}
