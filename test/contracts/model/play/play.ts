import { act } from "../act.ts";
import type { Action, Call } from "../action.ts";
import type { Chain } from "../chain/chain.ts";
import { heldIn, owedIn } from "../money.ts";
import type { State } from "../state.ts";
import { NATIVE_MONEY, type Offer } from "../terms.ts";
import { BUYERS } from "./cast.ts";
import type { Sequence } from "./moves.ts";
import { planFor } from "./plan.ts";
import { termsOf } from "./planOffers.ts";
import { sentenceOf } from "./sentence.ts";
import type { Table } from "./table.ts";
import { count, countChanges, type Tally } from "./tally.ts";

/** How many steps everybody has at the start. */
const STEPS = 4;

/** Plays a sequence on model and chain, and throws at the first difference with everything that led to it. */
export async function play(chain: Chain, { shapes, story, moves }: Sequence, tally: Tally): Promise<void> {
  const real = await chain.begin();
  try {
    const game = gameOf(chain, real, tally);
    await open(game, shapes);
    let fresh = 0;
    const drawers = { permits: new Map(), claims: new Map() } satisfies Partial<Table>;
    const names: Pick<Table, "fresh" | "freshNumber"> = {
      fresh: (what) => `${what} ${++fresh}`,
      freshNumber: () => ++fresh,
    };
    let chapter = 0;
    for (const [index, move] of moves.entries()) {
      const told = index % 3 === 2 ? story[chapter % story.length] : undefined;
      const next = told === undefined ? move : { ...move, aim: told, twist: 0 };
      const { state, now, offers } = game;
      const planned = planFor({ state, now, offers, ...drawers, ...names, move: next });
      if (planned === undefined) continue;
      const { call, action } = planned;
      const done = await game.act(call, action);
      count(tally, `${done ? "done" : "refused"}: ${action.do}`);
      if (done && action.do === told) chapter += 1;
      if (done && action.do === "publish") game.offers.push(action.offer);
    }
    await game.compareEverything();
  } finally {
    await real.end();
  }
}

type Game = ReturnType<typeof gameOf>;

/** Model and chain side by side. */
function gameOf(chain: Chain, real: Awaited<ReturnType<Chain["begin"]>>, tally: Tally) {
  const log: string[] = [];
  const game = { state: chain.genesis, now: chain.now, offers: [] as Offer[], act: both, compareEverything };

  /** True if it went through, in both. */
  async function both(call: Call, action: Action): Promise<boolean> {
    const outcome = act(game.state, call, action);
    const refusal = "refusal" in outcome ? outcome.refusal : undefined;
    log.push(sentenceOf(call, action, chain.now, refusal));
    const difference = await real.perform(game.state, call, action, refusal);
    if (difference !== undefined) fail(`the chain: ${difference}`);
    game.now = call.at;
    if (!("state" in outcome)) {
      count(tally, `refused: ${outcome.refusal.name}`);
      return false;
    }
    countChanges(tally, game.state, outcome.state, action);
    game.state = outcome.state;
    requireBalanced(game.state);
    fail(...(await real.compare(game.state)));
    return true;
  }

  async function compareEverything(): Promise<void> {
    fail(...(await real.compare(game.state, { everything: true })));
  }

  /** The model's own invariant: what the escrow holds is somebody's, to the last unit. */
  function requireBalanced(state: State): void {
    for (const token of Object.keys(state.tokens)) {
      const held = heldIn(state, token);
      const owed = owedIn(state, token);
      if (held !== owed) fail(`the model holds ${held} of ${token} and owes ${owed}`);
    }
  }

  function fail(...problems: readonly string[]): void {
    if (problems.length > 0) throw new Error([...log, ...problems].join("\n"));
  }
  return game;
}

/** Every offer is published, and everybody buys some steps of each. */
async function open(game: Game, shapes: Sequence["shapes"]): Promise<void> {
  const quietly = { value: 0n, baseFee: 0n };
  for (const [index, shape] of shapes.entries()) {
    const offer: Offer = { name: `offer ${"ABC"[index]}`, terms: termsOf(shape, game.now) };
    const { seller, policy } = offer.terms;
    await game.act({ ...quietly, by: seller, at: game.now + 1 }, { do: "publish", offer, policy });
    game.offers.push(offer);
  }
  for (const [buyer, offer] of BUYERS.flatMap((who) => game.offers.map((what) => [who, what] as const))) {
    const { token, price } = offer.terms;
    const value = token === NATIVE_MONEY ? BigInt(STEPS) * price : 0n;
    const payment = { by: "call" } as const;
    const action = { do: "purchase", offer, buyer, salt: "salt", steps: STEPS, payment } as const;
    await game.act({ ...quietly, by: buyer, at: game.now + 1, value }, action);
  }
}
