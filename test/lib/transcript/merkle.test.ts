import { bytesToHex, hexToBytes } from "viem";
import { describe, expect, it } from "vitest";
import { sha256Bytes } from "#lib/core/hash.ts";
import {
  consistencyPath,
  createFrontier,
  inclusionPath,
  leafHash,
  rootOfInclusion,
  treeRoot,
  verifyConsistency,
} from "#lib/transcript/merkle.ts";
import { code } from "./log.fixture.ts";

/** The tree that the tests of Certificate Transparency have used since RFC 6962, and its roots by size. */
const entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const roots = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const ctLeaves = entries.map((entry) => leafHash(hexToBytes(`0x${entry}`)));

const MOST = 40;
const leaves = Array.from({ length: MOST }, (_, index) => leafHash(Uint8Array.of(index)));
const tree = (count: number) => ({ count, root: treeRoot(leaves.slice(0, count)) });

/** MTH of the standard, word for word: the tree split at the largest power of two. */
function plainRoot(of: readonly Uint8Array[]): Uint8Array {
  const [only] = of;
  if (only === undefined) return sha256Bytes();
  if (of.length === 1) return only;
  let split = 1;
  while (split * 2 < of.length) split *= 2;
  return sha256Bytes(Uint8Array.of(1), plainRoot(of.slice(0, split)), plainRoot(of.slice(split)));
}

/** A path with one thing wrong: a hash changed, dropped, added or moved. */
function* wrongPaths(path: readonly Uint8Array[]): Generator<Uint8Array[]> {
  for (const [place, hash] of path.entries()) {
    yield path.with(
      place,
      Uint8Array.from(hash, (byte, at) => (at === 31 ? byte ^ 1 : byte)),
    );
    yield path.toSpliced(place, 1);
    const [a, b] = [path[place], path[place + 1]];
    if (a && b) yield path.with(place, b).with(place + 1, a);
  }
  yield [...path, new Uint8Array(32)];
  yield [new Uint8Array(32), ...path];
}

describe("the tree", () => {
  it("has the roots of the known tree", () => {
    expect(roots.map((_, size) => bytesToHex(treeRoot(ctLeaves.slice(0, size))))).toEqual(
      roots.map((root) => `0x${root}`),
    );
  });

  it(`grows to the root of the whole, at every size up to ${MOST}`, () => {
    const frontier = createFrontier();
    for (const [index, leaf] of leaves.entries()) {
      frontier.append(leaf);
      expect(frontier.count()).toBe(index + 1);
      expect(frontier.root()).toEqual(Buffer.from(plainRoot(leaves.slice(0, index + 1))));
    }
  });
});

describe(`an inclusion proof, for every leaf of every size up to ${MOST}`, () => {
  it("leads to the root", () => {
    for (let count = 1; count <= MOST; count++) {
      for (let index = 0; index < count; index++) {
        const path = inclusionPath(index, leaves.slice(0, count));
        expect(rootOfInclusion(leaves[index] ?? new Uint8Array(), index, count, path)).toEqual(tree(count).root);
      }
    }
  });

  it("leads elsewhere, or nowhere, with another leaf, place, size or path", () => {
    for (let count = 1; count <= 17; count++) {
      for (let index = 0; index < count; index++) {
        const leaf = leaves[index] ?? new Uint8Array();
        const path = inclusionPath(index, leaves.slice(0, count));
        const leads = (of: Uint8Array, at: number, size: number, along: readonly Uint8Array[]) => {
          try {
            return Buffer.compare(rootOfInclusion(of, at, size, along), tree(count).root) === 0;
          } catch (thrown) {
            expect(thrown).toEqual(code("PROOF_MALFORMED"));
            return false;
          }
        };
        expect(leads(leafHash(Uint8Array.of(99)), index, count, path)).toBe(false);
        for (let other = 0; other < count; other++)
          if (other !== index) expect(leads(leaf, other, count, path)).toBe(false);
        for (const wrong of wrongPaths(path)) expect(leads(leaf, index, count, wrong)).toBe(false);
      }
    }
  });

  it("is refused for places and hashes that cannot be", () => {
    const path = inclusionPath(0, leaves.slice(0, 2));
    const leaf = leaves[0] ?? new Uint8Array();
    for (const [index, count] of [
      [2, 2],
      [-1, 2],
      [0, 0],
      [0.5, 2],
      [0, Number.MAX_SAFE_INTEGER + 2],
    ] as const) {
      expect(() => rootOfInclusion(leaf, index, count, path)).toThrow(code("PROOF_MALFORMED"));
    }
    expect(() => rootOfInclusion(leaf, 0, 2, [new Uint8Array(31)])).toThrow(code("PROOF_MALFORMED"));
    for (const wrong of [[], [...path, ...path]]) {
      expect(() => rootOfInclusion(leaf, 0, 2, wrong)).toThrow(code("PROOF_MALFORMED"));
    }
    expect(() => inclusionPath(2, leaves.slice(0, 2))).toThrow(code("TRANSCRIPT_EVENT_MISSING"));
    expect(() => inclusionPath(-1, leaves)).toThrow(code("TRANSCRIPT_EVENT_MISSING"));
  });
});

describe(`a consistency proof, for every pair of sizes up to ${MOST}`, () => {
  it("shows that the later log continues the earlier one", () => {
    for (let second = 1; second <= MOST; second++) {
      for (let first = 1; first <= second; first++) {
        verifyConsistency(tree(first), tree(second), consistencyPath(first, leaves.slice(0, second)));
      }
    }
  });

  it("fails for another root on either side, another size, or another path", () => {
    const other = leafHash(Uint8Array.of(99));
    for (let second = 1; second <= 17; second++) {
      for (let first = 1; first <= second; first++) {
        const path = consistencyPath(first, leaves.slice(0, second));
        const holds = (a: ReturnType<typeof tree>, b: ReturnType<typeof tree>, along = path) => {
          try {
            verifyConsistency(a, b, along);
            return true;
          } catch (thrown) {
            expect(["PROOF_MALFORMED", "PROOF_INVALID"]).toContain((thrown as { code?: string }).code);
            return false;
          }
        };
        expect(holds({ count: first, root: other }, tree(second))).toBe(false);
        expect(holds(tree(first), { count: second, root: other })).toBe(false);
        for (let size = 1; size < second; size++)
          if (size !== first) expect(holds({ ...tree(first), count: size }, tree(second))).toBe(false);
        for (const wrong of wrongPaths(path)) expect(holds(tree(first), tree(second), wrong)).toBe(false);
      }
    }
  });

  it("fails where the past was rewritten", () => {
    const rewritten = leaves.with(2, leafHash(Uint8Array.of(99)));
    for (let first = 3; first < 10; first++) {
      expect(() =>
        verifyConsistency(
          tree(first),
          { count: 10, root: treeRoot(rewritten.slice(0, 10)) },
          consistencyPath(first, rewritten.slice(0, 10)),
        ),
      ).toThrow(code("PROOF_INVALID"));
    }
  });

  it("is refused for sizes that cannot be", () => {
    expect(() => consistencyPath(0, leaves)).toThrow(code("PROOF_MALFORMED"));
    expect(() => consistencyPath(MOST + 1, leaves)).toThrow(code("PROOF_MALFORMED"));
    expect(() => verifyConsistency({ count: 0, root: treeRoot([]) }, tree(3), [])).toThrow(code("PROOF_MALFORMED"));
    const longer = [...consistencyPath(2, leaves.slice(0, 3)), new Uint8Array(32)];
    expect(() => verifyConsistency(tree(2), tree(3), longer)).toThrow(code("PROOF_MALFORMED"));
    expect(() => verifyConsistency(tree(3), tree(2), [])).toThrow(code("PROOF_MALFORMED"));
    expect(() => verifyConsistency(tree(3), tree(5), [])).toThrow(code("PROOF_MALFORMED"));
  });
});
