import fc from "fast-check";
import type { ActionKind } from "../action.ts";

/** What is random about a sequence. Everything else follows from it and from the model's state. */

export type Shape = {
  readonly price: number;
  readonly maxPending: number;
  readonly maxSteps: number;
  readonly money: "native" | "play" | "hostile";
  /** Whose offer it is: the rival plays all roles himself. */
  readonly seller: "seller" | "rival";
  readonly arbiter: "none" | "arbiter" | "buyer";
  readonly bond: "none" | "all for the arbiter" | "some for the arbiter";
  readonly verifier: "none" | "verifier" | "account";
  readonly provable: boolean;
  readonly tier: 1 | 2;
  readonly observed: boolean;
  readonly pinned: boolean;
  /** Seconds. */
  readonly window: number;
};

export type Move = {
  readonly aim: ActionKind;
  /** Which of several things it is about: mostly the first, so that something comes of it. */
  readonly which: number;
  /** Which of several ways it is done in. */
  readonly pick: number;
  /** 0 is an honest try; every other number bends something. */
  readonly twist: number;
  /** Soon, or close to the moment that matters for it, or close to the next moment that matters for anything. */
  readonly when: { readonly at: "soon" | "edge" | "jump"; readonly offset: number };
  readonly amount: number;
};

const shape: fc.Arbitrary<Shape> = fc.record({
  price: fc.constantFrom(1_000, 1_000, 2, 99),
  maxPending: fc.constantFrom(3, 2, 2, 4, 8, 1),
  maxSteps: fc.constantFrom(9, 6, 20),
  money: fc.constantFrom("native", "play", "play", "hostile"),
  seller: fc.constantFrom("seller", "seller", "rival"),
  arbiter: fc.constantFrom("arbiter", "arbiter", "arbiter", "none", "none", "buyer"),
  bond: fc.constantFrom("some for the arbiter", "all for the arbiter", "none"),
  verifier: fc.constantFrom("verifier", "verifier", "verifier", "account", "none"),
  provable: fc.constantFrom(true, true, true, false),
  tier: fc.constantFrom(1, 2),
  observed: fc.boolean(),
  pinned: fc.boolean(),
  window: fc.constantFrom(20, 40, 60),
});

/**
 * How often each is aimed at, relative to the others. An aim that is out of reach becomes a step towards it, so what
 * lies far from the start weighs most.
 */
const AIMS: { readonly [Kind in ActionKind]: number } = {
  consume: 9,
  claim: 8,
  finalize: 10,
  challengeConduct: 5,
  challengeEvidence: 5,
  rule: 20,
  prove: 14,
  claimWithProof: 5,
  rejectUnproven: 16,
  rejectUnruled: 8,
  timeout: 4,
  reclaimBond: 20,
  finalizeBatch: 9,
  consumeBatch: 6,
  claimBatch: 7,
  refund: 4,
  topUp: 12,
  purchase: 14,
  acknowledge: 4,
  cancelPermits: 2,
  delegate: 3,
  delegateBySignature: 7,
  revokeDelegate: 1,
  burnDelegationNonce: 1,
  withdraw: 7,
  withdrawEarnings: 4,
  postStake: 4,
  noticeStake: 2,
  withdrawStake: 9,
  publish: 8,
  retire: 1,
  trespass: 1,
  changeToken: 5,
  revokeRoot: 3,
};

const aim: fc.Arbitrary<ActionKind> = fc.oneof(
  { withCrossShrink: true },
  ...(Object.entries(AIMS) as [ActionKind, number][]).map(([kind, weight]) => ({
    weight,
    arbitrary: fc.constant(kind),
  })),
);

const move: fc.Arbitrary<Move> = fc.record({
  aim,
  which: fc.oneof(
    { withCrossShrink: true },
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.nat(23) },
  ),
  pick: fc.nat(23),
  twist: fc.oneof(
    { withCrossShrink: true },
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 60 }) },
  ),
  when: fc.oneof(
    { withCrossShrink: true },
    { weight: 9, arbitrary: fc.record({ at: fc.constant("soon" as const), offset: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 4, arbitrary: fc.record({ at: fc.constant("edge" as const), offset: fc.constantFrom(0, 1, 0, -1) }) },
    { weight: 1, arbitrary: fc.record({ at: fc.constant("jump" as const), offset: fc.constantFrom(0, 1, -1) }) },
  ),
  amount: fc.integer({ min: 1, max: 4 }),
});

/** Aims that every third move pursues one after the other, each until it is reached, and honestly. */
const STORIES: readonly (readonly ActionKind[])[] = [
  [],
  [],
  ["rule", "finalize", "finalize", "finalize"],
  ["rule", "finalize", "finalize", "finalize"],
  ["rule", "finalize", "finalize", "finalize"],
  ["rule", "finalize", "finalize", "finalize"],
  ["rule", "rejectUnproven", "finalize", "finalize"],
  ["postStake", "challengeEvidence", "rule", "finalize"],
  ["postStake", "challengeEvidence", "rule", "finalize"],
  ["postStake", "challengeEvidence", "revokeRoot", "rejectUnproven"],
  ["challengeEvidence", "prove", "finalize"],
  ["reclaimBond", "finalize"],
  ["reclaimBond", "rejectUnruled", "finalize"],
  ["claimBatch", "finalizeBatch"],
  ["delegate", "consume", "rejectUnruled", "consume", "consume"],
  ["delegateBySignature", "consume", "revokeDelegate", "consume", "consume"],
];

export type Sequence = {
  readonly shapes: readonly Shape[];
  readonly story: readonly ActionKind[];
  readonly moves: readonly Move[];
};

export const sequences = (moves: number): fc.Arbitrary<Sequence> =>
  fc.record({
    shapes: fc.array(shape, { minLength: 2, maxLength: 3 }),
    story: fc.constantFrom(...STORIES),
    moves: fc.noBias(fc.array(move, { maxLength: moves, size: "max" })),
  });
