import type { ActionOf, Call } from "./action.ts";
import { type Bill, credit, take } from "./money.ts";
import { refuse } from "./refusal.ts";
import { type Entitlement, entitlementName, type State, type Step, stepsThatAre } from "./state.ts";
import { NOBODY, type Offer } from "./terms.ts";

/** Rows 3, 4 and 5: buying steps and getting unopened ones back. */

const UNOPENED: Step = { status: "unopened" };

export function purchase(state: State, call: Call, action: ActionOf<"purchase">): void {
  const { offer, buyer, salt, steps } = action;
  const { terms } = offer;
  requireForSale(state, call, offer);
  if (buyer === NOBODY) refuse("BuyerMissing");
  if (steps < 1 || steps > terms.maxSteps) refuse("StepsOutOfRange", { steps, max: terms.maxSteps });
  const name = entitlementName(offer.name, buyer, salt);
  if (state.entitlements[name] !== undefined) refuse("EntitlementExists", { entitlement: name });

  state.entitlements[name] = {
    offer,
    buyer,
    salt,
    expiresAt: call.at + terms.entitlementTtl,
    steps: Array.from({ length: steps }, () => UNOPENED),
    cancels: 0,
    rejections: 0,
    delegations: {},
  };
  take(state, call, billOf(action), action.payment);
}

/** The expiry stays where it is. */
export function topUp(state: State, call: Call, action: ActionOf<"topUp">): void {
  const { offer, buyer, salt, steps } = action;
  const { terms } = offer;
  requireForSale(state, call, offer);
  const entitlement = existing(state, entitlementName(offer.name, buyer, salt));
  if (call.at >= entitlement.expiresAt) refuse("EntitlementExpired", { expiresAt: entitlement.expiresAt });
  const free = terms.maxSteps - entitlement.steps.length;
  if (steps < 1 || steps > free) refuse("StepsOutOfRange", { steps, max: free });

  for (let added = 0; added < steps; added++) entitlement.steps.push(UNOPENED);
  take(state, call, billOf(action), action.payment);
}

/** The buyer at any time, anyone once the entitlement has expired: the money is the buyer's either way. */
export function refund(state: State, call: Call, { offer, buyer, salt, steps }: ActionOf<"refund">): void {
  const entitlement = existing(state, entitlementName(offer.name, buyer, salt));
  if (call.by !== buyer && call.at < entitlement.expiresAt) refuse("NotBuyer", { caller: call.by, buyer });
  const unopened = stepsThatAre("unopened", entitlement).length;
  const count = steps === "all" ? unopened : steps;
  if (count < 1 || count > unopened) refuse("StepsOutOfRange", { steps: count, max: unopened });

  // Unopened steps are the last ones.
  entitlement.steps.splice(-count);
  credit(state, offer.terms.token, buyer, offer.terms.price * BigInt(count));
}

/** Makes every permit that was not used yet worthless. */
export function cancelPermits(state: State, call: Call, { offer, salt }: ActionOf<"cancelPermits">): void {
  existing(state, entitlementName(offer.name, call.by, salt)).cancels += 1;
}

export function existing(state: State, name: string): Entitlement {
  return state.entitlements[name] ?? refuse("NoSuchEntitlement", { entitlement: name });
}

function billOf({ do: pays, offer, buyer, salt, steps }: ActionOf<"purchase" | "topUp">): Bill {
  const { name, terms } = offer;
  return { pays, offer: name, token: terms.token, amount: terms.price * BigInt(steps), steps, buyer, salt };
}

function requireForSale(state: State, call: Call, { name, terms }: Offer): void {
  if (state.offers[name]?.status !== "live") refuse("OfferNotLive", { offerId: name });
  if (call.at >= terms.validUntil) refuse("SaleEnded", { validUntil: terms.validUntil });
}
