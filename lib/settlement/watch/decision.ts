import type { RunToObserve } from "../../github/observe.ts";
import { type Budget, brokenLimit, type Exposure } from "./budget.ts";
import type { Grounds, Reason } from "./grounds.ts";

/** What the chain says of a claim at one block. Times are unix seconds of the chain. */
export type ClaimFacts = {
  /** Whether it is the entitlement of a buyer for whom this watches. */
  readonly own: boolean;
  /** Whether its offer knows evidence challenges at all. */
  readonly provable: boolean;
  /** Whether its offer names an arbiter, before whom the buyer can challenge conduct. */
  readonly arbitrated: boolean;
  /** The ledger holds the claim, and it is neither paid nor voided. */
  readonly pending: boolean;
  readonly proven: boolean;
  readonly evidence: "none" | "challenged" | "answered";
  readonly claimedAt: number;
  readonly windowEnd: number;
  /** The evidence challenge that is open, or was never taken away. */
  readonly challenge: { readonly ours: boolean; readonly proofEnd: number } | undefined;
};

/** What came of looking at a claim's evidence. */
export type Outcome =
  /** `run` is what to look for at GitHub; null where nobody promised that the run could be observed. */
  | { readonly status: "passed"; readonly run: RunToObserve | null }
  /** It is there, byte for byte as approved, and does not hold. */
  | ({ readonly status: "failed" } & Grounds)
  | { readonly status: "missing"; readonly code: string }
  /** This watcher itself was not able to judge: no ground for anything. */
  | { readonly status: "unjudged"; readonly code: string };

/** The last look; `tries` counts those in a row that came to no verdict. */
export type Look = { readonly at: number; readonly tries: number; readonly outcome: Outcome };

export type Limits = {
  readonly budget: Budget;
  /** The last part of a window, in which missing evidence is challenged, from 0 to 1. */
  readonly lateShare: number;
  /** That part is at least this long. */
  readonly lateSeconds: number;
};

export type Action = "challenge" | "reject" | "reclaim";

export type Situation = {
  /** Timestamp of the block that all of this was read at. */
  readonly now: number;
  readonly facts: ClaimFacts;
  readonly look: Look | undefined;
  /** When the run was last looked for at GitHub. */
  readonly observedAt: number | undefined;
  /** What this watcher has signed about the claim and no block has taken yet. */
  readonly inFlight: ReadonlySet<Action>;
  /** How many of its challenges a block has taken without effect. */
  readonly failedSends: number;
  readonly limits: Limits;
  readonly exposure: Exposure;
  /** The most that a challenge can cost now, bond and fees. */
  readonly price: bigint;
};

export type Decision =
  | { readonly do: "nothing"; readonly because: "over" | "proven" | "passed" | "too late" }
  | { readonly do: "wait"; readonly for: "proof" | "evidence"; readonly until: number }
  /** A transaction that does it is signed already. */
  | { readonly do: "await"; readonly action: Action }
  | { readonly do: "look" | "observe" }
  | { readonly do: "challenge"; readonly reason: Reason }
  | { readonly do: "reject" | "reclaim" }
  /** Something only a person can act on. */
  | { readonly do: "alarm"; readonly about: Alarm; readonly reason: Reason };

export type Alarm =
  /** The evidence fails where no proof looks: a ground for a conduct challenge, which is never made here. */
  | "conduct"
  | "offer not provable"
  | "evidence missing elsewhere"
  | "not judged"
  | "budget total"
  | "budget of the day"
  | "no funds"
  | "challenges fail";

const FIRST_RETRY = 30;
const SLOWEST_RETRY = 3600;
const MOST_SENDS = 3;
const FIRST_OBSERVATION = 600;

/** From when on missing evidence is challenged. */
export function lateFrom(
  { claimedAt, windowEnd }: Pick<ClaimFacts, "claimedAt" | "windowEnd">,
  { lateShare, lateSeconds }: Pick<Limits, "lateShare" | "lateSeconds">,
): number {
  const share = windowEnd - Math.floor((windowEnd - claimedAt) * lateShare);
  return Math.max(claimedAt, Math.min(share, windowEnd - lateSeconds));
}

/**
 * What to do about one claim now. All of the guard's rules are here, and nothing here has an effect: conduct is never
 * challenged, a claim has one challenge in flight at most, missing evidence is challenged late and for the buyer's own
 * entitlements only, and no risk goes beyond the budget.
 */
export function decide(situation: Situation): Decision {
  const { now, facts } = situation;
  if (!facts.pending) {
    return facts.challenge?.ours ? acting("reclaim", situation) : { do: "nothing", because: "over" };
  }
  if (facts.evidence === "challenged") {
    if (facts.challenge === undefined) return { do: "nothing", because: "over" };
    const { ours, proofEnd } = facts.challenge;
    if (now < proofEnd) return byConduct(situation) ?? { do: "wait", for: "proof", until: proofEnd };
    return ours || facts.own ? acting("reject", situation) : { do: "nothing", because: "over" };
  }
  if (facts.proven || facts.evidence === "answered") {
    return byConduct(situation) ?? { do: "nothing", because: "proven" };
  }
  if (now >= facts.windowEnd) return { do: "nothing", because: "too late" };
  return byEvidence(situation);
}

function byEvidence(situation: Situation): Decision {
  const { now, facts, look, limits } = situation;
  if (look === undefined) return { do: "look" };
  const { outcome } = look;
  if (outcome.status === "passed") return afterPass(situation, outcome.run);
  if (outcome.status === "failed") {
    const { check, code } = outcome;
    if (!facts.provable) return alarm("offer not provable", { check, code });
    return outcome.proofFails ? challenge(situation, { check, code }) : alarm("conduct", { check, code });
  }
  const late = lateFrom(facts, limits);
  const next = nextLook(look, late);
  if (now >= next) return { do: "look" };
  const reason = { check: "evidence", code: outcome.code };
  if (outcome.status === "unjudged") return alarm("not judged", reason);
  // The last look is part of the decision: what was missing hours ago may be there by now.
  if (look.at < late) return { do: "wait", for: "evidence", until: next };
  if (!facts.provable) return alarm("offer not provable", reason);
  return facts.own ? challenge(situation, reason) : alarm("evidence missing elsewhere", reason);
}

/**
 * No proof looks at conduct, and whoever proves, or demands a proof, must not be able to keep the guard from looking. The
 * ground is the buyer's to act on, before an arbiter and within the window; nothing is challenged here.
 */
function byConduct(situation: Situation): Decision | undefined {
  const { now, facts, look, limits } = situation;
  if (!facts.arbitrated || !facts.own || now >= facts.windowEnd) return undefined;
  if (look === undefined) return { do: "look" };
  const { outcome } = look;
  if (outcome.status === "passed") {
    const next = afterPass(situation, outcome.run);
    return next.do === "observe" ? next : undefined;
  }
  if (outcome.status === "failed") {
    // What the demanded proof decides anyway. Once it is there, what was published is a broken copy.
    if (outcome.proofFails && facts.evidence === "challenged") return undefined;
    return alarm("conduct", { check: outcome.check, code: outcome.code });
  }
  const late = lateFrom(facts, limits);
  if (now >= nextLook(look, late)) return { do: "look" };
  if (look.at < late) return undefined;
  const reason = { check: "evidence", code: outcome.code };
  return alarm(outcome.status === "unjudged" ? "not judged" : "conduct", reason);
}

function challenge(situation: Situation, reason: Reason): Decision {
  const { exposure, price, limits, failedSends, inFlight } = situation;
  if (inFlight.has("challenge")) return { do: "await", action: "challenge" };
  if (failedSends >= MOST_SENDS) return alarm("challenges fail", reason);
  const broken = brokenLimit(exposure, price, limits.budget);
  if (broken !== undefined) return alarm(broken === "total" ? "budget total" : "budget of the day", reason);
  return { do: "challenge", reason };
}

function acting(action: "reject" | "reclaim", { inFlight }: Situation): Decision {
  return inFlight.has(action) ? { do: "await", action } : { do: action };
}

/** A run is looked for again at ever shorter distances from the window's end. */
function afterPass({ now, facts, look, observedAt }: Situation, run: RunToObserve | null): Decision {
  if (run === null || look === undefined) return { do: "nothing", because: "passed" };
  const due =
    observedAt === undefined
      ? look.at
      : observedAt + Math.max(FIRST_OBSERVATION, Math.floor((facts.windowEnd - observedAt) / 2));
  return now >= due ? { do: "observe" } : { do: "nothing", because: "passed" };
}

/** Ever more slowly, and once more when the late part begins. */
function nextLook({ at, tries }: Look, late: number): number {
  const next = at + Math.min(FIRST_RETRY * 2 ** Math.min(Math.max(tries - 1, 0), 16), SLOWEST_RETRY);
  return at < late ? Math.min(next, late) : next;
}

function alarm(about: Alarm, reason: Reason): Decision {
  return { do: "alarm", about, reason };
}
