import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { bytesToHex, slice } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deployed, FIRST_BUILD_MS, type LocalChain, localChain } from "./local.ts";
import { coordinatesOf } from "./p384.fixture.ts";

/** A call to an address without code succeeds with an empty answer, which must not count as a signature. */

const PRECOMPILE = "0x0000000000000000000000000000000000000100";
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const message = Buffer.from("message");
const digest = bytesToHex(createHash("sha256").update(message).digest());
const signature = bytesToHex(sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" }));
const key = coordinatesOf(publicKey);
const args = [digest, ...[signature, key].flatMap((pair) => [BigInt(slice(pair, 0, 32)), BigInt(slice(pair, 32))])];

describe("P-256 where the chain has the precompile", () => {
  let chain: LocalChain;
  beforeAll(async () => {
    chain = await localChain();
  }, FIRST_BUILD_MS);
  afterAll(() => chain.connection.close());

  it("is what Node signed", async () => {
    expect(await (await chain.deploy("EcdsaDouble")).read("verifyP256", args)).toBe(true);
  });
});

describe("P-256 where the chain has no precompile", () => {
  let chain: LocalChain;
  let ecdsa: Deployed;
  beforeAll(async () => {
    chain = await localChain("prague");
    ecdsa = await chain.deploy("EcdsaDouble");
  }, FIRST_BUILD_MS);
  afterAll(() => chain.connection.close());

  it.each([
    ["nothing is there", "0x", false],
    ["what is there answers with nothing", "0x00", false],
    ["what is there answers with 1 in 64 bytes", "0x600160005260406000f3", false],
    ["what is there answers with 1 in 31 bytes", "0x6001600052601f6001f3", false],
    ["what is there answers with 2", "0x600260005260206000f3", false],
    ["what is there refuses with 1", "0x600160005260206000fd", false],
    ["what is there answers with 1, as the precompile would", "0x600160005260206000f3", true],
  ])("%s", async (_, code, expected) => {
    await chain.connection.provider.request({ method: "hardhat_setCode", params: [PRECOMPILE, code] });
    expect(await ecdsa.read("verifyP256", args)).toBe(expected);
  });
});
