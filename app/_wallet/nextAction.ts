import type { Address } from "viem";
import type { InboxEntry } from "#lib/gateway/wire.ts";
import type { MarketEntitlement, MarketOffer, MarketRun, MarketStep } from "#lib/market/market.ts";

/** What the buyer can do about the step after the last one that is open, claimed or paid. */
export type NextAction =
  /** Nothing is left to open, or a run has the step and its own card says what follows. */
  | { readonly at: "none" }
  | { readonly at: "all-opened" }
  | { readonly at: "challenged"; readonly step: number }
  | { readonly at: "too-many-pending" }
  | { readonly at: "other-gateway" }
  /** `hasWaited`: the last run that asked waited for a permit in vain. */
  | { readonly at: "request"; readonly step: number; readonly hasWaited: boolean }
  | { readonly at: "waiting"; readonly step: number; readonly runId: string }
  | { readonly at: "permit"; readonly step: number; readonly ask: Proposed }
  | { readonly at: "permitted"; readonly step: number; readonly runId: string };

export type Proposed = InboxEntry & { readonly proposal: NonNullable<InboxEntry["proposal"]> };

/** The part of an entitlement that decides. */
type Ledger = Pick<MarketEntitlement, "opened" | "settled" | "unopened"> & {
  readonly steps: readonly MarketStep[];
  readonly offer: Pick<MarketOffer, "terms" | "policy">;
};

export type StartedRun = { readonly step: number; readonly runId: string };

/**
 * Decides what the page offers. A gateway keeps every ask, so one whose run has taken a step already (whatever became
 * of it), or whose wait for a permit is over, says nothing about the next run.
 *
 * @param asks the gateway's inbox, newest first
 * @param started the last run that this page had started
 * @param now unix seconds
 */
export function nextAction(
  entitlement: Ledger,
  context: {
    readonly asks: readonly InboxEntry[];
    readonly started: StartedRun | undefined;
    /** This server's gateway. */
    readonly gateway: Address;
    readonly now: number;
  },
): NextAction {
  const { asks, started, gateway, now } = context;
  const { steps, opened, settled, unopened, offer } = entitlement;
  if (steps.some(({ status }) => status === "open" || status === "lapsed")) return { at: "none" };
  if (unopened === 0) return { at: opened === settled ? "none" : "all-opened" };
  const challenged = steps.find(({ status }) => status === "challenged");
  if (challenged) return { at: "challenged", step: challenged.step };
  if (opened - settled >= offer.terms.maxPending) return { at: "too-many-pending" };
  if (offer.terms.gateway !== gateway) return { at: "other-gateway" };

  const step = opened + 1;
  const runs = steps.flatMap(({ run, voided }) => (run ? [run, ...voided] : voided));
  const ofStep = asks.filter((each) => each.step === step);
  const unused = ofStep.filter((each) => !runs.some((run) => isOf(each, run)));
  const isOver = (ask: InboxEntry) => now > ask.createdAt + (offer.policy?.limits.permitWaitSeconds ?? 0);
  const alive = unused.filter((ask) => !isOver(ask));
  const ask = alive.find(isProposed);
  if (ask) return { at: "permit", step, ask };
  const isExpected =
    started?.step === step &&
    !asks.some(({ facts }) => facts.runId === started.runId) &&
    !runs.some(({ runId }) => runId === started.runId);
  if (isExpected) return { at: "waiting", step, runId: started.runId };
  const permitted = alive.find(({ permitHash }) => permitHash !== null);
  if (permitted) return { at: "permitted", step, runId: permitted.facts.runId };
  return { at: "request", step, hasWaited: alive.length === 0 && unused.length > 0 && unused[0] === ofStep[0] };
}

function isProposed(ask: InboxEntry): ask is Proposed {
  return ask.proposal !== null;
}

/** A re-run of a workflow is another attempt, and asks anew. */
function isOf({ permitHash, facts }: InboxEntry, run: MarketRun): boolean {
  return (
    run.permitHash === permitHash ||
    (run.repositoryId === facts.repositoryId && run.runId === facts.runId && run.runAttempt === facts.runAttempt)
  );
}
