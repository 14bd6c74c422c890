import { type Account, ESCROW, NOBODY, type Offer, type Token } from "../terms.ts";
import { cast } from "./cast.ts";
import { bend, choose, entitlementsOf, type Planner } from "./table.ts";

const RECEIVERS: readonly ((own: Account) => Account)[] = [
  () => "purse",
  () => "refuser",
  () => NOBODY,
  () => ESCROW,
  () => "stranger",
];

export const planWithdraw: Planner = ({ move, state }) => {
  const owed = Object.entries(state.credits).flatMap(([token, credits]) =>
    Object.entries(credits).flatMap(([owner, amount]) => (amount > 0n ? [{ token, owner }] : [])),
  );
  const honest: { token: Token; owner: Account } | undefined = choose(owed, move.pick);
  if (honest === undefined) return undefined;
  const { token, owner } = bend(move.twist, honest, [
    ...RECEIVERS.map(() => (same: typeof honest) => same),
    (same) => ({ ...same, owner: "purse" }),
    (same) => ({ ...same, token: cast.hostileToken }),
  ]);
  const to = bend(move.twist, owner, [...RECEIVERS, (same) => same, (same) => same]);
  return { play: () => ({ by: owner, action: { do: "withdraw", token, to } }) };
};

export const planWithdrawEarnings: Planner = ({ move, state, offers }) => {
  const earning = offers.filter(({ name }) => (state.earnings[name] ?? 0n) > 0n);
  const offer = choose(move.twist === 0 ? earning : offers, move.pick);
  if (offer === undefined) return undefined;
  const { seller } = offer.terms;
  const by = bend(move.twist, seller, [
    () => "stranger",
    () => "rival",
    ...RECEIVERS.map(() => (same: Account) => same),
  ]);
  const to = bend(move.twist, seller, [() => "stranger", () => "rival", ...RECEIVERS]);
  return { play: () => ({ by, action: { do: "withdrawEarnings", offer, to } }) };
};

const MIN_STAKE = 10n ** 16n;

export const planPostStake: Planner = ({ move, offers, fresh }) => {
  const offer = choose(offers, move.which);
  if (offer === undefined) return undefined;
  const honest = { by: offer.terms.seller, offer, value: MIN_STAKE * 3n ** BigInt(move.amount) };
  const bent = bend<{ by: Account; offer: Offer; value: bigint }>(move.twist, honest, [
    (same) => ({ ...same, by: "stranger" }),
    (same) => ({ ...same, offer: { name: fresh("unpublished offer"), terms: offer.terms } }),
    (same) => ({ ...same, value: 0n }),
    // Less than an arbiter's fee.
    (same) => ({ ...same, value: 100n }),
    (same) => same,
  ]);
  return { play: () => ({ by: bent.by, value: bent.value, action: { do: "postStake", offer: bent.offer } }) };
};

export const planNoticeStake: Planner = ({ move, state, offers }) => {
  const staked = offers.filter(({ name }) => (state.stakes[name]?.amount ?? 0n) > 0n);
  const offer = choose(move.twist === 0 ? staked : offers, move.pick);
  if (offer === undefined) return undefined;
  const by = bend(move.twist, offer.terms.seller, [() => "stranger", (same) => same]);
  return { play: () => ({ by, action: { do: "noticeStake", offer } }) };
};

export const planWithdrawStake: Planner = ({ move, state, offers }) => {
  const noticed = offers.filter(({ name }) => state.stakes[name]?.withdrawableAt !== undefined);
  const offer = choose(move.twist === 0 ? noticed : offers, move.pick);
  if (offer === undefined) return undefined;
  const by = bend(move.twist, offer.terms.seller, [() => "stranger", (same) => same, (same) => same]);
  const moment = state.stakes[offer.name]?.withdrawableAt;
  return {
    ...(moment !== undefined && { moment, possible: "after" as const, patient: true }),
    play: () => ({ by, action: { do: "withdrawStake", offer } }),
  };
};

/** Parts of the ledger that only its sister contracts may call, and which of them may. */
const PRIVILEGED = {
  recordOpening: "the permit consumer",
  recordClaim: "the settlement",
  recordProof: "the settlement",
  endWindow: "the settlement",
  openEvidenceChallenge: "the settlement",
  openConductChallenge: "the settlement",
  recordUpheld: "the settlement",
  recordSplit: "the settlement",
  reject: "the settlement",
  payBond: "the settlement",
  slash: "the settlement",
} as const;

export const planTrespass: Planner = ({ move }) => {
  const entry = choose(Object.entries(PRIVILEGED), move.pick);
  if (entry === undefined) return undefined;
  const [into, allowed] = entry;
  const sister = allowed === "the settlement" ? "the permit consumer" : "the settlement";
  const by = choose(["stranger", sister, "seller"], move.amount) ?? "stranger";
  return { play: () => ({ by, action: { do: "trespass", into } }) };
};

export const planChangeToken: Planner = (table) => {
  const { move, state } = table;
  const used = entitlementsOf(table).some(({ offer }) => offer.terms.token === cast.hostileToken);
  const mood = choose(["keeps a fee", "answers false", "reverts", "drains"] as const, move.pick) ?? "reverts";
  const token = cast.hostileToken;
  if (!used) return undefined;
  // It does not stay like that for long.
  const next = state.tokens[token]?.mood === "honest" ? mood : "honest";
  return { play: () => ({ by: "stranger", action: { do: "changeToken", token, mood: next } }) };
};

export const planRevokeRoot: Planner = ({ move }) =>
  move.pick % 2 === 0 ? { play: () => ({ by: "stranger", action: { do: "revokeRoot" } }) } : undefined;
