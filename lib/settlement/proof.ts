import {
  type Address,
  type ContractFunctionArgs,
  encodeAbiParameters,
  getAbiItem,
  type Hex,
  type PublicClient,
} from "viem";
import type { CapsuleParts } from "../capsule/capsule.ts";
import type { Deployment } from "../chain/deployment.ts";
import { settlementAbi, sigstoreVerifierAbi } from "../chain/generated/abis.ts";
import { readIsOpen, readRun } from "../chain/reads.ts";
import type { Call } from "../chain/transact.ts";
import { sha256Hex } from "../core/hash.ts";
import { decodeClaim } from "../evidence/claim.ts";
import { logTimeOf, type OnchainAttestation, prepareAttestation } from "../evidence/onchain/attestation.ts";
import { counts, type Evidence, readQueuedRoots } from "../evidence/onchain/queuedRoots.ts";
import { parseTrade } from "../evidence/trade.ts";
import type { StepPermit } from "../permits/stepPermit.ts";
import { readPendingClaim } from "./claimedStep.ts";
import type { Consumption } from "./consumption.ts";
import { settlementError } from "./errors.ts";

/** A claim with its attestation, field for field the `ProvenClaim` of the contracts. */
export type ProvenClaim = ContractFunctionArgs<typeof settlementAbi, "nonpayable", "claimWithProof">[1];

/**
 * A proof that is ready to be sent. `settles` is a claim that is not made yet and is made by it; `answers` a claim that
 * was made by signature, and is proven by it, challenged or not.
 */
export type PreparedProof = { readonly claimHash: Hex; readonly entitlement: Hex; readonly step: number } & (
  | { readonly kind: "settles"; readonly call: Call<typeof settlementAbi, "claimWithProof"> }
  | { readonly kind: "answers"; readonly call: Call<typeof settlementAbi, "prove"> }
);

export type ProofSubject = {
  readonly parts: CapsuleParts;
  readonly consumption: Consumption;
  /** Of the published capsule. Both are recorded beside the claim, and nothing trusts them. */
  readonly evidenceHash: Hex;
  readonly evidenceLocator: string;
};

/**
 * Prepares the proof of a step from its evidence. The evidence itself should have been verified before: a proof of
 * evidence that does not hold is refused by the contract, at the sender's cost.
 *
 * @throws PROOF_*, ATTESTATION_*, the chain's failures
 */
export async function prepareProof(
  client: PublicClient,
  deployment: Deployment,
  subject: ProofSubject,
): Promise<PreparedProof> {
  const { parts, consumption } = subject;
  const { identity } = consumption;
  const { terms } = identity.offer;
  const { evidence } = deployment;
  if (!evidence) throw settlementError("PROOF_NOT_DEPLOYED", { settlement: deployment.settlement });
  if (!terms.provable) throw settlementError("PROOF_NOT_PROVABLE", { offer: identity.offer.offerId });
  const proven = await provenClaimOf(client, deployment, evidence, subject);
  const { step } = proven.claim;
  const claimHash = sha256Hex(parts.claim);
  const base = { claimHash, entitlement: identity.id, step };
  const to = { address: deployment.settlement, abi: settlementAbi } as const;

  const pending = await readPendingClaim(client, deployment, identity, step);
  if (pending?.claimed.claimHash === claimHash) {
    const run = await readRun(client, deployment, consumption.runKey);
    if (run.proven) throw settlementError("PROOF_ALREADY_MADE", { claimHash });
    const args = [terms, proven, pending.claimed.windowEnd] as const;
    return { ...base, kind: "answers", call: { ...to, functionName: "prove", args } };
  }
  const opening = { entitlement: identity.id, ...consumption };
  if (!(await readIsOpen(client, deployment, opening))) {
    throw settlementError("PROOF_STEP_CLOSED", { entitlement: identity.id, step, runKey: consumption.runKey });
  }
  return { ...base, kind: "settles", call: { ...to, functionName: "claimWithProof", args: [terms, proven] } };
}

/**
 * An attestation as the contract reads it, under roots that count for the step. Whoever approves a claim of a provable
 * offer asks for it too: a claim that could not be proven is lost, with the stake, to anybody who demands the proof.
 *
 * @throws PROOF_*, ATTESTATION_*, the chain's failures
 */
export async function provableAttestation(
  client: PublicClient,
  deployment: Deployment,
  evidence: Evidence,
  { bundle, openedAt }: { readonly bundle: Uint8Array; readonly openedAt: number },
): Promise<OnchainAttestation> {
  const [queued, block] = await Promise.all([readQueuedRoots(client, deployment, evidence), client.getBlock()]);
  const at = { now: Number(block.timestamp), openedAt, logTime: logTimeOf(bundle) };
  // A root that does not count for this step is missed here, before anybody pays for the contract's refusal.
  const { attestation } = prepareAttestation(bundle, {
    issuers: queued.issuers.filter(({ record }) => counts(record, at)),
    logs: queued.logs.filter(({ record }) => counts(record, at)),
  });
  return attestation;
}

async function provenClaimOf(
  client: PublicClient,
  deployment: Deployment,
  evidence: Evidence,
  { parts, consumption, evidenceHash, evidenceLocator }: ProofSubject,
): Promise<ProvenClaim> {
  const { identity, openedAt } = consumption;
  const attestation = await provableAttestation(client, deployment, evidence, { bundle: parts.bundle, openedAt });
  const { chainId: _chain, settlement: _settlement, entitlement: _entitlement, ...claim } = decodeClaim(parts.claim);
  return {
    buyer: identity.buyer,
    salt: identity.salt,
    claim,
    permit: permitInputOf(parseTrade(parts.trade).expectation.permit),
    proof: encodeProof(evidence.sigstoreVerifier, attestation),
    evidenceHash,
    evidenceLocator,
  };
}

/** A proof as `TrustRoots` takes it: the verifier's address, then what that verifier reads. */
export function encodeProof(verifier: Address, attestation: OnchainAttestation): Hex {
  const { inputs } = getAbiItem({ abi: sigstoreVerifierAbi, name: "read" });
  const word = encodeAbiParameters([{ type: "address" }], [verifier]);
  return `${word}${encodeAbiParameters([inputs[1]], [attestation]).slice(2)}`;
}

/** What of a permit the contracts cannot rebuild from state and terms. */
function permitInputOf({ entitlement: _e, gateway: _g, signerCommit: _s, policyHash: _p, ...input }: StepPermit) {
  return input;
}
