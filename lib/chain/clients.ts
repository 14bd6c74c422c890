import { type Chain, defineChain, type PublicClient } from "viem";
import { baseSepolia, hardhat } from "viem/chains";
import { chainError } from "./errors.ts";
import { decodeRevert } from "./revert.ts";

const KNOWN: readonly Chain[] = [hardhat, baseSepolia];

/** What viem knows of a chain; of an unknown one, its id and native money with 18 decimals. */
export function chainOf(chainId: number, rpcUrl: string): Chain {
  return (
    KNOWN.find(({ id }) => id === chainId) ??
    defineChain({
      id: chainId,
      name: `Chain ${chainId}`,
      nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
      rpcUrls: { default: { http: [rpcUrl] } },
    })
  );
}

/**
 * Refuses an endpoint that serves another chain than the deployment names.
 *
 * @throws CHAIN_ID_MISMATCH, CHAIN_UNREACHABLE
 */
export async function requireChain(client: Pick<PublicClient, "getChainId">, chainId: number): Promise<void> {
  let actual: number;
  try {
    actual = await client.getChainId();
  } catch (thrown) {
    throw decodeRevert(thrown);
  }
  if (actual !== chainId) throw chainError("CHAIN_ID_MISMATCH", { expected: chainId, actual });
}
