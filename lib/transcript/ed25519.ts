import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Hex } from "viem";

/** Ed25519 (RFC 8032) over node:crypto: public keys are their 32 bytes, signatures 64 bytes. */

const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Everything of a SubjectPublicKeyInfo before the key itself, which is the same for every Ed25519 key (RFC 8410). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** The public half of an Ed25519 private key. @throws TypeError for a key of another kind */
export function publicKeyOf(privateKey: KeyObject): Uint8Array {
  if (privateKey.asymmetricKeyType !== "ed25519") throw new TypeError("expected an Ed25519 private key");
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return new Uint8Array(spki.subarray(SPKI_PREFIX.length));
}

/** SHA-256 over the key's SubjectPublicKeyInfo: what `openssl pkey -pubin -outform DER | sha256sum` prints. */
export function keyFingerprint(publicKey: Uint8Array): Hex {
  return `0x${createHash("sha256").update(SPKI_PREFIX).update(publicKey).digest("hex")}`;
}

export function signBytes(message: Uint8Array, privateKey: KeyObject): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey));
}

/** False for anything that is not the key's signature over the message, keys and signatures of other lengths included. */
export function isSignature(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
    return verify(null, message, key, signature);
  } catch {
    // Bytes that are no key sign nothing.
    return false;
  }
}
