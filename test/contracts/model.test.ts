import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { contractErrors } from "#lib/chain/generated/abis.ts";
import { reportDeep, runsFactor, tried } from "../properties.ts";
import { act, rules } from "./model/act.ts";
import type { Action, ActionKind, Call } from "./model/action.ts";
import { type Chain, createChain } from "./model/chain/chain.ts";
import { heldIn, owedIn } from "./model/money.ts";
import { BUYERS, cast } from "./model/play/cast.ts";
import { type Move, type Sequence, sequences } from "./model/play/moves.ts";
import { planFor } from "./model/play/plan.ts";
import { termsOf } from "./model/play/planOffers.ts";
import { sentenceOf } from "./model/play/sentence.ts";
import type { Table } from "./model/play/table.ts";
import type { Refusal } from "./model/refusal.ts";
import type { State } from "./model/state.ts";
import type { Offer } from "./model/terms.ts";

/**
 * The contracts against the readable model of their lifecycle in `model/`. Random sequences of actions, valid and not,
 * run against both; after each, both have come to the same outcome and the same books.
 */

const QUICK_SEQUENCES = 200;
/** Sequences are half as long as this on average. */
const MOST_MOVES = 80;

/** Every kind of action goes through at least so often. */
const ENOUGH = 5;
/** Errors that no sequence of actions can meet, and why. */
const OUT_OF_REACH = {
  LimitsContradict: "deployment",
  VerifierWithoutCode: "deployment",
  WiringMismatch: "deployment",
  NotProvableHere: "a deployment without evidence verifier",
  Permit2Missing: "a deployment without Permit2",
  PageSizeOutOfRange: "a view",
  Locked: "a call from within a payment",
  NotChallenged: "the settlement asks only about challenges that it opened",
};

let chain: Chain;
beforeAll(async () => {
  chain = await createChain(cast);
});
afterAll(async () => {
  await chain.close();
});

/** How often something was reached, by name. */
type Tally = Map<string, number>;
const count = (tally: Tally, what: string, times = 1) => tally.set(what, (tally.get(what) ?? 0) + times);

/** Plays a sequence on both and throws at the first difference, with everything that led to it. */
async function play({ shapes, theme, moves }: Sequence, tally: Tally): Promise<void> {
  const real = await chain.begin();
  const log: string[] = [];
  const start = chain.now;
  let state: State = chain.genesis;
  let now = start;

  async function both(call: Call, action: Action): Promise<boolean> {
    const outcome = act(state, call, action);
    const refusal: Refusal | undefined = "refusal" in outcome ? outcome.refusal : undefined;
    log.push(sentenceOf(call, action, start, refusal));
    const difference = await real.perform(state, call, action, refusal);
    if (difference !== undefined) throw new Error(`${log.join("\n")}\nThe chain: ${difference}`);
    now = call.at;
    if ("state" in outcome) {
      tallyChanges(tally, state, outcome.state, action);
      state = outcome.state;
      requireBalanced(state, log);
      await requireAgreement({ everything: false });
    } else count(tally, `refused: ${outcome.refusal.name}`);
    return refusal === undefined;
  }

  async function requireAgreement(how: { readonly everything: boolean }): Promise<void> {
    const differences = await real.compare(state, how);
    if (differences.length > 0) throw new Error([...log, ...differences].join("\n"));
  }

  try {
    const offers: Offer[] = shapes.map((shape, index) => ({
      name: `offer ${"ABC"[index]}`,
      terms: termsOf(shape, start),
    }));
    for (const offer of offers) {
      const by = offer.terms.seller;
      await both({ by, at: now + 1, value: 0n, baseFee: 0n }, { do: "publish", offer, policy: offer.terms.policy });
    }
    let fresh = 0;
    const permits: Table["permits"] = new Map();
    const claims: Table["claims"] = new Map();
    const table = (move: Move): Table => ({
      state,
      now,
      offers,
      permits,
      claims,
      move,
      fresh: (what) => `${what} ${++fresh}`,
      freshNumber: () => ++fresh,
    });
    for (const [buyer, offer] of BUYERS.flatMap((who) => offers.map((what) => [who, what] as const))) {
      const { token, price } = offer.terms;
      const value = token === "native money" ? 4n * price : 0n;
      const purchase = { offer, salt: "salt", steps: 4, payment: { by: "call" } } as const;
      await both({ by: buyer, at: now + 1, value, baseFee: 0n }, { do: "purchase", ...purchase, buyer });
    }
    for (const [index, move] of moves.entries()) {
      const aim = theme !== null && index % 3 === 2 ? theme : move.aim;
      const planned = planFor(table({ ...move, aim }));
      if (planned === undefined) continue;
      const { call, action } = planned;
      const done = await both(call, action);
      count(tally, `${done ? "done" : "refused"}: ${action.do}`);
      if (done && action.do === "publish") offers.push(action.offer);
    }
    await requireAgreement({ everything: true });
  } finally {
    await real.end();
  }
}

/** The model's own invariant: what the escrow holds is somebody's, to the last unit. */
function requireBalanced(state: State, log: readonly string[]): void {
  for (const token of Object.keys(state.tokens)) {
    const held = heldIn(state, token);
    const owed = owedIn(state, token);
    if (held !== owed) throw new Error(`${log.join("\n")}\nThe model holds ${held} of ${token} and owes ${owed}`);
  }
}

/** What a change means, in words that can be counted. */
function tallyChanges(tally: Tally, before: State, after: State, action: Action): void {
  for (const run of Object.values(after.runs)) {
    const old = before.runs[run.name];
    if (old?.status !== run.status) count(tally, `run is ${run.status}`);
    if (run.status === "paid" && old?.status !== "paid" && run.claimed?.sellerShare !== undefined) {
      count(tally, "split step is paid");
    }
    if (run.status === "void" && old?.status === "claimed" && action.do !== "timeout") {
      const rejected = "claimed" in action && "run" in action.claimed && action.claimed.run === run.name;
      count(tally, rejected ? `rejected by ${action.do}` : "voided with an earlier step");
    }
    if (run.claimed?.evidence === "answered" && old?.claimed?.evidence === "open") count(tally, "evidence answered");
  }
  if (action.do === "consume" && action.consumption.signer !== action.consumption.buyer) {
    count(tally, "signed by a delegate");
  }
  if (action.do === "consume" && action.consumption.stale !== undefined) count(tally, "retried after a timeout");
  if (action.do === "purchase" || action.do === "topUp") count(tally, `${action.do} paid by ${action.payment.by}`);
  for (const [offer, stake] of Object.entries(before.stakes)) {
    const left = after.stakes[offer]?.amount;
    if (left !== undefined && left < stake.amount) count(tally, "stake slashed");
  }
  const batch =
    action.do === "consumeBatch"
      ? action.consumptions
      : action.do === "claimBatch"
        ? action.signed
        : action.do === "finalizeBatch"
          ? action.claimed
          : undefined;
  if (batch !== undefined)
    count(tally, `${action.do} of ${Math.min(batch.length, 3)}${batch.length > 2 ? " or more" : ""}`);
}

it(
  "the contracts do what the model does",
  async () => {
    const tally: Tally = new Map();
    await fc.assert(
      fc.asyncProperty(sequences(MOST_MOVES), (sequence) => play(sequence, tally)),
      tried(`contracts and model agree over up to ${MOST_MOVES} actions`, QUICK_SEQUENCES, 7),
    );
    const reached = [...tally].sort(([a], [b]) => (a < b ? -1 : 1));
    reportDeep(Object.fromEntries(reached));
    if (process.env.PAWL_TALLY) console.log(reached.map(([what, times]) => `${times}\t${what}`).join("\n"));
    // A generator that never gets anywhere would prove nothing.
    const kinds = (Object.keys(rules) as ActionKind[]).filter((kind) => kind !== "trespass");
    const rare = kinds.filter((kind) => (tally.get(`done: ${kind}`) ?? 0) < ENOUGH);
    expect(rare, `done fewer than ${ENOUGH} times`).toEqual([]);
    const unseen = Object.keys(contractErrors).filter(
      (name) => !(name in OUT_OF_REACH) && !tally.has(`refused: ${name}`),
    );
    reportDeep({ "errors never met": unseen.join(", ") });
    expect(unseen.length, `errors never met: ${unseen.join(", ")}`).toBeLessThanOrEqual(runsFactor > 1 ? 0 : 3);
  },
  600_000 * runsFactor,
);
