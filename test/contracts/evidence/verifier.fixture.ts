import { encodeAbiParameters, getAbiItem, type Hex } from "viem";
import type { OnchainAttestation } from "#lib/evidence/onchain/attestation.ts";
import { generatorKey } from "#lib/evidence/onchain/p384.ts";
import type { CoveredRoots } from "#lib/evidence/onchain/roots.ts";
import { type Deployed, type LocalChain, localChain } from "./local.ts";
import { register } from "./p384.fixture.ts";

/** What `SigstoreVerifier.read` answers. */
export type Attested = {
  readonly payloadHash: Hex;
  readonly logTime: bigint;
  readonly issuerRoot: Hex;
  readonly logRoot: Hex;
  readonly notBefore: bigint;
  readonly notAfter: bigint;
  readonly alternativeName: string;
  readonly extensions: readonly string[];
};

/** A verifier on a chain of its own, to which the authorities' keys are registered. */
export type VerifierChain = {
  readonly chain: LocalChain;
  readonly verifier: Deployed;
  readonly p384: Deployed;
  readonly roots: CoveredRoots;
  /** What the contract reads in a bundle, or the reverting error's name and values. */
  readonly read: (payload: Hex, attestation: OnchainAttestation) => Promise<Attested>;
};

export async function verifierChain(
  roots: CoveredRoots,
  oidcIssuer: string,
  hardfork: "osaka" | "prague" = "osaka",
): Promise<VerifierChain> {
  const chain = await localChain(hardfork);
  const p384 = await chain.deploy("P384");
  const sha384 = await chain.deploy("Sha384Hasher");
  const verifier = await chain.deploy("SigstoreVerifier", [p384.address, sha384.address, oidcIssuer]);
  for (const key of [generatorKey, ...roots.issuers.map((issuer) => issuer.key)]) await register(p384, key);
  return {
    chain,
    verifier,
    p384,
    roots,
    read: async (payload, attestation) => (await verifier.read("read", [payload, attestation])) as Attested,
  };
}

/** A proof in the verifier's own encoding. */
export function encodeAttestation({ abi }: Deployed, attestation: OnchainAttestation): Hex {
  const item = getAbiItem({ abi, name: "read" });
  const type = item?.type === "function" ? item.inputs[1] : undefined;
  if (!type) throw new Error("the verifier reads nothing");
  return encodeAbiParameters([type], [attestation]);
}
