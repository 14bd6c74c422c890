import { concat, stringToBytes } from "viem";
import { z } from "zod";
import { canonicalBytes, parseCanonical } from "../core/json.ts";
import { capsuleError } from "./errors.ts";
import { base64, type CapsuleKey, type CapsuleSigner, isSignedBy } from "./keys.ts";

/**
 * DSSE version 1 (secure-systems-lab/dsse). What is signed names its type, so a signature over one kind of document is
 * never one over another.
 */
export const payloadTypes = {
  manifest: "application/vnd.pawl.capsule-manifest.v2+json",
  signers: "application/vnd.pawl.capsule-signers.v1+json",
} as const;
type PayloadType = (typeof payloadTypes)[keyof typeof payloadTypes];

/** The pre-authentication encoding: `DSSEv1 SP LEN(type) SP type SP LEN(body) SP body`, lengths in bytes. */
export function preAuthEncoding(type: PayloadType, body: Uint8Array): Uint8Array {
  return concat([stringToBytes(`DSSEv1 ${stringToBytes(type).length} ${type} ${body.length} `), body]);
}

const MAX_SIGNATURES = 8;

const envelopeSchema = z.strictObject({
  payloadType: z.string(),
  payload: base64,
  signatures: z
    .array(z.strictObject({ keyid: z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hex digits"), sig: base64 }))
    .min(1)
    .max(MAX_SIGNATURES),
});

/** Wraps a payload in a DSSE envelope, canonical JSON. `keyid` is the key's fingerprint without `0x`. */
export async function sealEnvelope(
  type: PayloadType,
  payload: Uint8Array,
  signers: readonly CapsuleSigner[],
): Promise<Uint8Array> {
  const message = preAuthEncoding(type, payload);
  const signatures = [];
  for (const signer of signers) {
    const sig = Buffer.from(await signer.sign(message)).toString("base64");
    signatures.push({ keyid: signer.key.fingerprint.slice(2), sig });
  }
  return canonicalBytes({ payloadType: type, payload: Buffer.from(payload).toString("base64"), signatures });
}

export type OpenedEnvelope = {
  readonly payload: Uint8Array;
  /** Those of the given keys that signed. */
  readonly signedBy: readonly CapsuleKey[];
};

/** Reads an envelope and says which of `keys` signed it. @throws ALLOWLIST_MALFORMED, JSON_*, SCHEMA_MISMATCH */
export function openEnvelope(
  bytes: Uint8Array,
  type: PayloadType,
  keys: readonly CapsuleKey[],
  maxBytes: number,
): OpenedEnvelope {
  const { payloadType, payload, signatures } = parseCanonical(bytes, envelopeSchema, {
    what: "DSSE envelope",
    maxBytes,
  });
  if (payloadType !== type) throw capsuleError("ALLOWLIST_MALFORMED", { expected: type, actual: payloadType });
  const body = new Uint8Array(Buffer.from(payload, "base64"));
  const message = preAuthEncoding(type, body);
  // The key id only says which signature is meant for which key; what counts is that the key verifies it.
  const signedBy = keys.filter((key) =>
    signatures.some(
      ({ keyid, sig }) =>
        `0x${keyid}` === key.fingerprint && isSignedBy(key, message, new Uint8Array(Buffer.from(sig, "base64"))),
    ),
  );
  return { payload: body, signedBy };
}
