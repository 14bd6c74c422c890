import type { ActionOf, Call } from "./action.ts";
import { refuse } from "./refusal.ts";
import type { State } from "./state.ts";
import { NATIVE_MONEY, NOBODY, type Terms } from "./terms.ts";

/** Rows 1 and 2: offers come and go; what was bought stays. */

const UINT24 = 2n ** 24n - 1n;
const UINT40 = 2n ** 40n - 1n;
const UINT96 = 2n ** 96n - 1n;

export function publish(state: State, call: Call, { offer, policy }: ActionOf<"publish">): void {
  const { terms } = offer;
  if (call.by !== terms.seller) refuse("NotSeller", { caller: call.by, seller: terms.seller });
  if (policy !== terms.policy) refuse("PolicyHashMismatch", { expected: terms.policy, actual: policy });
  requireBounds(state, call, terms);
  requireRoles(terms);
  requireIdentity(terms);
  if (state.offers[offer.name] !== undefined) refuse("OfferAlreadyPublished", { offerId: offer.name });
  state.offers[offer.name] = { seller: call.by, status: "live" };
}

/** Blocks purchases and top-ups, and nothing else. */
export function retire(state: State, call: Call, { offer: { name } }: ActionOf<"retire">): void {
  const offer = state.offers[name];
  if (offer?.status !== "live") refuse("OfferNotLive", { offerId: name });
  if (call.by !== offer.seller) refuse("NotSeller", { caller: call.by, seller: offer.seller });
  offer.status = "retired";
}

function requireBounds(state: State, call: Call, terms: Terms): void {
  const { limits } = state.figures;
  if (terms.token !== NATIVE_MONEY && state.tokens[terms.token] === undefined) {
    refuse("TokenWithoutCode", { token: terms.token });
  }
  requireWithin("price", terms.price, 1n, UINT96);
  requireWithin("maxSteps", terms.maxSteps, 1n, UINT24);
  requireWithin("maxPending", terms.maxPending, 1n, 8n);
  requireWithin("validUntil", terms.validUntil, call.at + 1, UINT40);
  requireWithin("entitlementTtl", terms.entitlementTtl, limits.minEntitlementTtl, limits.maxEntitlementTtl);
  requireWithin("stepTimeout", terms.stepTimeout, limits.minStepTimeout, limits.maxStepTimeout);
  requireWithin("disputeWindow", terms.disputeWindow, limits.minDisputeWindow, limits.maxDisputeWindow);
  requireWithin("proofWindow", terms.proofWindow, limits.minProofWindow, limits.maxProofWindow);
  if (terms.arbiter === NOBODY) {
    requireWithin("arbitrationWindow", terms.arbitrationWindow, 0, 0);
    requireWithin("conductBond", terms.conductBond, 0n, 0n);
  } else {
    requireWithin(
      "arbitrationWindow",
      terms.arbitrationWindow,
      limits.minArbitrationWindow,
      limits.maxArbitrationWindow,
    );
    requireWithin("conductBond", terms.conductBond, 0n, limits.maxConductBond);
  }
  requireWithin("arbiterFee", terms.arbiterFee, 0n, terms.conductBond);
}

function requireRoles({ gateway, verifier, arbiter, provable }: Terms): void {
  if (gateway === NOBODY) refuse("TermMissing", { term: "gateway" });
  if (provable) return;
  // Nobody can prove these claims: somebody has to approve them, and somebody to hear objections.
  if (verifier === NOBODY) refuse("TermMissing", { term: "verifier" });
  if (arbiter === NOBODY) refuse("TermMissing", { term: "arbiter" });
}

function requireIdentity({ signerWorkflow, signerCommit, runnerTier, provable, sourceCommit }: Terms): void {
  if (signerWorkflow === "") refuse("TermMissing", { term: "signerWorkflow" });
  if (signerCommit === "") refuse("TermMissing", { term: "signerCommit" });
  requireWithin("runnerTier", runnerTier, 1, 2);
  if ((runnerTier === 2 || provable) && sourceCommit === "") refuse("TermMissing", { term: "sourceCommit" });
}

type Amount = bigint | number;
function requireWithin(term: string, value: Amount, min: Amount, max: Amount): void {
  if (value < min || value > max) refuse("TermOutOfBounds", { term, value, min, max });
}
