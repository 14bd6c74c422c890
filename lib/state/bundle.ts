import { createCipheriv, createDecipheriv, createHash, timingSafeEqual } from "node:crypto";
import { concat, type Hex, hexToBytes, stringToBytes } from "viem";
import type { RandomBytes } from "../core/effects.ts";
import { taggedHash, uint } from "../core/hash.ts";
import { hkdfExpand, hkdfExtract } from "../core/hkdf.ts";
import { contextKind, derivationInfo, type StepContext, stepContextBytes } from "../permits/stepContext.ts";
import { type ArchiveFile, type ArchiveLimits, packArchive, unpackArchive } from "./archive.ts";
import { stateError } from "./errors.ts";

/**
 * The sealed state bundle: `PAWLBND1` ‖ u32 chunkSize ‖ salt(32) ‖ ctx(32) ‖ commit(32) ‖ chunks.
 *
 * Chunks are ChaCha20-Poly1305 with nonce u88 counter ‖ u8 last, so truncation, reordering and extension fail. The
 * header commits to the key (`commit`), so one bundle cannot open to two plaintexts under two keys.
 */
export type BundleContext = {
  readonly context: StepContext;
  readonly step: number;
  readonly policyHash: Hex;
  readonly permitHash: Hex;
  /** `sha256` of the parent's bundle bytes; 32 zero bytes for the first step. */
  readonly parentBundleHash: Hex;
};

/** What one bundle may hold. Whoever seals one keeps to it, or the next step could not open it. */
export function bundleLimits(maxBytes: number): ArchiveLimits {
  return { maxFiles: 10_000, maxBytes };
}

const MAGIC = stringToBytes("PAWLBND1");
const CHUNK_BYTES = 65_536;
const TAG_BYTES = 16;
const HEADER_BYTES = MAGIC.length + 4 + 32 + 32 + 32;

/**
 * Packs and seals files with `sealKey` (s_n of the state chain).
 *
 * @returns the bundle bytes as they are uploaded, and their SHA-256 (`bundleHash`)
 */
export async function sealBundle(
  files: readonly ArchiveFile[],
  sealKey: Uint8Array,
  bundle: BundleContext,
  random: RandomBytes,
): Promise<{ readonly bytes: Uint8Array; readonly hash: Hex }> {
  const salt = random(32);
  const ctx = contextHash(bundle);
  const { key, commit } = fileKeys(sealKey, bundle, salt, ctx, CHUNK_BYTES);
  const plaintext = pad(await packArchive(files));
  const parts: Uint8Array[] = [header(CHUNK_BYTES, salt, ctx, commit)];
  const chunks = Math.max(1, Math.ceil(plaintext.length / CHUNK_BYTES));
  for (let index = 0; index < chunks; index++) {
    const cipher = createCipheriv("chacha20-poly1305", key, nonce(index, index === chunks - 1), {
      authTagLength: TAG_BYTES,
    });
    parts.push(
      cipher.update(plaintext.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)),
      cipher.final(),
      cipher.getAuthTag(),
    );
  }
  const bytes = new Uint8Array(Buffer.concat(parts));
  // Bundles are large; the platform's SHA-256 is many times faster than the portable one.
  return { bytes, hash: `0x${createHash("sha256").update(bytes).digest("hex")}` };
}

/**
 * Opens a bundle, or refuses: there is no partial result.
 *
 * @throws BUNDLE_MALFORMED, BUNDLE_CONTEXT_MISMATCH, BUNDLE_WRONG_KEY, BUNDLE_TAMPERED, ARCHIVE_*
 */
export async function openBundle(
  bytes: Uint8Array,
  sealKey: Uint8Array,
  bundle: BundleContext,
  limits: ArchiveLimits,
): Promise<readonly ArchiveFile[]> {
  if (bytes.length < HEADER_BYTES + TAG_BYTES || !equal(bytes.subarray(0, MAGIC.length), MAGIC)) {
    throw stateError("BUNDLE_MALFORMED", { bytes: bytes.length });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunkSize = view.getUint32(MAGIC.length);
  if (chunkSize !== CHUNK_BYTES) throw stateError("BUNDLE_MALFORMED", { chunkSize, expected: CHUNK_BYTES });
  const at = MAGIC.length + 4;
  const salt = bytes.subarray(at, at + 32);
  const ctx = bytes.subarray(at + 32, at + 64);
  const commit = bytes.subarray(at + 64, at + 96);
  if (!equal(ctx, contextHash(bundle))) {
    throw stateError("BUNDLE_CONTEXT_MISMATCH", { step: bundle.step, permitHash: bundle.permitHash });
  }
  const keys = fileKeys(sealKey, bundle, salt, ctx, chunkSize);
  if (!equal(commit, keys.commit)) throw stateError("BUNDLE_WRONG_KEY", { step: bundle.step });
  const plaintext = decryptChunks(bytes.subarray(HEADER_BYTES), keys.key);
  return unpackArchive(unpad(plaintext), limits);
}

/** ctx = T(`bundle`, X(n,1) ‖ policyHash ‖ P ‖ parentBundleHash). */
function contextHash({ context, step, policyHash, permitHash, parentBundleHash }: BundleContext): Uint8Array {
  return taggedHash(
    "bundle",
    stepContextBytes(context, step, contextKind.state),
    hexToBytes(policyHash),
    hexToBytes(permitHash),
    hexToBytes(parentBundleHash),
  );
}

function fileKeys(sealKey: Uint8Array, bundle: BundleContext, salt: Uint8Array, ctx: Uint8Array, chunkSize: number) {
  const info = concat([
    derivationInfo("file", bundle.context, bundle.step, contextKind.state),
    uint(chunkSize, 32),
    ctx,
  ]);
  const okm = hkdfExpand(hkdfExtract(salt, sealKey), info, 64);
  return { key: okm.subarray(0, 32), commit: okm.subarray(32) };
}

function header(chunkSize: number, salt: Uint8Array, ctx: Uint8Array, commit: Uint8Array): Uint8Array {
  return concat([MAGIC, uint(chunkSize, 32), salt, ctx, commit]);
}

function nonce(counter: number, last: boolean): Uint8Array {
  return concat([uint(counter, 88), uint(last ? 1 : 0, 8)]);
}

function decryptChunks(sealed: Uint8Array, key: Uint8Array): Uint8Array {
  const stride = CHUNK_BYTES + TAG_BYTES;
  const chunks = Math.ceil(sealed.length / stride);
  const parts: Uint8Array[] = [];
  for (let index = 0; index < chunks; index++) {
    const chunk = sealed.subarray(index * stride, (index + 1) * stride);
    const decipher = createDecipheriv("chacha20-poly1305", key, nonce(index, index === chunks - 1), {
      authTagLength: TAG_BYTES,
    });
    try {
      decipher.setAuthTag(chunk.subarray(chunk.length - TAG_BYTES));
      parts.push(decipher.update(chunk.subarray(0, chunk.length - TAG_BYTES)), decipher.final());
    } catch (cause) {
      throw stateError("BUNDLE_TAMPERED", { chunk: index, chunks }, cause);
    }
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** u64 length ‖ archive, then zeros up to a PADMÉ size, which hides all but O(log log n) bits of the length. */
function pad(archive: Uint8Array): Uint8Array {
  const length = 8 + archive.length;
  const padded = new Uint8Array(padme(length));
  padded.set(uint(archive.length, 64));
  padded.set(archive, 8);
  return padded;
}

function unpad(plaintext: Uint8Array): Uint8Array {
  const view = new DataView(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
  const length = plaintext.length < 8 ? -1n : view.getBigUint64(0);
  if (length < 0n || length > BigInt(plaintext.length - 8)) {
    throw stateError("BUNDLE_TAMPERED", { problem: "length prefix" });
  }
  const end = 8 + Number(length);
  if (padme(end) !== plaintext.length || plaintext.subarray(end).some((byte) => byte !== 0)) {
    throw stateError("BUNDLE_TAMPERED", { problem: "padding" });
  }
  return plaintext.subarray(8, end);
}

/** Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019, algorithm 1. */
function padme(length: number): number {
  const exponent = Math.floor(Math.log2(length));
  const bits = Math.floor(Math.log2(exponent)) + 1;
  const mask = 2 ** (exponent - bits) - 1;
  return Math.ceil(length / (mask + 1)) * (mask + 1);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
