import { zeroAddress } from "viem";
import type { OfferTerms } from "#lib/offers/terms.ts";

/** What an offer's terms mean, where it depends on which kinds of challenge they allow. */

/** Whom the seller's stake pays. */
export function stakeWords({ provable, arbiter }: Pick<OfferTerms, "provable" | "arbiter">): string {
  return [
    ...(provable ? ["It pays whoever demands proof of a claim that cannot be proven."] : []),
    ...(arbiter === zeroAddress ? [] : ["It pays the buyer the arbiter's fee when the arbiter rejects a claim."]),
  ].join(" ");
}

/** What a verifier's signature is worth. */
export function verifierWords({ provable }: Pick<OfferTerms, "provable">): string {
  return provable
    ? "Signs claims after checking the evidence. Anyone can demand that a claim be proven on-chain instead."
    : "Signs claims after checking the evidence, as you can. These claims cannot be proven on-chain: a buyer who doubts one objects before the arbiter.";
}
