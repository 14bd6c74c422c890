import { bytesToHex, concat, type Hex, hashTypedData, hexToBytes } from "viem";
import { z } from "zod";
import { address, base64url, bytes32, decimal } from "../core/encoding.ts";
import { label, sha256Hex } from "../core/hash.ts";
import { canonicalBytes } from "../core/json.ts";
import { type ContextKind, contextKind, type StepContext, stepContextBytes } from "../permits/stepContext.ts";
import { permitConsumerDomain } from "../permits/stepPermit.ts";
import { capabilityError } from "./errors.ts";
import { hpkeOpen, hpkeSeal } from "./hpke.ts";

/** What may be released for a step: state capability, network capability, the input. */
export type EnvelopeKind = Exclude<ContextKind, typeof contextKind.ask>;

export const envelopeHeaderSchema = z.strictObject({
  v: z.literal(1),
  kind: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  chainId: z.int().min(1),
  permitConsumer: address,
  entitlement: bytes32,
  step: z.int().min(1),
  permitHash: bytes32,
  repositoryId: decimal,
  runId: decimal,
  runAttempt: z.int().min(1),
  workerKey: bytes32,
  gateway: address,
  /** Unix seconds. */
  expiresAt: z.int(),
});
export type EnvelopeHeader = z.output<typeof envelopeHeaderSchema>;

export const envelopeSchema = z.strictObject({
  header: envelopeHeaderSchema,
  enc: base64url(32),
  ct: base64url(),
  signature: z.custom<Hex>((value) => typeof value === "string" && /^0x([0-9a-f]{2}){65,2048}$/.test(value), {
    message: "expected a signature in hex",
  }),
});
/** A capability, sealed to one worker key and signed by the gateway (base-mode HPKE does not say who sealed it). */
export type Envelope = z.output<typeof envelopeSchema>;

const envelopeTypes = {
  Envelope: [
    { name: "headerHash", type: "bytes32" },
    { name: "enc", type: "bytes32" },
    { name: "ctHash", type: "bytes32" },
  ],
} as const;

/** Signs an EIP-712 digest as the gateway; wraps a local key or a KMS. */
export type SignDigest = (digest: Hex) => Promise<Hex>;
/** Says whether `signature` over `digest` is the gateway's (EOA or ERC-1271). */
export type VerifyDigest = (digest: Hex, signature: Hex) => Promise<boolean>;

export async function sealEnvelope(header: EnvelopeHeader, plaintext: Uint8Array, sign: SignDigest): Promise<Envelope> {
  const sealed = await hpkeSeal(header.workerKey, plaintext, envelopeInfo(header), canonicalBytes(header));
  const signature = await sign(envelopeDigest(header, sealed.enc, sealed.ct));
  return {
    header,
    enc: Buffer.from(sealed.enc).toString("base64url"),
    ct: Buffer.from(sealed.ct).toString("base64url"),
    signature,
  };
}

/**
 * Opens an envelope after checking that it is the expected one in every header field and signed by the gateway.
 *
 * @throws ENVELOPE_CONTEXT_MISMATCH, ENVELOPE_SIGNATURE_INVALID, ENVELOPE_UNREADABLE
 */
export async function openEnvelope(
  envelope: Envelope,
  expected: Omit<EnvelopeHeader, "v" | "expiresAt">,
  privateKey: CryptoKey,
  verify: VerifyDigest,
): Promise<Uint8Array> {
  for (const [field, value] of Object.entries(expected)) {
    const actual = envelope.header[field as keyof typeof expected];
    if (actual !== value) throw capabilityError("ENVELOPE_CONTEXT_MISMATCH", { field, expected: value, actual });
  }
  const enc = new Uint8Array(Buffer.from(envelope.enc, "base64url"));
  const ct = new Uint8Array(Buffer.from(envelope.ct, "base64url"));
  if (!(await verify(envelopeDigest(envelope.header, enc, ct), envelope.signature))) {
    throw capabilityError("ENVELOPE_SIGNATURE_INVALID", { gateway: expected.gateway, kind: expected.kind });
  }
  return hpkeOpen(privateKey, { enc, ct }, envelopeInfo(envelope.header), canonicalBytes(envelope.header));
}

/** HPKE info of the answer to an ask: L(`hpke`) ‖ X(n,0) ‖ H(token). */
export function askInfo(context: StepContext, step: number, tokenHash: Hex): Uint8Array {
  return concat([label("hpke"), stepContextBytes(context, step, contextKind.ask), hexToBytes(tokenHash)]);
}

/** HPKE info of an envelope: L(`hpke`) ‖ X(n,kind) ‖ P. */
export function capabilityInfo(context: StepContext, step: number, kind: EnvelopeKind, permitHash: Hex): Uint8Array {
  return concat([label("hpke"), stepContextBytes(context, step, kind), hexToBytes(permitHash)]);
}

function envelopeInfo(header: EnvelopeHeader): Uint8Array {
  return capabilityInfo(header, header.step, header.kind, header.permitHash);
}

function envelopeDigest(header: EnvelopeHeader, enc: Uint8Array, ct: Uint8Array): Hex {
  return hashTypedData({
    domain: permitConsumerDomain(header),
    types: envelopeTypes,
    primaryType: "Envelope",
    message: { headerHash: sha256Hex(canonicalBytes(header)), enc: bytesToHex(enc), ctHash: sha256Hex(ct) },
  });
}
