import { open, readFile, stat, writeFile } from "node:fs/promises";
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

/**
 * The first bytes of a file, which say what it is; undefined for a pipe, which can be read only once.
 *
 * @throws EVIDENCE_FILE_UNREADABLE
 */
export async function readBeginning(file: string): Promise<Uint8Array | undefined> {
  try {
    if (!(await stat(file)).isFile()) return undefined;
    const handle = await open(file, "r");
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(512), 0, 512, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw evidenceError("EVIDENCE_FILE_UNREADABLE", { file }, cause);
  }
}

/** @throws EVIDENCE_FILE_UNWRITABLE */
export async function writeEvidence(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(file, bytes);
  } catch (cause) {
    throw evidenceError("EVIDENCE_FILE_UNWRITABLE", { file }, cause);
  }
}
