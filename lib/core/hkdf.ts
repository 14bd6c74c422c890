import { expand, extract } from "@noble/hashes/hkdf";
import { sha256 } from "@noble/hashes/sha2";

/** HKDF-SHA256 (RFC 5869), its two halves apart, as the key schedule uses them. */

/** `Extract(salt, ikm)`: a 32-byte pseudorandom key. */
export function hkdfExtract(salt: Uint8Array, inputKeyMaterial: Uint8Array): Uint8Array {
  return extract(sha256, inputKeyMaterial, salt);
}

/** `Expand(prk, info, length)`. */
export function hkdfExpand(pseudorandomKey: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return expand(sha256, pseudorandomKey, info, length);
}
