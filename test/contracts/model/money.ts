import type { Call } from "./action.ts";
import { isSignedBy, type Payment, type Permit2Message, permit2Name, tokenPermitName } from "./messages.ts";
import { refuse } from "./refusal.ts";
import { type State, stepsThatAre, type TokenState, UNLIMITED } from "./state.ts";
import { type Account, ESCROW, NATIVE_MONEY, NOBODY, type Token } from "./terms.ts";

/** Money in, money out, and what is owed in between. */

/** What a payment is for. */
export type Bill = Pick<Permit2Message, "pays" | "offer" | "steps" | "buyer" | "salt"> & {
  readonly token: Token;
  readonly amount: bigint;
};

/** Takes exactly the amount of the bill, in whatever way it is paid. */
export function take(state: State, call: Call, bill: Bill, payment: Payment): void {
  if (payment.by !== "call" && bill.token === NATIVE_MONEY) refuse("TokenMissing");
  if (payment.by === "Permit2") {
    takeThroughPermit2(state, call, bill, payment);
    return;
  }
  if (payment.by === "EIP-2612") redeemPermit(state, call, bill, payment);
  takeFromCaller(state, call, bill);
}

function takeFromCaller(state: State, call: Call, { token, amount }: Bill): void {
  if (token === NATIVE_MONEY) {
    if (call.value !== amount) refuse("WrongPayment", { expected: amount, actual: call.value });
    takeValue(state, call);
    return;
  }
  if (call.value !== 0n) refuse("WrongPayment", { expected: 0n, actual: call.value });
  const erc20 = tokenOf(state, token);
  const before = balanceOf(erc20, ESCROW);
  const allowed = erc20.allowances[call.by] ?? 0n;
  if (allowed < amount || !move(erc20, call.by, ESCROW, amount)) refuse("TokenTransferFailed", { token });
  if (allowed !== UNLIMITED) erc20.allowances[call.by] = allowed - amount;
  requireReceived(erc20, before, { token, amount });
}

/** A permit that is not good is passed over: somebody else may have used it first, and its allowance is there. */
function redeemPermit(
  state: State,
  call: Call,
  { token, amount }: Bill,
  { permit, signature }: Extract<Payment, { by: "EIP-2612" }>,
): void {
  const erc20 = tokenOf(state, token);
  const { permitsUsed } = erc20;
  if (permitsUsed === undefined || call.at > permit.deadline) return;
  const nonce = permitsUsed[call.by] ?? 0;
  const due = tokenPermitName({ token, owner: call.by, amount, nonce, deadline: permit.deadline });
  if (signature.key !== call.by || signature.over !== due) return;
  permitsUsed[call.by] = nonce + 1;
  erc20.allowances[call.by] = amount;
}

/** Whoever submits it: the signature is good for this bill and no other. */
function takeThroughPermit2(
  state: State,
  call: Call,
  { token, amount, pays, offer, steps, buyer, salt }: Bill,
  { payer, message, signature }: Extract<Payment, { by: "Permit2" }>,
): void {
  const { nonce, deadline } = message;
  if (call.at > deadline) refuse("Permit2Refused", { reason: "SignatureExpired" });
  if (state.permit2Nonces.some((used) => used.payer === payer && used.nonce === nonce)) {
    refuse("Permit2Refused", { reason: "InvalidNonce" });
  }
  const due = permit2Name({ token, amount, nonce, deadline, pays, offer, steps, buyer, salt });
  if (!isSignedBy(state, signature, payer, due)) refuse("Permit2Refused", { reason: "InvalidSigner" });
  state.permit2Nonces.push({ payer, nonce });
  const erc20 = tokenOf(state, token);
  const before = balanceOf(erc20, ESCROW);
  const allowed = erc20.permit2Allowances[payer] ?? 0n;
  if (allowed < amount || !move(erc20, payer, ESCROW, amount)) refuse("Permit2Refused", { reason: "the token's own" });
  requireReceived(erc20, before, { token, amount });
}

function requireReceived(erc20: TokenState, before: bigint, { token, amount }: Pick<Bill, "token" | "amount">): void {
  const after = balanceOf(erc20, ESCROW);
  const received = after > before ? after - before : 0n;
  if (received !== amount) refuse("TokenAmountMismatch", { token, expected: amount, actual: received });
}

/** The native money sent along with a call. */
export function takeValue(state: State, call: Call): void {
  give(tokenOf(state, NATIVE_MONEY), call.by, ESCROW, call.value);
}

/** Pays out to whomever the owner named. Whatever goes wrong, the money stays the owner's. */
export function payOut(state: State, token: Token, to: Account, amount: bigint): void {
  if (to === NOBODY || to === ESCROW) refuse("ReceiverMissing");
  if (token === NATIVE_MONEY) {
    if (state.contracts[to]?.refusesMoney) refuse("ReceiverRefused", { to });
    give(tokenOf(state, NATIVE_MONEY), ESCROW, to, amount);
    return;
  }
  const erc20 = tokenOf(state, token);
  const before = balanceOf(erc20, ESCROW);
  if (!move(erc20, ESCROW, to, amount)) refuse("TokenTransferFailed", { token });
  const sent = before - balanceOf(erc20, ESCROW);
  if (sent !== amount) refuse("TokenAmountMismatch", { token, expected: amount, actual: sent });
}

/** Makes money withdrawable. */
export function credit(state: State, token: Token, owner: Account, amount: bigint): void {
  if (amount === 0n) return;
  state.credits[token] ??= {};
  state.credits[token][owner] = creditOf(state, token, owner) + amount;
}

export function creditOf(state: State, token: Token, owner: Account): bigint {
  return state.credits[token]?.[owner] ?? 0n;
}

/** Gives up to `amount` of the stake behind an offer to somebody whom a false claim harmed. */
export function slash(state: State, offer: string, to: Account, amount: bigint): void {
  const stake = state.stakes[offer];
  if (stake === undefined) return;
  const paid = amount < stake.amount ? amount : stake.amount;
  stake.amount -= paid;
  credit(state, NATIVE_MONEY, to, paid);
}

// ---------------------------------------------------------------- tokens

function tokenOf(state: State, token: Token): TokenState {
  const known = state.tokens[token];
  if (known === undefined) throw new Error(`the model knows no ${token}`);
  return known;
}

function balanceOf({ balances }: TokenState, owner: Account): bigint {
  return balances[owner] ?? 0n;
}

function give(token: TokenState, from: Account, to: Account, amount: bigint): void {
  token.balances[from] = balanceOf(token, from) - amount;
  token.balances[to] = balanceOf(token, to) + amount;
}

/** One transfer of an ERC-20 that may misbehave. False where it answers false or reverts. */
function move(token: TokenState, from: Account, to: Account, amount: bigint): boolean {
  switch (token.mood) {
    case "reverts":
    case "answers false":
      return false;
    case "drains":
      // Nothing is moved, and the receiver even loses a unit.
      if (balanceOf(token, to) > 0n) token.balances[to] = balanceOf(token, to) - 1n;
      return true;
    case "keeps a fee":
    case "honest": {
      if (balanceOf(token, from) < amount) return false;
      const fee = token.mood === "honest" ? 0n : amount / 100n;
      give(token, from, to, amount - fee);
      token.balances[from] = balanceOf(token, from) - fee;
      return true;
    }
  }
}

// ---------------------------------------------------------------- what the escrow owes

export function bondsHeld(state: State): bigint {
  return sum(state.challenges.map(({ bond }) => bond));
}

/** Everything that the escrow holds of a token is somebody's: deposits, bonds, stakes, credits and earnings. */
export function owedIn(state: State, token: Token): bigint {
  const entitlements = Object.values(state.entitlements).filter(({ offer }) => offer.terms.token === token);
  const deposits = entitlements.map(
    (entitlement) =>
      entitlement.offer.terms.price * BigInt(entitlement.steps.length - stepsThatAre("paid", entitlement).length),
  );
  const offers = new Map(entitlements.map(({ offer }) => [offer.name, offer]));
  const earnings = [...offers.keys()].map((offer) => state.earnings[offer] ?? 0n);
  const credits = Object.values(state.credits[token] ?? {});
  const native =
    token === NATIVE_MONEY ? [bondsHeld(state), ...Object.values(state.stakes).map(({ amount }) => amount)] : [];
  return sum([...deposits, ...earnings, ...credits, ...native]);
}

export function heldIn(state: State, token: Token): bigint {
  return balanceOf(tokenOf(state, token), ESCROW);
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
