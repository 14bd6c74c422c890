/** People and contracts go by name here; on the chain they are addresses. */
export type Account = string;
/** The empty address: no observer, no arbiter, no receiver. */
export const NOBODY: Account = "nobody";
/** The account that holds all money of the market. */
export const ESCROW: Account = "escrow";

export type Token = string;
export const NATIVE_MONEY: Token = "native money";

/** What a seller offers. Times are unix seconds, windows seconds, money the smallest unit. */
export type Terms = {
  readonly seller: Account;
  readonly token: Token;
  /** Of one step. */
  readonly price: bigint;
  /** Most steps of one entitlement. */
  readonly maxSteps: number;
  /** Most steps opened and not yet paid. */
  readonly maxPending: number;
  /** End of sales. */
  readonly validUntil: number;
  /** How long after the purchase steps can be opened. */
  readonly entitlementTtl: number;
  readonly stepTimeout: number;
  readonly disputeWindow: number;
  readonly proofWindow: number;
  readonly arbitrationWindow: number;
  readonly conductBond: bigint;
  /** The part of the conduct bond that pays the arbiter for a ruling. */
  readonly arbiterFee: bigint;
  readonly gateway: Account;
  readonly verifier: Account;
  readonly observer: Account;
  readonly arbiter: Account;
  /** "" is missing. */
  readonly signerWorkflow: string;
  /** "" is missing. */
  readonly signerCommit: string;
  /** 0 lets the permit name any. */
  readonly sourceRepository: number;
  /** "" lets the permit name any. */
  readonly sourceCommit: string;
  /** The policy capsule whose hash the terms hold. */
  readonly policy: string;
  readonly runnerTier: number;
  /** Whether evidence can be proven on-chain. */
  readonly provable: boolean;
};

/** Terms travel with every call; their hash is the offer's id, so a name stands for exactly one set of terms. */
export type Offer = { readonly name: string; readonly terms: Terms };

/** What a deployment is built with. */
export type Figures = {
  readonly limits: {
    readonly minStepTimeout: number;
    readonly maxStepTimeout: number;
    readonly minDisputeWindow: number;
    readonly maxDisputeWindow: number;
    readonly minProofWindow: number;
    readonly maxProofWindow: number;
    readonly minArbitrationWindow: number;
    readonly maxArbitrationWindow: number;
    readonly minEntitlementTtl: number;
    readonly maxEntitlementTtl: number;
    readonly maxConductBond: bigint;
  };
  readonly minBond: bigint;
  readonly proofGas: bigint;
};
