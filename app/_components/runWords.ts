import type { MarketRun } from "#lib/market/market.ts";
import { formatAmount, type TokenInfo } from "./amounts.ts";

/** Why a run came to nothing: completes "An earlier run of this step …". */
export function endingWords({ status, rejection }: Pick<MarketRun, "status" | "rejection">): string {
  if (status === "timed-out") return "was not claimed in time";
  if (status === "voided") return "was voided, because an earlier step was rejected";
  switch (rejection) {
    case "unproven":
      return "was rejected, because no proof came in time";
    case "ruled":
      return "was rejected by the arbiter";
    case "unruled":
      return "was rejected, because the arbiter stayed silent";
    default:
      return "was rejected";
  }
}

/** What the arbiter made of a claim that stands; undefined where he was not called, or has not ruled. */
export function rulingWords(
  { conductChallenge, sellerShare }: Pick<MarketRun, "conductChallenge" | "sellerShare">,
  price: bigint,
  token: Pick<TokenInfo, "symbol" | "decimals">,
): string | undefined {
  if (conductChallenge === "upheld") return "The arbiter upheld the claim: the seller is paid in full.";
  if (conductChallenge !== "split") return undefined;
  const share = sellerShare ?? price;
  return `The arbiter split the price: ${formatAmount(share, token)} to the seller, ${formatAmount(price - share, token)} back to the buyer.`;
}

/** What payment moves, before it is made. */
export function paymentWords(
  { sellerShare }: Pick<MarketRun, "sellerShare">,
  price: bigint,
  token: Pick<TokenInfo, "symbol" | "decimals">,
): string {
  const share = sellerShare ?? price;
  return share === price
    ? `pays ${formatAmount(price, token)} to the seller`
    : `pays ${formatAmount(share, token)} to the seller and ${formatAmount(price - share, token)} back to the buyer`;
}
