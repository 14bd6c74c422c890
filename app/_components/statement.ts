import { type Hex, stringToBytes } from "viem";
import { sha256Hex } from "#lib/core/hash.ts";
import type { MarketRun } from "#lib/market/market.ts";

const TEXT_LOCATOR = "data:text/plain,";
/** In UTF-16 units, as a text field counts. Encoded, each takes at most nine characters of the locator. */
export const MAX_STATEMENT = 400;

/** A locator that carries the statement itself, and its hash. */
export function publishedStatement(text: string): { readonly statementHash: Hex; readonly statementLocator: string } {
  return {
    statementHash: sha256Hex(stringToBytes(text)),
    statementLocator: `${TEXT_LOCATOR}${encodeURIComponent(text)}`,
  };
}

/**
 * The buyer's statement of a conduct challenge. Where the locator carries the text itself it is held against the hash
 * on-chain; anything else is shown as written and never followed.
 */
export function statementOf(run: Pick<MarketRun, "statementHash" | "statementLocator">): {
  readonly text: string;
  readonly isAuthentic: boolean;
} {
  const locator = run.statementLocator ?? "";
  if (!locator.startsWith(TEXT_LOCATOR)) return { text: locator || "(no statement)", isAuthentic: false };
  const text = decoded(locator.slice(TEXT_LOCATOR.length));
  return { text, isAuthentic: sha256Hex(stringToBytes(text)) === run.statementHash };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (thrown) {
    if (thrown instanceof URIError) return text;
    throw thrown;
  }
}
