import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Exposure } from "#lib/settlement/watch/budget.ts";
import { brokenLimit, exposureOf } from "#lib/settlement/watch/budget.ts";
import {
  type Action,
  type ClaimFacts,
  type Decision,
  decide,
  type Limits,
  lateFrom,
  type Outcome,
  type Situation,
} from "#lib/settlement/watch/decision.ts";
import { tried } from "../../../properties.ts";

/**
 * decide
 * ├── the ledger no longer holds the claim: nothing; our own bond that is still there: reclaim
 * ├── its evidence is challenged
 * │   ├── before the end of the proof's time: wait
 * │   └── from then on: reject ours, and whatever stands against the buyer's own; leave the rest
 * ├── it is proven, or answered: nothing
 * ├── in either case, the buyer's own with an arbiter: still looked at, and conduct is a person's
 * ├── its window is over: nothing
 * └── it can be challenged
 *     ├── never looked at: look
 *     ├── passed: nothing; at tier 2 observe, ever more often towards the end
 *     ├── failed where a proof fails too: challenge, whosever it is, within the budget
 *     ├── failed elsewhere: a ground for a conduct challenge, which is a person's
 *     ├── missing: look again ever more slowly; late, after one more look, challenge the buyer's own within the budget
 *     └── not judged: look again; never a ground for anything
 */

const CLAIMED = 1_000_000;
const WINDOW = 100_000;
const LATE = CLAIMED + 75_000;
const facts: ClaimFacts = {
  own: true,
  provable: true,
  arbitrated: false,
  pending: true,
  proven: false,
  evidence: "none",
  claimedAt: CLAIMED,
  windowEnd: CLAIMED + WINDOW,
  challenge: undefined,
};
const limits: Limits = { budget: { total: 1_000n, perDay: 500n }, lateShare: 0.25, lateSeconds: 600 };
const failed: Outcome = { status: "failed", check: "statement", code: "STATEMENT_MISMATCH", proofFails: true };
const conduct: Outcome = { status: "failed", check: "policy-rules", code: "POLICY_RULE_BROKEN", proofFails: false };
const missing: Outcome = { status: "missing", code: "WATCH_CAPSULE_UNREACHABLE" };
const unjudged: Outcome = { status: "unjudged", code: "CHAIN_UNREACHABLE" };
const run = {
  ...{ repository: "o/r", repositoryId: "1", runId: "2", runAttempt: 1, checkRunId: "3", sha: "a".repeat(40) },
  ...{
    event: "workflow_dispatch",
    workflowPath: ".github/workflows/a.yml",
    calledCommit: null,
    runsOn: "ubuntu-24.04",
  },
};
const passed: Outcome = { status: "passed", run: null };
const observable: Outcome = { status: "passed", run };

type Change = Partial<Omit<Situation, "facts" | "look">> & {
  readonly facts?: Partial<ClaimFacts>;
  readonly outcome?: Outcome;
  readonly lookedAt?: number;
  readonly tries?: number;
};

function situation({ facts: changed, outcome, lookedAt = CLAIMED + 10, tries = 1, ...rest }: Change = {}): Situation {
  return {
    now: CLAIMED + 20,
    facts: { ...facts, ...changed },
    look: outcome && { at: lookedAt, tries, outcome },
    observedAt: undefined,
    inFlight: new Set(),
    failedSends: 0,
    limits,
    exposure: { total: 0n, day: 0n },
    price: 100n,
    ...rest,
  };
}

/** As one line. */
function shown(decision: Decision): string {
  if (decision.do === "nothing") return `nothing: ${decision.because}`;
  if (decision.do === "wait") return `wait for ${decision.for} until ${decision.until - CLAIMED}`;
  if (decision.do === "await") return `await ${decision.action}`;
  if (decision.do === "challenge") return `challenge: ${decision.reason.check} ${decision.reason.code}`;
  if (decision.do === "alarm") return `alarm: ${decision.about} (${decision.reason.check} ${decision.reason.code})`;
  return decision.do;
}

const open = (ours: boolean, proofEnd: number): Partial<ClaimFacts> => ({
  evidence: "challenged",
  challenge: { ours, proofEnd },
});
const inFlight = (...actions: Action[]): Change => ({ inFlight: new Set(actions) });
const late: Change = { now: LATE + 5, lookedAt: LATE };
const MISSING = "evidence WATCH_CAPSULE_UNREACHABLE";
const FAILED = "statement STATEMENT_MISMATCH";
const CONDUCT = "alarm: conduct (policy-rules POLICY_RULE_BROKEN)";
const UNJUDGED = "alarm: not judged (evidence CHAIN_UNREACHABLE)";

/** A claim that only an arbiter can still undo. */
const proven = (change: Change = {}, more: Partial<ClaimFacts> = {}): Change => ({
  ...change,
  facts: { arbitrated: true, proven: true, ...more },
});
const demanded = (change: Change = {}): Change => ({
  ...change,
  facts: { arbitrated: true, ...open(false, CLAIMED + 90) },
});

const cases: readonly (readonly [string, Change, string])[] = [
  ["a claim that was paid, voided or forked away", { facts: { pending: false }, outcome: failed }, "nothing: over"],
  ["a voided claim that holds our bond", { facts: { pending: false, ...open(true, 0) } }, "reclaim"],
  [
    "the same, already signed",
    { facts: { pending: false, ...open(true, 0) }, ...inFlight("reclaim") },
    "await reclaim",
  ],
  ["a voided claim that holds another's bond", { facts: { pending: false, ...open(false, 0) } }, "nothing: over"],

  ["our challenge in its last second", { facts: open(true, CLAIMED + 21) }, "wait for proof until 21"],
  ["our challenge, unanswered at the end", { facts: open(true, CLAIMED + 20) }, "reject"],
  ["another's challenge of the buyer's own claim, unanswered", { facts: open(false, CLAIMED) }, "reject"],
  [
    "another's challenge of another's claim, unanswered",
    { facts: { own: false, ...open(false, CLAIMED) } },
    "nothing: over",
  ],
  ["our challenge of another's claim, unanswered", { facts: { own: false, ...open(true, CLAIMED) } }, "reject"],
  ["a rejection that is signed already", { facts: open(true, CLAIMED), ...inFlight("reject") }, "await reject"],
  [
    "evidence that fails, challenged by another",
    { facts: open(false, CLAIMED + 90), outcome: failed },
    "wait for proof until 90",
  ],

  ["a claim proven from the start", { facts: { proven: true }, outcome: failed }, "nothing: proven"],
  ["a claim whose challenge was answered", { facts: { evidence: "answered" }, outcome: failed }, "nothing: proven"],
  ["a proven claim before an arbiter", proven(), "look"],
  ["the same, that breaks its policy", proven({ outcome: conduct }), CONDUCT],
  ["the same, of another's entitlement", proven({ outcome: conduct }, { own: false }), "nothing: proven"],
  ["the same, when its window has ended", proven({ outcome: conduct, now: CLAIMED + WINDOW }), "nothing: proven"],
  ["a proven claim whose evidence passed", proven({ outcome: passed }), "nothing: proven"],
  ["a proven claim whose run is to be seen", proven({ outcome: observable }), "observe"],
  ["a proven claim whose evidence is missing", proven({ outcome: missing }), "nothing: proven"],
  ["the same, late", proven({ outcome: missing, ...late }), `alarm: conduct (${MISSING})`],
  ["a proven claim that could not be judged, late", proven({ outcome: unjudged, ...late }), UNJUDGED],
  ["a claim before an arbiter that a stranger challenged", demanded(), "look"],
  ["the same, that breaks its policy", demanded({ outcome: conduct }), CONDUCT],
  ["the same, whose evidence fails", demanded({ outcome: failed }), "wait for proof until 90"],
  ["a proven claim whose evidence is a broken copy", proven({ outcome: failed }), `alarm: conduct (${FAILED})`],
  ["a challenged claim with nothing to say against it", demanded({ outcome: passed }), "wait for proof until 90"],

  ["a window that has just ended", { now: CLAIMED + WINDOW, outcome: failed }, "nothing: too late"],
  ["the last second of a window", { now: CLAIMED + WINDOW - 1, outcome: failed }, `challenge: ${FAILED}`],

  ["a claim that is new", {}, "look"],
  ["evidence that passed", { outcome: passed }, "nothing: passed"],
  ["evidence that passed, late", { outcome: passed, now: LATE + 9 }, "nothing: passed"],
  ["a run that was promised to be seen", { outcome: observable }, "observe"],
  ["the same, just observed", { outcome: observable, observedAt: CLAIMED + 15 }, "nothing: passed"],
  [
    "the same, half of the window later",
    { outcome: observable, observedAt: CLAIMED, now: CLAIMED + 50_000 },
    "observe",
  ],
  [
    "the same, a second earlier",
    { outcome: observable, observedAt: CLAIMED, now: CLAIMED + 49_999 },
    "nothing: passed",
  ],

  ["evidence that fails", { outcome: failed }, `challenge: ${FAILED}`],
  ["evidence that fails, of another's entitlement", { outcome: failed, facts: { own: false } }, `challenge: ${FAILED}`],
  ["the same, already signed", { outcome: failed, ...inFlight("challenge") }, "await challenge"],
  [
    "the same, whose offer is not provable",
    { outcome: failed, facts: { provable: false } },
    `alarm: offer not provable (${FAILED})`,
  ],
  ["the same, three times without effect", { outcome: failed, failedSends: 3 }, `alarm: challenges fail (${FAILED})`],
  ["the same, twice without effect", { outcome: failed, failedSends: 2 }, `challenge: ${FAILED}`],
  [
    "evidence that fails where no proof looks",
    { outcome: conduct },
    "alarm: conduct (policy-rules POLICY_RULE_BROKEN)",
  ],

  ["missing evidence, at first", { outcome: missing }, "wait for evidence until 40"],
  ["missing evidence, half a minute later", { outcome: missing, now: CLAIMED + 40 }, "look"],
  [
    "missing evidence, after many tries",
    { outcome: missing, tries: 20, now: CLAIMED + 3609 },
    "wait for evidence until 3610",
  ],
  ["missing evidence as the late part begins", { outcome: missing, tries: 20, lookedAt: LATE - 1, now: LATE }, "look"],
  ["missing evidence, looked for late", { outcome: missing, ...late }, `challenge: ${MISSING}`],
  [
    "missing evidence, a second before it is late",
    { outcome: missing, now: LATE - 1, lookedAt: LATE - 2 },
    "wait for evidence until 75000",
  ],
  [
    "missing evidence of another's entitlement",
    { outcome: missing, ...late, facts: { own: false } },
    `alarm: evidence missing elsewhere (${MISSING})`,
  ],
  [
    "missing evidence of an offer that is not provable",
    { outcome: missing, ...late, facts: { provable: false } },
    `alarm: offer not provable (${MISSING})`,
  ],
  ["missing evidence, already challenged", { outcome: missing, ...late, ...inFlight("challenge") }, "await challenge"],

  ["evidence that could not be judged", { outcome: unjudged }, "alarm: not judged (evidence CHAIN_UNREACHABLE)"],
  ["the same, late", { outcome: unjudged, ...late }, "alarm: not judged (evidence CHAIN_UNREACHABLE)"],
  ["the same, when a try is due", { outcome: unjudged, now: CLAIMED + 40 }, "look"],

  [
    "a budget with room for exactly this",
    { outcome: failed, exposure: { total: 900n, day: 400n } },
    `challenge: ${FAILED}`,
  ],
  [
    "a budget one wei short",
    { outcome: failed, exposure: { total: 901n, day: 0n } },
    `alarm: budget total (${FAILED})`,
  ],
  [
    "a day's budget one wei short",
    { outcome: failed, exposure: { total: 401n, day: 401n } },
    `alarm: budget of the day (${FAILED})`,
  ],
  [
    "missing evidence without budget",
    { outcome: missing, ...late, exposure: { total: 1_000n, day: 0n } },
    `alarm: budget total (${MISSING})`,
  ],
  [
    "a challenge in flight, whose own bond fills the budget",
    { outcome: failed, exposure: { total: 1_000n, day: 0n }, ...inFlight("challenge") },
    "await challenge",
  ],
];

describe("the guard's decision about", () => {
  for (const [name, change, expected] of cases) {
    it(`${name}: ${expected}`, () => expect(shown(decide(situation(change)))).toBe(expected));
  }
});

describe("the late part of a window", () => {
  const at = (windowEnd: number, lateSeconds = 600, lateShare = 0.25) =>
    lateFrom({ claimedAt: 0, windowEnd }, { lateShare, lateSeconds });

  it("is its last quarter, and never shorter than it was asked to be", () => {
    expect(at(86_400)).toBe(64_800);
    expect(at(2_000)).toBe(1_400);
    expect(at(2_401)).toBe(1_801);
  });

  it("is the whole of a window that is shorter than that", () => expect(at(300)).toBe(0));

  it("may be the whole window", () => expect(at(86_400, 0, 1)).toBe(0));

  it("lies within the window, whatever is asked for", () => {
    fc.assert(
      fc.property(
        fc.nat(2_000_000),
        fc.integer({ min: 1, max: 2_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(10_000_000),
        (claimedAt, length, lateShare, lateSeconds) => {
          const windowEnd = claimedAt + length;
          const from = lateFrom({ claimedAt, windowEnd }, { lateShare, lateSeconds });
          expect(from).toBeGreaterThanOrEqual(claimedAt);
          expect(from).toBeLessThanOrEqual(windowEnd);
          if (lateSeconds <= length) expect(from).toBeLessThanOrEqual(windowEnd - lateSeconds);
        },
      ),
      tried("watch: the late part", 300),
    );
  });
});

/** Everything that a decision is made from, at random. */
const anyOutcome = fc.constantFrom(failed, conduct, missing, unjudged, passed, observable);
const anyAction = fc.constantFrom<Action>("challenge", "reject", "reclaim");
const anySituation: fc.Arbitrary<Situation> = fc.record({
  now: fc.integer({ min: CLAIMED, max: CLAIMED + 2 * WINDOW }),
  facts: fc.record({
    own: fc.boolean(),
    provable: fc.boolean(),
    arbitrated: fc.boolean(),
    pending: fc.boolean(),
    proven: fc.boolean(),
    evidence: fc.constantFrom("none" as const, "challenged" as const, "answered" as const),
    claimedAt: fc.constant(CLAIMED),
    windowEnd: fc.integer({ min: CLAIMED + 1, max: CLAIMED + WINDOW }),
    challenge: fc.option(
      fc.record({ ours: fc.boolean(), proofEnd: fc.integer({ min: CLAIMED, max: CLAIMED + 2 * WINDOW }) }),
      { nil: undefined },
    ),
  }),
  look: fc.option(
    fc.record({
      at: fc.integer({ min: CLAIMED, max: CLAIMED + 2 * WINDOW }),
      tries: fc.nat(40),
      outcome: anyOutcome,
    }),
    { nil: undefined },
  ),
  observedAt: fc.option(fc.integer({ min: CLAIMED, max: CLAIMED + WINDOW }), { nil: undefined }),
  inFlight: fc.array(anyAction, { maxLength: 3 }).map((actions) => new Set(actions)),
  failedSends: fc.nat(4),
  limits: fc.constant(limits),
  exposure: fc.record({ total: fc.bigInt(0n, 1_200n), day: fc.bigInt(0n, 600n) }),
  price: fc.bigInt(1n, 600n),
});

describe("whatever the situation, the guard", () => {
  const always = (what: string, holds: (given: Situation, decision: Decision) => void) =>
    it(what, () =>
      fc.assert(
        fc.property(anySituation, (given) => holds(given, decide(given))),
        tried(`watch: ${what}`, 3_000),
      ),
    );

  always(
    "challenges only a pending claim that is neither proven nor challenged, in its window",
    ({ facts: f, now }, d) => {
      if (d.do !== "challenge") return;
      expect([f.pending, f.provable, f.proven, f.evidence]).toEqual([true, true, false, "none"]);
      expect(now).toBeLessThan(f.windowEnd);
    },
  );

  always("has one challenge of a claim in flight at most", ({ inFlight: signed }, d) => {
    if (signed.has("challenge")) expect(d.do).not.toBe("challenge");
  });

  always("never risks more than the budget", ({ exposure, price }, d) => {
    if (d.do !== "challenge") return;
    expect(exposure.total + price).toBeLessThanOrEqual(limits.budget.total);
    expect(exposure.day + price).toBeLessThanOrEqual(limits.budget.perDay);
  });

  always("never acts on missing evidence of another's entitlement, or early, or without a late look", (given, d) => {
    if (d.do !== "challenge" || given.look?.outcome.status !== "missing") return;
    expect(given.facts.own).toBe(true);
    expect(given.look.at).toBeGreaterThanOrEqual(lateFrom(given.facts, limits));
  });

  always("acts on nothing but evidence that fails a proof too, or is missing", ({ look }, d) => {
    if (d.do !== "challenge") return;
    const outcome = look?.outcome;
    expect(outcome?.status === "missing" || (outcome?.status === "failed" && outcome.proofFails)).toBe(true);
  });

  always("knows no action about conduct", (_, d) => {
    expect(["nothing", "wait", "await", "look", "observe", "challenge", "reject", "reclaim", "alarm"]).toContain(d.do);
  });

  always("rejects and reclaims only what the chain allows", ({ facts: f, now }, d) => {
    if (d.do === "reject") {
      expect([f.pending, f.evidence]).toEqual([true, "challenged"]);
      expect(now).toBeGreaterThanOrEqual(f.challenge?.proofEnd ?? Number.POSITIVE_INFINITY);
    }
    if (d.do === "reclaim") expect([f.pending, f.challenge?.ours]).toEqual([false, true]);
  });
});

describe("the exposure", () => {
  const DAY = 86_400;

  it("counts a day's risks until a day has passed, and all of them for ever", () => {
    const stakes = [{ bond: 5n, fees: 1n, at: 1_000 }];
    const at = (now: number): Exposure => exposureOf(stakes, now);
    expect(at(1_000)).toEqual({ total: 6n, day: 6n });
    expect(at(1_000 + DAY - 1)).toEqual({ total: 6n, day: 6n });
    expect(at(1_000 + DAY)).toEqual({ total: 6n, day: 0n });
  });

  it("breaks the total before the day", () => {
    const budget = { total: 10n, perDay: 5n };
    expect(brokenLimit({ total: 10n, day: 5n }, 1n, budget)).toBe("total");
    expect(brokenLimit({ total: 5n, day: 5n }, 1n, budget)).toBe("perDay");
    expect(brokenLimit({ total: 4n, day: 4n }, 1n, budget)).toBeUndefined();
  });
});
