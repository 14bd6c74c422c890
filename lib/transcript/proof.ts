import { bytesToHex, type Hex } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { canonicalBytes, parseCanonical } from "../core/json.ts";
import { transcriptError } from "./errors.ts";
import { eventSchema, type TranscriptEvent } from "./event.ts";
import {
  consistencyPath,
  fingerprint,
  hashBytes,
  inclusionPath,
  leafHash,
  rootOfInclusion,
  treeRoot,
  verifyConsistency,
} from "./merkle.ts";

/**
 * A proof file, version 1, canonical JSON. `inclusion` shows one event of a log and nothing of the others; `consistency`
 * shows that a log continues an earlier state of itself. Neither says which log: that is the root it is held against.
 */
const path = z.array(bytes32).max(64);
const size = z.int().min(1);
const proofSchema = z.discriminatedUnion("kind", [
  z.strictObject({ v: z.literal(1), kind: z.literal("inclusion"), count: size, event: eventSchema, path }),
  z.strictObject({
    v: z.literal(1),
    kind: z.literal("consistency"),
    first: z.strictObject({ count: size, treeRoot: bytes32 }),
    second: z.strictObject({ count: size, treeRoot: bytes32 }),
    path,
  }),
]);

export type Proof = z.output<typeof proofSchema>;

const MAX_PROOF_BYTES = 131_072;

/** @param leaves leaf hashes of the whole log */
export function proveInclusion(event: TranscriptEvent, leaves: readonly Uint8Array[]): Proof {
  const hashes = inclusionPath(event.index, leaves).map((hash) => bytesToHex(hash));
  return { v: 1, kind: "inclusion", count: leaves.length, event, path: hashes };
}

/** @throws PROOF_MALFORMED unless the log has as many events */
export function proveConsistency(firstCount: number, leaves: readonly Uint8Array[]): Proof {
  const hashes = consistencyPath(firstCount, leaves).map((hash) => bytesToHex(hash));
  const state = (count: number) => ({ count, treeRoot: bytesToHex(treeRoot(leaves.slice(0, count))) });
  return { v: 1, kind: "consistency", first: state(firstCount), second: state(leaves.length), path: hashes };
}

export function encodeProof(proof: Proof): Uint8Array {
  return canonicalBytes(proof);
}

/** @throws JSON_*, SCHEMA_MISMATCH */
export function parseProof(bytes: Uint8Array): Proof {
  return parseCanonical(bytes, proofSchema, { what: "proof", maxBytes: MAX_PROOF_BYTES });
}

/**
 * Holds a proof against fingerprints that the caller has from somewhere else.
 *
 * @param expected.root fingerprint of the log; of its later state, for a consistency proof
 * @param expected.firstRoot fingerprint of the earlier state; needed for a consistency proof
 * @throws PROOF_MALFORMED, PROOF_INVALID
 */
export function verifyProof(proof: Proof, expected: { readonly root: Hex; readonly firstRoot?: Hex }): void {
  if (proof.kind === "inclusion") {
    const leaf = leafHash(canonicalBytes(proof.event));
    const root = rootOfInclusion(leaf, proof.event.index, proof.count, proof.path.map(hashBytes));
    requireRoot("root", expected.root, fingerprint(proof.count, root));
    return;
  }
  const [first, second] = [proof.first, proof.second].map(({ count, treeRoot: root }) => ({
    count,
    root: hashBytes(root),
  }));
  if (expected.firstRoot === undefined || first === undefined || second === undefined) {
    throw transcriptError("PROOF_MALFORMED", { problem: "a consistency proof is held against two roots" });
  }
  requireRoot("firstRoot", expected.firstRoot, fingerprint(first.count, first.root));
  requireRoot("root", expected.root, fingerprint(second.count, second.root));
  verifyConsistency(first, second, proof.path.map(hashBytes));
}

function requireRoot(field: string, expected: Hex, actual: Hex): void {
  if (expected !== actual) throw transcriptError("PROOF_INVALID", { field, expected, actual });
}
