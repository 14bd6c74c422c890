import type { Action } from "../action.ts";
import type { Run, State } from "../state.ts";

/** How often something was reached, in words. */
export type Tally = Map<string, number>;

export function count(tally: Tally, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

/** What a step from one state to the next means. */
export function countChanges(tally: Tally, before: State, after: State, action: Action): void {
  for (const run of Object.values(after.runs)) {
    const old = before.runs[run.name];
    if (old?.status !== run.status) count(tally, `run is ${run.status}`);
    if (run.status === "paid" && old?.status !== "paid" && run.claimed?.sellerShare !== undefined) {
      count(tally, "split step is paid");
    }
    if (run.status === "paid" && old?.status !== "paid" && followsSplit(after, run)) {
      count(tally, "step is paid in the place of a split one");
    }
    if (run.status === "void" && old?.status === "claimed") {
      const rejected = "claimed" in action && "run" in action.claimed && action.claimed.run === run.name;
      count(tally, rejected ? `rejected by ${action.do}` : "voided with an earlier step");
      if (old.claimed?.sellerShare !== undefined) count(tally, "split step is voided");
    }
    if (run.claimed?.evidence === "answered" && old?.claimed?.evidence === "open") count(tally, "evidence answered");
  }
  for (const [offer, stake] of Object.entries(before.stakes)) {
    const left = after.stakes[offer]?.amount;
    if (left !== undefined && left < stake.amount) count(tally, "stake slashed");
  }
  switch (action.do) {
    case "consume":
      if (action.consumption.signer !== action.consumption.buyer) count(tally, "signed by a delegate");
      if (action.consumption.stale !== undefined) count(tally, "retried after a timeout");
      break;
    case "purchase":
    case "topUp":
      count(tally, `${action.do} paid by ${action.payment.by}`);
      break;
    case "consumeBatch":
      count(tally, `consumeBatch of ${sizeOf(action.consumptions)}`);
      break;
    case "claimBatch":
      count(tally, `claimBatch of ${sizeOf(action.signed)}`);
      break;
    case "finalizeBatch":
      count(tally, `finalizeBatch of ${sizeOf(action.claimed)}`);
      break;
  }
}

const sizeOf = ({ length }: readonly unknown[]): string => (length > 2 ? "3 or more" : String(length));

/** The ledger tells pending steps apart by their numbers modulo `maxPending`. */
function followsSplit({ runs, entitlements }: State, { entitlement, step }: Run): boolean {
  const maxPending = entitlements[entitlement]?.offer.terms.maxPending ?? 1;
  return Object.values(runs).some(
    (other) =>
      other.entitlement === entitlement &&
      other.claimed?.sellerShare !== undefined &&
      other.step < step &&
      (step - other.step) % maxPending === 0,
  );
}
