import { createHash } from "node:crypto";
import { bytesToHex, numberToHex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deployed, type LocalChain, localChain } from "./local.ts";

/** The library as it is compiled for deployment, against Node's own SHA-384. */

const LONGEST = 4_096;
/** Of the longest, as many as fit under the gas cap. */
const PER_CALL = 16;

let chain: LocalChain;
let sha384: Deployed;
beforeAll(async () => {
  chain = await localChain();
  sha384 = await chain.deploy("Sha384Double");
});
afterAll(() => chain.connection.close());

describe("SHA-384 in Solidity", () => {
  it(`is Node's for every length from 0 to ${LONGEST}`, async () => {
    const message = pseudorandom(LONGEST, "every length");
    for (let from = 0; from <= LONGEST; from += PER_CALL) {
      const to = Math.min(from + PER_CALL, LONGEST + 1);
      const digests = (await sha384.read("hashPrefixes", [
        bytesToHex(message),
        BigInt(from),
        BigInt(to),
      ])) as `0x${string}`;
      const expected = Array.from({ length: to - from }, (_, index) => sha384Of(message.subarray(0, from + index)));
      expect(digests, `lengths from ${from}`).toBe(bytesToHex(Buffer.concat(expected)));
    }
  }, 300_000);

  it.each(["00", "ff", "80", "01"])("is Node's for messages of one byte value, %s", async (byte) => {
    const message = new Uint8Array(300).fill(Number.parseInt(byte, 16));
    const digests = (await sha384.read("hashPrefixes", [bytesToHex(message), 0n, 301n])) as `0x${string}`;
    const expected = Array.from({ length: 301 }, (_, length) => sha384Of(message.subarray(0, length)));
    expect(digests).toBe(bytesToHex(Buffer.concat(expected)));
  });

  it("takes calldata and slices as it takes whole messages", async () => {
    const message = pseudorandom(777, "forms");
    for (const [from, to] of [
      [0, 777],
      [0, 0],
      [777, 777],
      [1, 128],
      [5, 116],
      [13, 700],
    ] as const) {
      const expected = bytesToHex(sha384Of(message.subarray(from, to)));
      const slice = [bytesToHex(message), BigInt(from), BigInt(to - from)];
      expect(wordsOf(await sha384.read("hashSlice", slice))).toBe(expected);
      expect(wordsOf(await sha384.read("hashCalldata", [bytesToHex(message.subarray(from, to))]))).toBe(expected);
      expect(wordsOf(await sha384.read("hash", [bytesToHex(message.subarray(from, to))]))).toBe(expected);
    }
  });
});

function sha384Of(message: Uint8Array): Uint8Array {
  return createHash("sha384").update(message).digest();
}

function wordsOf(digest: unknown): string {
  const { high, low } = digest as { readonly high: bigint; readonly low: bigint };
  return numberToHex(high, { size: 16 }) + numberToHex(low, { size: 32 }).slice(2);
}

/** The same bytes every time. */
function pseudorandom(length: number, seed: string): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let index = 0; index * 32 < length; index++)
    blocks.push(createHash("sha256").update(`${seed} ${index}`).digest());
  return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
}
