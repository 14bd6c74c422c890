import { type Address, encodeAbiParameters, type Hex, keccak256, parseAbiParameters, zeroAddress } from "viem";
import { z } from "zod";
import { address, bytes20, bytes32, decimal } from "../core/encoding.ts";
import { offerError } from "./errors.ts";
import type { Policy } from "./policy.ts";
import { workflowIdentity } from "./workflowPin.ts";

/**
 * An offer's immutable terms, field for field the `OfferTerms` of the contracts. Money is in the token's smallest unit,
 * windows are seconds, `validUntil` is unix seconds. A zero address or word means "none" or "any", as each line says.
 */
export type OfferTerms = {
  readonly seller: Address;
  /** 0 = the chain's native currency. */
  readonly token: Address;
  /** Per step. */
  readonly price: bigint;
  readonly maxSteps: number;
  readonly maxPending: number;
  readonly validUntil: number;
  readonly entitlementTtl: number;
  readonly stepTimeout: number;
  readonly disputeWindow: number;
  readonly proofWindow: number;
  readonly arbitrationWindow: number;
  readonly conductBond: bigint;
  readonly arbiterFee: bigint;
  readonly gateway: Address;
  readonly verifier: Address;
  /** 0 = none. */
  readonly observer: Address;
  /** 0 = none. */
  readonly arbiter: Address;
  /** SHA-256 of the utf8 path `owner/repo/.github/workflows/f.yml` of the workflow that defines the job. */
  readonly signerWorkflow: Hex;
  readonly signerCommit: Hex;
  /** Same form; 0 = any caller. */
  readonly callerWorkflow: Hex;
  /** 0 = named in the permit. */
  readonly sourceRepositoryId: bigint;
  /** 0 = any. */
  readonly sourceOwnerId: bigint;
  /** 0 = any. */
  readonly sourceCommit: Hex;
  readonly policyHash: Hex;
  readonly runnerTier: number;
  readonly provable: boolean;
  readonly salt: Hex;
};

/** The ABI tuple of {@link OfferTerms}; a test holds it against the compiled contracts. */
export const offerTermsParameters = parseAbiParameters([
  "OfferTerms terms",
  "struct OfferTerms { address seller; address token; uint96 price; uint24 maxSteps; uint8 maxPending; uint40 validUntil; uint40 entitlementTtl; uint32 stepTimeout; uint32 disputeWindow; uint32 proofWindow; uint32 arbitrationWindow; uint96 conductBond; uint96 arbiterFee; address gateway; address verifier; address observer; address arbiter; bytes32 signerWorkflow; bytes20 signerCommit; bytes32 callerWorkflow; uint64 sourceRepositoryId; uint64 sourceOwnerId; bytes20 sourceCommit; bytes32 policyHash; uint8 runnerTier; bool provable; bytes32 salt; }",
]);

/** `offerId = keccak256(abi.encode(terms))`. */
export function offerIdOf(terms: OfferTerms): Hex {
  return keccak256(encodeAbiParameters(offerTermsParameters, [terms]));
}

/** `entitlementId = keccak256(abi.encode(offerId, buyer, salt))`. */
export function entitlementIdOf(offerId: Hex, buyer: Address, salt: Hex): Hex {
  return keccak256(encodeAbiParameters(parseAbiParameters("bytes32, address, bytes32"), [offerId, buyer, salt]));
}

const uintWithin = (bits: number) =>
  decimal.transform(BigInt).refine((value) => value < 1n << BigInt(bits), `expected an integer below 2^${bits}`);
const small = (bits: number) =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1);

/** Terms as they travel in JSON: integers of 64 bits and more are decimal strings. */
export const offerTermsSchema = z.strictObject({
  seller: address,
  token: address,
  price: uintWithin(96),
  maxSteps: small(24),
  maxPending: small(8),
  validUntil: small(40),
  entitlementTtl: small(40),
  stepTimeout: small(32),
  disputeWindow: small(32),
  proofWindow: small(32),
  arbitrationWindow: small(32),
  conductBond: uintWithin(96),
  arbiterFee: uintWithin(96),
  gateway: address,
  verifier: address,
  observer: address,
  arbiter: address,
  signerWorkflow: bytes32,
  signerCommit: bytes20,
  callerWorkflow: bytes32,
  sourceRepositoryId: uintWithin(64),
  sourceOwnerId: uintWithin(64),
  sourceCommit: bytes20,
  policyHash: bytes32,
  runnerTier: small(8),
  provable: z.boolean(),
  salt: bytes32,
});

/** The JSON form of terms, the inverse of {@link offerTermsSchema}. */
export function offerTermsJson(terms: OfferTerms): z.input<typeof offerTermsSchema> {
  return {
    ...terms,
    price: terms.price.toString(),
    conductBond: terms.conductBond.toString(),
    arbiterFee: terms.arbiterFee.toString(),
    sourceRepositoryId: terms.sourceRepositoryId.toString(),
    sourceOwnerId: terms.sourceOwnerId.toString(),
  };
}

/**
 * Checks what the contracts cannot: terms against the policy bytes they pin. Run before publishing, and again by the
 * gateway before it serves an offer.
 *
 * @throws TERMS_INCONSISTENT, POLICY_WRONG_DEPLOYMENT
 */
export function checkTermsAgainstPolicy(
  terms: OfferTerms,
  policy: Policy,
  deployment: { readonly chainId: number; readonly permitConsumer: Address },
): void {
  if (
    policy.chainId !== deployment.chainId ||
    policy.permitConsumer !== deployment.permitConsumer.toLowerCase() ||
    policy.gateway !== terms.gateway.toLowerCase()
  ) {
    throw offerError("POLICY_WRONG_DEPLOYMENT", {
      policyChainId: policy.chainId,
      chainId: deployment.chainId,
      policyPermitConsumer: policy.permitConsumer,
      permitConsumer: deployment.permitConsumer,
      policyGateway: policy.gateway,
      gateway: terms.gateway,
    });
  }
  if (workflowIdentity(policy.workflows.signer) !== terms.signerWorkflow) {
    throw offerError("TERMS_INCONSISTENT", {
      problem: "the policy names another signer workflow than the terms",
      workflow: policy.workflows.signer,
    });
  }
  if (BigInt(terms.callerWorkflow) !== 0n && workflowIdentity(policy.workflows.caller) !== terms.callerWorkflow) {
    throw offerError("TERMS_INCONSISTENT", {
      problem: "the policy names another caller workflow than the terms",
      workflow: policy.workflows.caller,
    });
  }
  if (terms.stepTimeout <= policy.limits.stepSeconds) {
    throw offerError("TERMS_INCONSISTENT", {
      problem: "a step may run longer than its claim deadline allows",
      stepTimeout: terms.stepTimeout,
      stepSeconds: policy.limits.stepSeconds,
    });
  }
  if (terms.runnerTier === 2 && BigInt(terms.sourceCommit) === 0n) {
    throw offerError("TERMS_INCONSISTENT", { problem: "runner tier 2 needs a pinned source commit", runnerTier: 2 });
  }
  if (terms.provable && BigInt(terms.sourceCommit) === 0n) {
    throw offerError("TERMS_INCONSISTENT", { problem: "a provable offer needs a pinned source commit" });
  }
  if (!terms.provable && terms.arbiter === zeroAddress) {
    throw offerError("TERMS_INCONSISTENT", { problem: "an offer that is not provable must name an arbiter" });
  }
}
