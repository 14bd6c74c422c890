import { bytesToHex } from "viem";
import { generatorKey, p384Hints, p384KeyId, p384Tables } from "#lib/evidence/onchain/p384.ts";
import { localChain } from "./local.ts";
import { coordinatesOf, FIXED_SIGNATURE, fixedKey, register, sha384, u384 } from "./p384.fixture.ts";

/** In gas. Verifications are calls by another contract, with everything cold. */
export type OnchainFigures = {
  /** One more block of 128 bytes. */
  readonly sha384PerBlock: number;
  /** A message of 1,738 bytes, which is how much of a certificate is signed: 14 blocks. */
  readonly sha384Certificate: number;
  readonly p384Verify: number;
  readonly p384VerifyHinted: number;
  /** All five transactions for one key, and the largest of them. */
  readonly registerIssuer: number;
  readonly registerIssuerLargest: number;
  /** The verifier, and the generator's tables. */
  readonly deploy: number;
};

const CERTIFICATE = 1_738;
const MESSAGE = new Uint8Array(100).fill(7);

/** Measures the primitives on a chain of its own. The signature is the same every time, so the figures are exact. */
export async function measureOnchain(): Promise<OnchainFigures> {
  const chain = await localChain();
  try {
    const sha384Of = await chain.deploy("Sha384Double");
    const hash = async (length: number) => Number(await sha384Of.read("measure", [bytesToHex(new Uint8Array(length))]));
    const blocks = 8;
    const p384 = await chain.deploy("P384");
    const generator = await register(p384, generatorKey);
    const key = coordinatesOf(fixedKey().publicKey);
    const registered = await register(p384, key);
    const probe = await chain.deploy("P384GasProbe", [p384.address]);
    const { r, s } = FIXED_SIGNATURE;
    const digest = sha384(MESSAGE);
    const hints = p384Hints({ generator: p384Tables(generatorKey), key: p384Tables(key), digest, r, s });
    const args = [p384KeyId(key), u384(BigInt(digest)), u384(r), u384(s)];
    return {
      sha384PerBlock: Math.round(((await hash(100 + 128 * blocks)) - (await hash(100))) / blocks),
      sha384Certificate: await hash(CERTIFICATE),
      p384Verify: Number(await probe.read("measure", [...args, "0x"])),
      p384VerifyHinted: Number(await probe.read("measure", [...args, hints])),
      registerIssuer: total(registered),
      registerIssuerLargest: Math.max(...registered.map(Number)),
      deploy: Number(p384.gasUsed) + total(generator),
    };
  } finally {
    await chain.connection.close();
  }
}

function total(figures: readonly bigint[]): number {
  return Number(figures.reduce((sum, figure) => sum + figure, 0n));
}
