import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of discovery. Nothing of value depends on it: the chain answers the same questions. */
export const marketErrors = {
  INDEX_CHAIN_MOVED: {
    kind: "backend",
    sentence: "The chain reorganised while it was being read. The next pass reads it again.",
  },
  INDEX_FAILED: { kind: "backend", sentence: "The indexer could not read the chain. It tries again by itself." },
  OFFER_UNKNOWN: {
    kind: "missing",
    sentence: "The market has not seen this offer. If it was just published, reload in a moment.",
  },
  ENTITLEMENT_UNKNOWN: {
    kind: "missing",
    sentence: "The market has not seen this entitlement. If it was just bought, reload in a moment.",
  },
} as const satisfies ErrorCatalogue;

export const marketError = errorsOf(marketErrors);
