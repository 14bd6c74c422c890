import { type ByteArray, concat, type Hex, numberToBytes, stringToBytes, sha256 as viemSha256 } from "viem";

/** SHA-256 as 32 bytes. */
export function sha256Bytes(...parts: readonly ByteArray[]): Uint8Array {
  return viemSha256(concat(parts), "bytes");
}

/** SHA-256 as 0x-prefixed lower-case hex. */
export function sha256Hex(...parts: readonly ByteArray[]): Hex {
  return viemSha256(concat(parts), "hex");
}

/** The domain label `L(x)`: utf8 of `pawl/v1/` and the name, then a zero byte. */
export function label(name: string): Uint8Array {
  return concat([stringToBytes(`pawl/v1/${name}`), new Uint8Array(1)]);
}

/** The tagged hash `T(x, d)` = SHA-256(L(x) ‖ d): a hash that no other use of SHA-256 in the protocol can equal. */
export function taggedHash(name: string, ...parts: readonly ByteArray[]): Uint8Array {
  return sha256Bytes(label(name), ...parts);
}

/** Unsigned big-endian integer of `bits` width, as the protocol writes u8 to u256. Throws when it does not fit. */
export function uint(value: bigint | number, bits: 8 | 32 | 64 | 88 | 256): Uint8Array {
  return numberToBytes(BigInt(value), { size: bits / 8 });
}
