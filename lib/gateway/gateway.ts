import type { OfferTerms } from "../offers/terms.ts";
import { type AskRow, createAsks } from "./asks.ts";
import { createContentStore } from "./content.ts";
import { createDeliveries } from "./deliveries.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import { createEntitlementReader } from "./entitlements.ts";
import { observeAtEnd, observesEnd } from "./observation.ts";
import { createRelease } from "./release.ts";
import { createStepRequests } from "./requests.ts";

/** The capability gateway: it opens steps for permitted, living runs, and releases their keys to them alone. */
export function createGateway(dependencies: GatewayDependencies) {
  const content = createContentStore(dependencies.db);
  const entitlements = createEntitlementReader(dependencies);
  const requests = createStepRequests(dependencies, entitlements);
  const asks = createAsks(dependencies, entitlements, requests);
  const release = createRelease(dependencies, entitlements, requests, asks, content);
  const deliveries = createDeliveries(dependencies, entitlements, asks, content);
  /** The look at a run after its end; see {@link observeAtEnd}. */
  const observeEnd = async (row: AskRow): Promise<Uint8Array | undefined> => {
    const { offer } = await entitlements.identity(row.entitlement);
    return observeAtEnd(dependencies, offer, row.facts);
  };
  /** Whether evidence for an offer comes with a look of this gateway's own at the ended run. */
  const looksAtEnd = (terms: OfferTerms): boolean => observesEnd(terms, dependencies.signer.address);
  return { content, entitlements, requests, asks, release, deliveries, observeEnd, looksAtEnd };
}

export type Gateway = ReturnType<typeof createGateway>;
