import {
  acknowledgementName,
  approvalName,
  type Claim,
  type ClaimReference,
  claimName,
  type ProvenClaim,
  type SignedClaim,
} from "../messages.ts";
import {
  challengeOf,
  factsOf,
  GENESIS,
  isChallenged,
  openRunOf,
  pendingSteps,
  type Run,
  runOf,
  stepsThatAre,
} from "../state.ts";
import { type Account, NOBODY, type Offer } from "../terms.ts";
import {
  bend,
  bentReferences,
  choose,
  type DrawnClaim,
  draw,
  drawnPermitOf,
  entitlementsOf,
  keyHolder,
  nameOf,
  offerOf,
  type Plan,
  type Planner,
  referenceTo,
  runsThatAre,
  type Table,
} from "./table.ts";

// ---------------------------------------------------------------- approved claims

type Draft = Omit<DrawnClaim, "claim"> & {
  claim: Claim;
  run: string;
  parent: Run["parent"];
  key: Account;
  deadline: number;
  /** Signed instead of the approval. */
  over?: string;
};

/** Open and still in time, where honest people claim. */
function claimable(table: Table): readonly Run[] {
  return runsThatAre(table, "open").filter(({ claimDeadline }) => table.now + 1 < claimDeadline);
}

function claimOf({ fresh }: Table, { step, permit }: Run): Claim {
  const place = fresh("place");
  return { name: fresh("claim"), step, permit, next: { state: `state at ${place}`, net: `net at ${place}` } };
}

function honestClaim(table: Table, run: Run, at: number): Draft {
  const { offer, buyer, salt } = drawnPermitOf(table, run);
  const key = keyHolder(table, offer.terms.verifier);
  const deadline = table.move.pick % 4 === 0 ? at : at + 30;
  return { offer, buyer, salt, claim: claimOf(table, run), run: run.name, parent: run.parent, key, deadline };
}

function bentClaims(table: Table, run: Run, at: number): readonly ((draft: Draft) => Draft)[] {
  const { move, claims, fresh } = table;
  const withClaim = (changes: (claim: Claim) => Partial<Claim>) => (draft: Draft) => ({
    ...draft,
    claim: { ...draft.claim, ...changes(draft.claim) },
  });
  const old = choose([...claims.values()], move.pick);
  const gone = choose(runsThatAre(table, "void", "claimed", "paid"), move.pick);
  const other = choose(entitlementsOf(table), move.pick + 1);
  return [
    // The workload did nothing, or forgot everything.
    withClaim(() => ({ next: run.parent })),
    withClaim(() => ({ next: GENESIS })),
    withClaim(({ next }) => ({ next: { state: next.net, net: next.state } })),
    withClaim(({ step }) => ({ step: step + 1 })),
    withClaim(() => ({ permit: gone?.permit ?? "a permit that nobody made" })),
    (draft) => ({ ...draft, deadline: at }),
    (draft) => ({ ...draft, deadline: at - 1 }),
    (draft) => ({ ...draft, key: "stranger" }),
    (draft) => ({ ...draft, key: keyHolder(table, draft.offer.terms.seller) }),
    (draft) => ({
      ...draft,
      over: old === undefined ? "nothing" : approvalName(claimName(old.claim, nameOf(old)), at),
    }),
    (draft) => ({ ...draft, over: approvalName(claimName(draft.claim, nameOf(draft)), draft.deadline + 1) }),
    (draft) => ({ ...draft, run: gone?.name ?? "a run that nobody started" }),
    (draft) => (gone === undefined ? draft : { ...honestClaim(table, gone, at) }),
    (draft) => ({ ...draft, parent: { state: "elsewhere", net: "elsewhere" } }),
    (draft) => ({ ...draft, buyer: other?.buyer ?? draft.buyer, salt: other?.salt ?? draft.salt }),
    (draft) => ({ ...draft, salt: fresh("salt") }),
    (draft) => ({
      ...draft,
      offer: { name: fresh("forged offer"), terms: { ...draft.offer.terms, verifier: "rival" } },
    }),
  ];
}

function signedClaimOf(table: Table, draft: Draft): SignedClaim {
  const { buyer, salt, claim, run, parent, deadline, key } = draft;
  const name = draw(table, draft);
  return {
    buyer,
    salt,
    run,
    parent,
    claim,
    deadline,
    signature: { key, over: draft.over ?? approvalName(name, deadline) },
  };
}

export const planClaim: Planner = (table) => {
  const { move } = table;
  const open = claimable(table).filter((run) => offerOf(table, run).terms.verifier !== NOBODY);
  const run = choose(move.twist === 0 ? open : runsThatAre(table, "open"), move.which);
  return run && claimFor(table, run);
};

export function claimFor(table: Table, run: Run): Plan {
  const { move } = table;
  return {
    moment: run.claimDeadline,
    possible: "before",
    play(at) {
      const draft = bend(move.twist, honestClaim(table, run, at), bentClaims(table, run, at));
      return { by: "stranger", action: { do: "claim", offer: draft.offer, signed: signedClaimOf(table, draft) } };
    },
  };
}

export const planClaimBatch: Planner = (table) => {
  const { move, state } = table;
  const open = claimable(table).filter((run) => offerOf(table, run).terms.verifier !== NOBODY);
  const first = choose(open, move.which);
  if (first === undefined) return undefined;
  const offer = offerOf(table, first);
  const together = entitlementsOf(table).flatMap((entitlement) => {
    const run = entitlement.offer.name === offer.name ? openRunOf(state, entitlement) : undefined;
    return run === undefined ? [] : [run];
  });
  return {
    play(at) {
      const drafts = together.map((run) => honestClaim(table, run, at));
      const [one = honestClaim(table, first, at), ...rest] = drafts;
      const bad = bend(move.pick + 1, one, bentClaims(table, first, at));
      const bent = bend(
        move.twist,
        [one, ...rest],
        [
          (same) => same,
          (same) => same.toReversed(),
          (same) => [...same, one],
          ([, ...others]) => [...others, bad],
          ([, ...others]) => [bad, ...others],
          () => [],
        ],
      );
      return {
        by: "stranger",
        action: { do: "claimBatch", offer, signed: bent.map((draft) => signedClaimOf(table, draft)) },
      };
    },
  };
};

// ---------------------------------------------------------------- proofs

type DraftProof = { readonly offer: Offer; readonly proven: ProvenClaim };

function proofOf(table: Table, run: Run, drawn: DrawnClaim): DraftProof {
  const { offer, buyer, salt, claim } = drawn;
  const { permit } = drawnPermitOf(table, run);
  const { move } = table;
  const logTimes = [run.openedAt, run.openedAt + 1, run.openedAt - 1_800, run.claimDeadline - 1];
  const proof = {
    claim: draw(table, drawn),
    openedAt: run.openedAt,
    logTime: choose(logTimes, move.pick) ?? run.openedAt,
  };
  return { offer, proven: { buyer, salt, claim, permit, proof } };
}

function bentProofs(table: Table, run: Run): readonly ((draft: DraftProof) => DraftProof)[] {
  const { move, claims, permits } = table;
  const withProof = (changes: Partial<ProvenClaim["proof"]>) => (draft: DraftProof) => ({
    ...draft,
    proven: { ...draft.proven, proof: { ...draft.proven.proof, ...changes } },
  });
  const withProven = (changes: Partial<ProvenClaim>) => (draft: DraftProof) => ({
    ...draft,
    proven: { ...draft.proven, ...changes },
  });
  const other = choose([...claims.values()], move.pick);
  const otherPermit = choose([...permits.values()], move.pick);
  const buyer = choose(entitlementsOf(table), move.pick + 1);
  return [
    withProof({ logTime: run.claimDeadline }),
    withProof({ logTime: run.openedAt - 1_801 }),
    withProof({ openedAt: run.openedAt - 1 }),
    withProof({ claim: other === undefined ? "a claim that nobody made" : claimName(other.claim, nameOf(other)) }),
    withProven({ ...(otherPermit && { permit: otherPermit.permit }) }),
    withProven({ ...(buyer && { buyer: buyer.buyer, salt: buyer.salt }) }),
    // Good evidence for a claim that is not the one pending.
    (draft) => proofOf(table, run, { ...drawnPermitOf(table, run), claim: claimOf(table, run), offer: draft.offer }),
    (draft) => ({ ...draft, offer: choose(table.offers, move.pick) ?? draft.offer }),
  ];
}

export const planClaimWithProof: Planner = (table) => {
  const { move } = table;
  const open = claimable(table).filter((run) => offerOf(table, run).terms.provable);
  const run = choose(move.twist === 0 ? open : runsThatAre(table, "open", "void", "claimed"), move.which);
  if (run === undefined) return undefined;
  return {
    moment: run.claimDeadline,
    possible: "before",
    play() {
      const { offer, buyer, salt } = drawnPermitOf(table, run);
      const honest = proofOf(table, run, { offer, buyer, salt, claim: claimOf(table, run) });
      return { by: "stranger", action: { do: "claimWithProof", ...bend(move.twist, honest, bentProofs(table, run)) } };
    },
  };
};

export const planProve: Planner = (table) => {
  const { move, state, claims } = table;
  const unproven = runsThatAre(table, "claimed").filter(
    (run) => offerOf(table, run).terms.provable && !factsOf(run).proven,
  );
  const asked = unproven.filter(({ name }) => challengeOf(state, name, "evidence") !== undefined);
  const anyClaimed = Object.values(state.runs).filter(({ claimed }) => claimed !== undefined);
  const wanted = asked.length > 0 && move.pick % 2 === 0 ? asked : unproven;
  const run = choose(move.twist === 0 ? wanted : anyClaimed, move.which);
  const drawn = run?.claimed && claims.get(run.claimed.claim);
  if (run === undefined || drawn === undefined) return undefined;
  const challenge = challengeOf(state, run.name, "evidence");
  return {
    ...(challenge && { moment: challenge.end, possible: "before" as const }),
    play() {
      const { windowEnd } = factsOf(run);
      const honest = { ...proofOf(table, run, drawn), windowEnd };
      const bent = bend(move.twist, honest, [
        (same) => ({ ...same, windowEnd: windowEnd - 1 }),
        (same) => ({ ...same, windowEnd: windowEnd + 1 }),
        ...bentProofs(table, run).map((way) => (same: typeof honest) => ({ ...same, ...way(same) })),
      ]);
      const by = choose(["seller", "rival", "stranger"], move.pick) ?? "seller";
      return { by, action: { do: "prove", ...bent } };
    },
  };
};

// ---------------------------------------------------------------- payment

export const planAcknowledge: Planner = (table) => {
  const { move } = table;
  const waiting = runsThatAre(table, "claimed").filter((run) => !isChallenged(run));
  const run = choose(move.twist === 0 ? waiting : runsThatAre(table, "claimed", "void"), move.which);
  if (run === undefined) return undefined;
  const offer = offerOf(table, run);
  const honest = referenceTo(table, run);
  const key = keyHolder(table, honest.buyer);
  const over = (claimed: ClaimReference) =>
    acknowledgementName(nameOf({ offer, buyer: claimed.buyer, salt: claimed.salt }), claimed);
  type Draft = { by: Account; claimed: ClaimReference; key: Account; over?: string };
  const draft: Draft = { by: move.pick % 2 === 0 ? honest.buyer : "stranger", claimed: honest, key };
  const bent = bend(move.twist, draft, [
    (same) => ({ ...same, by: "stranger", key: "stranger" }),
    (same) => ({ ...same, by: "delegate", key: "delegate" }),
    (same) => ({ ...same, by: "stranger", over: over({ ...honest, step: honest.step + 1 }) }),
    ...bentReferences(table).map((way) => (same: Draft) => ({ ...same, claimed: way(same.claimed) })),
  ]);
  const signature = { key: bent.key, over: bent.over ?? over(bent.claimed) };
  return {
    ...(run.claimed && { moment: run.claimed.windowEnd, possible: "before" as const }),
    play: () => ({ by: bent.by, action: { do: "acknowledge", offer, claimed: bent.claimed, signature } }),
  };
};

/** Of every entitlement the step to be paid next. */
function nextInLine(table: Table): readonly Run[] {
  const { state } = table;
  return entitlementsOf(table).flatMap((entitlement) => {
    const next = pendingSteps(entitlement)[0];
    return next?.status === "claimed" ? [runOf(state, next.run)] : [];
  });
}

export const planFinalize: Planner = (table) => {
  const { move, offers } = table;
  const payable = nextInLine(table).filter((run) => !isChallenged(run));
  const run = choose(move.twist === 0 ? payable : runsThatAre(table, "claimed"), move.which);
  if (run === undefined) return undefined;
  const honest = { offer: offerOf(table, run), claimed: referenceTo(table, run) };
  const bent = bend(move.twist, honest, [
    (same) => same,
    (same) => ({ ...same, offer: choose(offers, move.pick) ?? same.offer }),
    ...bentReferences(table).map((way) => (same: typeof honest) => ({ ...same, claimed: way(same.claimed) })),
  ]);
  return {
    moment: factsOf(run).windowEnd,
    possible: "after",
    play: () => ({ by: "stranger", action: { do: "finalize", ...bent } }),
  };
};

export const planFinalizeBatch: Planner = (table) => {
  const { move, state } = table;
  const first = choose(nextInLine(table), move.which);
  if (first === undefined) return undefined;
  const offer = offerOf(table, first);
  const together = entitlementsOf(table)
    .filter((entitlement) => entitlement.offer.name === offer.name)
    .flatMap((entitlement) => stepsThatAre("claimed", entitlement))
    .flatMap((step) => (step.status === "claimed" ? [runOf(state, step.run)] : []));
  const payable = together.filter((run) => !isChallenged(run));
  if (payable.length === 0 && move.twist === 0) return undefined;
  const honest = payable.map((run) => referenceTo(table, run));
  const claimed = bend(move.twist, honest, [
    (same) => same,
    (same) => same.toReversed(),
    (same) => [...same, ...same.slice(0, 1)],
    (same) => same.slice(1),
    (same) => [...same.slice(0, -1), ...same.slice(-1).map((last) => bend(move.pick + 1, last, bentReferences(table)))],
    () => together.map((run) => referenceTo(table, run)),
    () => [],
  ]);
  const plan: Plan = { play: () => ({ by: "stranger", action: { do: "finalizeBatch", offer, claimed } }) };
  return payable.length === 0
    ? plan
    : { ...plan, moment: Math.max(...payable.map((run) => factsOf(run).windowEnd)), possible: "after" };
};
