import fc from "fast-check";
import type { Address } from "viem";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { OfferTerms } from "#lib/offers/terms.ts";
import { reportDeep, runsFactor, tried as triedAs } from "../properties.ts";
import {
  addressOf,
  type Claimed,
  createWorld,
  type Entitlement,
  MIN_BOND,
  NATIVE,
  type Opened,
  PRICE,
  people,
  type Role,
  RULING,
  WINDOWS,
  type World,
} from "./world.ts";

/**
 * Random trades. Moves are tried in any order, most of them legal, many not; after each the numbered invariants of
 * docs/contracts.md hold, and at the end, with time and permissionless calls alone, every unit becomes withdrawable.
 */

/** Trades in each kind of money, before a deep run multiplies them. */
const QUICK_RUNS = 32;
const RUNS = QUICK_RUNS * runsFactor;
const MOVES = 64;
const ENTITLEMENTS = 2;

let w: World;
beforeAll(async () => {
  w = await createWorld();
});
afterAll(async () => {
  await w.connection.close();
});

type Track = {
  readonly entitlement: Entitlement;
  /** Claims that were accepted and not voided, in step order. */
  claims: Claimed[];
  /** Claims that a rejection voided. */
  readonly voided: Claimed[];
  open: Opened | undefined;
  epoch: number;
  paid: number;
  refunded: number;
  bought: number;
};
type Trade = {
  readonly terms: OfferTerms;
  readonly token: Address;
  readonly tracks: readonly Track[];
  /** Every run ever opened, for replays. */
  readonly consumed: Opened[];
};

const move = fc.record({
  kind: fc.oneof(
    { weight: 9, arbitrary: fc.constant("consume" as const) },
    { weight: 9, arbitrary: fc.constant("claim" as const) },
    { weight: 7, arbitrary: fc.constant("finalize" as const) },
    { weight: 6, arbitrary: fc.constant("pass" as const) },
    { weight: 4, arbitrary: fc.constantFrom("challengeConduct" as const, "challengeEvidence" as const) },
    { weight: 4, arbitrary: fc.constantFrom("rejected" as const, "split" as const, "prove" as const) },
    {
      weight: 17,
      arbitrary: fc.constantFrom(
        ...([
          "refund",
          "topUp",
          "timeout",
          "challengeEvidence",
          "challengeConduct",
          "prove",
          "rejectUnproven",
        ] as const),
        ...(["rejectUnruled", "upheld", "split", "rejected", "reclaim", "cancel", "stake", "withdraw"] as const),
        ...(["replay", "acknowledge"] as const),
      ),
    },
  ),
  track: fc.nat(ENTITLEMENTS - 1),
  pick: fc.nat(7),
  amount: fc.integer({ min: 1, max: 3 }),
});
type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;

/** What differs from offer to offer and changes which moves are legal. */
const shape = fc.record({
  maxPending: fc.constantFrom(1, 2, 3, 3, 4, 8),
  arbitrated: fc.constantFrom(true, true, true, false),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;
const NO_ARBITER = { arbiter: NATIVE, arbitrationWindow: 0, conductBond: 0n, arbiterFee: 0n } as const;

async function begin(token: Address, { maxPending, arbitrated }: Shape): Promise<Trade> {
  const roles = arbitrated ? {} : NO_ARBITER;
  const terms = await w.publish({ token, maxPending, entitlementTtl: 2_000, ...roles });
  const tracks: Track[] = [];
  for (let index = 0; index < ENTITLEMENTS; index++) {
    const entitlement = await w.buy(terms, 4);
    tracks.push({ entitlement, claims: [], voided: [], open: undefined, epoch: 0, paid: 0, refunded: 0, bought: 4 });
  }
  return { terms, token, tracks, consumed: [] };
}

/** True if the chain took the call. */
async function tried(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}

function reject(track: Track, index: number) {
  track.voided.push(...track.claims.splice(index));
  track.open = undefined;
  track.epoch += 1;
}

async function apply(trade: Trade, { kind, track: which, pick, amount }: Move): Promise<void> {
  const track = trade.tracks[which];
  if (track === undefined) return;
  const { entitlement, claims } = track;
  const pending = claims.slice(track.paid);
  const index = pending.length === 0 ? -1 : track.paid + (pick < 5 ? 0 : pick % pending.length);
  // Now and then a voided claim is put forward: none of the moves may take it.
  const stale = pick >= 6 ? track.voided.at(-1) : undefined;
  const target = stale ?? claims[index];
  const settle = (from: Role, name: string, rest: readonly unknown[] = [], value = 0n) =>
    target === undefined ? Promise.resolve(false) : tried(w.settle(from, name, target, rest, value));
  const noneOfVoided = (taken: boolean) => {
    if (stale !== undefined) expect(taken, `${kind} took a voided claim`).toBe(false);
    return taken;
  };
  switch (kind) {
    case "consume": {
      const parent = claims.at(-1);
      const input = w.permit(parent, { epoch: track.epoch });
      const opened = w.openedOf(entitlement, input);
      // With an open step in the way this is a retry, which is refused until that step's deadline has passed.
      const how = track.open === undefined ? {} : { stale: track.open };
      const consumption = await w.consumption(entitlement, input, how);
      if (await tried(w.send("gateway", "permitConsumer", "consume", [trade.terms, consumption]))) {
        track.open = opened;
        trade.consumed.push(opened);
      }
      return;
    }
    case "replay": {
      const old = trade.consumed.at(pick);
      if (old === undefined) return;
      const consumption = await w.consumption(old.entitlement, old.permit);
      const taken = await tried(w.send("gateway", "permitConsumer", "consume", [trade.terms, consumption]));
      expect(taken, "invariant 4: a permit was consumed twice").toBe(false);
      return;
    }
    case "claim": {
      if (track.open === undefined) return;
      const claimed = w.claimOf(track.open);
      if (await tried(w.send("stranger", "settlement", "claim", [trade.terms, await w.signedClaim(claimed)]))) {
        claims.push(claimed);
        track.open = undefined;
      }
      return;
    }
    case "timeout": {
      const open = track.open;
      if (open === undefined) return;
      const { runKey, permitHash, parentHead } = open;
      if (await tried(w.send("stranger", "escrow", "timeout", [entitlement.id, runKey, permitHash, parentHead]))) {
        track.open = undefined;
      }
      return;
    }
    case "finalize": {
      if (target === undefined) return;
      const taken = noneOfVoided(await tried(w.finalize(target)));
      if (taken) {
        expect(claims[track.paid], "invariant 3: paid out of order").toBe(target);
        track.paid += 1;
      }
      return;
    }
    case "refund": {
      const args = [trade.terms, entitlement.buyer, entitlement.salt, amount];
      if (await tried(w.send("buyer", "escrow", "refund", args))) track.refunded += amount;
      return;
    }
    case "topUp": {
      const value = trade.token === NATIVE ? PRICE * BigInt(amount) : 0n;
      const args = [trade.terms, entitlement.buyer, entitlement.salt, amount];
      if (await tried(w.send("buyer", "escrow", "topUp", args, value))) track.bought += amount;
      return;
    }
    case "challengeEvidence":
      noneOfVoided(await settle("stranger", "challengeEvidence", [], MIN_BOND + BigInt(pick)));
      return;
    case "challengeConduct":
      noneOfVoided(await settle("buyer", "challengeConduct", [entitlement.salt, ""], trade.terms.conductBond));
      return;
    case "prove":
      if (target !== undefined) {
        noneOfVoided(await tried(w.send("seller", "settlement", "prove", [trade.terms, await w.provenClaim(target)])));
      }
      return;
    case "rejectUnproven":
    case "rejectUnruled":
      if (pick % 3 === 0) {
        await settle("stranger", "challengeEvidence", [], MIN_BOND);
        await w.pass(WINDOWS.proofWindow);
      }
      if (noneOfVoided(await settle("stranger", kind))) reject(track, index);
      return;
    case "upheld":
      noneOfVoided(await settle("arbiter", "rule", [RULING.upheld, 0n]));
      return;
    case "split":
      // Half of the time the challenge is made here, or rulings would hardly ever meet one.
      if (pick % 2 === 0) await settle("buyer", "challengeConduct", [entitlement.salt, ""], trade.terms.conductBond);
      noneOfVoided(await settle("arbiter", "rule", [RULING.split, BigInt(100 * amount)]));
      return;
    case "rejected":
      if (pick % 2 === 0) await settle("buyer", "challengeConduct", [entitlement.salt, ""], trade.terms.conductBond);
      if (noneOfVoided(await settle("arbiter", "rule", [RULING.rejected, 0n]))) reject(track, index);
      return;
    case "acknowledge":
      noneOfVoided(await settle("buyer", "acknowledge", ["0x"]));
      return;
    case "reclaim": {
      const old = track.voided.at(-1) ?? target;
      if (old === undefined) return;
      await tried(w.send("stranger", "settlement", "reclaimBond", [old.ref.runKey, pick % 2]));
      return;
    }
    case "cancel":
      await w.send("buyer", "escrow", "cancelPermits", [entitlement.offerId, entitlement.salt]);
      track.epoch += 1;
      return;
    case "stake":
      if (pick < 5) await w.send("seller", "escrow", "postStake", [trade.terms], BigInt(amount) * MIN_BOND);
      else await tried(w.send("seller", "escrow", pick === 5 ? "noticeStake" : "withdrawStake", [trade.terms]));
      return;
    case "withdraw": {
      const who: Role = pick % 2 === 0 ? "buyer" : "stranger";
      await tried(w.send(who, "escrow", "withdraw", [pick < 4 ? NATIVE : trade.token, addressOf(who)]));
      if (pick > 5) await tried(w.send("seller", "escrow", "withdrawEarnings", [trade.terms, addressOf("seller")]));
      return;
    }
    case "pass":
      await w.pass(pick === 7 ? WINDOWS.stepTimeout : 22 * amount);
      return;
    default:
      kind satisfies never;
  }
}

/** What the escrow holds in one token, and what it owes. */
async function books(trade: Trade, token: Address) {
  let deposits = 0n;
  for (const { entitlement } of trade.tracks) {
    const { price, bought, settled } = await w.read.entitlement(entitlement.id);
    if (trade.token === token) deposits += price * BigInt(bought - settled);
  }
  let credits = 0n;
  for (const { address } of Object.values(people)) credits += await w.read.credit(token, address);
  const offerId = trade.tracks[0]?.entitlement.offerId ?? "0x";
  if (trade.token === token) credits += await w.read.earnings(offerId);
  const bonds = token === NATIVE ? await w.read.bonds() : 0n;
  const stake = token === NATIVE ? (await w.read.stake(offerId)).amount : 0n;
  const held =
    token === NATIVE
      ? await w.client.getBalance({ address: w.deployment.escrow })
      : await w.tokenBalance(w.deployment.escrow);
  return { held, deposits, credits, bonds, stake };
}

async function check(trade: Trade): Promise<void> {
  for (const token of new Set([NATIVE, trade.token])) {
    const { held, deposits, credits, bonds, stake } = await books(trade, token);
    expect(held, "invariant 1: the escrow holds exactly what it owes").toBe(deposits + credits + bonds + stake);
  }
  for (const track of trade.tracks) {
    const record = await w.read.entitlement(track.entitlement.id);
    expect(record.settled <= record.opened && record.opened <= record.bought, "settled <= opened <= bought").toBe(true);
    expect(record.opened - record.settled, "invariant 3: pending").toBeLessThanOrEqual(record.maxPending);
    expect(record.settled, "invariant 2: each step is paid once").toBe(track.paid);
    expect(record.bought, "invariant 2: each step is refunded once").toBe(track.bought - track.refunded);
    expect(record.opened, "claims and the open step").toBe(track.claims.length + (track.open === undefined ? 0 : 1));
  }
}

/** Time and permissionless calls only. */
async function unwind(trade: Trade): Promise<void> {
  await w.pass(2_000 + WINDOWS.stepTimeout + WINDOWS.disputeWindow + WINDOWS.arbitrationWindow);
  for (const track of trade.tracks) {
    const { entitlement } = track;
    if (track.open !== undefined) {
      const { runKey, permitHash, parentHead } = track.open;
      await w.send("stranger", "escrow", "timeout", [entitlement.id, runKey, permitHash, parentHead]);
      track.open = undefined;
    }
    while (track.paid < track.claims.length) {
      const index = track.paid;
      const next = track.claims[index];
      if (next === undefined) break;
      if (await tried(w.finalize(next))) track.paid += 1;
      else if (
        (await tried(w.settle("stranger", "rejectUnproven", next))) ||
        (await tried(w.settle("stranger", "rejectUnruled", next)))
      ) {
        reject(track, index);
      } else throw new Error(`invariant 7: step ${next.ref.step} can be neither paid nor rejected`);
    }
    for (const { ref } of track.voided) {
      for (const kind of [0, 1]) await tried(w.send("stranger", "settlement", "reclaimBond", [ref.runKey, kind]));
    }
    const left = track.bought - track.refunded - track.paid;
    if (left > 0) {
      await w.send("stranger", "escrow", "refund", [trade.terms, entitlement.buyer, entitlement.salt, left]);
      track.refunded += left;
    }
  }
  await check(trade);
  for (const token of new Set([NATIVE, trade.token])) {
    const { held, credits, stake } = await books(trade, token);
    expect(held, "invariant 7: everything is withdrawable").toBe(credits + stake);
  }
  await drain(trade);
}

/** Everybody takes what is his, once: afterwards only the stake is left. */
async function drain(trade: Trade): Promise<void> {
  for (const token of new Set([NATIVE, trade.token])) {
    for (const role of Object.keys(people) as Role[]) {
      if ((await w.read.credit(token, role)) === 0n) continue;
      await w.send(role, "escrow", "withdraw", [token, addressOf(role)]);
    }
  }
  const offerId = trade.tracks[0]?.entitlement.offerId ?? "0x";
  if ((await w.read.earnings(offerId)) > 0n) {
    await w.send("seller", "escrow", "withdrawEarnings", [trade.terms, addressOf("seller")]);
  }
  await check(trade);
  for (const token of new Set([NATIVE, trade.token])) {
    const { held, stake } = await books(trade, token);
    expect(held, "invariant 1: everything was withdrawn once").toBe(stake);
  }
}

it.each(["native money", "an ERC-20"])(
  "keeps the invariants over random trades in %s",
  async (money) => {
    await w.fund("buyer", 10n ** 9n);
    const token = money === "native money" ? NATIVE : (w.deployment.sandboxToken ?? NATIVE);
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(shape, fc.array(move, { minLength: MOVES, maxLength: MOVES }), async (terms, moves) => {
        const restore = await w.snapshot();
        try {
          const trade = await begin(token, terms);
          for (const next of moves) {
            await apply(trade, next);
            await check(trade);
          }
          const paid = trade.tracks.reduce((sum, track) => sum + track.paid, 0);
          const voided = trade.tracks.reduce((sum, track) => sum + track.voided.length, 0);
          seen.set("paid", (seen.get("paid") ?? 0) + paid);
          seen.set("voided", (seen.get("voided") ?? 0) + voided);
          await unwind(trade);
        } finally {
          await restore();
        }
      }),
      triedAs(
        `invariants 1, 2, 3, 4 and 7 over trades of ${MOVES} moves in ${money}`,
        QUICK_RUNS,
        token === NATIVE ? 1 : 2,
      ),
    );
    // A generator that never gets anywhere would prove nothing.
    expect(seen.get("paid")).toBeGreaterThan(RUNS / 4);
    expect(seen.get("voided")).toBeGreaterThan(RUNS / 8);
    reportDeep({ reached: money, paid: seen.get("paid") ?? 0, voided: seen.get("voided") ?? 0 });
  },
  240_000 * runsFactor,
);
