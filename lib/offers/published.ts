import { type Address, getAbiItem, type Hex, hexToBytes, type PublicClient } from "viem";
import type { Deployment } from "../chain/deployment.ts";
import { offerRegistryAbi } from "../chain/generated/abis.ts";
import { findLastLog } from "../chain/logs.ts";
import { offerError } from "./errors.ts";
import { type Policy, parsePolicy } from "./policy.ts";
import { type OfferTerms, offerIdOf } from "./terms.ts";

/** An offer as the chain has it: terms and policy bytes were emitted at publication and cannot change. */
export type PublishedOffer = {
  readonly offerId: Hex;
  readonly terms: OfferTerms;
  readonly policyBytes: Uint8Array;
  readonly policy: Policy;
};

/**
 * Reads an offer from its publication event and holds it against its own id, so that a lying RPC node is noticed.
 *
 * @throws OFFER_NOT_FOUND, POLICY_MISMATCH
 */
export async function loadOffer(
  client: Pick<PublicClient, "getLogs" | "getBlockNumber">,
  deployment: Deployment,
  offerId: Hex,
): Promise<PublishedOffer> {
  const event = getAbiItem({ abi: offerRegistryAbi, name: "OfferPublished" });
  const log = await findLastLog(client, deployment, (range) =>
    client.getLogs({ address: deployment.offerRegistry, event, args: { offerId }, strict: true, ...range }),
  );
  if (!log) throw offerError("OFFER_NOT_FOUND", { offerId });
  const terms = lowerCaseAddresses(log.args.terms);
  if (offerIdOf(terms) !== offerId)
    throw offerError("OFFER_NOT_FOUND", { offerId, problem: "terms do not hash to the id" });
  const policyBytes = hexToBytes(log.args.policy);
  return { offerId, terms, policyBytes, policy: parsePolicy(policyBytes, terms.policyHash) };
}

/** Addresses in lower case, the one form that is compared and stored. */
export function lowerCaseAddresses(terms: OfferTerms): OfferTerms {
  const lower = (address: Address) => address.toLowerCase() as Address;
  return {
    ...terms,
    seller: lower(terms.seller),
    token: lower(terms.token),
    gateway: lower(terms.gateway),
    verifier: lower(terms.verifier),
    observer: lower(terms.observer),
    arbiter: lower(terms.arbiter),
  };
}
