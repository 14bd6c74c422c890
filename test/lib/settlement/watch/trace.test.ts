import fc from "fast-check";
import { type Hex, keccak256, numberToHex } from "viem";
import { expect, it } from "vitest";
import { exposureOf } from "#lib/settlement/watch/budget.ts";
import { type Action, decide, type Limits, type Outcome } from "#lib/settlement/watch/decision.ts";
import { type Attempt, createMemory, stakesOf } from "#lib/settlement/watch/journal.ts";
import { tried } from "../../../properties.ts";

/**
 * The guard's decisions and its journal over whole lives of claims: random orders of passes, time, blocks that take
 * transactions or do not, proofs, payments and evidence that comes and goes. A crash needs no move of its own: nothing
 * here is kept between two passes but the journal and the chain.
 */

const CLAIMS = 5;
const BOND = 100n;
const FEE = 2n;
const LENGTH = 10_000;
const PROOF = 2_000;
const limits: Limits = { budget: { total: 260n, perDay: 260n }, lateShare: 0.25, lateSeconds: 600 };
const word = (name: number): Hex => keccak256(numberToHex(name));

const outcomes: Readonly<Record<string, Outcome>> = {
  passed: { status: "passed", run: null },
  failed: { status: "failed", check: "statement", code: "X", proofFails: true },
  conduct: { status: "failed", check: "policy-rules", code: "X", proofFails: false },
  missing: { status: "missing", code: "X" },
  unjudged: { status: "unjudged", code: "X" },
};

type Move =
  | { readonly do: "pass" }
  | { readonly do: "block" }
  | { readonly do: "wait"; readonly seconds: number }
  | { readonly do: "prove"; readonly claim: number }
  | { readonly do: "pay"; readonly claim: number }
  | { readonly do: "evidence"; readonly claim: number; readonly is: keyof typeof outcomes };

const anyClaim = fc.nat(CLAIMS - 1);
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Move>({ do: "pass" }) },
  { weight: 4, arbitrary: fc.constant<Move>({ do: "block" }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 2_500 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pay" as const), claim: anyClaim }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("prove" as const), claim: anyClaim }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("evidence" as const),
      claim: anyClaim,
      is: fc.constantFrom(...Object.keys(outcomes)),
    }),
  },
);

/** The chain as the contracts make it, as far as evidence challenges go. Every claim is the buyer's but the last. */
function createWorld() {
  const { state, remember } = createMemory();
  const claims = Array.from({ length: CLAIMS }, (_, index) => ({
    hash: word(index),
    own: index < CLAIMS - 1,
    pending: true,
    evidence: "none" as "none" | "challenged" | "answered",
    proofEnd: 0,
    is: (index % 2 === 0 ? outcomes.failed : outcomes.missing) as Outcome,
    challenges: 0,
    lost: 0n,
  }));
  const at = (index: number) => {
    const claim = claims[index];
    if (!claim) throw new RangeError("no such claim");
    return claim;
  };
  for (const [index, { hash }] of claims.entries()) {
    const claim = {
      ...{ entitlement: word(90), step: index + 1, runKey: word(50 + index), claimHash: hash, parentHead: word(91) },
      ...{ permitHash: word(92), evidenceHash: word(93), evidenceLocator: "", windowEnd: LENGTH, block: 1 },
      blockHash: word(94),
    };
    remember({ is: "claim", claim });
  }
  let now = 0;
  let nonce = 0;

  function pass(): void {
    for (const [index, claim] of claims.entries()) {
      for (let looks = 0; looks < 3; looks++) {
        const entry = state.claims.get(claim.hash);
        if (!entry) throw new RangeError("the journal lost a claim");
        const open = entry.attempts.filter((attempt) => attempt.nonce >= nonce);
        const mined = entry.attempts.filter((attempt) => attempt.action === "challenge" && attempt.nonce < nonce);
        const decision = decide({
          now,
          facts: {
            own: claim.own,
            provable: true,
            arbitrated: false,
            pending: claim.pending,
            proven: claim.evidence === "answered",
            evidence: claim.evidence,
            claimedAt: 0,
            windowEnd: LENGTH,
            challenge: claim.evidence === "challenged" ? { ours: true, proofEnd: claim.proofEnd } : undefined,
          },
          look: entry.look,
          observedAt: undefined,
          inFlight: new Set(open.map(({ action }) => action)),
          failedSends: mined.length,
          limits,
          exposure: exposureOf(stakesOf(state.claims.values()), now),
          price: BOND + FEE,
        });
        if (decision.do === "look") {
          const tries = (entry.look?.tries ?? 0) + 1;
          remember({ is: "look", claim: claim.hash, evidenceHash: word(93), at: now, tries, outcome: claim.is });
          continue;
        }
        if (decision.do === "challenge") {
          const seen = entry.look?.outcome;
          expect(["failed", "missing"]).toContain(seen?.status);
          expect(seen?.status === "failed" && !seen.proofFails).toBe(false);
          expect(seen?.status === "missing" && !claim.own).toBe(false);
          expect(open.some(({ action }) => action === "challenge")).toBe(false);
        }
        if (decision.do === "challenge" || decision.do === "reject") sign(index, decision.do);
        break;
      }
    }
  }

  function sign(index: number, action: Action): void {
    const used = [...state.claims.values()].flatMap((entry) => entry.attempts).map((attempt) => attempt.nonce);
    const attempt: Attempt = {
      ...{ is: "attempt", claim: at(index).hash, action, reason: null, at: now, block: 1, hash: word(95), raw: "0x02" },
      nonce: Math.max(nonce, ...used.map((other) => other + 1)),
      value: action === "challenge" ? BOND : 0n,
      ...{ gas: 1n, maxFeePerGas: FEE, maxPriorityFeePerGas: 0n },
    };
    remember(attempt);
  }

  /** Takes the next transaction, as the contract does: of a claim one challenge, in its window. */
  function block(): void {
    const attempt = [...state.claims.values()]
      .flatMap((entry) => entry.attempts)
      .find((candidate) => candidate.nonce === nonce);
    if (!attempt) return;
    nonce++;
    const claim = claims.find(({ hash }) => hash === attempt.claim);
    if (!claim?.pending) return;
    if (attempt.action === "challenge" && claim.evidence === "none" && now < LENGTH) {
      claim.evidence = "challenged";
      claim.proofEnd = now + PROOF;
      claim.challenges++;
    } else if (attempt.action === "reject" && claim.evidence === "challenged" && now >= claim.proofEnd) {
      claim.pending = false;
      remember({ is: "closed", claim: claim.hash, result: "bond returned", bond: 0n });
    }
  }

  function play(move: Move): void {
    if (move.do === "pass") pass();
    else if (move.do === "block") block();
    else if (move.do === "wait") now += move.seconds;
    else if (move.do === "evidence") at(move.claim).is = outcomes[move.is] ?? at(move.claim).is;
    else {
      const claim = at(move.claim);
      if (!claim.pending || (claim.evidence === "challenged" && (move.do === "pay" || now >= claim.proofEnd))) return;
      if (move.do === "pay") claim.pending = now < LENGTH;
      else {
        if (claim.evidence === "challenged") claim.lost = BOND;
        claim.evidence = "answered";
      }
    }
  }

  return { claims, play };
}

it("over whole lives of claims never challenges twice, beyond the budget, or what is not to be challenged", () => {
  let challenged = 0;
  let lost = 0;
  fc.assert(
    fc.property(fc.array(anyMove, { minLength: 20, maxLength: 120 }), (moves) => {
      const world = createWorld();
      for (const move of moves) {
        world.play(move);
        const bonds = world.claims.map(({ pending, evidence, lost: gone }) =>
          pending && evidence === "challenged" ? BOND : gone,
        );
        expect(bonds.reduce((sum, bond) => sum + bond, 0n)).toBeLessThanOrEqual(limits.budget.total);
        expect(Math.max(...world.claims.map(({ challenges }) => challenges))).toBeLessThanOrEqual(1);
      }
      challenged += world.claims.reduce((sum, { challenges }) => sum + challenges, 0);
      lost += world.claims.filter((claim) => claim.lost > 0n).length;
    }),
    tried("watch: lives of claims", 400, 11),
  );
  // Lives in which nothing happens would prove nothing.
  expect(challenged).toBeGreaterThan(400);
  expect(lost).toBeGreaterThan(20);
});
