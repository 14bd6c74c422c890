import type { ActionOf } from "../action.ts";
import { type Payment, permit2Name, tokenPermitName } from "../messages.ts";
import { epochOf, stepsThatAre } from "../state.ts";
import { type Account, NATIVE_MONEY, NOBODY, type Offer } from "../terms.ts";
import { BUYERS } from "./cast.ts";
import { bend, choose, entitlementsOf, keyHolder, type Plan, type Planner, type Play, type Table } from "./table.ts";

type Bought = Omit<ActionOf<"purchase" | "topUp">, "do" | "payment">;

export const planPurchase: Planner = (table) => {
  const { move, offers, fresh, state, now } = table;
  const live = offers.filter(({ name, terms }) => state.offers[name]?.status === "live" && now + 1 < terms.validUntil);
  const offer = choose(move.twist === 0 ? live : offers, move.pick);
  if (offer === undefined) return undefined;
  const existing = choose(entitlementsOf(table), move.pick);
  const honest: Bought = { offer, buyer: BUYERS[move.pick % 2] ?? "buyer", salt: fresh("salt"), steps: move.amount };
  const bought = bend(move.twist, honest, [
    ...WAYS_TO_PAY,
    (same) => ({ ...same, buyer: NOBODY }),
    (same) => ({ ...same, steps: 0 }),
    (same) => ({ ...same, steps: offer.terms.maxSteps }),
    (same) => ({ ...same, steps: offer.terms.maxSteps + 1 }),
    (same) => ({ ...same, ...(existing && { offer: existing.offer, buyer: existing.buyer, salt: existing.salt }) }),
    (same) => ({ ...same, offer: { name: fresh("unpublished offer"), terms: offer.terms } }),
  ]);
  return pay(table, "purchase", bought);
};

export const planTopUp: Planner = (table) => {
  const { move, fresh, state } = table;
  const growing = entitlementsOf(table).filter(
    ({ offer, steps, expiresAt }) =>
      table.now + 1 < Math.min(expiresAt, offer.terms.validUntil) &&
      steps.length < offer.terms.maxSteps &&
      state.offers[offer.name]?.status === "live",
  );
  const entitlement = choose(move.twist === 0 ? growing : entitlementsOf(table), move.which);
  if (entitlement === undefined) return undefined;
  const { offer, buyer, salt, steps, expiresAt } = entitlement;
  const free = offer.terms.maxSteps - steps.length;
  const bought = bend<Bought>(move.twist, { offer, buyer, salt, steps: Math.min(move.amount, Math.max(free, 1)) }, [
    ...WAYS_TO_PAY,
    (same) => ({ ...same, steps: 0 }),
    (same) => ({ ...same, steps: Math.max(free, 0) }),
    (same) => ({ ...same, steps: free + 1 }),
    (same) => ({ ...same, salt: fresh("salt") }),
  ]);
  return { ...pay(table, "topUp", bought), moment: Math.min(expiresAt, offer.terms.validUntil), possible: "before" };
};

/** Bends that leave the purchase as it is, and bend only how it is paid. */
const WAYS_TO_PAY: readonly ((same: Bought) => Bought)[] = Array.from({ length: 12 }, () => (same) => same);

function pay(table: Table, pays: "purchase" | "topUp", bought: Bought): Plan {
  const { move } = table;
  const { token, price } = bought.offer.terms;
  const amount = price * BigInt(bought.steps);
  const plainly = (by: Account, value: bigint): Play => ({
    by,
    value,
    action: { do: pays, ...bought, payment: { by: "call" } },
  });
  const due = token === NATIVE_MONEY ? amount : 0n;
  const payer = choose(["buyer", "account", "rival"], move.pick + move.amount) ?? "buyer";
  return {
    play(at) {
      const sign = (payment: Payment, by: Account): Play => ({ by, action: { do: pays, ...bought, payment } });
      const ways: readonly (() => Play)[] = [
        () => plainly(payer, due),
        () => plainly(payer, due + 1n),
        () => plainly(payer, due === 0n ? 1n : due - 1n),
        () => plainly("stranger", due),
        () => sign(permitFor(table, bought, at, "watcher"), "watcher"),
        () => sign(permitFor(table, bought, at, "watcher"), "watcher"),
        () => sign(badPermitFor(table, bought, at), "watcher"),
        () => sign(permitFor(table, bought, at, "watcher"), payer),
        () => sign(permit2For(table, pays, bought, at, payer), "stranger"),
        () => sign(permit2For(table, pays, bought, at, payer), "stranger"),
        () => sign(badPermit2For(table, pays, bought, at, payer), "stranger"),
        () => sign(badPermit2For(table, pays, bought, at, payer), "stranger"),
      ];
      if (move.twist === 0 || move.twist > WAYS_TO_PAY.length) {
        // Honest people pay in every way that there is.
        const honest = token === NATIVE_MONEY ? 0 : choose([0, 0, 4, 8], move.pick + move.twist);
        return (ways[honest ?? 0] ?? (() => plainly(payer, due)))();
      }
      return (choose(ways, move.twist - 1) ?? (() => plainly(payer, due)))();
    },
  };
}

function permitFor({ state, move }: Table, { offer, steps }: Bought, at: number, owner: Account): Payment {
  const { token, price } = offer.terms;
  const nonce = state.tokens[token]?.permitsUsed?.[owner] ?? 0;
  const deadline = move.pick % 2 === 0 ? at : at + 9;
  const permit = { token, owner, amount: price * BigInt(steps), nonce, deadline };
  return { by: "EIP-2612", permit, signature: { key: owner, over: tokenPermitName(permit) } };
}

function badPermitFor(table: Table, bought: Bought, at: number): Payment {
  const good = permitFor(table, bought, at, "watcher");
  if (good.by !== "EIP-2612") return good;
  const { permit } = good;
  const signed = bend(table.move.pick + 1, permit, [
    (same) => ({ ...same, amount: same.amount + 1n }),
    (same) => ({ ...same, nonce: same.nonce + 1 }),
    (same) => ({ ...same, deadline: at - 1 }),
  ]);
  const key = table.move.pick % 4 === 3 ? "stranger" : "watcher";
  return { ...good, permit: signed, signature: { key, over: tokenPermitName(signed) } };
}

function permit2For(table: Table, pays: "purchase" | "topUp", bought: Bought, at: number, payer: Account): Payment {
  const { offer, steps, buyer, salt } = bought;
  const { token, price } = offer.terms;
  const deadline = table.move.pick % 2 === 0 ? at : at + 9;
  const bill = { token, amount: price * BigInt(steps), nonce: table.freshNumber(), deadline };
  const message = { ...bill, pays, offer: offer.name, steps, buyer, salt };
  const signature = { key: keyHolder(table, payer), over: permit2Name(message) };
  return { by: "Permit2", payer, message, signature };
}

function badPermit2For(table: Table, pays: "purchase" | "topUp", bought: Bought, at: number, payer: Account): Payment {
  const good = permit2For(table, pays, bought, at, payer);
  if (good.by !== "Permit2") return good;
  const used = choose(table.state.permit2Nonces, table.move.amount);
  const { message } = good;
  const overOther = (over: string): Payment => ({ ...good, signature: { ...good.signature, over } });
  const ways: readonly (() => Payment)[] = [
    () => ({ ...good, message: { ...message, deadline: at - 1 } }),
    () => ({ ...good, message: { ...message, nonce: used?.nonce ?? 0 }, payer: used?.payer ?? payer }),
    () => ({ ...good, signature: { ...good.signature, key: "stranger" } }),
    // Seen in public and used for something else.
    () => overOther(permit2Name({ ...message, steps: message.steps + 1 })),
    () => overOther(permit2Name({ ...message, buyer: "stranger" })),
    () => overOther(permit2Name({ ...message, salt: "another salt" })),
    () => overOther(permit2Name({ ...message, pays: pays === "topUp" ? "purchase" : "topUp" })),
    () => overOther(permit2Name({ ...message, amount: message.amount + 1n })),
    () => ({ ...good, payer: "watcher", signature: { ...good.signature, key: "watcher" } }),
  ];
  return (choose(ways, table.move.pick) ?? (() => good))();
}

export const planRefund: Planner = (table) => {
  const { move, fresh } = table;
  const some = entitlementsOf(table).filter((entitlement) => stepsThatAre("unopened", entitlement).length > 0);
  const entitlement = choose(move.twist === 0 ? some : entitlementsOf(table), move.which);
  if (entitlement === undefined) return undefined;
  const { offer, buyer, salt, expiresAt } = entitlement;
  const unopened = stepsThatAre("unopened", entitlement).length;
  const some1 = Math.min(move.amount, Math.max(unopened, 1));
  type Refund = { by: Account; offer: Offer; salt: string; steps: number | "all" };
  // Most refunds are small, so that steps are left to open.
  const honest: Refund = { by: buyer, offer, salt, steps: move.pick % 7 === 6 ? "all" : Math.min(some1, 1) };
  const bent = bend<Refund>(move.twist, honest, [
    (same) => ({ ...same, by: "stranger" }),
    (same) => ({ ...same, by: "stranger", steps: "all" }),
    (same) => ({ ...same, by: "delegate" }),
    (same) => ({ ...same, steps: 0 }),
    (same) => ({ ...same, steps: unopened + 1 }),
    (same) => ({ ...same, steps: unopened }),
    (same) => ({ ...same, steps: "all" }),
    (same) => ({ ...same, salt: fresh("salt") }),
  ]);
  return {
    ...(bent.by === buyer ? {} : { moment: expiresAt, possible: "after" as const, patient: true }),
    play: () => ({
      by: bent.by,
      action: { do: "refund", offer: bent.offer, buyer, salt: bent.salt, steps: bent.steps },
    }),
  };
};

export const planCancel: Planner = (table) => {
  const { move, fresh } = table;
  // Cancelling outdates permits that somebody holds; who cancels all the time gets nowhere.
  const entitlement = choose(entitlementsOf(table), move.which);
  if (entitlement === undefined || epochOf(entitlement) > 8) return undefined;
  const { offer, buyer, salt } = entitlement;
  const bent = bend(move.twist, { by: buyer, salt }, [
    (same) => ({ ...same, by: "stranger" }),
    (same) => ({ ...same, salt: fresh("salt") }),
    (same) => same,
  ]);
  return { play: () => ({ by: bent.by, action: { do: "cancelPermits", offer, salt: bent.salt } }) };
};
