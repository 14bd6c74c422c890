import type { MarketEntitlement, MarketStep } from "#lib/market/market.ts";

/** An entitlement with all its steps, as the panels of its page take it. */
export type Entitlement = MarketEntitlement & { readonly steps: readonly MarketStep[] };
