import { bytesToHex, type Hex, hexToBytes, sha256, stringToBytes, zeroHash } from "viem";
import { sha256Bytes, sha256Hex, taggedHash, uint } from "#lib/core/hash.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { consistencyPath, fingerprint, inclusionPath, leafHash, treeRoot } from "#lib/transcript/merkle.ts";
import { createTranscript } from "#lib/transcript/writer.ts";

/**
 * Shared vectors of canonical hashing: what two languages have to agree on. `npm run generate` writes them to
 * `hashing.json`, where a program in another language reads them and computes everything again.
 *
 * Lists of hashes are one string with spaces.
 */
export async function hashingVectors(): Promise<string> {
  const vectors = {
    v: 1,
    /** JSON text as anybody may write it, its canonical form (RFC 8785), and the hash of that. */
    canonical: [...written, ...numbers()].map(({ name, input }) => {
      const bytes = canonicalBytes(JSON.parse(input));
      return { name, input, canonical: Buffer.from(bytes).toString("utf8"), sha256: sha256(bytes) };
    }),
    /** JSON text that has no canonical form. */
    refused,
    /** T(label, data) = SHA-256(`pawl/v1/` ‖ label ‖ 0x00 ‖ data). */
    tagged: (
      [
        ["outputs", "0x"],
        ["transcript", `0x${"00".repeat(40)}`],
        ["transcript-content", "0x01ff"],
        ["StepClaim", "0x"],
      ] as const
    ).map(([label, data]) => ({ label, data, hash: bytesToHex(taggedHash(label, hexToBytes(data))) })),
    /** Trees of RFC 6962 over leaves that are the hashes of one byte each: 0x00, 0x01 and so on. */
    trees: [1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 33].map((count) => {
      const leaves = leavesOf(count);
      const root = treeRoot(leaves);
      return { count, treeRoot: bytesToHex(root), fingerprint: fingerprint(count, root) };
    }),
    inclusion: (
      [
        [1, 0],
        [2, 1],
        [7, 6],
        [8, 3],
        [9, 8],
        [33, 32],
        [33, 5],
      ] as const
    ).map(([count, index]) => ({ count, index, path: joined(inclusionPath(index, leavesOf(count))) })),
    consistency: (
      [
        [1, 1],
        [1, 2],
        [3, 7],
        [4, 8],
        [6, 8],
        [8, 9],
        [31, 33],
      ] as const
    ).map(([first, second]) => ({ first, second, path: joined(consistencyPath(first, leavesOf(second))) })),
    transcripts: [transcript(1), transcript(5)],
  };
  return `${JSON.stringify(vectors, null, 2)}\n`;
}

const refused = [
  { name: "half a surrogate pair, the first", input: '"\\ud800"' },
  { name: "half a surrogate pair, the second", input: '{"a":"\\udc00x"}' },
  { name: "half a surrogate pair in a key", input: '{"\\ud83d":1}' },
  { name: "a number beyond every double", input: "1e400" },
];

const written = [
  { name: "white space and order", input: ' { "b" : [ 1 , { } , [ ] ] , "a" : null } ' },
  {
    name: "keys by UTF-16 unit, not by code point",
    input: '{"\\ufb33":1,"\\ud83d\\ude00":2,"\\u20ac":3,"\\r":4,"1":5,"\\u0080":6,"\\u00f6":7,"":8}',
  },
  { name: "keys that look like numbers", input: '{"10":1,"9":2,"1":3,"-1":4,"01":5}' },
  { name: "keys of which one begins another", input: '{"aa":1,"a":2,"aA":3,"A":4}' },
  { name: "a key that other languages treat apart", input: '{"constructor":1,"toString":2,"__proto__":3}' },
  { name: "control characters", input: '"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\\u007f\\u0080"' },
  { name: "characters that need no escape", input: '"\\/\\u2028\\u2029\\u00e9\\ud83d\\ude00"' },
  { name: "characters that need one", input: '"\\u0022\\u005c"' },
  { name: "text that is not normalised", input: '["\\u00c5","A\\u030a"]' },
  { name: "literals", input: "[true,false,null]" },
  { name: "nesting", input: `${"[".repeat(30)}${"]".repeat(30)}` },
];

/** Numbers at the edges of how ECMAScript writes them, and doubles all over the range. */
function numbers(): { name: string; input: string }[] {
  const edges = [
    ...["0", "-0", "-0.0", "1.0", "1e0", "-1", "4.50", "2e-3", "1E30", "333333333.33333329"],
    ...["1e20", "1e21", "123456789012345678901234567890", "999999999999999900000", "1e23", "-1e21"],
    ...["0.000001", "0.0000001", "1.5e-7", "0.0000012345", "1e-27", "9.5367431640625e-7"],
    ...["5e-324", "2.2250738585072014e-308", "1.7976931348623157e308", "4.9406564584124654e-324"],
    ...[
      "9007199254740991",
      "9007199254740992",
      "9007199254740993",
      "18446744073709551615",
      "0.1",
      "0.30000000000000004",
    ],
  ];
  const spread = Array.from({ length: 120 }, (_, seed) => {
    const double = new DataView(sha256Bytes(uint(seed, 32)).buffer.slice(0, 8)).getFloat64(0);
    return Number.isFinite(double) ? double.toExponential(20) : "0";
  });
  return [...edges, ...spread].map((input) => ({ name: `number ${input}`, input }));
}

function leavesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => leafHash(Uint8Array.of(index)));
}

function joined(hashes: readonly Uint8Array[]): string {
  return hashes.map((hash) => bytesToHex(hash)).join(" ");
}

function transcript(count: number): { count: number; text: string; sha256: Hex; root: Hex } {
  let salts = 0;
  const random = (length: number) => sha256Bytes(uint(salts++, 32)).slice(0, length);
  const log = createTranscript({ clock: () => 1_700_000_000, random });
  for (let index = 1; index < count; index++) log.append("event", { "€": index / 8, text: "é\u2028\ud83d\ude00" });
  const { bytes, root } = log.close({
    resultHash: sha256Hex(stringToBytes("result")),
    bundleHash: zeroHash,
    nextTokensHash: zeroHash,
    receiptHash: zeroHash,
    nextStateCommitment: zeroHash,
    nextNetCommitment: zeroHash,
  });
  return { count, text: Buffer.from(bytes).toString("utf8"), sha256: sha256Hex(bytes), root };
}
