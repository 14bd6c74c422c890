import type { ActionOf, Call } from "./action.ts";
import { requirePending } from "./claims.ts";
import type { ClaimReference } from "./messages.ts";
import { credit, slash, takeValue } from "./money.ts";
import { existing } from "./purchases.ts";
import { refuse } from "./refusal.ts";
import {
  type Challenge,
  type ChallengeKind,
  challengeOf,
  entitlementName,
  factsOf,
  type Run,
  runOf,
  type State,
} from "./state.ts";
import { type Figures, NATIVE_MONEY, NOBODY, type Offer } from "./terms.ts";

/** Rows 13 to 18: objections, and what becomes of them. Bonds are native money, and are credited, never sent. */

const BOND_GAS_PRICE_FACTOR = 4n;

export function evidenceBond({ minBond, proofGas }: Figures, baseFee: bigint): bigint {
  const byGas = BOND_GAS_PRICE_FACTOR * proofGas * baseFee;
  return byGas > minBond ? byGas : minBond;
}

/** Row 13: anyone may ask for proof. What was sent beyond the bond goes back. */
export function challengeEvidence(state: State, call: Call, action: ActionOf<"challengeEvidence">): void {
  const { offer, claimed } = action;
  if (!offer.terms.provable) refuse("OfferNotProvable", { offerId: offer.name });
  const bond = evidenceBond(state.figures, call.baseFee);
  if (call.value < bond) refuse("BondTooSmall", { required: bond, sent: call.value });
  const run = requireInWindow(state, call, offer, claimed);
  const facts = factsOf(run);
  if (facts.proven) refuse("AlreadyProven", { runKey: run.name });
  if (facts.evidence !== "none") refuse("AlreadyChallenged", { runKey: run.name });

  facts.evidence = "open";
  takeValue(state, call);
  credit(state, NATIVE_MONEY, call.by, call.value - bond);
  const end = call.at + offer.terms.proofWindow;
  state.challenges.push({ run: run.name, kind: "evidence", poster: call.by, bond, end });
}

/** Row 14: only the buyer can object to what a run did. */
export function challengeConduct(state: State, call: Call, action: ActionOf<"challengeConduct">): void {
  const { offer, claimed } = action;
  const { arbiter, conductBond, arbitrationWindow } = offer.terms;
  if (arbiter === NOBODY) refuse("ArbiterMissing");
  if (call.by !== claimed.buyer) refuse("NotEntitlementBuyer", { caller: call.by, buyer: claimed.buyer });
  if (call.value !== conductBond) refuse("BondMismatch", { required: conductBond, sent: call.value });
  const run = requireInWindow(state, call, offer, claimed);
  const facts = factsOf(run);
  if (facts.conduct !== "none") refuse("AlreadyChallenged", { runKey: run.name });

  facts.conduct = "open";
  takeValue(state, call);
  const end = call.at + arbitrationWindow;
  state.challenges.push({ run: run.name, kind: "conduct", poster: call.by, bond: conductBond, end });
}

function requireInWindow(state: State, call: Call, offer: Offer, reference: ClaimReference): Run {
  const run = requirePending(state, offer.name, reference);
  const { windowEnd } = factsOf(run);
  if (call.at >= windowEnd) refuse("WindowClosed", { windowEnd });
  return run;
}

/** Row 15: the proof did not come. */
export function rejectUnproven(state: State, call: Call, { offer, claimed }: ActionOf<"rejectUnproven">): void {
  requireOver(state, call, claimed.run, "evidence");
  reject(state, call, offer, claimed);
}

/** Row 17: the arbiter did not rule. */
export function rejectUnruled(state: State, call: Call, { offer, claimed }: ActionOf<"rejectUnruled">): void {
  requireOver(state, call, claimed.run, "conduct");
  reject(state, call, offer, claimed);
}

/** Row 16. */
export function rule(state: State, call: Call, { offer, claimed, ruling, sellerShare }: ActionOf<"rule">): void {
  const { arbiter, arbiterFee, seller } = offer.terms;
  if (call.by !== arbiter) refuse("NotArbiter", { caller: call.by, arbiter });
  if (ruling !== "split" && sellerShare !== 0n) refuse("ShareNotAllowed", { sellerShare });
  const challenge = requireChallenge(state, claimed.run, "conduct");
  if (call.at >= challenge.end) refuse("ChallengeTimeOver", { end: challenge.end });
  const evidence = challengeOf(state, claimed.run, "evidence");
  if (ruling !== "rejected" && evidence !== undefined && call.at >= evidence.end)
    refuse("ProofOverdue", { end: evidence.end });

  const { poster, bond } = challenge;
  switch (ruling) {
    case "upheld":
      factsOf(requirePending(state, offer.name, claimed)).conduct = "upheld";
      close(state, challenge);
      credit(state, NATIVE_MONEY, seller, bond - arbiterFee);
      break;
    case "split": {
      const price = priceOf(state, offer, claimed);
      if (sellerShare <= 0n || sellerShare >= price) refuse("ShareOutOfRange", { sellerShare, price });
      const facts = factsOf(requirePending(state, offer.name, claimed));
      facts.conduct = "split";
      facts.sellerShare = sellerShare;
      close(state, challenge);
      credit(state, NATIVE_MONEY, poster, bond - arbiterFee);
      break;
    }
    case "rejected":
      // Not among the bonds that a rejection gives back: the arbiter's fee is taken from this one.
      close(state, challenge);
      reject(state, call, offer, claimed);
      credit(state, NATIVE_MONEY, poster, bond - arbiterFee);
      slash(state, offer.name, poster, arbiterFee);
      break;
  }
  credit(state, NATIVE_MONEY, arbiter, arbiterFee);
}

/** Row 18: a challenge whose step was voided together with an earlier one is about nothing any more. */
export function reclaimBond(state: State, _call: Call, { run, kind }: ActionOf<"reclaimBond">): void {
  const challenge = requireChallenge(state, run, kind);
  if (runOf(state, run).status !== "void") refuse("ChallengeStillCounts", { runKey: run });
  close(state, challenge);
  credit(state, NATIVE_MONEY, challenge.poster, challenge.bond);
}

/**
 * This step and all later ones can be opened again, by other runs. All delegations end and all permits are outdated.
 * No deposit moves. Both challenges against the step end here, whichever of them led here: who asked for proof in vain
 * is paid from the seller's stake, unless a revoked key made proof impossible.
 */
function reject(state: State, call: Call, offer: Offer, reference: ClaimReference): void {
  const rejected = requirePending(state, offer.name, reference);
  const entitlement = existing(state, rejected.entitlement);
  entitlement.steps = entitlement.steps.map((step, index) => {
    if (index + 1 < rejected.step || step.status === "unopened") return step;
    runOf(state, step.run).status = "void";
    return { status: "unopened" };
  });
  entitlement.rejections += 1;

  for (const challenge of state.challenges.filter(({ run }) => run === rejected.name)) {
    close(state, challenge);
    credit(state, NATIVE_MONEY, challenge.poster, challenge.bond);
    const lost = challenge.kind === "evidence" && call.at >= challenge.end;
    const excused = state.rootRevokedAt !== undefined && state.rootRevokedAt >= rejected.openedAt;
    if (lost && !excused) slash(state, offer.name, challenge.poster, challenge.bond);
  }
}

function close(state: State, challenge: Challenge): void {
  state.challenges = state.challenges.filter((open) => open !== challenge);
}

function requireChallenge(state: State, run: string, kind: ChallengeKind): Challenge {
  return (
    challengeOf(state, run, kind) ?? refuse("ChallengeUnknown", { runKey: run, kind: kind === "evidence" ? 0 : 1 })
  );
}

function requireOver(state: State, call: Call, run: string, kind: ChallengeKind): void {
  const { end } = requireChallenge(state, run, kind);
  if (call.at < end) refuse("ChallengeTimeRunning", { end });
}

/** Of the entitlement that a reference points at; one that does not exist has none. */
function priceOf(state: State, offer: Offer, { buyer, salt }: ClaimReference): bigint {
  return state.entitlements[entitlementName(offer.name, buyer, salt)]?.offer.terms.price ?? 0n;
}
