import { NATIVE_MONEY, NOBODY, type Offer, type Terms } from "../terms.ts";
import { cast } from "./cast.ts";
import type { Shape } from "./moves.ts";
import { bend, choose, type Planner } from "./table.ts";

const POLICY = "the policy";
export const REPOSITORY = 77;
export const COMMIT = "the commit";

/** The terms of an offer of this shape. */
export function termsOf(shape: Shape, now: number): Terms {
  const { window } = shape;
  const mine = shape.seller === "rival" ? "rival" : undefined;
  const arbiter =
    shape.arbiter === "none" ? (shape.provable ? NOBODY : "arbiter") : shape.arbiter === "buyer" ? "buyer" : "arbiter";
  const verifier = shape.verifier === "none" ? (shape.provable ? NOBODY : "verifier") : shape.verifier;
  const bond = arbiter === NOBODY || shape.bond === "none" ? 0n : 500n;
  return {
    seller: shape.seller,
    token: { native: NATIVE_MONEY, play: cast.playMoney, hostile: cast.hostileToken }[shape.money],
    price: BigInt(shape.price),
    maxSteps: shape.maxSteps,
    maxPending: shape.maxPending,
    validUntil: now + 25 * window,
    entitlementTtl: 30 * window,
    stepTimeout: 2 * window,
    disputeWindow: window,
    proofWindow: window + 11,
    arbitrationWindow: arbiter === NOBODY ? 0 : window + 23,
    conductBond: bond,
    arbiterFee: shape.bond === "some for the arbiter" ? (bond * 2n) / 5n : bond,
    gateway: mine ?? "gateway",
    verifier: verifier === NOBODY ? NOBODY : (mine ?? verifier),
    observer: shape.observed ? (mine ?? "observer") : NOBODY,
    arbiter: arbiter === NOBODY ? NOBODY : (mine ?? arbiter),
    signerWorkflow: "the workflow",
    signerCommit: "the workflow's commit",
    sourceRepository: shape.pinned ? REPOSITORY : 0,
    sourceCommit: shape.pinned || shape.provable || shape.tier === 2 ? COMMIT : "",
    policy: POLICY,
    runnerTier: shape.tier,
    provable: shape.provable,
  };
}

/** One term that no offer can have. */
const BAD_TERMS: readonly ((terms: Terms, at: number) => Partial<Terms>)[] = [
  () => ({ price: 0n }),
  () => ({ maxSteps: 0 }),
  () => ({ maxPending: 0 }),
  () => ({ maxPending: 9 }),
  (_, at) => ({ validUntil: at }),
  () => ({ entitlementTtl: 0 }),
  () => ({ stepTimeout: 0 }),
  () => ({ disputeWindow: 0 }),
  () => ({ disputeWindow: 14 * 24 * 3600 + 1 }),
  () => ({ proofWindow: 0 }),
  () => ({ arbiter: "arbiter", arbitrationWindow: 0 }),
  () => ({ arbiter: NOBODY, arbitrationWindow: 1 }),
  () => ({ arbiter: NOBODY, arbitrationWindow: 0, conductBond: 1n }),
  ({ conductBond }) => ({ arbiterFee: conductBond + 1n }),
  () => ({ arbiter: "arbiter", arbitrationWindow: 9, conductBond: 10n ** 18n + 1n }),
  () => ({ token: "purse" }),
  () => ({ gateway: NOBODY }),
  () => ({ provable: false, verifier: NOBODY }),
  () => ({
    provable: false,
    verifier: "verifier",
    arbiter: NOBODY,
    arbitrationWindow: 0,
    conductBond: 0n,
    arbiterFee: 0n,
  }),
  () => ({ signerWorkflow: "" }),
  () => ({ signerCommit: "" }),
  () => ({ runnerTier: 0 }),
  () => ({ runnerTier: 3 }),
  () => ({ runnerTier: 2, sourceCommit: "" }),
  () => ({ provable: true, sourceCommit: "" }),
];

export const planPublish: Planner = (table) => {
  const { offers, move, fresh } = table;
  const model = choose(offers, move.pick);
  if (model === undefined) return undefined;
  return {
    play(at) {
      const change = choose(BAD_TERMS, move.pick)?.(model.terms, at);
      const again: Offer = { name: fresh("offer"), terms: { ...model.terms, validUntil: at + 1 + move.pick } };
      const honest = { by: model.terms.seller, offer: again, policy: model.terms.policy };
      const bad = { ...again, terms: { ...model.terms, ...change } };
      const bent = bend(move.twist, honest, [
        (same) => ({ ...same, offer: bad }),
        (same) => ({ ...same, offer: bad }),
        (same) => ({ ...same, offer: model }),
        (same) => ({ ...same, by: "stranger" }),
        (same) => ({ ...same, policy: "another policy" }),
        (same) => ({ ...same, offer: bad }),
      ]);
      return { by: bent.by, action: { do: "publish", offer: bent.offer, policy: bent.policy } };
    },
  };
};

export const planRetire: Planner = ({ offers, move, state }) => {
  const live = offers.filter(({ name }) => state.offers[name]?.status === "live");
  // Somebody has to go on selling.
  const offer = choose(live.length > 1 || move.twist !== 0 ? offers : [], move.pick);
  if (offer === undefined) return undefined;
  const by = bend(move.twist, offer.terms.seller, [(same) => same, () => "stranger"]);
  return { play: () => ({ by, action: { do: "retire", offer } }) };
};
