import { hash } from "node:crypto";
import { type ByteArray, bytesToHex, type Hex, hexToBytes } from "viem";
import { taggedHash, uint } from "../core/hash.ts";
import { transcriptError } from "./errors.ts";

/**
 * Merkle trees and proofs in the shapes of RFC 6962, section 2.1. Hashes are 32 bytes; a path lists its hashes from the
 * leaf upward; indices count from 0.
 */

const HASH_BYTES = 32;
const LEAF = 0;
const NODE = 1;

/** H(0x00 ‖ entry). */
export function leafHash(entry: ByteArray): Uint8Array {
  const message = Buffer.allocUnsafe(1 + entry.length);
  message[0] = LEAF;
  message.set(entry, 1);
  return sha256(message);
}

/** H(0x01 ‖ left ‖ right). */
function nodeHash(left: ByteArray, right: ByteArray): Uint8Array {
  const message = Buffer.allocUnsafe(1 + left.length + right.length);
  message[0] = NODE;
  message.set(left, 1);
  message.set(right, 1 + left.length);
  return sha256(message);
}

function sha256(bytes: ByteArray): Uint8Array {
  // By way of hex: node:crypto takes twice as long to make a buffer of its own for each hash.
  return Buffer.from(hash("sha256", bytes, "hex"), "hex");
}

/** `transcriptRoot`: T(`transcript`, u64 count ‖ tree root). The count keeps a proof for one size from passing for another. */
export function fingerprint(count: number, treeRoot: ByteArray): Hex {
  return bytesToHex(taggedHash("transcript", uint(count, 64), treeRoot));
}

/**
 * A tree that only grows, of which nothing is kept but the roots of its complete subtrees: at most 53 hashes, however
 * many leaves there are.
 */
export function createFrontier() {
  // At height h the root of a complete subtree of 2^h leaves, where the count has that bit set.
  const subtrees: (Uint8Array | undefined)[] = [];
  let count = 0;
  return {
    count: () => count,
    append(leaf: Uint8Array): void {
      let carried = leaf;
      let height = 0;
      for (let left = subtrees[height]; left !== undefined; left = subtrees[height]) {
        carried = nodeHash(left, carried);
        subtrees[height] = undefined;
        height += 1;
      }
      subtrees[height] = carried;
      count += 1;
    },
    root(): Uint8Array {
      let right: Uint8Array | undefined;
      for (const subtree of subtrees) {
        if (subtree !== undefined) right = right === undefined ? subtree : nodeHash(subtree, right);
      }
      return right ?? sha256(new Uint8Array(0));
    },
  };
}

/** Root over leaf hashes: MTH of the standard. */
export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const frontier = createFrontier();
  for (const leaf of leaves) frontier.append(leaf);
  return frontier.root();
}

/**
 * PATH(index, leaves): what shows that a leaf is in the tree.
 *
 * @throws TRANSCRIPT_EVENT_MISSING when the tree has no such leaf
 */
export function inclusionPath(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= leaves.length) {
    throw transcriptError("TRANSCRIPT_EVENT_MISSING", { index, count: leaves.length });
  }
  const path: Uint8Array[] = [];
  let [start, end] = [0, leaves.length];
  // From the root down; the path is listed from the leaf up.
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    const inLeft = index < middle;
    path.unshift(inLeft ? treeRoot(leaves.slice(middle, end)) : treeRoot(leaves.slice(start, middle)));
    [start, end] = inLeft ? [start, middle] : [middle, end];
  }
  return path;
}

/**
 * The root that a path leads to from a leaf. Whoever holds it against a root from elsewhere knows that the leaf is in
 * that tree, at that place.
 *
 * @throws PROOF_MALFORMED when no tree of `count` leaves has such a path
 */
export function rootOfInclusion(
  leaf: Uint8Array,
  index: number,
  count: number,
  path: readonly Uint8Array[],
): Uint8Array {
  requireSizes(index, count - 1, path);
  let [place, last, root] = [index, count - 1, leaf];
  for (const sibling of path) {
    if (last === 0) throw transcriptError("PROOF_MALFORMED", { index, count, hashes: path.length });
    if (isOdd(place) || place === last) {
      root = nodeHash(sibling, root);
      // A subtree at the right edge has no sibling at every height.
      while (!isOdd(place) && place !== 0) [place, last] = [half(place), half(last)];
    } else root = nodeHash(root, sibling);
    [place, last] = [half(place), half(last)];
  }
  if (last !== 0) throw transcriptError("PROOF_MALFORMED", { index, count, hashes: path.length });
  return root;
}

/**
 * PROOF(first, leaves): what shows that the tree of all leaves continues the tree of the first ones.
 *
 * @throws PROOF_MALFORMED unless 1 ≤ first ≤ number of leaves
 */
export function consistencyPath(first: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (!Number.isSafeInteger(first) || first < 1 || first > leaves.length) {
    throw transcriptError("PROOF_MALFORMED", { first, count: leaves.length });
  }
  const path: Uint8Array[] = [];
  let [start, end] = [0, leaves.length];
  // Whether the subtree in hand is the whole of the earlier tree, whose root the verifier knows.
  let known = true;
  while (end !== first) {
    const middle = start + splitOf(end - start);
    if (first <= middle) {
      path.unshift(treeRoot(leaves.slice(middle, end)));
      end = middle;
    } else {
      path.unshift(treeRoot(leaves.slice(start, middle)));
      start = middle;
      known = false;
    }
  }
  return known ? path : [treeRoot(leaves.slice(start, end)), ...path];
}

export type Tree = { readonly count: number; readonly root: Uint8Array };

/**
 * Checks that the second tree begins with all leaves of the first, unchanged and in order.
 *
 * @throws PROOF_MALFORMED, PROOF_INVALID
 */
export function verifyConsistency(first: Tree, second: Tree, path: readonly Uint8Array[]): void {
  requireSizes(first.count - 1, second.count - 1, path);
  if (first.count === second.count) {
    if (path.length !== 0) throw transcriptError("PROOF_MALFORMED", { count: first.count, hashes: path.length });
    requireEqual(first.root, second.root);
    return;
  }
  let [place, last] = [first.count - 1, second.count - 1];
  while (isOdd(place)) [place, last] = [half(place), half(last)];
  // A first tree that is a complete subtree of the second needs no hash of its own: its root is known.
  const [start, ...rest] = place === 0 ? [first.root, ...path] : path;
  if (start === undefined) throw transcriptError("PROOF_MALFORMED", { first: first.count, second: second.count });
  let [older, newer] = [start, start];
  for (const sibling of rest) {
    if (last === 0) throw transcriptError("PROOF_MALFORMED", { first: first.count, second: second.count });
    if (isOdd(place) || place === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (!isOdd(place) && place !== 0) [place, last] = [half(place), half(last)];
    } else newer = nodeHash(newer, sibling);
    [place, last] = [half(place), half(last)];
  }
  if (last !== 0) throw transcriptError("PROOF_MALFORMED", { first: first.count, second: second.count });
  requireEqual(first.root, older);
  requireEqual(second.root, newer);
}

function requireSizes(smaller: number, larger: number, path: readonly Uint8Array[]): void {
  const possible = Number.isSafeInteger(smaller) && Number.isSafeInteger(larger) && 0 <= smaller && smaller <= larger;
  if (!possible || path.some(({ length }) => length !== HASH_BYTES)) {
    throw transcriptError("PROOF_MALFORMED", { smaller, larger, hashes: path.length });
  }
}

function requireEqual(expected: Uint8Array, actual: Uint8Array): void {
  if (Buffer.compare(expected, actual) === 0) return;
  throw transcriptError("PROOF_INVALID", { expected: bytesToHex(expected), actual: bytesToHex(actual) });
}

/** The largest power of two below `count`. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

// Sizes may pass 2^31, beyond which the operators on bits would wrap.
const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);

/** 32 bytes from hex that a schema has checked. */
export const hashBytes = (hex: Hex): Uint8Array => hexToBytes(hex, { size: HASH_BYTES });
