import type { KeyObject } from "node:crypto";
import { concat, stringToBytes } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { base64Bytes, encodeBase64 } from "./base64.ts";
import { isSignature, keyFingerprint, publicKeyOf, signBytes } from "./ed25519.ts";
import { transcriptError } from "./errors.ts";
import type { Keyring, KeyringEntry } from "./keyring.ts";

/**
 * DSSE envelopes (github.com/secure-systems-lab/dsse, protocol 1.0.2) signed with Ed25519. A key id is the fingerprint of
 * the key: a hint where to look, which the signature has to bear out.
 */
export const envelopeSchema = z.strictObject({
  payload: base64Bytes(),
  payloadType: z.string().min(1).max(200),
  signatures: z
    .array(z.strictObject({ keyid: bytes32, sig: base64Bytes(64) }))
    .min(1)
    .max(16),
});

export type Envelope = z.output<typeof envelopeSchema>;

export function signEnvelope(payload: Uint8Array, payloadType: string, privateKeys: readonly KeyObject[]): Envelope {
  const message = signedBytes(payload, payloadType);
  return {
    payload,
    payloadType,
    signatures: privateKeys.map((key) => ({ keyid: keyFingerprint(publicKeyOf(key)), sig: signBytes(message, key) })),
  };
}

/** The envelope as JSON has it. */
export function envelopeJson({ payload, payloadType, signatures }: Envelope) {
  return {
    payload: encodeBase64(payload),
    payloadType,
    signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: encodeBase64(sig) })),
  };
}

/**
 * The keys of the keyring that signed. Signatures by other keys are passed over; a false one by a known key is refused.
 *
 * @throws EXPORT_SIGNATURE_INVALID, EXPORT_SIGNER_UNKNOWN
 */
export function signersOf({ payload, payloadType, signatures }: Envelope, keyring: Keyring): readonly KeyringEntry[] {
  const message = signedBytes(payload, payloadType);
  const signers = keyring.keys.filter((key) => {
    const made = signatures.filter(({ keyid }) => keyid === key.fingerprint);
    if (made.some(({ sig }) => !isSignature(sig, message, key.publicKey))) {
      throw transcriptError("EXPORT_SIGNATURE_INVALID", { name: key.name, fingerprint: key.fingerprint });
    }
    return made.length > 0;
  });
  if (signers.length === 0) {
    throw transcriptError("EXPORT_SIGNER_UNKNOWN", { actual: signatures.map(({ keyid }) => keyid).join(", ") });
  }
  return signers;
}

/** The pre-authentication encoding. */
function signedBytes(payload: Uint8Array, payloadType: string): Uint8Array {
  const type = stringToBytes(payloadType);
  return concat([stringToBytes(`DSSEv1 ${type.length} `), type, stringToBytes(` ${payload.length} `), payload]);
}
