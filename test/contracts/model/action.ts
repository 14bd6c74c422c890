import type {
  ClaimReference,
  Consumption,
  DelegationMessage,
  Payment,
  ProvenClaim,
  Signature,
  SignedClaim,
} from "./messages.ts";
import type { ChallengeKind, Position, TokenState } from "./state.ts";
import type { Account, Offer, Token } from "./terms.ts";

/** Who calls, when, with how much native money, and what gas costs at that moment. */
export type Call = {
  readonly by: Account;
  readonly at: number;
  readonly value: bigint;
  readonly baseFee: bigint;
};

type OfOffer = { readonly offer: Offer };
type OfEntitlement = OfOffer & { readonly buyer: Account; readonly salt: string };
/** The caller's own. */
type OfMyEntitlement = OfOffer & { readonly salt: string };
type OfClaim = OfOffer & { readonly claimed: ClaimReference };

type Actions = {
  publish: OfOffer & { readonly policy: string };
  retire: OfOffer;
  purchase: OfEntitlement & { readonly steps: number; readonly payment: Payment };
  topUp: OfEntitlement & { readonly steps: number; readonly payment: Payment };
  refund: OfEntitlement & { readonly steps: number | "all" };
  cancelPermits: OfMyEntitlement;
  consume: OfOffer & { readonly consumption: Consumption };
  consumeBatch: OfOffer & { readonly consumptions: readonly Consumption[] };
  timeout: {
    readonly entitlement: string;
    readonly run: string;
    readonly permit: string;
    readonly parent: Position;
  };
  delegate: OfMyEntitlement & {
    readonly delegate: Account;
    readonly lastStep: number;
    readonly validUntil: number;
  };
  delegateBySignature: OfEntitlement & { readonly message: DelegationMessage; readonly signature: Signature };
  revokeDelegate: OfMyEntitlement & { readonly delegate: Account; readonly nonce: string };
  burnDelegationNonce: { readonly nonce: string };
  claim: OfOffer & { readonly signed: SignedClaim };
  claimBatch: OfOffer & { readonly signed: readonly SignedClaim[] };
  claimWithProof: OfOffer & { readonly proven: ProvenClaim };
  prove: OfOffer & { readonly proven: ProvenClaim; readonly windowEnd: number };
  acknowledge: OfClaim & { readonly signature: Signature };
  finalize: OfClaim;
  finalizeBatch: OfOffer & { readonly claimed: readonly ClaimReference[] };
  challengeEvidence: OfClaim;
  challengeConduct: OfClaim;
  rejectUnproven: OfClaim;
  rule: OfClaim & { readonly ruling: "upheld" | "split" | "rejected"; readonly sellerShare: bigint };
  rejectUnruled: OfClaim;
  reclaimBond: { readonly run: string; readonly kind: ChallengeKind };
  withdraw: { readonly token: Token; readonly to: Account };
  withdrawEarnings: OfOffer & { readonly to: Account };
  postStake: OfOffer;
  noticeStake: OfOffer;
  withdrawStake: OfOffer;
  /** Somebody calls a part of the ledger that only its sister contracts may call. */
  trespass: { readonly into: string };
  // Not acts of the market, but of the world around it.
  changeToken: { readonly token: Token; readonly mood: TokenState["mood"] };
  revokeRoot: Record<never, never>;
};

export type ActionKind = keyof Actions;
export type ActionOf<Kind extends ActionKind> = { [K in Kind]: { readonly do: K } & Actions[K] }[Kind];
export type Action = ActionOf<ActionKind>;
