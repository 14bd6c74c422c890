import { constants } from "node:fs";
import { type FileHandle, link, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { bytesToHex, type Hex } from "viem";
import { systemRandom } from "../core/effects.ts";
import { findPawlError } from "../core/error.ts";
import { sha256Hex } from "../core/hash.ts";
import { transcriptError } from "./errors.ts";

/**
 * A folder of artifacts, each named by the SHA-256 of its bytes: `ab/cdef…` for 0xabcdef…. Bytes are hashed when they
 * are written and again whenever they are read, so what comes out is what the name says, or nothing.
 */
export type ArtifactStore = {
  /**
   * Keeps bytes and returns their name. All or nothing: a crash leaves no half of an artifact under its name.
   *
   * @throws BLOB_TOO_LARGE, BLOB_CHANGED when other bytes lie under the name already, BLOB_STORE_FAILED
   */
  readonly write: (bytes: Uint8Array) => Promise<Hex>;
  /** @throws BLOB_NAME_REFUSED, BLOB_MISSING, BLOB_CHANGED, BLOB_TOO_LARGE, BLOB_STORE_FAILED */
  readonly read: (name: string) => Promise<Uint8Array>;
};

const NAME = /^0x[0-9a-f]{64}$/;
const DEFAULT_MAX_BYTES = 268_435_456;

export function openArtifactStore(folder: string, { maxBytes = DEFAULT_MAX_BYTES } = {}): ArtifactStore {
  const placeOf = (name: string) => ({ folder: join(folder, name.slice(2, 4)), file: name.slice(4) });

  async function read(name: string): Promise<Uint8Array> {
    if (!NAME.test(name)) throw transcriptError("BLOB_NAME_REFUSED", { name });
    const place = placeOf(name);
    const bytes = await guarded(name, () => readFile(join(place.folder, place.file), name, maxBytes));
    const actual = sha256Hex(bytes);
    if (actual !== name) throw transcriptError("BLOB_CHANGED", { expected: name, actual });
    return bytes;
  }

  async function write(bytes: Uint8Array): Promise<Hex> {
    if (bytes.length > maxBytes) throw transcriptError("BLOB_TOO_LARGE", { bytes: bytes.length, maxBytes });
    const name = sha256Hex(bytes);
    const place = placeOf(name);
    const written = await guarded(name, async () => {
      await mkdir(place.folder, { recursive: true });
      return writeWhole(place.folder, place.file, bytes);
    });
    // Somebody was first: whatever lies there has to be these bytes.
    if (!written) await read(name);
    return name;
  }

  return { read, write };
}

/** Writes beside and links into place, which never replaces. Returns false when the name is taken. */
async function writeWhole(folder: string, file: string, bytes: Uint8Array): Promise<boolean> {
  const beside = join(folder, `.${bytesToHex(systemRandom(16)).slice(2)}`);
  try {
    const handle = await open(beside, "wx", 0o444);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(beside, join(folder, file));
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    throw thrown;
  } finally {
    await rm(beside, { force: true });
  }
}

async function readFile(path: string, name: string, maxBytes: number): Promise<Uint8Array> {
  // Not through a link, and without waiting for whoever might write into a pipe.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw transcriptError("BLOB_CHANGED", { expected: name, actual: "not a plain file" });
    if (status.size > maxBytes) throw transcriptError("BLOB_TOO_LARGE", { bytes: status.size, maxBytes });
    return await readExactly(handle, status.size);
  } finally {
    await handle.close();
  }
}

/** As many bytes as the file had when it was opened: one that grows meanwhile cannot fill the memory. */
async function readExactly(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await handle.read(bytes, at, size - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

async function guarded<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (findPawlError(thrown)) throw thrown;
    const code = codeOf(thrown);
    if (code === "ENOENT") throw transcriptError("BLOB_MISSING", { name }, thrown);
    if (code === "ELOOP") throw transcriptError("BLOB_CHANGED", { expected: name, actual: "a link" }, thrown);
    throw transcriptError("BLOB_STORE_FAILED", { name, problem: code }, thrown);
  }
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : undefined;
}
