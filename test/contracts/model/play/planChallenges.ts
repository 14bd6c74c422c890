import type { ActionOf } from "../action.ts";
import { evidenceBond } from "../challenges.ts";
import {
  type Challenge,
  type ChallengeKind,
  challengeOf,
  factsOf,
  isChallenged,
  openRunOf,
  type Run,
  runOf,
  stepsThatAre,
} from "../state.ts";
import { NOBODY } from "../terms.ts";
import { claimFor } from "./planClaims.ts";
import { canOpen, consumeFor } from "./planPermits.ts";
import {
  bend,
  bentReferences,
  choose,
  entitlementsOf,
  offerOf,
  type Plan,
  type Planner,
  referenceTo,
  runsThatAre,
  type Table,
} from "./table.ts";

const GWEI = 10n ** 9n;

/**
 * Claims that are still in their window and were not yet challenged in this way. Half of the time only those that were
 * challenged in the other way, if there are any.
 */
function challengeable(table: Table, kind: ChallengeKind): readonly Run[] {
  const other = kind === "evidence" ? "conduct" : "evidence";
  const all = allChallengeable(table, kind);
  const again = all.filter((run) => factsOf(run)[other] !== "none");
  return again.length > 0 && table.move.pick % 2 === 0 ? again : all;
}

function allChallengeable(table: Table, kind: ChallengeKind): readonly Run[] {
  return runsThatAre(table, "claimed").filter((run) => {
    const facts = factsOf(run);
    const { provable, arbiter } = offerOf(table, run).terms;
    const possible = kind === "evidence" ? provable && !facts.proven : arbiter !== NOBODY;
    return possible && facts[kind] === "none" && table.now + 1 < facts.windowEnd;
  });
}

export const planChallengeEvidence: Planner = (table) => {
  const { move } = table;
  const run = choose(
    move.twist === 0 ? challengeable(table, "evidence") : runsThatAre(table, "claimed", "void", "paid"),
    move.which,
  );
  return run && challengeEvidenceOf(table, run);
};

function challengeEvidenceOf(table: Table, run: Run): Plan | undefined {
  const { move, state } = table;
  if (run.claimed === undefined) return undefined;
  const offer = offerOf(table, run);
  const baseFee = move.pick % 5 === 4 ? 10n * GWEI * BigInt(move.amount) : 0n;
  const bond = evidenceBond(state.figures, baseFee);
  const by = choose(["watcher", "buyer", "refuser", "seller", "account"], move.pick) ?? "watcher";
  // Whoever is not sure of the gas price sends more than the bond.
  const excess = move.pick % 4 === 1 ? BigInt(move.amount) : 0n;
  const honest = { claimed: referenceTo(table, run), value: bond + excess };
  const bent = bend(move.twist, honest, [
    (same) => ({ ...same, value: bond + BigInt(move.amount) }),
    (same) => ({ ...same, value: bond - 1n }),
    (same) => ({ ...same, value: 0n }),
    (same) => same,
    ...bentReferences(table).map((way) => (same: typeof honest) => ({ ...same, claimed: way(same.claimed) })),
  ]);
  return {
    moment: run.claimed.windowEnd,
    possible: "before",
    play: () => ({ by, value: bent.value, baseFee, action: { do: "challengeEvidence", offer, claimed: bent.claimed } }),
  };
}

export const planChallengeConduct: Planner = (table) => {
  const { move } = table;
  const run = choose(
    move.twist === 0 ? challengeable(table, "conduct") : runsThatAre(table, "claimed", "void", "paid"),
    move.which,
  );
  return run && challengeConductOf(table, run);
};

function challengeConductOf(table: Table, run: Run): Plan | undefined {
  const { move } = table;
  if (run.claimed === undefined) return undefined;
  const offer = offerOf(table, run);
  const reference = referenceTo(table, run);
  const { conductBond } = offer.terms;
  const honest = { by: reference.buyer, claimed: reference, value: conductBond };
  const bent = bend(move.twist, honest, [
    (same) => ({ ...same, value: conductBond + 1n }),
    (same) => ({ ...same, value: conductBond === 0n ? 1n : conductBond - 1n }),
    (same) => ({ ...same, by: "stranger" }),
    (same) => ({ ...same, by: "delegate" }),
    (same) => same,
    ...bentReferences(table).map((way) => (same: typeof honest) => ({ ...same, claimed: way(same.claimed) })),
  ]);
  return {
    moment: run.claimed.windowEnd,
    possible: "before",
    play: () => ({
      by: bent.by,
      value: bent.value,
      action: { do: "challengeConduct", offer, claimed: bent.claimed },
    }),
  };
}

/** Challenges of claims that still count, and, for the bent ones, of those that do not. */
function challengesOf({ state, move }: Table, kind: ChallengeKind): readonly Challenge[] {
  return state.challenges.filter(
    (challenge) => challenge.kind === kind && (move.twist !== 0 || runOf(state, challenge.run).status === "claimed"),
  );
}

function planReject(cause: "rejectUnproven" | "rejectUnruled", kind: ChallengeKind): Planner {
  return (table) => {
    const { move, state } = table;
    const challenge = choose(challengesOf(table, kind), move.pick);
    const run =
      challenge === undefined
        ? move.twist % 2 === 1
          ? choose(runsThatAre(table, "claimed"), move.pick)
          : undefined
        : runOf(state, challenge.run);
    if (run === undefined) return undefined;
    const honest = { offer: offerOf(table, run), claimed: referenceTo(table, run) };
    const bent = bend(move.twist, honest, [
      (same) => same,
      ...bentReferences(table).map((way) => (same: typeof honest) => ({ ...same, claimed: way(same.claimed) })),
      (same) => ({ ...same, offer: choose(table.offers, move.pick) ?? same.offer }),
    ]);
    return {
      ...(challenge && { moment: challenge.end, possible: "after" as const }),
      play: () => ({ by: "stranger", action: { do: cause, ...bent } }),
    };
  };
}

export const planRejectUnproven = planReject("rejectUnproven", "evidence");
export const planRejectUnruled = planReject("rejectUnruled", "conduct");

export const planRule: Planner = (table) => {
  const { move, state } = table;
  const inTime = challengesOf(table, "conduct").filter(({ end }) => move.twist !== 0 || table.now + 1 < end);
  const challenge = choose(inTime, move.which);
  const run =
    challenge === undefined
      ? move.twist % 2 === 1
        ? choose(runsThatAre(table, "claimed"), move.pick)
        : undefined
      : runOf(state, challenge.run);
  if (run === undefined) return undefined;
  const offer = offerOf(table, run);
  const { price, arbiter } = offer.terms;
  type Draft = Pick<ActionOf<"rule">, "offer" | "claimed" | "ruling" | "sellerShare"> & { by: string };
  const { evidence } = factsOf(run);
  const rulings =
    evidence === "open" ? (["rejected", "split"] as const) : (["rejected", "split", "split", "upheld"] as const);
  const ruling = choose(rulings, move.pick) ?? "rejected";
  const share = choose([1n, price - 1n, price / 2n], move.pick) ?? 1n;
  const base = { by: arbiter === NOBODY ? "stranger" : arbiter, offer, claimed: referenceTo(table, run) };
  const honest: Draft = { ...base, ruling, sellerShare: ruling === "split" ? share : 0n };
  const bent = bend<Draft>(move.twist, honest, [
    (same) => ({ ...same, by: "stranger" }),
    (same) => ({ ...same, by: offer.terms.seller }),
    (same) => ({ ...same, ruling: "split", sellerShare: 0n }),
    (same) => ({ ...same, ruling: "split", sellerShare: price }),
    (same) => ({ ...same, ruling: "upheld", sellerShare: 1n }),
    (same) => ({ ...same, ruling: "rejected", sellerShare: 1n }),
    // Somebody who is arbiter elsewhere.
    (same) => ({
      ...same,
      by: "rival",
      offer: { name: table.fresh("forged offer"), terms: { ...offer.terms, arbiter: "rival" } },
    }),
    ...bentReferences(table).map((way) => (same: Draft) => ({ ...same, claimed: way(same.claimed) })),
  ]);
  const { by, ...ruled } = bent;
  return {
    ...(challenge && { moment: challenge.end, possible: "before" as const }),
    play: () => ({ by, action: { do: "rule", ...ruled } }),
  };
};

export const planReclaimBond: Planner = (table) => {
  const { move, state } = table;
  const freed = state.challenges.filter(({ run }) => runOf(state, run).status === "void");
  const honest = move.twist % 4 !== 3;
  const challenge = choose(honest ? freed : state.challenges, move.which);
  const run = choose(Object.keys(state.runs), move.which);
  const made = challenge ?? (honest || run === undefined ? undefined : { run, kind: "evidence" as const });
  if (made === undefined) return planVoidingRejection(table);
  const bent = bend<{ run: string; kind: ChallengeKind }>(honest ? 0 : move.twist, { run: made.run, kind: made.kind }, [
    (same) => same,
    (same) => ({ ...same, kind: same.kind === "evidence" ? "conduct" : "evidence" }),
    (same) => ({ ...same, run: "a run that nobody started" }),
  ]);
  return { play: () => ({ by: "stranger", action: { do: "reclaimBond", ...bent } }) };
};

/** What leads to bonds that can be reclaimed: a challenge of a later step, then the rejection of an earlier one. */
function planVoidingRejection(table: Table): Plan | undefined {
  const { state, move, now } = table;
  const claimed = runsThatAre(table, "claimed");
  const laterOf = (run: Run) =>
    claimed.filter((other) => other.entitlement === run.entitlement && other.step > run.step);
  const inTime = (run: Run) => now + 1 < (challengeOf(state, run.name, "conduct")?.end ?? 0);
  const suable = challengeable(table, "conduct");

  const ruled = claimed.find((run) => laterOf(run).some(isChallenged) && inTime(run));
  if (ruled !== undefined) {
    const offer = offerOf(table, ruled);
    const rejected = { ruling: "rejected", sellerShare: 0n } as const;
    const action = { do: "rule", offer, claimed: referenceTo(table, ruled), ...rejected } as const;
    return { play: () => ({ by: offer.terms.arbiter, action }) };
  }
  const sued = suable.find((run) => laterOf(run).some(isChallenged));
  if (sued !== undefined) return challengeConductOf(table, sued);
  const later = claimed.flatMap(laterOf).filter((run) => !isChallenged(run));
  const doubted = later.find((run) => challengeable(table, "evidence").includes(run) && move.pick % 2 === 0);
  if (doubted !== undefined) return challengeEvidenceOf(table, doubted);
  const alsoSued = later.find((run) => suable.includes(run));
  if (alsoSued !== undefined) return challengeConductOf(table, alsoSued);
  return planSecondClaim(table);
}

/** Two claims in a row that wait for payment. */
function planSecondClaim(table: Table): Plan | undefined {
  const { state, now } = table;
  const waiting = entitlementsOf(table).filter(
    (entitlement) =>
      entitlement.offer.terms.arbiter !== NOBODY &&
      entitlement.offer.terms.verifier !== NOBODY &&
      stepsThatAre("claimed", entitlement).length > 0,
  );
  const open = waiting.flatMap((entitlement) => openRunOf(state, entitlement) ?? []);
  const claimable = open.find(({ claimDeadline }) => now + 1 < claimDeadline);
  if (claimable !== undefined) return claimFor(table, claimable);
  const next = waiting.find((entitlement) => canOpen(table, entitlement));
  return next && consumeFor(table, next);
}
