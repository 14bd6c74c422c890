import { createHash } from "node:crypto";

/** An append-only Merkle tree (RFC 6962 section 2). Hashes of complete subtrees are kept, so a proof costs O(log² n). */
export type MerkleTree = {
  readonly size: () => number;
  /** Appends a leaf and returns its index. */
  readonly append: (leaf: Uint8Array) => number;
  /** Root hash of the first `size` leaves. */
  readonly root: (size: number) => Uint8Array;
  /** Audit path of leaf `index` in the tree of the first `size` leaves, lowest level first. */
  readonly proof: (index: number, size: number) => Uint8Array[];
};

export function createMerkleTree(): MerkleTree {
  // levels[h][i] is the hash of leaves [i * 2^h, (i + 1) * 2^h).
  const levels: Uint8Array[][] = [[]];
  const leaves = () => levels[0] ?? [];

  const range = (start: number, end: number): Uint8Array => {
    if (end === start) return sha256();
    const height = Math.log2(end - start);
    const complete = Number.isInteger(height) ? levels[height]?.[start / (end - start)] : undefined;
    if (complete !== undefined) return complete;
    const middle = start + splitOf(end - start);
    return node(range(start, middle), range(middle, end));
  };

  const path = (index: number, start: number, end: number): Uint8Array[] => {
    if (end - start === 1) return [];
    const middle = start + splitOf(end - start);
    return index < middle
      ? [...path(index, start, middle), range(middle, end)]
      : [...path(index, middle, end), range(start, middle)];
  };

  return {
    size: () => leaves().length,
    append(leaf) {
      const index = leaves().length;
      let hash = sha256(Uint8Array.of(0), leaf);
      for (let height = 0; ; height++) {
        const level = levels[height] ?? [];
        levels[height] = level;
        const left = level.length % 2 === 1 ? level.at(-1) : undefined;
        level.push(hash);
        if (left === undefined) break;
        hash = node(left, hash);
      }
      return index;
    },
    root: (size) => range(0, size),
    proof: (index, size) => {
      if (index < 0 || index >= size || size > leaves().length) throw new RangeError(`no leaf ${index} of ${size}`);
      return path(index, 0, size);
    },
  };
}

/** The largest power of two below `count`. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

function node(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(1), left, right);
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
