import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { type Hex, hexToBytes } from "viem";
import { capabilityError } from "./errors.ts";

/** HPKE, RFC 9180 base mode: DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, ChaCha20Poly1305 0x0003. */
const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Chacha20Poly1305(),
});

export type Sealed = { readonly enc: Uint8Array; readonly ct: Uint8Array };

export type WorkerKeyPair = {
  /** X25519 public key, 32 bytes. */
  readonly publicKey: Hex;
  readonly privateKey: CryptoKey;
};

/** Makes a run's key from 32 fresh random bytes; the private half stays in memory. */
export async function workerKeyPair(seed: Uint8Array): Promise<WorkerKeyPair> {
  const pair = await suite.kem.deriveKeyPair(arrayBuffer(seed));
  const publicKey = new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey));
  return { publicKey: `0x${Buffer.from(publicKey).toString("hex")}`, privateKey: pair.privateKey };
}

/**
 * Seals `plaintext` to an X25519 public key.
 *
 * @throws WORKER_KEY_WEAK for a low-order point (all-zero shared secret)
 */
export async function hpkeSeal(
  publicKey: Hex,
  plaintext: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array = new Uint8Array(),
): Promise<Sealed> {
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(arrayBuffer(hexToBytes(publicKey)));
    const sender = await suite.createSenderContext({ recipientPublicKey, info: arrayBuffer(info) });
    const ct = await sender.seal(arrayBuffer(plaintext), arrayBuffer(aad));
    return { enc: new Uint8Array(sender.enc), ct: new Uint8Array(ct) };
  } catch (cause) {
    throw capabilityError("WORKER_KEY_WEAK", { workerKey: publicKey }, cause);
  }
}

/** @throws ENVELOPE_UNREADABLE for another key, other info, other aad or altered bytes */
export async function hpkeOpen(
  privateKey: CryptoKey,
  sealed: Sealed,
  info: Uint8Array,
  aad: Uint8Array = new Uint8Array(),
): Promise<Uint8Array> {
  try {
    const recipient = await suite.createRecipientContext({
      recipientKey: privateKey,
      enc: arrayBuffer(sealed.enc),
      info: arrayBuffer(info),
    });
    return new Uint8Array(await recipient.open(arrayBuffer(sealed.ct), arrayBuffer(aad)));
  } catch (cause) {
    throw capabilityError("ENVELOPE_UNREADABLE", { bytes: sealed.ct.length }, cause);
  }
}

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
