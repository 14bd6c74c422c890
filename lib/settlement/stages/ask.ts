import {
  type Abi,
  type Address,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  concat,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  hexToBytes,
  numberToHex,
  type PublicClient,
} from "viem";
import type { SignatureNumbers } from "../../evidence/onchain/attestation.ts";

/** What any transaction costs, before its call does anything: itself, and its data by the byte (EIP-2028). */
const TRANSACTION_GAS = 21_000n;
const ZERO_BYTE_GAS = 4n;
const BYTE_GAS = 16n;
/** The least that data costs where the call does little, in times of the above (EIP-7623). */
const FLOOR_NUMERATOR = 5n;
const FLOOR_DENOMINATOR = 2n;

/** The chain's own SHA-256 and ECDSA on P-256 (EIP-7951). */
const SHA256: Address = "0x0000000000000000000000000000000000000002";
const P256: Address = "0x0000000000000000000000000000000000000100";

type Mutability = "pure" | "view" | "nonpayable";
type Question<A extends Abi, F extends ContractFunctionName<A, Mutability>> = {
  readonly address: Address;
  readonly abi: A;
  readonly functionName: F;
  readonly args: ContractFunctionArgs<A, Mutability, F>;
};

/** An answer of the chain, and about what it spends on it. */
export type Answer<T> = { readonly answer: T; readonly gas: number | null };

/** Asks a contract by `eth_call`. @throws viem's errors, with the revert in them */
export async function ask<const A extends Abi, F extends ContractFunctionName<A, Mutability>>(
  client: PublicClient,
  question: Question<A, F>,
): Promise<Answer<ContractFunctionReturnType<A, Mutability, F>>> {
  const { address, abi, functionName, args } = question as unknown as Question<Abi, string>;
  const { answer, gas } = await askBytes(client, address, encodeFunctionData({ abi, functionName, args }));
  const decoded = decodeFunctionResult({ abi, functionName, data: answer });
  return { answer: decoded as ContractFunctionReturnType<A, Mutability, F>, gas };
}

/** SHA-256 as the chain computes it. */
export async function askSha256(client: PublicClient, message: Hex): Promise<Answer<Hex>> {
  return askBytes(client, SHA256, message);
}

/**
 * Whether a signature on P-256 is right. The precompile answers with nothing where it is wrong, and so does a chain that
 * has none: only 32 bytes that are 1 count.
 */
export async function askP256(
  client: PublicClient,
  digest: Hex,
  { r, s }: SignatureNumbers,
  key: { readonly x: Hex; readonly y: Hex },
): Promise<Answer<boolean>> {
  const word = (value: bigint) => numberToHex(value, { size: 32 });
  const { answer, gas } = await askBytes(client, P256, concat([digest, word(r), word(s), key.x, key.y]));
  return { answer: answer === word(1n), gas };
}

async function askBytes(client: PublicClient, to: Address, data: Hex): Promise<Answer<Hex>> {
  const [{ data: answer = "0x" }, gas] = await Promise.all([client.call({ to, data }), gasOf(client, to, data)]);
  return { answer, gas };
}

/** Gas is told beside the answer, which does not depend on it: some nodes estimate less than they run. */
async function gasOf(client: PublicClient, to: Address, data: Hex): Promise<number | null> {
  const estimate = await client.estimateGas({ to, data }).catch(() => undefined);
  if (estimate === undefined) return null;
  const ofData = hexToBytes(data).reduce((sum, byte) => sum + (byte === 0 ? ZERO_BYTE_GAS : BYTE_GAS), 0n);
  // At the floor the price of the data hides what the call itself takes.
  const floor = TRANSACTION_GAS + (ofData * FLOOR_NUMERATOR) / FLOOR_DENOMINATOR;
  return estimate > floor ? Number(estimate - ofData - TRANSACTION_GAS) : null;
}

/** The sum of what is known; nothing where a part is not. */
export function gasSum(...parts: readonly (number | null)[]): number | null {
  return parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);
}
