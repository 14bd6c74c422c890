import { generateKeyPairSync } from "node:crypto";
import { p384 as curve } from "@noble/curves/nist";
import { bytesToHex, concat, type Hex, hexToBytes, numberToHex, size } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  generatorKey,
  p384Hints,
  p384KeyId,
  p384Registration,
  p384Tables,
  tableBytes,
} from "#lib/evidence/onchain/p384.ts";
import { type Deployed, FIRST_BUILD_MS, type LocalChain, localChain, TRANSACTION_GAS_CAP } from "./local.ts";
import { coordinatesOf, fixedKey, ORDER, register, sha384, signedBy, u384 } from "./p384.fixture.ts";
import { inverse } from "./referenceP384.ts";

/** Registration of keys and verification by them, on a chain with the newest rules and the cap on a transaction. */

const { privateKey, publicKey } = fixedKey();
const key = coordinatesOf(publicKey);
const keyId = p384KeyId(key);
const registration = p384Registration(key);
const tables = { generator: p384Tables(generatorKey), key: p384Tables(key) };
const message = new Uint8Array(100).fill(7);
const digest = sha384(message);
const { r, s } = signedBy(privateKey, message);
const hints = hintsOf(digest, r, s);

let chain: LocalChain;
let p384: Deployed;
beforeAll(async () => {
  chain = await localChain();
  p384 = await chain.deploy("P384");
  for (const used of [...(await register(p384, generatorKey)), ...(await register(p384, key))])
    expect(used).toBeLessThan(TRANSACTION_GAS_CAP);
}, FIRST_BUILD_MS);
afterAll(() => chain.connection.close());

function hintsOf(digest: Hex, r: bigint, s: bigint): Hex {
  const made = p384Hints({ ...tables, digest, r, s });
  if (made === undefined) throw new Error("there are no hints");
  return made;
}

const verify = (digest: Hex, r: bigint, s: bigint, hints: Hex, id: Hex = keyId) =>
  p384.read("verify", [id, u384(BigInt(digest)), u384(r), u384(s), hints]);
const verifyPlain = (digest: Hex, r: bigint, s: bigint, id: Hex = keyId) =>
  p384.read("verifyPlain", [id, u384(BigInt(digest)), u384(r), u384(s)]);

describe("registration of a P-384 key", () => {
  it.each(["generator", "key"] as const)(
    "stores the tables that another implementation computes, of the %s",
    async (base) => {
      const id = p384KeyId(base === "generator" ? generatorKey : key);
      const addresses = (await p384.read("tablesOf", [id])) as readonly Hex[];
      expect(await p384.read("isRegistered", [id])).toBe(true);
      for (const [index, table] of tables[base].entries()) {
        const code = await chain.client.getCode({ address: addresses[index] ?? "0x" });
        expect(code).toBe(`0x00${tableBytes(table).slice(2)}`);
      }
    },
  );

  it("names the generator as the contract does", async () => {
    expect(await p384.read("generatorId")).toBe(p384KeyId(generatorKey));
  });

  it("refuses every slope of a table with one bit flipped", async () => {
    const fresh = await chain.deploy("P384");
    await fresh.send("beginKey", [key, registration.powers]);
    for (const bit of sampledBits(registration.tables[0] ?? "0x")) {
      const call = fresh.read("buildTable", [keyId, 0n, flipped(registration.tables[0] ?? "0x", bit)]);
      await expect(call, `bit ${bit}`).rejects.toThrow(/SlopeNotOfTheLine/);
    }
  });

  it("refuses every slope of the powers with one bit flipped", async () => {
    const fresh = await chain.deploy("P384");
    for (const bit of sampledBits(registration.powers)) {
      const call = fresh.read("beginKey", [key, flipped(registration.powers, bit)]);
      await expect(call, `bit ${bit}`).rejects.toThrow(/SlopeNotOfTheLine/);
    }
  });

  it("refuses a key with any one bit flipped, which is no point", async () => {
    const fresh = await chain.deploy("P384");
    for (let bit = 0; bit < 768; bit++) {
      const call = fresh.read("beginKey", [flipped(key, bit), registration.powers]);
      await expect(call, `bit ${bit}`).rejects.toThrow(/^NotAPoint/);
    }
  });

  it("refuses the slopes of another table, and too few of them", async () => {
    const fresh = await chain.deploy("P384");
    await fresh.send("beginKey", [key, registration.powers]);
    await expect(fresh.read("buildTable", [keyId, 1n, registration.tables[0]])).rejects.toThrow(/SlopeNotOfTheLine/);
    await expect(fresh.read("buildTable", [keyId, 0n, registration.tables[0]?.slice(0, -2)])).rejects.toThrow(
      /SlopesSize/,
    );
    await expect(fresh.read("buildTable", [keyId, 4n, registration.tables[0]])).rejects.toThrow(/NoSuchTable/);
    await expect(fresh.read("beginKey", [key, "0x"])).rejects.toThrow(/SlopesSize/);
  });

  it("takes each part once, in any order, and verifies only when all are there", async () => {
    const fresh = await chain.deploy("P384");
    const args = [keyId, u384(BigInt(digest)), u384(r), u384(s)];
    await register(fresh, generatorKey);
    await expect(fresh.read("buildTable", [keyId, 0n, registration.tables[0]])).rejects.toThrow(/KeyNotBegun/);
    await fresh.send("beginKey", [key, registration.powers]);
    await expect(fresh.read("beginKey", [key, registration.powers])).rejects.toThrow(/KeyAlreadyBegun/);
    for (const index of [2, 0, 3, 1]) {
      expect(await fresh.read("isRegistered", [keyId])).toBe(false);
      await expect(fresh.read("verify", [...args, hints])).rejects.toThrow(/KeyNotRegistered/);
      await expect(fresh.read("verifyPlain", args)).rejects.toThrow(/KeyNotRegistered/);
      await fresh.send("buildTable", [keyId, BigInt(index), registration.tables[index]]);
      const again = fresh.read("buildTable", [keyId, BigInt(index), registration.tables[index]]);
      await expect(again).rejects.toThrow(/TableAlreadyBuilt/);
    }
    expect(await fresh.read("isRegistered", [keyId])).toBe(true);
    expect(await fresh.read("verify", [...args, hints])).toBe(true);
  });

  it("needs the generator's tables too", async () => {
    const fresh = await chain.deploy("P384");
    await register(fresh, key);
    const call = fresh.read("verify", [keyId, u384(BigInt(digest)), u384(r), u384(s), hints]);
    await expect(call).rejects.toThrow(/KeyNotRegistered/);
  });
});

describe("verification by a registered key", () => {
  it("agrees with Node about fresh signatures, hinted and plain", async () => {
    for (let round = 0; round < 10; round++) {
      const text = new Uint8Array(50 + round);
      const made = signedBy(privateKey, text);
      const hash = sha384(text);
      expect(await verify(hash, made.r, made.s, hintsOf(hash, made.r, made.s))).toBe(true);
      expect(await verifyPlain(hash, made.r, made.s)).toBe(true);
    }
  });

  it("accepts both s and n - s, so a signature names nothing", async () => {
    for (const either of [s, ORDER - s]) {
      expect(await verify(digest, r, either, hintsOf(digest, r, either))).toBe(true);
      expect(await verifyPlain(digest, r, either)).toBe(true);
    }
  });

  it("refuses another digest, r or s by any one bit", async () => {
    const words: readonly Hex[] = [digest, numberToHex(r, { size: 48 }), numberToHex(s, { size: 48 })];
    for (const [place, word] of words.entries()) {
      for (let bit = place; bit < 384; bit += 7) {
        const [d = "0x", r1 = "0x", s1 = "0x"] = words.map((value, index) =>
          index === place ? flipped(word, bit) : value,
        );
        const inRange = [r1, s1].every((value) => BigInt(value) > 0n && BigInt(value) < ORDER);
        expect(await verifyPlain(d, BigInt(r1), BigInt(s1))).toBe(false);
        if (inRange) expect(await verify(d, BigInt(r1), BigInt(s1), hintsOf(d, BigInt(r1), BigInt(s1)))).toBe(false);
      }
    }
  }, 60_000);

  it.each([0n, ORDER, ORDER + 1n, 2n ** 384n - 1n])("refuses r or s of %s, before it looks at hints", async (value) => {
    for (const [first, second] of [
      [value, s],
      [r, value],
    ] as const) {
      expect(await verify(digest, first, second, "0x")).toBe(false);
      expect(await verifyPlain(digest, first, second)).toBe(false);
    }
  });

  it("refuses every hint with one bit flipped", async () => {
    for (const bit of sampledBits(hints)) {
      const call = verify(digest, r, s, flipped(hints, bit));
      await expect(call, `bit ${bit}`).rejects.toThrow(/SlopeNotOfTheLine|NotTheInverse/);
    }
  }, 60_000);

  it("refuses a wrong slope of a doubling that comes last, behind which nothing else would notice", async () => {
    // The generator as the key with the factor 2, and the digest 0: the sum is one doubling.
    const x = BigInt(`0x${DOUBLED_GENERATOR_X}`) % ORDER;
    const half = (x * inverse(2n, ORDER)) % ORDER;
    const zero = numberToHex(0n, { size: 48 });
    const own = { generator: tables.generator, key: tables.generator };
    const doubling = p384Hints({ ...own, digest: zero, r: x, s: half }) ?? "0x";
    const id = p384KeyId(generatorKey);
    expect(size(doubling)).toBe(96);
    expect(await verify(zero, x, half, doubling, id)).toBe(true);
    for (let bit = 384; bit < 768; bit += 5)
      await expect(verify(zero, x, half, flipped(doubling, bit), id)).rejects.toThrow(/SlopeNotOfTheLine/);
  });

  it("refuses an inverse that is not below the order, by which a product would be wider than it is computed", async () => {
    // (2^384 - 1)^2 has 2^256 - 1 as its uppermost word, which stands for 0 modulo 2^256 - 1.
    const widest = 2n ** 384n - 1n;
    const factor = (widest * widest - ((2n ** 256n - 1n) << 512n)) % ORDER;
    const nonce = 7n;
    const r7 = curve.ProjectivePoint.BASE.multiply(nonce).toAffine().x % ORDER;
    const secret = ((((nonce - factor) * inverse(r7 * (widest % ORDER), ORDER)) % ORDER) + ORDER) % ORDER;
    const { x, y } = curve.ProjectivePoint.BASE.multiply(secret).toAffine();
    const own = concat([numberToHex(x, { size: 48 }), numberToHex(y, { size: 48 })]);
    await register(p384, own);
    const s7 = inverse(widest % ORDER, ORDER);
    // Hints for the digest that the wrong product stands for.
    const stands = numberToHex((factor * s7) % ORDER, { size: 48 });
    const slopes =
      p384Hints({ generator: tables.generator, key: p384Tables(own), digest: stands, r: r7, s: s7 })?.slice(98) ?? "";
    const wide = `${numberToHex(widest, { size: 48 })}${slopes}` as Hex;
    const digestOfOnes = numberToHex(widest, { size: 48 });
    expect(await verifyPlain(digestOfOnes, r7, s7, p384KeyId(own))).toBe(false);
    await expect(verify(digestOfOnes, r7, s7, wide, p384KeyId(own))).rejects.toThrow(/NotTheInverse/);
  });

  it("refuses hints too few, too many, or of another signature", async () => {
    await expect(verify(digest, r, s, "0x")).rejects.toThrow(/SlopesSize/);
    await expect(verify(digest, r, s, hints.slice(0, -96) as Hex)).rejects.toThrow(/SlopeNotOfTheLine/);
    await expect(verify(digest, r, s, `${hints}${"00".repeat(48)}`)).rejects.toThrow(/SlopesSize/);
    await expect(verify(digest, r, s, hintsOf(digest, r, ORDER - s))).rejects.toThrow(/NotTheInverse/);
  });

  it("refuses a key that was not registered", async () => {
    const other = p384KeyId(coordinatesOf(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey));
    await expect(verify(digest, r, s, hints, other)).rejects.toThrow(/KeyNotRegistered/);
    await expect(verifyPlain(digest, r, s, other)).rejects.toThrow(/KeyNotRegistered/);
  });

  it("refuses points that share their x in the hinted form, which the plain one decides", async () => {
    // The generator as the key, and factors of which two digits are the same: every slope would fit such a pair.
    const own = { generator: tables.generator, key: tables.generator };
    const id = p384KeyId(generatorKey);
    // r = s, so the key's factor is 1; the digest is s as well, so the generator's is 1 too. Their sum is 2G.
    const x = BigInt(`0x${DOUBLED_GENERATOR_X}`) % ORDER;
    const same = numberToHex(x, { size: 48 });
    expect(p384Hints({ ...own, digest: same, r: x, s: x })).toBeUndefined();
    expect(await verifyPlain(same, x, x, id)).toBe(true);
    const inverse = hintsOf(digest, r, x).slice(0, 98) as Hex;
    await expect(verify(same, x, x, `${inverse}${"00".repeat(48)}`, id)).rejects.toThrow(/PointsShareX/);
    // The opposite: the factors are 1 and -1, and the sum is infinity, which has no x.
    const opposite = numberToHex(ORDER - x, { size: 48 });
    expect(await verifyPlain(opposite, x, x, id)).toBe(false);
  });
});

const DOUBLED_GENERATOR_X =
  "08d999057ba3d2d969260045c55b97f089025959a6f434d651d207d19fb96e9e4fe0e86ebe0e64f85b96a9c75295df61";

function flipped(bytes: Hex, bit: number): Hex {
  const changed = hexToBytes(bytes);
  const index = bit >> 3;
  changed[index] = (changed[index] ?? 0) ^ (1 << (bit & 7));
  return bytesToHex(changed);
}

/** One bit of every slope, each time another, or so many. */
function sampledBits(slopes: Hex, perSlope = 1): readonly number[] {
  const count = (slopes.length - 2) / 96;
  return Array.from(
    { length: count * perSlope },
    (_, index) => 384 * Math.floor(index / perSlope) + ((index * 101 + 7) % 384),
  );
}
