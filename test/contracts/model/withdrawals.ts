import type { ActionOf, Call } from "./action.ts";
import { credit, creditOf, payOut, takeValue } from "./money.ts";
import { refuse } from "./refusal.ts";
import type { State } from "./state.ts";
import { NATIVE_MONEY, type Offer } from "./terms.ts";

/** Row 19, and the seller's stake. */

export function withdraw(state: State, call: Call, { token, to }: ActionOf<"withdraw">): void {
  const amount = creditOf(state, token, call.by);
  const credits = state.credits[token];
  if (amount === 0n || credits === undefined) refuse("NothingToWithdraw");
  credits[call.by] = 0n;
  payOut(state, token, to, amount);
}

export function withdrawEarnings(state: State, call: Call, { offer, to }: ActionOf<"withdrawEarnings">): void {
  requireSeller(call, offer);
  const amount = state.earnings[offer.name] ?? 0n;
  if (amount === 0n) refuse("NothingToWithdraw");
  state.earnings[offer.name] = 0n;
  payOut(state, offer.terms.token, to, amount);
}

/** Money behind a published offer. It voids a notice, so that fresh stake cannot be pulled at once. */
export function postStake(state: State, call: Call, { offer }: ActionOf<"postStake">): void {
  requireSeller(call, offer);
  if (state.offers[offer.name] === undefined) refuse("OfferNotLive", { offerId: offer.name });
  takeValue(state, call);
  const amount = (state.stakes[offer.name]?.amount ?? 0n) + call.value;
  state.stakes[offer.name] = { amount, withdrawableAt: undefined };
}

/** What was opened before the notice is decided, and its decision recorded, before the stake can go. */
export function noticeStake(state: State, call: Call, { offer }: ActionOf<"noticeStake">): void {
  const { stepTimeout, disputeWindow, proofWindow, arbitrationWindow } = offer.terms;
  const stake = requireStake(state, call, offer);
  stake.withdrawableAt = call.at + stepTimeout + 2 * disputeWindow + Math.max(proofWindow, arbitrationWindow);
}

export function withdrawStake(state: State, call: Call, { offer }: ActionOf<"withdrawStake">): void {
  const { amount, withdrawableAt } = requireStake(state, call, offer);
  if (withdrawableAt === undefined || call.at < withdrawableAt) {
    refuse("StakeNotWithdrawable", { withdrawableAt: withdrawableAt ?? 0 });
  }
  delete state.stakes[offer.name];
  credit(state, NATIVE_MONEY, call.by, amount);
}

function requireStake(state: State, call: Call, offer: Offer) {
  requireSeller(call, offer);
  const stake = state.stakes[offer.name];
  if (stake === undefined || stake.amount === 0n) refuse("NothingToWithdraw");
  return stake;
}

function requireSeller(call: Call, { terms: { seller } }: Offer): void {
  if (call.by !== seller) refuse("NotSeller", { caller: call.by, seller });
}
