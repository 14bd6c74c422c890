import type { ActionOf, Call } from "./action.ts";
import {
  acknowledgementName,
  approvalName,
  type Claim,
  type ClaimReference,
  claimName,
  isSignedBy,
  type ProvenClaim,
  permitName,
  type SignedClaim,
} from "./messages.ts";
import { credit } from "./money.ts";
import { refuse } from "./refusal.ts";
import {
  type ClaimedFacts,
  challengeOf,
  entitlementName,
  factsOf,
  gitHubRunName,
  isChallenged,
  openRunOf,
  type Position,
  type Run,
  runName,
  runOf,
  type State,
  samePlace,
  stepsThatAre,
} from "./state.ts";
import { NATIVE_MONEY, NOBODY, type Offer } from "./terms.ts";

/** Rows 8 to 12: from an open step to payment. */

/** A run may log before its permit is consumed, but not long before. */
const LOG_TIME_SLACK = 30 * 60;

export function claim(state: State, call: Call, { offer, signed }: ActionOf<"claim">): void {
  claimOne(state, call, offer, signed);
}

/** One after the other; if one is refused, all are. */
export function claimBatch(state: State, call: Call, { offer, signed }: ActionOf<"claimBatch">): void {
  for (const each of signed) claimOne(state, call, offer, each);
}

/** Row 8: the offer's verifier vouches for the claim, and it can be challenged for a while. */
function claimOne(state: State, call: Call, { name, terms }: Offer, signed: SignedClaim): void {
  if (terms.verifier === NOBODY) refuse("VerifierMissing");
  if (call.at > signed.deadline) refuse("ApprovalExpired", { deadline: signed.deadline });
  const entitlement = entitlementName(name, signed.buyer, signed.salt);
  const claimed = claimName(signed.claim, entitlement);
  if (!isSignedBy(state, signed.signature, terms.verifier, approvalName(claimed, signed.deadline))) {
    refuse("ApprovalSignatureInvalid", { verifier: terms.verifier, claimHash: claimed });
  }
  accept(state, call, { entitlement, run: signed.run, parent: signed.parent, claim: signed.claim }, (facts) => ({
    ...facts,
    windowEnd: call.at + terms.disputeWindow,
  }));
}

/** Row 9: evidence instead of a signature. Without arbiter there is nothing left to dispute. */
export function claimWithProof(state: State, call: Call, { offer, proven }: ActionOf<"claimWithProof">): void {
  const { arbiter, disputeWindow } = offer.terms;
  const { entitlement, run } = requireProof(state, offer, proven);
  const { parent } = proven.permit;
  accept(state, call, { entitlement, run, parent, claim: proven.claim }, (facts) => ({
    ...facts,
    proven: true,
    windowEnd: arbiter === NOBODY ? call.at : call.at + disputeWindow,
  }));
  rememberProven(state, entitlement, proven);
}

type Accepted = {
  readonly entitlement: string;
  readonly run: string;
  readonly parent: Position;
  readonly claim: Claim;
};

function accept(
  state: State,
  call: Call,
  { entitlement: name, run: runOfClaim, parent, claim: made }: Accepted,
  complete: (facts: ClaimedFacts) => ClaimedFacts,
): void {
  const entitlement = state.entitlements[name];
  const run = entitlement && openRunOf(state, entitlement);
  if (
    entitlement === undefined ||
    run?.name !== runOfClaim ||
    run.step !== made.step ||
    run.permit !== made.permit ||
    !samePlace(run.parent, parent)
  ) {
    refuse("StepNotOpen", { runKey: runOfClaim });
  }
  if (call.at >= run.claimDeadline) refuse("ClaimTooLate", { claimDeadline: run.claimDeadline });
  entitlement.steps[run.step - 1] = { status: "claimed", run: run.name };
  run.status = "claimed";
  run.claimed = complete({
    claim: claimName(made, name),
    next: made.next,
    windowEnd: call.at,
    broughtForward: false,
    proven: false,
    evidence: "none",
    conduct: "none",
    sellerShare: undefined,
  });
}

/** Row 10: evidence for a claim that was vouched for. It answers a challenge that asked for it. */
export function prove(state: State, call: Call, { offer, proven, windowEnd }: ActionOf<"prove">): void {
  const { terms } = offer;
  const { entitlement, run } = requireProof(state, offer, proven);
  const challenge = challengeOf(state, run, "evidence");
  if (challenge !== undefined && call.at >= challenge.end) refuse("ChallengeTimeOver", { end: challenge.end });
  const { buyer, salt, permit } = proven;
  const reference = { buyer, salt, step: proven.claim.step, run, claim: claimName(proven.claim, entitlement) };
  const facts = factsOf(requirePending(state, offer.name, { ...reference, parent: permit.parent, windowEnd }));
  if (facts.proven) refuse("AlreadyProven", { runKey: run });
  rememberProven(state, entitlement, proven);

  facts.proven = true;
  if (terms.arbiter === NOBODY) endWindow(call, facts);
  if (challenge !== undefined) {
    facts.evidence = "answered";
    state.challenges = state.challenges.filter((open) => open !== challenge);
    credit(state, NATIVE_MONEY, terms.seller, challenge.bond);
  }
}

/** Evidence fits exactly one claim, and was logged while its run could have made it. */
function requireProof(state: State, offer: Offer, { buyer, salt, claim, permit, proof }: ProvenClaim) {
  const { name, terms } = offer;
  if (!terms.provable) refuse("OfferNotProvable", { offerId: name });
  const entitlement = entitlementName(name, buyer, salt);
  const signed = permitName(permit, entitlement);
  if (claim.permit !== signed) refuse("PermitHashMismatch", { expected: signed, actual: claim.permit });
  const run = runName(terms.gateway, permit);
  const openedAt = state.runs[run]?.openedAt ?? 0;
  if (proof.claim !== claimName(claim, entitlement) || proof.openedAt !== openedAt) refuse("NotThisEvidence");
  const from = Math.max(openedAt - LOG_TIME_SLACK, 0);
  const until = openedAt + terms.stepTimeout;
  if (proof.logTime < from || proof.logTime >= until) {
    refuse("EvidenceTimeOutside", { logTime: proof.logTime, from, until });
  }
  return { entitlement, run };
}

/** One run on GitHub proves one claim, even if it was permitted through several gateways. */
function rememberProven(state: State, entitlement: string, { claim: made, permit }: ProvenClaim): void {
  const run = gitHubRunName(permit);
  const known = state.proven[run];
  const name = claimName(made, entitlement);
  if (known !== undefined && known !== name) refuse("RunAlreadyProven", { claimHash: known });
  state.proven[run] = name;
}

/** Row 11: the buyer is content. */
export function acknowledge(state: State, call: Call, { offer, claimed, signature }: ActionOf<"acknowledge">): void {
  const { buyer } = claimed;
  const over = acknowledgementName(entitlementName(offer.name, buyer, claimed.salt), claimed);
  if (call.by !== buyer && !isSignedBy(state, signature, buyer, over)) refuse("AcknowledgementInvalid", { buyer });
  const run = requirePending(state, offer.name, claimed);
  if (isChallenged(run)) refuse("ClaimChallenged", { runKey: run.name });
  endWindow(call, factsOf(run));
}

export function finalize(state: State, call: Call, { offer, claimed }: ActionOf<"finalize">): void {
  pay(state, call, offer, claimed);
}

/** One after the other; if one is refused, all are. */
export function finalizeBatch(state: State, call: Call, { offer, claimed }: ActionOf<"finalizeBatch">): void {
  for (const each of claimed) pay(state, call, offer, each);
}

/** Row 12: strictly in order of steps. */
function pay(state: State, call: Call, { name, terms }: Offer, reference: ClaimReference): void {
  const entitlement = state.entitlements[entitlementName(name, reference.buyer, reference.salt)];
  const next = entitlement === undefined ? 1 : stepsThatAre("paid", entitlement).length + 1;
  if (reference.step !== next) refuse("StepNotNext", { step: reference.step, expected: next });
  const run = requirePending(state, name, reference);
  const { windowEnd, sellerShare } = factsOf(run);
  if (isChallenged(run)) refuse("ClaimChallenged", { runKey: run.name });
  if (call.at < windowEnd) refuse("WindowOpen", { windowEnd });

  run.status = "paid";
  if (entitlement !== undefined) entitlement.steps[run.step - 1] = { status: "paid", run: run.name };
  const earned = sellerShare ?? terms.price;
  state.earnings[name] = (state.earnings[name] ?? 0n) + earned;
  credit(state, terms.token, reference.buyer, terms.price - earned);
}

/** The run of a claim that was accepted and is neither paid nor void. A reference wrong in any part finds none. */
export function requirePending(state: State, offer: string, reference: ClaimReference): Run {
  const name = entitlementName(offer, reference.buyer, reference.salt);
  const step = state.entitlements[name]?.steps[reference.step - 1];
  const run = step?.status === "claimed" ? runOf(state, step.run) : undefined;
  if (
    run?.claimed === undefined ||
    run.name !== reference.run ||
    run.claimed.claim !== reference.claim ||
    run.claimed.windowEnd !== reference.windowEnd ||
    !samePlace(run.parent, reference.parent)
  ) {
    refuse("ClaimNotPending", { entitlement: name, step: reference.step, runKey: reference.run });
  }
  return run;
}

function endWindow(call: Call, facts: ClaimedFacts): void {
  if (call.at >= facts.windowEnd) return;
  facts.windowEnd = call.at;
  facts.broughtForward = true;
}
