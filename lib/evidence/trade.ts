import type { Address, Hex } from "viem";
import { z } from "zod";
import { address, bytes32 } from "../core/encoding.ts";
import { canonicalBytes, parseCanonical, parseSchema } from "../core/json.ts";
import { type OfferTerms, offerTermsJson, offerTermsSchema } from "../offers/terms.ts";
import { type StepPermit, stepPermitJson, stepPermitSchema } from "../permits/stepPermit.ts";

const what = "trade.json";
const MAX_TRADE_BYTES = 32_768;

const signature = z.custom<Hex>((value) => typeof value === "string" && /^0x(?:[0-9a-f]{2})*$/.test(value), {
  message: "expected a signature in lower-case hex",
});

/**
 * What the evidence of a step is held against. All of it is on the chain; a copy travels in the capsule as `trade.json`
 * so that a capsule can be read offline, and a verifier that can reach the chain compares the two.
 */
export type StepExpectation = {
  readonly chainId: number;
  readonly permitConsumer: Address;
  readonly settlement: Address;
  readonly terms: OfferTerms;
  readonly permit: StepPermit;
  /** When the step was opened and until when it could be claimed (exclusive), unix seconds of the chain. */
  readonly openedAt: number;
  readonly claimDeadline: number;
  /** Commitments of the last accepted claim; 32 zero bytes each before the first. */
  readonly parents: { readonly stateCommitment: Hex; readonly netCommitment: Hex };
  /** Who may have signed the permit (buyer, delegates), where the verifier knows. The chain checked it at consumption. */
  readonly permitSigners?: readonly Address[];
};

/** `trade.json`: the expectation as the capsule states it, and the signatures that are in no other file. */
export type Trade = {
  readonly expectation: StepExpectation;
  readonly permitSignature?: Hex | undefined;
  readonly observationSignature?: Hex | undefined;
};

const tradeSchema = z.strictObject({
  v: z.literal(1),
  chainId: z.int().min(1),
  permitConsumer: address,
  settlement: address,
  terms: offerTermsSchema,
  permit: stepPermitSchema,
  openedAt: z.int().min(0),
  claimDeadline: z.int().min(0),
  parents: z.strictObject({ stateCommitment: bytes32, netCommitment: bytes32 }),
  permitSignature: signature.optional(),
  observationSignature: signature.optional(),
});

/** The same expectation with every address in lower case, the one form that is compared. */
export function normaliseExpectation(expectation: StepExpectation): StepExpectation {
  const { permit } = expectation;
  return {
    ...expectation,
    permitConsumer: lowerCase(expectation.permitConsumer),
    settlement: lowerCase(expectation.settlement),
    terms: lowerCaseTerms(expectation.terms),
    permit: { ...permit, gateway: lowerCase(permit.gateway) },
  };
}

function lowerCaseTerms(terms: OfferTerms): OfferTerms {
  const addresses = ["seller", "token", "gateway", "verifier", "observer", "arbiter"] as const;
  return { ...terms, ...Object.fromEntries(addresses.map((field) => [field, lowerCase(terms[field])])) };
}

function lowerCase(value: Address): Address {
  return `0x${value.slice(2).toLowerCase()}`;
}

/** @throws SCHEMA_MISMATCH */
export function encodeTrade(trade: Trade): Uint8Array {
  const { permitSignature, observationSignature } = trade;
  const expectation = normaliseExpectation(trade.expectation);
  const { chainId, permitConsumer, settlement, terms, permit, openedAt, claimDeadline, parents } = expectation;
  const json = {
    v: 1,
    chainId,
    permitConsumer,
    settlement,
    terms: offerTermsJson(terms),
    permit: stepPermitJson(permit),
    openedAt,
    claimDeadline,
    parents,
    ...(permitSignature && { permitSignature }),
    ...(observationSignature && { observationSignature }),
  };
  parseSchema(tradeSchema, json, what);
  return canonicalBytes(json);
}

/** @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN */
export function parseTrade(bytes: Uint8Array): Trade {
  const {
    v: _v,
    permitSignature,
    observationSignature,
    ...expectation
  } = parseCanonical(bytes, tradeSchema, {
    what,
    maxBytes: MAX_TRADE_BYTES,
  });
  return { expectation, permitSignature, observationSignature };
}
