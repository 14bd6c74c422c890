import type { Action, Call } from "../action.ts";
import { type Claim, type ClaimReference, claimName, type Permit } from "../messages.ts";
import { type Entitlement, entitlementName, type Run, type State } from "../state.ts";
import type { Account, Offer } from "../terms.ts";
import type { Move } from "./moves.ts";

/** Where a sequence stands: the model's state, and what people have in their drawers. */
export type Table = {
  readonly state: State;
  readonly now: number;
  /** Offers of this sequence, published or not. */
  readonly offers: readonly Offer[];
  /** Every permit and claim that was ever made, taken or not, by name. */
  readonly permits: Map<string, DrawnPermit>;
  readonly claims: Map<string, DrawnClaim>;
  readonly move: Move;
  /** A name that nothing has yet. */
  readonly fresh: (what: string) => string;
  readonly freshNumber: () => number;
};

type OfEntitlement = { readonly offer: Offer; readonly buyer: Account; readonly salt: string };
export type DrawnPermit = OfEntitlement & { readonly permit: Permit };
export type DrawnClaim = OfEntitlement & { readonly claim: Claim };

/** An action and its call, but for the time. */
export type Play = Partial<Omit<Call, "at" | "by">> & { readonly by: Account; readonly action: Action };

/** What somebody is about to do. */
export type Plan = {
  /** The moment on which its outcome turns. */
  readonly moment?: number;
  /** Whether it is possible before or from that moment on. */
  readonly possible?: "before" | "after";
  /** Worth waiting for, however long it takes. */
  readonly patient?: boolean;
  readonly play: (at: number) => Play;
};

/** An aim that has nothing to aim at has no plan. */
export type Planner = (table: Table) => Plan | undefined;

export function choose<T>(things: readonly T[], pick: number): T | undefined {
  return things[pick % Math.max(things.length, 1)];
}

/** The honest thing, or one of the ways in which it is bent. */
export function bend<T>(twist: number, honest: T, ways: readonly ((honest: T) => T)[]): T {
  const way = twist === 0 ? undefined : choose(ways, twist - 1);
  return way === undefined ? honest : way(honest);
}

export function entitlementsOf({ state }: Table): readonly Entitlement[] {
  return Object.values(state.entitlements);
}

export function nameOf({ offer, buyer, salt }: OfEntitlement): string {
  return entitlementName(offer.name, buyer, salt);
}

export function runsThatAre({ state }: Table, ...statuses: readonly Run["status"][]): readonly Run[] {
  return Object.values(state.runs).filter(({ status }) => statuses.includes(status));
}

export function offerOf({ state }: Table, run: Run): Offer {
  return ownerOf(state, run).offer;
}

export function ownerOf(state: State, { entitlement }: Run): Entitlement {
  const owner = state.entitlements[entitlement];
  if (owner === undefined) throw new Error(`nobody bought ${entitlement}`);
  return owner;
}

/** How one points at a run's claim. A run without claim is pointed at with one that nobody made. */
export function referenceTo({ state }: Table, run: Run): ClaimReference {
  const { buyer, salt } = ownerOf(state, run);
  const { step, name, parent, claimed } = run;
  return {
    buyer,
    salt,
    step,
    run: name,
    claim: claimed?.claim ?? "a claim that nobody made",
    parent,
    windowEnd: claimed?.windowEnd ?? 0,
  };
}

/** Ways to point at a claim that is not there. */
export function bentReferences(table: Table): readonly ((honest: ClaimReference) => ClaimReference)[] {
  const { move, state } = table;
  const others = Object.values(state.runs).filter(({ claimed }) => claimed !== undefined);
  const other = choose(others, move.pick);
  const gone = choose(runsThatAre(table, "void", "paid"), move.pick);
  const elsewhere = choose(entitlementsOf(table), move.pick + 1);
  return [
    (honest) => (gone === undefined ? honest : referenceTo(table, gone)),
    (honest) => ({ ...honest, step: honest.step + 1 }),
    (honest) => ({ ...honest, step: Math.max(honest.step - 1, 0) }),
    (honest) => ({ ...honest, run: other?.name ?? "a run that nobody started" }),
    (honest) => ({ ...honest, run: "a run that nobody started" }),
    (honest) => ({ ...honest, claim: other?.claimed?.claim ?? "a claim that nobody made" }),
    (honest) => ({ ...honest, claim: "a claim that nobody made" }),
    (honest) => ({ ...honest, parent: { state: "elsewhere", net: "elsewhere" } }),
    (honest) => ({ ...honest, windowEnd: Math.max(honest.windowEnd - 1, 0) }),
    (honest) => ({ ...honest, windowEnd: honest.windowEnd + 1 }),
    (honest) => ({ ...honest, windowEnd: table.now }),
    (honest) => ({ ...honest, buyer: elsewhere?.buyer ?? honest.buyer, salt: elsewhere?.salt ?? honest.salt }),
    (honest) => ({ ...honest, salt: "a salt that nobody used" }),
  ];
}

/** A contract cannot sign; its owner does. */
export function keyHolder({ state }: Table, account: Account): Account {
  return state.contracts[account]?.owner ?? account;
}

export function drawnPermitOf({ permits }: Table, run: Run): DrawnPermit {
  const drawn = permits.get(run.permit);
  if (drawn === undefined) throw new Error(`nobody made ${run.permit}`);
  return drawn;
}

export function draw<T extends DrawnClaim>(table: Table, drawn: T): string {
  const name = claimName(drawn.claim, nameOf(drawn));
  table.claims.set(name, drawn);
  return name;
}
