import { createHash } from "node:crypto";
import type { Hex } from "viem";

/** What is known of a file that is not in memory: as good as its bytes wherever only its hash is compared. */
export type FileDigest = { readonly sha256: Hex; readonly size: number };

export function sha256Of(bytes: Uint8Array): Hex {
  return `0x${createHash("sha256").update(bytes).digest("hex")}`;
}

export function digestOf(bytes: Uint8Array): FileDigest {
  return { sha256: sha256Of(bytes), size: bytes.length };
}

/** SHA-256 of a file that is in memory, or of one whose hash is already known. */
export function fileHash(file: Uint8Array | FileDigest): Hex {
  return file instanceof Uint8Array ? sha256Of(file) : file.sha256;
}
