import { createCipheriv, createDecipheriv } from "node:crypto";
import { stringToBytes } from "viem";
import type { RandomBytes } from "../core/effects.ts";
import { gatewayError } from "./errors.ts";

/** Wraps what must not lie in the store in the clear. `purpose` is authenticated, so a value cannot be moved. */
export type Custody = {
  wrap(secret: Uint8Array, purpose: string): Uint8Array;
  /** @throws CUSTODY_UNREADABLE */
  unwrap(wrapped: Uint8Array, purpose: string): Uint8Array;
};

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under a 32-byte key-encryption key, with a random nonce per value. */
export function createCustody(keyEncryptionKey: Uint8Array, random: RandomBytes): Custody {
  return {
    wrap(secret, purpose) {
      const nonce = random(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", keyEncryptionKey, nonce).setAAD(stringToBytes(purpose));
      return new Uint8Array(Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]));
    },
    unwrap(wrapped, purpose) {
      try {
        const nonce = wrapped.subarray(0, NONCE_BYTES);
        const decipher = createDecipheriv("aes-256-gcm", keyEncryptionKey, nonce).setAAD(stringToBytes(purpose));
        decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES));
        const body = wrapped.subarray(NONCE_BYTES, wrapped.length - TAG_BYTES);
        return new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()]));
      } catch (cause) {
        throw gatewayError("CUSTODY_UNREADABLE", { purpose }, cause);
      }
    },
  };
}
