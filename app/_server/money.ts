import "server-only";
import { type Address, BaseError, erc20Abi, type PublicClient, zeroAddress } from "viem";
import type { TokenInfo } from "../_components/amounts.ts";
import { getService } from "./service.ts";

const known = new Map<Address, TokenInfo>();

/** What a token calls itself. A token's words are a stranger's: short, and never the only thing shown. */
export async function tokenInfo(token: Address): Promise<TokenInfo> {
  const cached = known.get(token);
  if (cached) return cached;
  const { client, deployment } = await getService();
  const info = token === zeroAddress ? nativeInfo(client) : await readToken(client, token);
  const labelled = { ...info, isKnown: token === zeroAddress || token === deployment.sandboxToken };
  known.set(token, labelled);
  return labelled;
}

/** {@link tokenInfo} of several tokens, by address. */
export async function tokenInfos(tokens: readonly Address[]): Promise<ReadonlyMap<Address, TokenInfo>> {
  const unique = [...new Set(tokens)];
  return new Map(await Promise.all(unique.map(async (token) => [token, await tokenInfo(token)] as const)));
}

function nativeInfo(client: PublicClient): TokenInfo {
  const currency = client.chain?.nativeCurrency;
  return {
    token: zeroAddress,
    symbol: currency?.symbol ?? "ETH",
    decimals: currency?.decimals ?? 18,
    isKnown: true,
  };
}

async function readToken(client: PublicClient, token: Address): Promise<TokenInfo> {
  const contract = { address: token, abi: erc20Abi } as const;
  try {
    const [symbol, decimals] = await Promise.all([
      client.readContract({ ...contract, functionName: "symbol" }),
      client.readContract({ ...contract, functionName: "decimals" }),
    ]);
    return { token, symbol: symbol.replace(/[^\x21-\x7e]/g, "").slice(0, 12) || "token", decimals, isKnown: false };
  } catch (thrown) {
    // A token may have neither; its amounts are then shown in its smallest unit.
    if (thrown instanceof BaseError) return { token, symbol: "units", decimals: 0, isKnown: false };
    throw thrown;
  }
}
