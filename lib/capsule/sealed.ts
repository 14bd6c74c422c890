import { concat, type Hex } from "viem";
import { z } from "zod";
import { hpkeOpen, hpkeSeal } from "../capability/hpke.ts";
import { base64url, bytes32, encodeBase64url } from "../core/encoding.ts";
import { label } from "../core/hash.ts";
import { canonicalBytes, parseCanonical } from "../core/json.ts";
import { type ArchiveFile, packArchive, unpackArchive } from "../state/archive.ts";
import { capsuleError } from "./errors.ts";
import { DECRYPTION } from "./layout.ts";
import type { CapsuleAnchors } from "./manifest.ts";

/**
 * The sealed part: files for one recipient, as an archive under HPKE (RFC 9180), bound to the step that the capsule is
 * about. `decryption.json` says with what, as typed data; there is no field for a sentence, and no place for a second file.
 */
const MAX_SEALED_BYTES = 67_108_864;
const MAX_SEALED_FILES = 256;
const MAX_DECRYPTION_BYTES = 1024;

const decryptionSchema = z.strictObject({
  v: z.literal(1),
  /** Identifiers of RFC 9180, section 7: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305. */
  kem: z.literal(0x20),
  kdf: z.literal(0x1),
  aead: z.literal(0x3),
  /** X25519 public key. */
  recipient: bytes32,
  enc: base64url(32),
});
export type Decryption = z.output<typeof decryptionSchema>;

export type SealedPart = { readonly decryption: Decryption; readonly content: Uint8Array };

/**
 * @param recipient X25519 public key
 * @throws CAPSULE_SEALED_TOO_LARGE, ARCHIVE_ENTRY_REFUSED, WORKER_KEY_WEAK
 */
export async function sealFiles(
  files: readonly ArchiveFile[],
  recipient: Hex,
  anchors: CapsuleAnchors,
): Promise<SealedPart> {
  const plain = await packArchive(files);
  if (plain.length > MAX_SEALED_BYTES || files.length > MAX_SEALED_FILES) {
    throw capsuleError("CAPSULE_SEALED_TOO_LARGE", { bytes: plain.length, files: files.length });
  }
  const { enc, ct } = await hpkeSeal(recipient, plain, sealedInfo(anchors));
  return { decryption: { v: 1, kem: 0x20, kdf: 0x1, aead: 0x3, recipient, enc: encodeBase64url(enc) }, content: ct };
}

/** @throws CAPSULE_SEALED_TOO_LARGE, CAPSULE_SEALED_UNREADABLE, ARCHIVE_* */
export async function openSealed(
  { decryption, content }: SealedPart,
  privateKey: CryptoKey,
  anchors: CapsuleAnchors,
): Promise<readonly ArchiveFile[]> {
  if (content.length > MAX_SEALED_BYTES + 16) throw capsuleError("CAPSULE_SEALED_TOO_LARGE", { bytes: content.length });
  const enc = new Uint8Array(Buffer.from(decryption.enc, "base64url"));
  let plain: Uint8Array;
  try {
    plain = await hpkeOpen(privateKey, { enc, ct: content }, sealedInfo(anchors));
  } catch (cause) {
    throw capsuleError("CAPSULE_SEALED_UNREADABLE", { recipient: decryption.recipient }, cause);
  }
  return unpackArchive(plain, { maxFiles: MAX_SEALED_FILES, maxBytes: MAX_SEALED_BYTES });
}

export function encodeDecryption(decryption: Decryption): Uint8Array {
  return canonicalBytes(decryption);
}

/** @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN */
export function parseDecryption(bytes: Uint8Array): Decryption {
  return parseCanonical(bytes, decryptionSchema, { what: DECRYPTION, maxBytes: MAX_DECRYPTION_BYTES });
}

/** HPKE info: L(`capsule-sealed`) ‖ canonical anchors. */
function sealedInfo(anchors: CapsuleAnchors): Uint8Array {
  return concat([label("capsule-sealed"), canonicalBytes(anchors)]);
}
