import { z } from "zod";
import { envelopeSchema } from "../capability/envelope.ts";
import { address, base64url, bytes32, decimal } from "../core/encoding.ts";
import { stepPermitSchema } from "../permits/stepPermit.ts";
import { askFactsSchema } from "./ask.ts";

/** The messages of the gateway's HTTP protocol, version 1. Every one is strict in both directions. */

const unixSeconds = z
  .int()
  .min(0)
  .max(2 ** 40 - 1);
const stepNumber = z
  .int()
  .min(1)
  .max(2 ** 24 - 1);

/** A signature in lower-case hex: 65 bytes of an EOA, or what a contract wallet accepts. */
export const signatureSchema = z.custom<`0x${string}`>(
  (value) => typeof value === "string" && /^0x([0-9a-f]{2}){1,2048}$/.test(value),
  { message: "expected a signature in hex" },
);

/** EIP-712: the buyer asks for a step to be run over an input. */
export const stepRequestTypes = {
  StepRequest: [
    { name: "entitlement", type: "bytes32" },
    { name: "step", type: "uint32" },
    { name: "inputHash", type: "bytes32" },
    { name: "resultKey", type: "bytes32" },
    { name: "deadline", type: "uint64" },
  ],
} as const;

/** EIP-712: the buyer asks for the result of a permitted step. */
export const resultRequestTypes = {
  ResultRequest: [
    { name: "permitHash", type: "bytes32" },
    { name: "deadline", type: "uint64" },
  ],
} as const;

export const stepRequestSchema = z.strictObject({
  entitlement: bytes32,
  step: stepNumber,
  inputHash: bytes32,
  /** X25519 public key for a sealed result; zeros for a public one. */
  resultKey: bytes32,
  deadline: unixSeconds,
  /** Canonical bytes of input.json. */
  input: base64url(),
  signature: signatureSchema,
});
export type StepRequest = z.output<typeof stepRequestSchema>;

export const stepRequestedSchema = z.strictObject({ repository: z.string(), runId: decimal });

export const askSchema = z.strictObject({
  chainId: z.int().min(1),
  permitConsumer: address,
  entitlement: bytes32,
  step: stepNumber,
  workerKey: bytes32,
  token: z.string().min(1).max(8192),
});
export type Ask = z.output<typeof askSchema>;

export const askAnswerSchema = z.strictObject({
  askId: bytes32,
  /** The poll secret, HPKE-sealed to the worker key. */
  enc: base64url(32),
  ct: base64url(),
});
export type AskAnswer = z.output<typeof askAnswerSchema>;

/** Proof of holding the poll secret: `at` is unix seconds, `mac` an HMAC-SHA256. */
export const pollSchema = z.strictObject({ at: unixSeconds, mac: bytes32 });
export type Poll = z.output<typeof pollSchema>;

/** Length and SHA-256 of a body that follows. */
const announcedBody = { bytes: z.int().min(1), hash: bytes32 };
export type AnnouncedBody = { readonly bytes: number; readonly hash: `0x${string}` };

/** The headers of a delivery: a proof as of a poll, which covers what is announced of the body. */
export const announcedDeliverySchema = z.strictObject({ ...pollSchema.shape, ...announcedBody });
export type AnnouncedDelivery = z.output<typeof announcedDeliverySchema>;

export const releaseSchema = z.strictObject({ at: unixSeconds, mac: bytes32, token: z.string().min(1).max(8192) });
export type Release = z.output<typeof releaseSchema>;

/** Where the parent bundle came from; the runner checks it against the permit's commitment. */
const parentSchema = z.strictObject({ permitHash: bytes32, bundleHash: bytes32, parentBundleHash: bytes32 });
export type ParentHint = z.output<typeof parentSchema>;

export const pollAnswerSchema = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("waiting") }),
  z.strictObject({
    status: z.literal("permitted"),
    permit: stepPermitSchema,
    signature: signatureSchema,
    /** Canonical bytes of policy.json. */
    policy: base64url(),
    /** Canonical bytes of observation.json, below tier 2 null. */
    observation: base64url().nullable(),
    observationSignature: signatureSchema.nullable(),
    settlement: address,
  }),
  z.strictObject({ status: z.literal("consuming") }),
  z.strictObject({
    status: z.literal("released"),
    envelopes: z.strictObject({ state: envelopeSchema, net: envelopeSchema, input: envelopeSchema }),
    parent: parentSchema,
  }),
]);
export type PollAnswer = z.output<typeof pollAnswerSchema>;
export type PollAnswerJson = z.input<typeof pollAnswerSchema>;

/** A run waiting for, or holding, a permit: what the permit inbox shows. Nothing in it is secret. */
export const inboxEntrySchema = z.strictObject({
  askId: bytes32,
  step: stepNumber,
  workerKey: bytes32,
  inputHash: bytes32,
  facts: askFactsSchema,
  observationHash: bytes32,
  createdAt: unixSeconds,
  permitHash: bytes32.nullable(),
  consumeTransaction: bytes32.nullable(),
  /** The permit that would let this run take the step, to be checked and signed; null once given or impossible. */
  proposal: stepPermitSchema.nullable(),
});
export type InboxEntry = z.output<typeof inboxEntrySchema>;
export type InboxEntryJson = z.input<typeof inboxEntrySchema>;
export const inboxSchema = z.strictObject({ asks: z.array(inboxEntrySchema) });

export const permitSubmissionSchema = z.strictObject({
  permit: stepPermitSchema,
  signature: signatureSchema,
  /** Who signed: the buyer or a delegate. */
  signer: address,
});
export type PermitSubmission = z.output<typeof permitSubmissionSchema>;
export const permitAcceptedSchema = z.strictObject({ permitHash: bytes32 });

export const receiptSchema = z.strictObject({
  permitHash: bytes32,
  resultHash: bytes32,
  bundleHash: bytes32,
  at: unixSeconds,
  signature: signatureSchema,
});
export type SignedReceipt = z.output<typeof receiptSchema>;

export const resultRequestSchema = z.strictObject({
  permitHash: bytes32,
  deadline: unixSeconds,
  signature: signatureSchema,
});
export type ResultRequest = z.output<typeof resultRequestSchema>;
