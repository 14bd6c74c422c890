import {
  type Abi,
  type Address,
  type ContractFunctionName,
  encodeFunctionData,
  type PublicClient,
  parseAbi,
  size,
} from "viem";
import { decodeRevert } from "./revert.ts";
import { type Call, widen } from "./transact.ts";

/** What a transaction would cost now, in gas and wei. */
export type Cost = {
  readonly gas: bigint;
  /** Wei per gas, tip included. */
  readonly gasPrice: bigint;
  /** At most what a rollup charges for publishing the data; 0 on chains that charge nothing apart. */
  readonly dataFee: bigint;
  readonly total: bigint;
  /** Bytes of calldata. */
  readonly dataBytes: number;
};

/** Of an OP Stack chain, since its upgrade Fjord. Source: ethereum-optimism `specs/fjord/predeploys.md`. */
const oracleAbi = parseAbi(["function getL1FeeUpperBound(uint256 unsignedTxSize) view returns (uint256)"]);
/** Of a transaction around its calldata: nonce, fees, recipient, value. */
const ENVELOPE_BYTES = 120;

/**
 * Runs a call without sending it, and prices it.
 *
 * @param from who would send it; anybody with enough money where it is left out
 * @throws the decoded revert, CHAIN_UNREACHABLE
 */
export async function estimateCost<const A extends Abi, F extends ContractFunctionName<A, "nonpayable" | "payable">>(
  client: PublicClient,
  call: Call<A, F>,
  from?: Address,
): Promise<Cost> {
  const { address: to, abi, functionName, args, value } = widen(call);
  const data = encodeFunctionData({ abi, functionName, args });
  const dataBytes = size(data);
  const oracle = oracleOf(client);
  try {
    const [gas, gasPrice, dataFee] = await Promise.all([
      client.estimateGas({ to, data, ...(value !== undefined && { value }), ...(from && { account: from }) }),
      client.getGasPrice(),
      oracle === undefined
        ? 0n
        : client.readContract({
            address: oracle,
            abi: oracleAbi,
            functionName: "getL1FeeUpperBound",
            args: [BigInt(dataBytes + ENVELOPE_BYTES)],
          }),
    ]);
    return { gas, gasPrice, dataFee, total: gas * gasPrice + dataFee, dataBytes };
  } catch (thrown) {
    throw decodeRevert(thrown);
  }
}

/** Where a chain keeps the price of its data, as viem's definition of the chain says. */
function oracleOf({ chain }: PublicClient): Address | undefined {
  const contract = chain?.contracts?.gasPriceOracle;
  return contract !== undefined && "address" in contract ? (contract.address as Address) : undefined;
}
