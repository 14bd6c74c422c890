import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { bytesToHex, concat, type Hex, hexToBytes, numberToHex, size, slice } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  generatorKey,
  type P384Tables,
  p384Hints,
  p384KeyId,
  p384Tables,
  tableBytes,
} from "#lib/evidence/onchain/p384.ts";
import { type Deployed, type LocalChain, localChain } from "../contracts/evidence/local.ts";
import { u384 } from "../contracts/evidence/p384.fixture.ts";
import { externalCases } from "./external.fixture.ts";

/**
 * The contracts against Project Wycheproof. Its P-384 vectors have a hundred keys. Tables of each are computed here and
 * put where a test double of the verifier reads them: the verification is the verifier's own, and that it builds the
 * same tables itself is what test/contracts/evidence/p384.test.ts shows.
 */
const vectors = z.object({
  numberOfTests: z.int(),
  testGroups: z.array(
    z.object({
      publicKey: z.object({ uncompressed: z.string() }),
      tests: z.array(
        z.object({
          tcId: z.int(),
          comment: z.string(),
          msg: z.string(),
          sig: z.string(),
          result: z.enum(["valid", "invalid"]),
        }),
      ),
    }),
  ),
});
type Case = {
  readonly key: Hex;
  readonly name: string;
  readonly message: Uint8Array;
  readonly signature: Hex;
  readonly isValid: boolean;
};

let chain: LocalChain;
let p384: Deployed;
let ecdsa: Deployed;
beforeAll(async () => {
  chain = await localChain();
  p384 = await chain.deploy("P384Double");
  ecdsa = await chain.deploy("EcdsaDouble");
});
afterAll(() => chain.connection.close());

const known = new Map<Hex, P384Tables>();
async function tablesOf(key: Hex): Promise<P384Tables> {
  const found = known.get(key);
  if (found) return found;
  const tables = p384Tables(key);
  for (const [index, table] of tables.entries()) {
    const place = await p384.read("tableAt", [p384KeyId(key), BigInt(index)]);
    await chain.connection.provider.request({
      method: "hardhat_setCode",
      params: [place, `0x00${tableBytes(table).slice(2)}`],
    });
  }
  known.set(key, tables);
  return tables;
}

/** What the contracts say: refused encodings are invalid, and where there are no hints the plain form decides. */
async function verifiesP384({ key, message }: Case, { r, s }: { readonly r: bigint; readonly s: bigint }) {
  const tables = { generator: await tablesOf(generatorKey), key: await tablesOf(key) };
  const digest = bytesToHex(createHash("sha384").update(message).digest());
  const args = [p384KeyId(key), u384(BigInt(digest)), u384(r), u384(s)];
  const plain = await p384.read("verifyPlain", args);
  const hints = p384Hints({ ...tables, digest, r, s });
  const hinted = hints === undefined ? "no hints" : await p384.read("verify", [...args, hints]);
  return { plain, hinted };
}

const P1363_384 = casesOf("P-384, r and s", "ecdsa_secp384r1_sha384_p1363_test.json");
describe.runIf(P1363_384.present)("Wycheproof P-384 with SHA-384, r and s side by side", () => {
  it("has no disagreement", async () => {
    let withoutHints = 0;
    for (const vector of P1363_384.cases()) {
      if (size(vector.signature) !== 96) {
        expect(vector.isValid, vector.name).toBe(false);
        continue;
      }
      const numbers = { r: BigInt(slice(vector.signature, 0, 48)), s: BigInt(slice(vector.signature, 48)) };
      const { plain, hinted } = await verifiesP384(vector, numbers);
      expect(plain, vector.name).toBe(vector.isValid);
      if (hinted === "no hints") withoutHints += 1;
      else expect(hinted, vector.name).toBe(vector.isValid);
    }
    console.log(`external cases, of these without hints: ${withoutHints}`);
  }, 120_000);
});

const DER_384 = casesOf("P-384, DER", "ecdsa_secp384r1_sha384_test.json");
describe.runIf(DER_384.present)("Wycheproof P-384 with SHA-384, DER", () => {
  it("has no disagreement", async () => {
    for (const vector of DER_384.cases()) {
      const numbers = await decoded("decode", vector.signature);
      if (numbers === undefined) {
        expect(vector.isValid, vector.name).toBe(false);
        continue;
      }
      const { plain, hinted } = await verifiesP384(vector, numbers);
      expect(plain, vector.name).toBe(vector.isValid);
      if (hinted !== "no hints") expect(hinted, vector.name).toBe(vector.isValid);
    }
  }, 120_000);
});

for (const [name, file] of [
  ["P-256, r and s", "ecdsa_secp256r1_sha256_p1363_test.json"],
  ["P-256, DER", "ecdsa_secp256r1_sha256_test.json"],
] as const) {
  const found = casesOf(name, file);
  describe.runIf(found.present)(`Wycheproof ${name}`, () => {
    it("has no disagreement", async () => {
      for (const vector of found.cases()) {
        const numbers = name.endsWith("DER")
          ? await decoded("decodeWords", vector.signature)
          : sideBySide(vector.signature);
        const digest = bytesToHex(createHash("sha256").update(vector.message).digest());
        const isValid =
          numbers !== undefined &&
          (await ecdsa.read("verifyP256", [
            digest,
            numbers.r,
            numbers.s,
            BigInt(slice(vector.key, 0, 32)),
            BigInt(slice(vector.key, 32)),
          ]));
        expect(isValid, vector.name).toBe(vector.isValid);
      }
    }, 60_000);
  });
}

function sideBySide(signature: Hex) {
  return size(signature) === 64 ? { r: BigInt(slice(signature, 0, 32)), s: BigInt(slice(signature, 32)) } : undefined;
}

async function decoded(form: "decode" | "decodeWords", der: Hex) {
  try {
    const [r, s] = (await ecdsa.read(form, [der])) as readonly [unknown, unknown];
    return { r: numberOf(r), s: numberOf(s) };
  } catch (thrown) {
    if (thrown instanceof Error && thrown.message === "NotASignature") return undefined;
    throw thrown;
  }
}

function numberOf(number: unknown): bigint {
  if (typeof number === "bigint") return number;
  const { high, low } = number as { readonly high: bigint; readonly low: bigint };
  return BigInt(concat([numberToHex(high, { size: 16 }), numberToHex(low, { size: 32 })]));
}

function casesOf(name: string, file: string) {
  const parse = (path: string) => vectors.parse(JSON.parse(readFileSync(path, "utf8")));
  const { path, present } = externalCases(
    `Wycheproof ${name}`,
    `vectors/wycheproof/${file}`,
    (found) => parse(found).numberOfTests,
  );
  const cases = (): readonly Case[] =>
    parse(path).testGroups.flatMap(({ publicKey, tests }) =>
      tests.map(({ tcId, comment, msg, sig, result }) => ({
        key: `0x${publicKey.uncompressed.slice(2)}` as const,
        name: `${tcId} ${comment}`,
        message: hexToBytes(`0x${msg}`),
        signature: `0x${sig}` as const,
        isValid: result === "valid",
      })),
    );
  return { present, cases };
}
