import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { contractErrors, p384Abi, sigstoreVerifierAbi, trustRootsAbi } from "#lib/chain/generated/abis.ts";
import { reportDeep, runsFactor, tried } from "../properties.ts";
import { rules } from "./model/act.ts";
import type { ActionKind } from "./model/action.ts";
import { type Chain, createChain } from "./model/chain/chain.ts";
import { cast } from "./model/play/cast.ts";
import { sequences } from "./model/play/moves.ts";
import { play } from "./model/play/play.ts";
import type { Tally } from "./model/play/tally.ts";

/**
 * The contracts against the readable model of their lifecycle in `model/`. Random sequences of actions, honest and
 * bent, run against both; after each, both have come to the same outcome, down to the values of a refusal, and to the
 * same books.
 */

const QUICK_SEQUENCES = 200;
/** A sequence has half as many on average. */
const MOST_MOVES = 100;

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
/** Behind the evidence verifier, for which a double stands here: the roots have a model of their own in
 * test/solidity/invariants, and what reads attestations is compared with the library in evidence/. */
const OF_EVIDENCE = new Set<string>(
  [...trustRootsAbi, ...sigstoreVerifierAbi, ...p384Abi].flatMap((item) => (item.type === "error" ? [item.name] : [])),
);
/** Of the others, so many may be missed by a quick run. */
const FEW = 3;

let chain: Chain;
beforeAll(async () => {
  chain = await createChain(cast);
});
afterAll(async () => {
  await chain.close();
});

it(
  "the contracts do what the model does",
  async () => {
    const tally: Tally = new Map();
    await fc.assert(
      fc.asyncProperty(sequences(MOST_MOVES), (sequence) => play(chain, sequence, tally)),
      tried(`contracts and model agree over up to ${MOST_MOVES} actions`, QUICK_SEQUENCES, 7),
    );
    const unseen = Object.keys(contractErrors).filter(
      (name) => !(name in OUT_OF_REACH) && !OF_EVIDENCE.has(name) && !tally.has(`refused: ${name}`),
    );
    reportDeep({ ...Object.fromEntries([...tally].sort()), "errors never met": unseen.join(", ") });

    // A generator that never gets anywhere would prove nothing.
    const kinds = Object.keys(rules).filter((kind) => kind !== ("trespass" satisfies ActionKind));
    const rare = kinds.filter((kind) => (tally.get(`done: ${kind}`) ?? 0) < ENOUGH * runsFactor);
    expect(rare, `done fewer than ${ENOUGH * runsFactor} times`).toEqual([]);
    expect(unseen.length, `errors never met: ${unseen.join(", ")}`).toBeLessThanOrEqual(runsFactor > 1 ? 0 : FEW);
  },
  600_000 * runsFactor,
);
