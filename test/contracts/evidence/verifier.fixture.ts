import { bytesToHex, encodeAbiParameters, getAbiItem, type Hex, hexToBytes, hexToNumber, slice } from "viem";
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

/** Members of an encoded attestation, by their place among the words of its head. */
const CERTIFICATE = 0;
const SIGNATURE = 1;
const HINTS = 5;
const WINDOWS = [3, 4, 8, 9];
/** Every byte of the slopes is flipped in the tests of the signature itself; here one of each. */
const SLOPE_BYTES = 48;

/** Where the attestation's head begins, in an encoding in which its own place stands in the word at `at`. */
function headOf(encoded: Hex, at: number): number {
  return at === 0 ? 32 : hexToNumber(slice(encoded, at, at + 32));
}

function textOf(encoded: Hex, head: number, member: number): { readonly start: number; readonly length: number } {
  const place = head + hexToNumber(slice(encoded, head + 32 * member, head + 32 * member + 32));
  return { start: place + 32, length: hexToNumber(slice(encoded, place, place + 32)) };
}

/** Places of the bytes that fill texts up to whole words. */
export function paddingOf(encoded: Hex, at: number): readonly number[] {
  const head = headOf(encoded, at);
  return [CERTIFICATE, SIGNATURE, HINTS]
    .flatMap((member) => {
      const { start, length } = textOf(encoded, head, member);
      return Array.from({ length: (32 - (length % 32)) % 32 }, (_, index) => start + length + index);
    })
    .sort((a, b) => a - b);
}

/** Places of the bytes that say when roots are valid: five in each of four words. */
export function windowsOf(at: number, encoded: Hex = "0x"): readonly number[] {
  const head = headOf(encoded, at);
  return WINDOWS.flatMap((member) => Array.from({ length: 5 }, (_, byte) => head + 32 * (member + 1) - 5 + byte));
}

/**
 * Calls once for each byte with one of its bits flipped. Answers with the places whose flip changed nothing, and those
 * whose flip changed the answer without a refusal.
 */
export async function flipEveryByte(encoded: Hex, at: number, call: (flipped: Hex) => Promise<unknown>) {
  const bytes = hexToBytes(encoded);
  const hints = textOf(encoded, headOf(encoded, at), HINTS);
  const answer = JSON.stringify(await call(encoded), decimals);
  const same: number[] = [];
  const other: number[] = [];
  await Promise.all(
    Array.from(bytes, async (byte, place) => {
      const intoHints = place - hints.start;
      if (intoHints >= 0 && intoHints < hints.length && intoHints % SLOPE_BYTES !== 0) return;
      const flipped = Uint8Array.from(bytes);
      flipped[place] = byte ^ (1 << (place % 8));
      let found: unknown;
      try {
        found = await call(bytesToHex(flipped));
      } catch {
        return;
      }
      (JSON.stringify(found, decimals) === answer ? same : other).push(place);
    }),
  );
  return { same: same.sort((a, b) => a - b), other: other.sort((a, b) => a - b) };
}

function decimals(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
