import { sha256 as portableSha256 } from "@noble/hashes/sha2";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils";
import type { ByteArray, Hex } from "viem";

/** Node's own hash where there is one; it is many times faster than any in JavaScript. Browsers have none in time. */
const native = globalThis.process?.getBuiltinModule?.("node:crypto");

/** SHA-256 as 32 bytes. */
export function sha256Bytes(...parts: readonly ByteArray[]): Uint8Array {
  return hexToBytes(sha256Digits(parts));
}

/** SHA-256 as 0x-prefixed lower-case hex. */
export function sha256Hex(...parts: readonly ByteArray[]): Hex {
  return `0x${sha256Digits(parts)}`;
}

function sha256Digits(parts: readonly ByteArray[]): string {
  const hash = native ? native.createHash("sha256") : portableSha256.create();
  for (const part of parts) hash.update(part);
  // The two differ in what they give back, not in what they compute.
  return "digestInto" in hash ? bytesToHex(hash.digest()) : hash.digest("hex");
}

/** The domain label `L(x)`: utf8 of `pawl/v1/` and the name, then a zero byte. */
export function label(name: string): Uint8Array {
  return concatBytes(utf8ToBytes(`pawl/v1/${name}`), new Uint8Array(1));
}

/** The tagged hash `T(x, d)` = SHA-256(L(x) ‖ d): a hash that no other use of SHA-256 in the protocol can equal. */
export function taggedHash(name: string, ...parts: readonly ByteArray[]): Uint8Array {
  return sha256Bytes(label(name), ...parts);
}

/** Unsigned big-endian integer of `bits` width, as the protocol writes u8 to u256. Throws when it does not fit. */
export function uint(value: bigint | number, bits: 8 | 32 | 64 | 88 | 256): Uint8Array {
  const digits = BigInt(value).toString(16);
  if (BigInt(value) < 0n || digits.length > bits / 4) throw new RangeError(`${value} does not fit ${bits} bits`);
  return hexToBytes(digits.padStart(bits / 4, "0"));
}
