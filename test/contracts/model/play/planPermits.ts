import {
  type Consumption,
  type DelegationMessage,
  delegationName,
  observationName,
  type Permit,
  permitName,
} from "../messages.ts";
import {
  type Entitlement,
  epochOf,
  GENESIS,
  type GitHubRun,
  isChallenged,
  openRunOf,
  pendingSteps,
  positionOf,
  runName,
  runOf,
  takenSteps,
} from "../state.ts";
import { type Account, NOBODY, type Offer, type Terms } from "../terms.ts";
import { COMMIT, REPOSITORY } from "./planOffers.ts";
import {
  bend,
  choose,
  entitlementsOf,
  keyHolder,
  nameOf,
  type Plan,
  type Planner,
  runsThatAre,
  type Table,
} from "./table.ts";

// ---------------------------------------------------------------- consumptions

/** Everything about a consumption that can be other than it should be. */
type Draft = {
  by: Account;
  offer: Offer;
  buyer: Account;
  salt: string;
  permit: Permit;
  signer: Account;
  key: Account;
  /** Signed instead of the permit. */
  over?: string;
  observerKey: Account;
  observedRun?: string;
  stale: Consumption["stale"];
};

export function canOpen({ state, now }: Table, entitlement: Entitlement): boolean {
  const pending = pendingSteps(entitlement);
  return (
    now + 1 < entitlement.expiresAt &&
    takenSteps(entitlement).length < entitlement.steps.length &&
    pending.length < entitlement.offer.terms.maxPending &&
    pending.every((step) => step.status !== "open" && !isChallenged(runOf(state, step.run)))
  );
}

function honestConsumption(table: Table, entitlement: Entitlement, at: number): Draft {
  const { state, move, fresh, freshNumber } = table;
  const { offer, buyer, salt, delegations, rejections } = entitlement;
  const { terms } = offer;
  // With an open step in the way this is a retry of it.
  const inTheWay = openRunOf(state, entitlement);
  const place = inTheWay?.parent ?? positionOf(state, entitlement);
  const step = inTheWay?.step ?? takenSteps(entitlement).length + 1;
  // Every gateway may use a run once, though it can be proven only once.
  const sold = move.pick % 3 === 0 ? runSoldElsewhere(table, terms) : undefined;
  const permit: Permit = {
    name: fresh("permit"),
    epoch: epochOf(entitlement),
    step,
    ...(sold ?? { repository: terms.sourceRepository || REPOSITORY, run: freshNumber(), attempt: 1 }),
    commit: terms.sourceCommit || COMMIT,
    parent: "state" in place ? place : GENESIS,
    observation: terms.runnerTier === 2 ? fresh("observation") : "",
    deadline: move.pick % 5 === 0 ? at : at + 50,
  };
  const allowed = Object.entries(delegations).filter(
    ([, delegation]) =>
      // Some are a second late.
      at < delegation.validUntil + 2 && step <= delegation.lastStep && delegation.rejections === rejections,
  );
  // Some sign for others who no longer let them, or never did.
  const revoked = state.burntNonces.some((burnt) => burnt.buyer === buyer);
  const presumptuous = move.pick % 12 === 5 || (revoked && move.pick % 3 === 0);
  const signer = presumptuous ? "delegate" : (choose(allowed, move.amount)?.[0] ?? buyer);
  return {
    by: terms.gateway,
    offer,
    buyer,
    salt,
    permit,
    signer,
    key: keyHolder(table, signer),
    observerKey: keyHolder(table, terms.observer),
    stale: inTheWay && { run: inTheWay.name, permit: inTheWay.permit },
  };
}

function runSoldElsewhere({ state, move }: Table, { gateway, sourceRepository }: Terms): GitHubRun | undefined {
  const elsewhere = Object.values(state.runs).filter(
    ({ onGitHub, status }) =>
      status !== "void" &&
      state.runs[runName(gateway, onGitHub)] === undefined &&
      (sourceRepository === 0 || sourceRepository === onGitHub.repository),
  );
  return choose(elsewhere, move.pick)?.onGitHub;
}

function consumptionOf(table: Table, draft: Draft): Consumption {
  const { offer, buyer, salt, permit, signer, key, over, observerKey, observedRun, stale } = draft;
  const name = permitName(permit, nameOf(draft));
  table.permits.set(name, { offer, buyer, salt, permit });
  const run = observedRun ?? runName(offer.terms.gateway, permit);
  return {
    buyer,
    salt,
    permit,
    signer,
    signature: { key, over: over ?? name },
    observerSignature: { key: observerKey, over: observationName(run, permit.observation) },
    stale,
  };
}

function bentConsumptions(table: Table, entitlement: Entitlement, at: number): readonly ((draft: Draft) => Draft)[] {
  const { state, move, permits, fresh } = table;
  const withPermit = (changes: (permit: Permit) => Partial<Permit>) => (draft: Draft) => ({
    ...draft,
    permit: { ...draft.permit, ...changes(draft.permit) },
  });
  const used = choose(Object.values(state.runs), move.pick);
  const usedHere = choose(
    Object.values(state.runs).filter((run) => run.name.startsWith(`${entitlement.offer.terms.gateway}'s`)),
    move.pick,
  );
  const old = choose(
    [...permits.values()].filter(({ offer }) => offer.name === entitlement.offer.name),
    move.pick,
  );
  const other = choose(entitlementsOf(table), move.pick + 1);
  const place = choose(Object.values(state.runs), move.pick)?.claimed?.next ?? GENESIS;
  const last = choose(runsThatAre(table, "open", "void"), move.pick);
  const terms = entitlement.offer.terms;
  return [
    // A run that another gateway used is good here.
    withPermit(() => ({ ...used?.onGitHub })),
    withPermit(() => ({ ...used?.onGitHub })),
    withPermit(() => ({ ...usedHere?.onGitHub })),
    (draft) => (old === undefined ? draft : { ...draft, ...old, signer: old.buyer, key: keyHolder(table, old.buyer) }),
    (draft) => ({ ...draft, by: "stranger" }),
    withPermit(() => ({ deadline: at })),
    withPermit(() => ({ deadline: at - 1 })),
    withPermit(({ epoch }) => ({ epoch: epoch + 1 })),
    withPermit(({ epoch }) => ({ epoch: Math.max(epoch - 1, 0) })),
    withPermit(({ step }) => ({ step: step + 1 })),
    withPermit(({ step }) => ({ step: step - 1 })),
    withPermit(() => ({ parent: { state: "elsewhere", net: "elsewhere" } })),
    withPermit(() => ({ parent: GENESIS })),
    withPermit(() => ({ parent: place })),
    withPermit(({ parent }) => ({ parent: { state: parent.net, net: parent.state } })),
    withPermit(({ repository }) => ({ repository: repository + 1 })),
    withPermit(() => ({ commit: "another commit" })),
    withPermit(() => ({ observation: "" })),
    withPermit(({ attempt }) => ({ attempt: attempt + 1 })),
    (draft) => ({ ...draft, key: "stranger" }),
    (draft) => ({ ...draft, key: keyHolder(table, terms.seller) }),
    (draft) => ({ ...draft, over: old === undefined ? "nothing" : permitName(old.permit, nameOf(old)) }),
    (draft) => ({ ...draft, signer: "delegate", key: "delegate" }),
    (draft) => ({ ...draft, signer: "delegate", key: "delegate" }),
    (draft) => ({ ...draft, signer: "stranger", key: "stranger" }),
    (draft) => ({ ...draft, observerKey: "stranger" }),
    (draft) => ({ ...draft, observedRun: usedHere?.name ?? "another run" }),
    (draft) => ({ ...draft, stale: undefined }),
    (draft) => ({ ...draft, stale: last && { run: last.name, permit: last.permit } }),
    (draft) => ({ ...draft, stale: { run: "a run that nobody started", permit: "a permit that nobody made" } }),
    // Signed for one entitlement, presented for another.
    (draft) => ({
      ...draft,
      over: permitName(draft.permit, nameOf(draft)),
      buyer: other?.buyer ?? draft.buyer,
      salt: other?.salt ?? draft.salt,
    }),
    (draft) => ({ ...draft, salt: fresh("salt") }),
    // The same offer but for the gateway is another offer.
    (draft) => ({
      ...draft,
      by: "rival",
      over: permitName(draft.permit, nameOf(draft)),
      offer: { name: fresh("forged offer"), terms: { ...terms, gateway: "rival" } },
    }),
  ];
}

/** Some try what cannot be. */
const isBold = ({ twist, pick }: Table["move"]): boolean => (twist === 0 ? pick % 8 === 7 : pick % 3 === 0);

export const planConsume: Planner = (table) => {
  const { move, state } = table;
  const all = entitlementsOf(table);
  const ready = all.filter((entitlement) => canOpen(table, entitlement));
  // A step that was not claimed in time is taken over by another run.
  const late = all.filter((entitlement) => {
    const open = openRunOf(state, entitlement);
    return open !== undefined && table.now + 1 < entitlement.expiresAt && move.pick % 2 === 0;
  });
  const entitlement = choose(isBold(move) ? all : [...ready, ...late], move.which);
  return entitlement && consumeFor(table, entitlement);
};

export function consumeFor(table: Table, entitlement: Entitlement): Plan {
  const { move, state } = table;
  const inTheWay = openRunOf(state, entitlement);
  const ends = Object.values(entitlement.delegations).map(({ validUntil }) => validUntil);
  const end = Math.min(entitlement.expiresAt, ...ends.filter((validUntil) => validUntil > table.now));
  return {
    ...(inTheWay === undefined
      ? { moment: end, possible: "before" as const }
      : { moment: inTheWay.claimDeadline, possible: "after" as const }),
    play(at) {
      const honest = honestConsumption(table, entitlement, at);
      const draft = bend(move.twist, honest, bentConsumptions(table, entitlement, at));
      const { by, offer } = draft;
      return { by, action: { do: "consume", offer, consumption: consumptionOf(table, draft) } };
    },
  };
}

export const planConsumeBatch: Planner = (table) => {
  const { move } = table;
  const ready = entitlementsOf(table).filter((entitlement) => canOpen(table, entitlement));
  const first = choose(ready, move.which);
  if (first === undefined) return undefined;
  const together = ready.filter(({ offer }) => offer.name === first.offer.name);
  return {
    play(at) {
      const drafts = together.map((entitlement) => honestConsumption(table, entitlement, at));
      const [one = honestConsumption(table, first, at), ...rest] = drafts;
      const bad = bend(move.pick + 1, one, bentConsumptions(table, first, at));
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
      const by = bend(move.twist, first.offer.terms.gateway, [(same) => same, (same) => same, () => "stranger"]);
      const consumptions = bent.map((draft) => consumptionOf(table, draft));
      return { by, action: { do: "consumeBatch", offer: first.offer, consumptions } };
    },
  };
};

export const planTimeout: Planner = (table) => {
  const { move } = table;
  const open = runsThatAre(table, "open");
  const run = choose(open.length === 0 && move.twist !== 0 ? runsThatAre(table, "void", "claimed") : open, move.which);
  if (run === undefined) return undefined;
  const honest = { entitlement: run.entitlement, run: run.name, permit: run.permit, parent: run.parent };
  const other = choose(entitlementsOf(table), move.pick + 1);
  const gone = choose(runsThatAre(table, "void"), move.pick);
  const bent = bend(move.twist, honest, [
    (same) => same,
    (same) => ({ ...same, permit: "a permit that nobody made" }),
    (same) => ({ ...same, run: "a run that nobody started" }),
    (same) => ({ ...same, parent: { state: "elsewhere", net: "elsewhere" } }),
    (same) => ({ ...same, entitlement: other === undefined ? same.entitlement : nameOf(other) }),
    (same) => (gone === undefined ? same : { ...same, run: gone.name, permit: gone.permit, parent: gone.parent }),
  ]);
  return {
    moment: run.claimDeadline,
    possible: "after",
    play: () => ({ by: "stranger", action: { do: "timeout", ...bent } }),
  };
};

// ---------------------------------------------------------------- delegations

export const planDelegate: Planner = (table) => {
  const { move, fresh } = table;
  const entitlement = choose(entitlementsOf(table), move.which);
  if (entitlement === undefined) return undefined;
  const { offer, buyer, salt } = entitlement;
  return {
    play(at) {
      const lastStep = takenSteps(entitlement).length + move.amount;
      const honest = { by: buyer, salt, delegate: "delegate", lastStep, validUntil: at + 40 * move.amount };
      const bent = bend(move.twist, honest, [
        (same) => ({ ...same, validUntil: at }),
        (same) => ({ ...same, validUntil: at + 1 }),
        (same) => ({ ...same, delegate: NOBODY }),
        (same) => ({ ...same, delegate: buyer }),
        (same) => ({ ...same, by: "stranger" }),
        (same) => ({ ...same, salt: fresh("salt") }),
        (same) => ({ ...same, delegate: "account" }),
        (same) => ({ ...same, lastStep: 0 }),
      ]);
      const { by, ...delegation } = bent;
      return { by, action: { do: "delegate", offer, ...delegation } };
    },
  };
};

const NONCES = ["nonce 1", "nonce 2", "nonce 3"];

export const planDelegateBySignature: Planner = (table) => {
  const { move, fresh } = table;
  const entitlement = choose(entitlementsOf(table), move.which);
  if (entitlement === undefined) return undefined;
  const { offer, buyer, salt, rejections } = entitlement;
  const other = choose(entitlementsOf(table), move.pick + 1) ?? entitlement;
  return {
    play(at) {
      const message: DelegationMessage = {
        entitlement: nameOf(entitlement),
        delegate: "delegate",
        lastStep: takenSteps(entitlement).length + 2 * move.amount,
        validUntil: at + 50 * move.amount,
        rejections,
        nonce: move.pick % 3 === 0 ? (choose(NONCES, move.amount) ?? "nonce") : fresh("nonce"),
        deadline: move.pick % 2 === 0 ? at : at + 10,
      };
      type Draft = { message: DelegationMessage; key: Account; salt: string; over?: string };
      const honest: Draft = { message, key: keyHolder(table, buyer), salt };
      const withMessage = (changes: Partial<DelegationMessage>) => (same: Draft) => ({
        ...same,
        message: { ...same.message, ...changes },
      });
      const ways: readonly ((same: Draft) => Draft)[] = [
        withMessage({ nonce: choose(NONCES, move.amount) ?? "nonce" }),
        withMessage({ entitlement: nameOf(other) }),
        withMessage({ deadline: at - 1 }),
        withMessage({ rejections: rejections + 1 }),
        withMessage({ rejections: Math.max(rejections - 1, 0) }),
        withMessage({ validUntil: at }),
        withMessage({ delegate: buyer }),
        withMessage({ delegate: NOBODY }),
        (same) => ({ ...same, key: "stranger" }),
        (same) => ({ ...same, key: "delegate" }),
        (same) => ({ ...same, over: delegationName({ ...same.message, lastStep: 1_000 }) }),
      ];
      const unknown = fresh("salt");
      const bent = bend(move.twist, honest, [
        ...ways,
        (same) => ({
          ...same,
          salt: unknown,
          message: { ...same.message, entitlement: nameOf({ offer, buyer, salt: unknown }) },
        }),
      ]);
      const signature = { key: bent.key, over: bent.over ?? delegationName(bent.message) };
      return {
        by: "stranger",
        action: { do: "delegateBySignature", offer, buyer, salt: bent.salt, message: bent.message, signature },
      };
    },
  };
};

export const planRevokeDelegate: Planner = (table) => {
  const { move } = table;
  const delegating = entitlementsOf(table).filter(({ delegations }) => Object.keys(delegations).length > 0);
  const entitlement = choose(move.twist === 0 ? delegating : entitlementsOf(table), move.which);
  if (entitlement === undefined) return undefined;
  const { offer, buyer, salt } = entitlement;
  const by = move.twist % 3 === 1 ? "stranger" : buyer;
  const nonce = choose(NONCES, move.pick) ?? "nonce";
  return { play: () => ({ by, action: { do: "revokeDelegate", offer, salt, delegate: "delegate", nonce } }) };
};

export const planBurnNonce: Planner = ({ move }) => {
  const nonce = choose(NONCES, move.pick) ?? "nonce";
  const by = move.pick % 2 === 0 ? "buyer" : "account";
  return { play: () => ({ by, action: { do: "burnDelegationNonce", nonce } }) };
};
