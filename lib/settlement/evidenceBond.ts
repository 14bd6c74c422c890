import { type Address, encodeFunctionData, hexToBigInt, type PublicClient } from "viem";
import { chainError } from "../chain/errors.ts";
import { settlementAbi } from "../chain/generated/abis.ts";
import { decodeRevert } from "../chain/revert.ts";

const data = encodeFunctionData({ abi: settlementAbi, functionName: "evidenceBond" });
const GAS = 100_000n;

/** What one offers to pay for gas, in wei. */
export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/**
 * The bond of an evidence challenge, in wei, at the base fee of the newest block.
 *
 * Many nodes run a call without a gas price at a base fee of 0, and the bond depends on the base fee. Only an account
 * that could pay for the call may name a price; to one that cannot, the bond does not matter.
 *
 * @throws CHAIN_UNREACHABLE, CHAIN_CALL_FAILED
 */
export async function readEvidenceBond(
  client: PublicClient,
  settlement: Address,
  account: Address,
  fees: Fees,
): Promise<bigint> {
  const call = { to: settlement, data };
  const priced = { ...call, account, gas: GAS, ...fees };
  try {
    const answer = await client.call(priced).catch((thrown) => {
      const error = decodeRevert(thrown);
      if (error.code === "CHAIN_FUNDS_INSUFFICIENT") return client.call(call);
      throw error;
    });
    if (answer.data?.length !== 66) throw chainError("CHAIN_CALL_FAILED", { problem: "the contract names no bond" });
    return hexToBigInt(answer.data);
  } catch (thrown) {
    throw decodeRevert(thrown);
  }
}

/** With room for the base fee to rise until a block takes the challenge; what is too much comes back as credit. */
export function bondWithRoom(bond: bigint): bigint {
  return bond + bond / 4n;
}
