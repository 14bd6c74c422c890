import type { Action, ActionKind, Call } from "../action.ts";
import { factsOf, type State } from "../state.ts";
import type { Move } from "./moves.ts";
import {
  planChallengeConduct,
  planChallengeEvidence,
  planReclaimBond,
  planRejectUnproven,
  planRejectUnruled,
  planRule,
} from "./planChallenges.ts";
import {
  planAcknowledge,
  planClaim,
  planClaimBatch,
  planClaimWithProof,
  planFinalize,
  planFinalizeBatch,
  planProve,
} from "./planClaims.ts";
import {
  planChangeToken,
  planNoticeStake,
  planPostStake,
  planRevokeRoot,
  planTrespass,
  planWithdraw,
  planWithdrawEarnings,
  planWithdrawStake,
} from "./planMoney.ts";
import { planPublish, planRetire } from "./planOffers.ts";
import {
  planBurnNonce,
  planConsume,
  planConsumeBatch,
  planDelegate,
  planDelegateBySignature,
  planRevokeDelegate,
  planTimeout,
} from "./planPermits.ts";
import { planCancel, planPurchase, planRefund, planTopUp } from "./planPurchases.ts";
import type { Plan, Planner, Table } from "./table.ts";

/** What somebody does next: the aim of the move, or else what leads there. */

const planners: { readonly [Kind in ActionKind]: Planner } = {
  publish: planPublish,
  retire: planRetire,
  purchase: planPurchase,
  topUp: planTopUp,
  refund: planRefund,
  cancelPermits: planCancel,
  consume: planConsume,
  consumeBatch: planConsumeBatch,
  timeout: planTimeout,
  delegate: planDelegate,
  delegateBySignature: planDelegateBySignature,
  revokeDelegate: planRevokeDelegate,
  burnDelegationNonce: planBurnNonce,
  claim: planClaim,
  claimBatch: planClaimBatch,
  claimWithProof: planClaimWithProof,
  prove: planProve,
  acknowledge: planAcknowledge,
  finalize: planFinalize,
  finalizeBatch: planFinalizeBatch,
  challengeEvidence: planChallengeEvidence,
  challengeConduct: planChallengeConduct,
  rejectUnproven: planRejectUnproven,
  rule: planRule,
  rejectUnruled: planRejectUnruled,
  reclaimBond: planReclaimBond,
  withdraw: planWithdraw,
  withdrawEarnings: planWithdrawEarnings,
  postStake: planPostStake,
  noticeStake: planNoticeStake,
  withdrawStake: planWithdrawStake,
  trespass: planTrespass,
  changeToken: planChangeToken,
  revokeRoot: planRevokeRoot,
};

/** What has to come before. Everything starts with a purchase. */
const MEANS: Partial<Readonly<Record<ActionKind, ActionKind>>> = {
  refund: "topUp",
  topUp: "purchase",
  consumeBatch: "consume",
  timeout: "consume",
  revokeDelegate: "delegate",
  claim: "claimWithProof",
  claimWithProof: "consume",
  claimBatch: "claim",
  prove: "claim",
  acknowledge: "claim",
  finalize: "claim",
  finalizeBatch: "claim",
  challengeEvidence: "claim",
  challengeConduct: "claim",
  rejectUnproven: "challengeEvidence",
  rule: "challengeConduct",
  rejectUnruled: "challengeConduct",
  reclaimBond: "claim",
  withdraw: "refund",
  withdrawEarnings: "finalize",
  noticeStake: "postStake",
  withdrawStake: "noticeStake",
  consume: "finalize",
  purchase: "timeout",
};

export function planFor(table: Table): { readonly call: Call; readonly action: Action } | undefined {
  const tried = new Set<ActionKind>();
  for (let aim: ActionKind | undefined = table.move.aim; aim !== undefined && !tried.has(aim); aim = MEANS[aim]) {
    tried.add(aim);
    const plan = planners[aim](table);
    if (plan !== undefined) return carryOut(table, plan);
  }
  return undefined;
}

function carryOut(table: Table, plan: Plan) {
  const at = momentFor(table, plan);
  const { action, ...call } = plan.play(at);
  return { call: { value: 0n, baseFee: 0n, ...call, at }, action };
}

/** Seconds. */
const PATIENCE = 90;

/** Never in the past, and often exactly on the edge. */
function momentFor({ move, now, state }: Table, { moment, possible, patient = false }: Plan): number {
  const { pick, twist, when } = move;
  const { at, offset } = when;
  const soon = now + Math.max(offset, 1);
  if (at === "jump") return Math.max(soon, (nextMoment(state, now, move) ?? now) + offset);
  if (moment === undefined) return soon;
  const wait = patient || moment - now < PATIENCE;
  // The honest wait until it is possible, if that is not too long.
  if (at === "soon") return twist === 0 && wait && possible === "after" && pick % 3 > 0 ? Math.max(soon, moment) : soon;
  // What is possible only before a moment is mostly done well before it.
  const onTheEdge = possible === "after" ? wait || pick % 4 === 0 : wait ? pick % 3 === 0 : pick % 12 === 8;
  return onTheEdge ? Math.max(soon, moment + offset) : soon;
}

/** One of the next moments that matter for anything. */
function nextMoment(state: State, now: number, { pick }: Move): number | undefined {
  const moments = [
    ...Object.values(state.runs).flatMap((run) =>
      run.status === "open" ? [run.claimDeadline] : run.status === "claimed" ? [factsOf(run).windowEnd] : [],
    ),
    ...state.challenges.map(({ end }) => end),
    ...Object.values(state.stakes).flatMap(({ withdrawableAt }) => withdrawableAt ?? []),
    ...Object.values(state.entitlements).flatMap(({ offer, expiresAt, delegations }) => [
      expiresAt,
      offer.terms.validUntil,
      ...Object.values(delegations).map(({ validUntil }) => validUntil),
    ]),
  ];
  const ahead = [...new Set(moments)].filter((moment) => moment > now + 1).sort((a, b) => a - b);
  return ahead[pick % Math.min(3, Math.max(ahead.length, 1))];
}
