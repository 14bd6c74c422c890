import type { Address, Hex, PublicClient } from "viem";
import type { Deployment } from "../chain/deployment.ts";
import type { Clock, RandomBytes } from "../core/effects.ts";
import type { FinalFacts } from "../evidence/finalObservation.ts";
import type { OfferTerms } from "../offers/terms.ts";
import type { BlockTag, StepOpening } from "../permits/entitlement.ts";
import type { StepPermit } from "../permits/stepPermit.ts";
import type { Database } from "../store/store.ts";
import type { AskFacts } from "./ask.ts";
import type { Custody } from "./custody.ts";
import type { Ratchet } from "./ratchet.ts";
import type { VerifyRunToken } from "./token.ts";

/** A tier-2 look at the running job: canonical bytes of observation.json. Refuses by throwing. */
export type ObserveRun = (run: {
  readonly facts: AskFacts;
  readonly terms: OfferTerms;
  readonly runsOn: string;
}) => Promise<Uint8Array>;

/** A tier-2 look at the run after it has ended. Refuses by throwing. */
export type ObserveEnd = (run: { readonly facts: AskFacts; readonly runsOn: string }) => Promise<FinalFacts>;

/**
 * Starts the pinned workflow at the pinned source and answers the run's id.
 *
 * @throws DISPATCH_REFUSED when nothing was started; any other failure leaves open whether a run was
 */
export type DispatchRun = (dispatch: {
  readonly repository: string;
  readonly workflowFile: string;
  /** 40 hex digits; dispatched through the tag `pawl/<commit>`. */
  readonly sourceCommit: string;
  readonly inputs: Readonly<Record<string, string>>;
}) => Promise<bigint>;

/** The run that carries a dispatch's nonce in its name, or undefined when GitHub shows none. */
export type FindRun = (search: {
  readonly repository: string;
  readonly dispatchNonce: Hex;
}) => Promise<bigint | undefined>;

/** Everything an on-chain consumption needs. */
export type ConsumeStep = (consumption: {
  readonly terms: OfferTerms;
  readonly buyer: Address;
  readonly salt: Hex;
  readonly permit: StepPermit;
  readonly signer: Address;
  readonly signature: Hex;
  readonly observerSignature: Hex;
  readonly stale: StepOpening | undefined;
}) => ConsumeAttempt;

export type ConsumeAttempt = {
  /** Runs the call without sending it; throws the decoded revert. */
  simulate(): Promise<void>;
  /** Sends it and waits until it is in a block. */
  send(): Promise<Hex>;
};

/** An account that signs EIP-712 digests: a local key or a KMS. */
export type DigestSigner = {
  readonly address: Address;
  signDigest(digest: Hex): Promise<Hex>;
};

export type GatewayDependencies = {
  readonly db: Database;
  readonly client: PublicClient;
  readonly deployment: Deployment;
  readonly publicUrl: string;
  readonly custody: Custody;
  readonly ratchet: Ratchet;
  readonly verifyToken: VerifyRunToken;
  readonly observe: ObserveRun;
  readonly observeEnd: ObserveEnd;
  readonly dispatch: DispatchRun;
  readonly findRun: FindRun;
  readonly consume: ConsumeStep;
  readonly signer: DigestSigner;
  readonly releaseTag: BlockTag;
  readonly clock: Clock;
  readonly random: RandomBytes;
};
