import type { Action, ActionKind, ActionOf, Call } from "./action.ts";
import { challengeConduct, challengeEvidence, reclaimBond, rejectUnproven, rejectUnruled, rule } from "./challenges.ts";
import { acknowledge, claim, claimBatch, claimWithProof, finalize, finalizeBatch, prove } from "./claims.ts";
import { publish, retire } from "./offers.ts";
import {
  burnDelegationNonce,
  consume,
  consumeBatch,
  delegate,
  delegateBySignature,
  revokeDelegate,
  timeout,
} from "./permits.ts";
import { cancelPermits, purchase, refund, topUp } from "./purchases.ts";
import { Refusal, refuse } from "./refusal.ts";
import type { State } from "./state.ts";
import { noticeStake, postStake, withdraw, withdrawEarnings, withdrawStake } from "./withdrawals.ts";

/** What an action leads to: another state, or a refusal that leaves everything as it was. */
export type Outcome = { readonly state: State } | { readonly refusal: Refusal };

/** A rule changes the draft it is given or throws a refusal, at the first guard that does not hold. */
type Rule<Kind extends ActionKind> = (draft: State, call: Call, action: ActionOf<Kind>) => void;

export const rules: { readonly [Kind in ActionKind]: Rule<Kind> } = {
  publish,
  retire,
  purchase,
  topUp,
  refund,
  cancelPermits,
  consume,
  consumeBatch,
  timeout,
  delegate,
  delegateBySignature,
  revokeDelegate,
  burnDelegationNonce,
  claim,
  claimBatch,
  claimWithProof,
  prove,
  acknowledge,
  finalize,
  finalizeBatch,
  challengeEvidence,
  challengeConduct,
  rejectUnproven,
  rule,
  rejectUnruled,
  reclaimBond,
  withdraw,
  withdrawEarnings,
  postStake,
  noticeStake,
  withdrawStake,
  trespass: (_draft, { by }) => refuse("NotAuthorisedContract", { caller: by }),
  changeToken(draft, _call, { token, mood }) {
    const known = draft.tokens[token];
    if (known !== undefined) known.mood = mood;
  },
  revokeRoot(draft, { at }) {
    draft.rootRevokedAt = at;
  },
};

export function act(state: State, call: Call, action: Action): Outcome {
  const draft = structuredClone(state);
  try {
    applyRule(draft, call, action);
  } catch (thrown) {
    if (thrown instanceof Refusal) return { refusal: thrown };
    throw thrown;
  }
  return { state: draft };
}

function applyRule<Kind extends ActionKind>(draft: State, call: Call, action: ActionOf<Kind>): void {
  const rule: Rule<Kind> = rules[action.do];
  rule(draft, call, action);
}
