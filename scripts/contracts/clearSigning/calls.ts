import { VALUE } from "./words.ts";

/** What a wallet shows of a call or message. Every member is in exactly one of the three lists. */
export type Statement = {
  readonly intent: string;
  /** One sentence with values in it, for wallets that show sentences. */
  readonly sentence?: string;
  /** Paths that are always shown, in this order; labels that say more than the member's own are given here. */
  readonly shows: readonly (string | readonly [path: string, label: string])[];
  /** Paths, or structs with all that is left of them, that are shown where there is room. */
  readonly details?: readonly string[];
  /** Paths, or structs with all that is left of them, that are not shown, each with the reason. */
  readonly hides?: Readonly<Record<string, string>>;
};

const IDENTITY = "Part of the offer's id: with any other value the call names no offer and fails.";
const SALT = "Tells equal things apart; grants nothing.";
const HANDLE = "Names the claim: with any other value the call fails.";
const SIGNED = "A signature: the contract checks it, and nobody can read it.";
const PROOF = "A proof: the contract checks it, and nobody can read it.";
const STALE = "A run that has timed out anyway, and is voided first.";
const INSIDE = "Bound by the signature that the contract checks.";

const PRICE = ["terms.price", "terms.seller"] as const;
const OFFER = ["terms.entitlementTtl", "terms.disputeWindow", "terms.arbiter", "terms.runnerTier"] as const;
const CLAIMED = { "claimed.salt": SALT, "claimed.parentHead": HANDLE, "claimed.runKey": HANDLE };

const buying = (intent: string): Statement => ({
  intent,
  sentence: `${intent}: {steps} at {terms.price} each, for {buyer}`,
  shows: ["steps", ...PRICE, "buyer", ...OFFER],
  details: ["terms"],
  hides: { salt: SALT },
});
const inToken = (statement: Statement, also: Pick<Statement, "shows" | "hides">): Statement => ({
  ...statement,
  shows: [...statement.shows, ...also.shows],
  hides: { ...statement.hides, ...also.hides },
});
const PERMIT = {
  shows: ["permit.deadline"],
  hides: { "permit.v": SIGNED, "permit.r": SIGNED, "permit.s": SIGNED },
};
const PERMIT2 = {
  shows: ["payment.payer", "payment.deadline"],
  hides: { "payment.nonce": "Used once by Permit2; grants nothing.", "payment.signature": SIGNED },
};
const buy = buying("Buy steps");
const add = buying("Add steps");

const ofClaim = (intent: string, shows: Statement["shows"] = []): Statement => ({
  intent,
  shows: ["claimed.step", "claimed.buyer", ...shows],
  details: ["terms.seller", "claimed.claimHash", "claimed.windowEnd"],
  hides: { terms: IDENTITY, ...CLAIMED },
});
const ofSeller = (intent: string, shows: Statement["shows"] = []): Statement => ({
  intent,
  shows: [...shows, "terms.price"],
  details: ["terms.seller", "terms.token"],
  hides: { terms: IDENTITY },
});

const SIGNED_CLAIM = (signed: string): Statement => ({
  intent: "Submit a verified claim",
  shows: [`${signed}.claim.step`, `${signed}.buyer`, `${signed}.evidenceLocator`],
  details: [
    "terms.seller",
    `${signed}.claim`,
    `${signed}.reportHash`,
    `${signed}.evidenceHash`,
    `${signed}.deadline`,
    `${signed}.runKey`,
  ],
  hides: {
    terms: IDENTITY,
    [`${signed}.salt`]: SALT,
    [`${signed}.parentHead`]: HANDLE,
    [`${signed}.signature`]: SIGNED,
  },
});
const CONSUMPTION = (consumption: string): Statement => ({
  intent: "Open a step with the buyer's permit",
  shows: [`${consumption}.permit.step`, `${consumption}.buyer`, `${consumption}.permit.deadline`],
  details: ["terms.seller", `${consumption}.signer`, `${consumption}.permit`],
  hides: {
    terms: IDENTITY,
    [`${consumption}.salt`]: SALT,
    [`${consumption}.signature`]: SIGNED,
    [`${consumption}.observerSignature`]: SIGNED,
    [`${consumption}.staleRunKey`]: STALE,
    [`${consumption}.stalePermitHash`]: STALE,
  },
});
const PROVEN_CLAIM: Pick<Statement, "shows" | "details" | "hides"> = {
  shows: ["proven.claim.step", "proven.buyer", "proven.evidenceLocator"],
  details: ["terms.seller", "proven.claim", "proven.evidenceHash"],
  hides: { terms: IDENTITY, "proven.salt": SALT, "proven.permit": INSIDE, "proven.proof": PROOF },
};

/** Calls that people's wallets send, by contract and function. */
export const calls: Readonly<Record<string, Readonly<Record<string, Statement>>>> = {
  OfferRegistry: {
    publish: {
      intent: "Publish an offer",
      sentence: "Publish an offer at {terms.price} per step, paid to {terms.seller}",
      shows: [...PRICE, ["terms.validUntil", "On sale until"], "terms.gateway", "terms.verifier", ...OFFER],
      details: ["terms", "policy"],
    },
    retire: { intent: "End the sale of an offer for good", shows: ["offerId"] },
  },
  Escrow: {
    purchase: { ...buy, shows: [[VALUE, "Native money you send"], ...buy.shows] },
    purchaseWithPermit: inToken(buy, PERMIT),
    purchaseWithPermit2: inToken(buy, PERMIT2),
    topUp: { ...add, shows: [[VALUE, "Native money you send"], ...add.shows] },
    topUpWithPermit: inToken(add, PERMIT),
    topUpWithPermit2: inToken(add, PERMIT2),
    refund: {
      intent: "Refund unopened steps",
      shows: [["steps", "Steps (16777215: all)"], ...PRICE, ["buyer", "Credited to"]],
      hides: { terms: IDENTITY, salt: SALT },
    },
    cancelPermits: { intent: "Cancel all your permits", shows: ["offerId"], hides: { salt: SALT } },
    timeout: {
      intent: "Free a step that timed out",
      shows: ["entitlement"],
      hides: { runKey: HANDLE, permitHash: HANDLE, parentHead: HANDLE },
    },
    finalize: {
      intent: "Pay a claimed step",
      shows: ["claimed.step", "claimed.buyer", "offerId"],
      details: ["claimed.claimHash", "claimed.windowEnd"],
      hides: CLAIMED,
    },
    finalizeBatch: {
      intent: "Pay claimed steps",
      shows: ["claimed.[].step", "claimed.[].buyer", "offerId"],
      details: ["claimed.[].claimHash", "claimed.[].windowEnd"],
      hides: { "claimed.[].salt": SALT, "claimed.[].parentHead": HANDLE, "claimed.[].runKey": HANDLE },
    },
    withdraw: { intent: "Withdraw all your credit", shows: ["token", "to"] },
    withdrawEarnings: {
      intent: "Withdraw all earnings of an offer",
      shows: ["terms.token", "to"],
      details: ["terms.seller"],
      hides: { terms: IDENTITY },
    },
    postStake: ofSeller("Put stake behind an offer", [[VALUE, "Stake"]]),
    noticeStake: ofSeller("Announce the withdrawal of a stake"),
    withdrawStake: ofSeller("Withdraw a stake"),
  },
  PermitConsumer: {
    consume: CONSUMPTION("consumption"),
    consumeBatch: { ...CONSUMPTION("consumptions.[]"), intent: "Open steps with the buyer's permits" },
    delegate: {
      intent: "Let another key permit steps",
      sentence: "Let {delegate_} permit steps up to {lastStep}, until {validUntil}",
      shows: ["delegate_", "lastStep", "validUntil", "offerId"],
      hides: { salt: SALT },
    },
    delegateBySignature: {
      intent: "Register a buyer's delegate",
      shows: ["buyer", "delegation.delegate", "delegation.lastStep", "delegation.validUntil"],
      details: ["offerId", "delegation"],
      hides: { salt: SALT, signature: SIGNED },
    },
    revokeDelegate: {
      intent: "Revoke a delegate",
      shows: ["delegate_", "offerId"],
      details: ["nonce"],
      hides: { salt: SALT },
    },
    burnDelegationNonce: { intent: "Make a signed delegation worthless", shows: ["nonce"] },
  },
  Settlement: {
    claim: SIGNED_CLAIM("signed"),
    claimBatch: { ...SIGNED_CLAIM("signed.[]"), intent: "Submit verified claims" },
    claimWithProof: { intent: "Submit a proven claim", ...PROVEN_CLAIM },
    prove: {
      intent: "Prove a claim",
      ...PROVEN_CLAIM,
      hides: { ...PROVEN_CLAIM.hides, windowEnd: HANDLE },
    },
    acknowledge: {
      ...ofClaim("Accept a claim and let it be paid at once", ["terms.price"]),
      hides: { terms: IDENTITY, ...CLAIMED, signature: SIGNED },
    },
    challengeEvidence: ofClaim("Demand proof of a claim", [[VALUE, "Bond (lost if it is proven)"]]),
    challengeConduct: {
      ...ofClaim("Put a step before the arbiter", [[VALUE, "Bond"], "terms.arbiter", "terms.arbiterFee"]),
      details: ["terms.seller", "claimed.claimHash", "claimed.windowEnd", "statementHash", "statementLocator"],
    },
    rejectUnproven: ofClaim("Reject a claim that was not proven"),
    rule: ofClaim("Rule on a step", ["ruling", "sellerShare", "terms.price"]),
    rejectUnruled: ofClaim("Reject a claim that was not ruled on"),
    reclaimBond: { intent: "Get back the bond of a void challenge", shows: ["kind", "runKey"] },
  },
};

const BY_LEDGER = "Called by Pawl's own contracts only.";

/** Functions that change state and are no wallet's business. */
export const internalCalls: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Escrow: {
    recordOpening: BY_LEDGER,
    recordClaim: BY_LEDGER,
    recordProof: BY_LEDGER,
    endWindow: BY_LEDGER,
    openEvidenceChallenge: BY_LEDGER,
    openConductChallenge: BY_LEDGER,
    recordUpheld: BY_LEDGER,
    recordSplit: BY_LEDGER,
    reject: BY_LEDGER,
    payBond: BY_LEDGER,
    slash: BY_LEDGER,
  },
};
