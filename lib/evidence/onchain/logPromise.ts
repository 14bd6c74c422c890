import { bytesToHex, concat, type Hex, hexToBytes, sha256, stringToBytes, stringToHex } from "viem";
import type { OnchainAttestation } from "./attestation.ts";

/** SubjectPublicKeyInfo of an uncompressed point on P-256, up to the coordinates. */
const P256_KEY_INFO: Hex = "0x3059301306072a8648ce3d020106082a8648ce3d03010703420004";

/** An entry of a Rekor v1 log, rebuilt from what it is about. */
export type RebuiltEntry = {
  /** The entry as the log keeps it. */
  readonly body: Uint8Array;
  readonly logId: Hex;
  /** SHA-256 of what the log signs when it promises the entry. */
  readonly promisedHash: Hex;
};

/**
 * Rebuilds an entry of kind `dsse 0.0.1`, and what the log's promise is over. The contract does the same
 * (`contracts/evidence/LogEntry.sol`), so that a promise can only be about this signature by this certificate.
 *
 * @param payloadHash SHA-256 of the attested payload
 */
export function rebuildEntry(attestation: OnchainAttestation, payloadHash: Hex): RebuiltEntry {
  const { certificate, signature, envelopeHash, integratedTime, logIndex, log } = attestation;
  const logId = sha256(concat([P256_KEY_INFO, log.x, log.y]));
  const body = stringToBytes(
    '{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":{"algorithm":"sha256","value":"' +
      `${envelopeHash.slice(2)}"},"payloadHash":{"algorithm":"sha256","value":"${payloadHash.slice(2)}"},` +
      `"signatures":[{"signature":"${base64(hexToBytes(signature))}","verifier":"${base64(stringToBytes(pem(certificate)))}"}]}}`,
  );
  const promised =
    `{"body":"${base64(body)}","integratedTime":${integratedTime},` +
    `"logID":"${logId.slice(2)}","logIndex":${logIndex}}`;
  return { body, logId, promisedHash: sha256(stringToHex(promised)) };
}

/** RFC 7468: lines of 64 characters. */
function pem(certificate: Hex): string {
  const lines = base64(hexToBytes(certificate)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** Whether the entry that a bundle carries is the rebuilt one. */
export function isSameEntry({ body }: RebuiltEntry, carried: Uint8Array): boolean {
  return bytesToHex(body) === bytesToHex(carried);
}
