import type { GitHubRun, Position, State } from "./state.ts";
import type { Account, Token } from "./terms.ts";

/** What people sign and hand over. */

/** Made with somebody's key over something that has a name. */
export type Signature = { readonly key: Account; readonly over: string };

/** Accounts that are contracts sign with their owner's key. */
export function isSignedBy(state: State, signature: Signature, signer: Account, over: string): boolean {
  const key = state.contracts[signer]?.owner ?? signer;
  return signature.key === key && signature.over === over;
}

/** A buyer's leave for one run to take one step. The name stands for all that is in it. */
export type Permit = GitHubRun & {
  readonly name: string;
  readonly epoch: number;
  readonly step: number;
  readonly commit: string;
  readonly parent: Position;
  /** What was seen of the live run; "" for nothing. */
  readonly observation: string;
  /** Last moment of use. */
  readonly deadline: number;
};

/** The signed form also names the entitlement. */
export function permitName(permit: Permit, entitlement: string): string {
  return `${permit.name} (${entitlement})`;
}

export function observationName(run: string, observation: string): string {
  return `${observation} of ${run}`;
}

/** A permit as the gateway presents it. */
export type Consumption = {
  readonly buyer: Account;
  readonly salt: string;
  readonly permit: Permit;
  readonly signer: Account;
  readonly signature: Signature;
  readonly observerSignature: Signature;
  /** A run that is in the way because it missed its deadline. */
  readonly stale: { readonly run: string; readonly permit: string } | undefined;
};

/** A buyer's leave for somebody else to sign permits. */
export type DelegationMessage = {
  readonly entitlement: string;
  readonly delegate: Account;
  readonly lastStep: number;
  readonly validUntil: number;
  /** The entitlement's rejections for which it holds. */
  readonly rejections: number;
  readonly nonce: string;
  /** Last moment of registration. */
  readonly deadline: number;
};

export function delegationName(message: DelegationMessage): string {
  return `delegation ${Object.values(message).join(", ")}`;
}

/** What a run says it did. The name stands for all that is in it. */
export type Claim = {
  readonly name: string;
  readonly step: number;
  readonly permit: string;
  readonly next: Position;
};

/** The hashed form also names the entitlement. */
export function claimName(claim: Claim, entitlement: string): string {
  return `${claim.name} (${entitlement})`;
}

/** A claim with the verifier's approval. */
export type SignedClaim = {
  readonly buyer: Account;
  readonly salt: string;
  readonly run: string;
  readonly parent: Position;
  readonly claim: Claim;
  /** Last moment of use. */
  readonly deadline: number;
  readonly signature: Signature;
};

export function approvalName(claim: string, deadline: number): string {
  return `approval of ${claim} until ${deadline}`;
}

/** A claim with evidence for the on-chain verifier. */
export type ProvenClaim = {
  readonly buyer: Account;
  readonly salt: string;
  readonly claim: Claim;
  readonly permit: Permit;
  /** What the evidence attests, the opening it was prepared for, and when it was logged. */
  readonly proof: { readonly claim: string; readonly openedAt: number; readonly logTime: number };
};

/** How people point at a claim. */
export type ClaimReference = {
  readonly buyer: Account;
  readonly salt: string;
  readonly step: number;
  readonly run: string;
  readonly claim: string;
  readonly parent: Position;
  /** As it stands now: it may have been brought forward. */
  readonly windowEnd: number;
};

export function acknowledgementName(entitlement: string, { step, claim }: ClaimReference): string {
  return `acknowledgement of ${claim} as step ${step} of ${entitlement}`;
}

/** EIP-2612: leave to take exactly this much of a token from its owner. */
export type TokenPermit = {
  readonly token: Token;
  readonly owner: Account;
  readonly amount: bigint;
  readonly nonce: number;
  /** Last moment of use. */
  readonly deadline: number;
};

export function tokenPermitName(permit: TokenPermit): string {
  return `token permit ${Object.values(permit).join(", ")}`;
}

/** Permit2: leave to take exactly this much for exactly this. */
export type Permit2Message = {
  readonly token: Token;
  readonly amount: bigint;
  readonly nonce: number;
  /** Last moment of use. */
  readonly deadline: number;
  readonly pays: "purchase" | "topUp";
  readonly offer: string;
  readonly steps: number;
  readonly buyer: Account;
  readonly salt: string;
};

export function permit2Name(message: Permit2Message): string {
  return `Permit2 payment ${Object.values(message).join(", ")}`;
}

/** How the money for a purchase or top-up comes. */
export type Payment =
  | { readonly by: "call" }
  | { readonly by: "EIP-2612"; readonly permit: TokenPermit; readonly signature: Signature }
  | {
      readonly by: "Permit2";
      readonly payer: Account;
      readonly message: Permit2Message;
      readonly signature: Signature;
    };
