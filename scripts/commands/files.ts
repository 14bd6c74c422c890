import { readFile, writeFile } from "node:fs/promises";
import { evidenceError } from "#lib/evidence/errors.ts";

/** @throws EVIDENCE_FILE_UNREADABLE */
export async function readEvidence(file: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(file));
  } catch (cause) {
    throw evidenceError("EVIDENCE_FILE_UNREADABLE", { file }, cause);
  }
  if (bytes.length === 0) throw evidenceError("EVIDENCE_FILE_UNREADABLE", { file, problem: "it is empty" });
  return bytes;
}

/** @throws EVIDENCE_FILE_UNWRITABLE */
export async function writeEvidence(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(file, bytes);
  } catch (cause) {
    throw evidenceError("EVIDENCE_FILE_UNWRITABLE", { file }, cause);
  }
}
