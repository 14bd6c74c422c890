import { type Address, formatUnits } from "viem";

/** How to write amounts of one token. */
export type TokenInfo = {
  /** 0 = native money. */
  readonly token: Address;
  readonly symbol: string;
  readonly decimals: number;
  /** Native money or this deployment's own token; any other may call itself what it likes. */
  readonly isKnown: boolean;
};

/** `2.5 sUSD`, exact. */
export function formatAmount(amount: bigint, token: Pick<TokenInfo, "symbol" | "decimals">): string {
  return `${formatUnits(amount, token.decimals)} ${token.symbol}`;
}
