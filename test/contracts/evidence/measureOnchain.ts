import { bytesToHex } from "viem";
import { generatorKey, p384Hints, p384KeyId, p384Tables } from "#lib/evidence/onchain/p384.ts";
import { localChain } from "./local.ts";
import { measureProofs, type ProofFigures } from "./measureProofs.ts";
import { coordinatesOf, FIXED_SIGNATURE, fixedKey, register, sha384, u384 } from "./p384.fixture.ts";

/** In gas, but for what is called bytes. Verifications of a signature are calls by another contract, all cold. */
export type OnchainFigures = ProofFigures & {
  /** The same with a certificate of 1,860 bytes, as long as that of a public attestation of 2024. */
  readonly claimWithProofLong: number;
  readonly claimWithProofLongFirst: number;
  /** One more block of 128 bytes. */
  readonly sha384PerBlock: number;
  /** A message of 1,738 bytes, which is how much of the longer certificate is signed: 14 blocks. */
  readonly sha384Certificate: number;
  readonly p384Verify: number;
  readonly p384VerifyHinted: number;
  /** All five transactions for one key, and the largest of them. */
  readonly registerIssuer: number;
  readonly registerIssuerLargest: number;
  /** Once per chain: four contracts and the generator's tables; the largest transaction of these. */
  readonly deploy: number;
  readonly deployLargest: number;
};

const CERTIFICATE = 1_738;
const MESSAGE = new Uint8Array(100).fill(7);

/** Measures everything on chains of its own. Signatures are the same every time, so the figures are exact. */
export async function measureOnchain({ refresh = false } = {}): Promise<OnchainFigures> {
  const { usual, long } = await measureProofs({ usual: minted("usual"), long: minted("long"), refresh });
  return {
    ...usual,
    claimWithProofLong: long.claimWithProof,
    claimWithProofLongFirst: long.claimWithProofFirst,
    ...(await measurePrimitives()),
  };
}

/** Attestations that were minted once for these measurements. */
function minted(name: string): URL {
  return new URL(`minted/${name}.json`, import.meta.url);
}

async function measurePrimitives(): Promise<Omit<OnchainFigures, keyof ProofFigures | `claimWithProofLong${string}`>> {
  const chain = await localChain();
  try {
    const sha384Of = await chain.deploy("Sha384Double");
    const hash = async (length: number) => Number(await sha384Of.read("measure", [bytesToHex(new Uint8Array(length))]));
    const blocks = 8;
    const p384 = await chain.deploy("P384");
    const generator = await register(p384, generatorKey);
    const key = coordinatesOf(fixedKey().publicKey);
    const registered = await register(p384, key);
    const hasher = await chain.deploy("Sha384Hasher");
    const reader = await chain.deploy("SigstoreVerifier", [p384.address, hasher.address, "https://oidc.example"]);
    const root = { validFrom: 0, validUntil: 1 };
    const issuer = { ...root, keyId: p384KeyId(key), nameHash: p384KeyId(key) };
    const log = { ...root, x: p384KeyId(key), y: p384KeyId(key) };
    const roots = await chain.deploy("TrustRoots", [
      p384.address,
      hasher.address,
      5,
      [issuer],
      [log],
      [reader.address],
    ]);
    const created = [p384, hasher, reader, roots].map(({ gasUsed }) => gasUsed);
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
      deploy: total([...created, ...generator]),
      deployLargest: Math.max(...[...created, ...generator].map(Number)),
    };
  } finally {
    await chain.connection.close();
  }
}

function total(figures: readonly bigint[]): number {
  return Number(figures.reduce((sum, figure) => sum + figure, 0n));
}
