import { createHash, type Hash, randomBytes } from "node:crypto";
import { closeSync, constants, mkdirSync, openSync, writeSync } from "node:fs";
import { copyFile, type FileHandle, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Hex } from "viem";
import { findPawlError } from "../core/error.ts";
import {
  type ArchiveLimits,
  ArchiveReader,
  archiveEnd,
  archiveHeader,
  MAX_ARCHIVED_FILE_BYTES,
  paddingAfter,
} from "../state/archive.ts";
import {
  assembleCapsule,
  type Capsule,
  type CapsuleDetails,
  checkAnnounced,
  extrasOf,
  manifestOf,
  type StepEvidence,
} from "./capsule.ts";
import { digestOf, type FileDigest } from "./digest.ts";
import { capsuleError } from "./errors.ts";
import { isCapsuleFile, lastFiles, MAX_CAPSULE_FILES, mostKeptBytes, SIGNERS } from "./layout.ts";
import { ParallelDigest, type Slot } from "./parallelDigest.ts";
import { type CapsuleSignature, encodeSigners } from "./signatures.ts";

/** Capsules on disk, of any size: read, unpacked, packed and signed in constant memory. */

const limits: ArchiveLimits = { maxFiles: MAX_CAPSULE_FILES, maxBytes: 4 * MAX_ARCHIVED_FILE_BYTES, last: lastFiles };

export type CapsuleOnDisk = {
  readonly capsule: Capsule<StepEvidence>;
  readonly index: ReadonlyMap<string, FileDigest>;
  readonly evidenceHash: Hex;
  readonly bytes: number;
};

/** Is told how many bytes of how many are done. */
export type Progress = (done: number, total: number) => void;

export type ReadOptions = {
  readonly progress?: Progress | undefined;
  /** A folder, to be made, that the files are written into as they are read. */
  readonly into?: string;
};

/**
 * Reads a capsule from disk once, from its first byte to its last: what the hash is of is what was checked.
 *
 * @throws CAPSULE_FILE_UNREADABLE, CAPSULE_*, ARCHIVE_*, JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN
 */
export async function readCapsuleFile(file: string, options: ReadOptions = {}): Promise<CapsuleOnDisk> {
  const handle = await openToRead(file);
  try {
    const collector = new Collector(options.into);
    try {
      const { evidenceHash, bytes } = await stream(handle, file, collector, options.progress);
      const { index, contents } = collector.finish();
      return { capsule: assembleCapsule(index, contents), index, evidenceHash, bytes };
    } finally {
      collector.close();
    }
  } finally {
    await handle.close();
  }
}

/**
 * Unpacks a capsule into a folder that must not exist yet, and does only after every byte of the capsule was checked.
 *
 * @throws CAPSULE_TARGET_EXISTS, CAPSULE_TARGET_UNWRITABLE and as {@link readCapsuleFile}
 */
export async function unpackCapsuleFile(
  file: string,
  folder: string,
  progress?: Progress | undefined,
): Promise<CapsuleOnDisk> {
  return intoNew(folder, async (partial) => {
    await mkdir(partial);
    return readCapsuleFile(file, { into: partial, progress });
  });
}

/** Where a file's content is: in memory, or at a path. */
export type CapsuleSource = { readonly name: string; readonly content: Uint8Array | { readonly path: string } };

/**
 * Packs a capsule to a new file, reading each source once.
 *
 * @throws CAPSULE_FILE_UNKNOWN, CAPSULE_FILE_UNREADABLE, CAPSULE_TARGET_EXISTS, CAPSULE_TARGET_UNWRITABLE, and as
 *   {@link readCapsuleFile} when what was packed is no capsule
 */
export async function packCapsuleFile(
  evidence: readonly CapsuleSource[],
  details: CapsuleDetails,
  file: string,
  progress?: Progress | undefined,
): Promise<{ readonly evidenceHash: Hex; readonly bytes: number }> {
  const extras = extrasOf(details).map(({ name, bytes }): CapsuleSource => ({ name, content: bytes }));
  const sources = [...evidence, ...extras].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name } of sources)
    if (!isCapsuleFile(name) || lastFiles.includes(name)) throw capsuleError("CAPSULE_FILE_UNKNOWN", { name });
  return intoNew(file, async (partial) => {
    const handle = await open(partial, "wx").catch((cause: unknown) => {
      throw capsuleError("CAPSULE_TARGET_UNWRITABLE", { file }, cause);
    });
    try {
      return await pack(sources, details, handle, progress);
    } finally {
      await handle.close();
    }
  });
}

/**
 * Writes a copy of a capsule with one more signature; the rest of its bytes stay as they are.
 *
 * @param sign makes the signature of the manifest's bytes
 * @throws CAPSULE_TARGET_EXISTS, CAPSULE_TARGET_UNWRITABLE and as {@link readCapsuleFile}
 */
export async function signCapsuleFile(
  file: string,
  target: string,
  sign: (manifest: Uint8Array) => Promise<CapsuleSignature>,
  progress?: Progress | undefined,
): Promise<CapsuleOnDisk> {
  return intoNew(target, async (partial) => {
    await copyFile(file, partial).catch((cause: unknown) => {
      throw capsuleError("CAPSULE_FILE_UNREADABLE", { file }, cause);
    });
    const { capsule, index } = await readCapsuleFile(partial);
    const signers = encodeSigners([...capsule.signatures, await sign(capsule.manifestBytes)]);
    let end = 0;
    for (const [name, { size }] of index) {
      if (name !== SIGNERS) end += archiveHeader(name, size).length + size + paddingAfter(size);
    }
    const handle = await open(partial, "r+");
    try {
      await handle.truncate(end);
      const tail = [
        archiveHeader(SIGNERS, signers.length),
        signers,
        new Uint8Array(paddingAfter(signers.length)),
        archiveEnd(),
      ];
      await handle.write(Buffer.concat(tail), 0, undefined, end);
    } finally {
      await handle.close();
    }
    return readCapsuleFile(partial, { progress });
  });
}

/** Takes an archive's files in: hashes each, keeps those that are read, and writes them where they are to be. */
class Collector {
  readonly #folder: string | undefined;
  readonly #index = new Map<string, FileDigest>();
  readonly #contents = new Map<string, Uint8Array>();
  #current:
    | { readonly name: string; readonly size: number; readonly hash: Hash; readonly kept: Uint8Array | undefined }
    | undefined;
  #filled = 0;
  #descriptor: number | undefined;

  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  file(name: string, size: number): void {
    this.#complete();
    checkAnnounced(name, size);
    const kept = mostKeptBytes(name) === undefined ? undefined : new Uint8Array(size);
    this.#current = { name, size, hash: createHash("sha256"), kept };
    this.#filled = 0;
    if (this.#folder === undefined) return;
    // Names were checked: plain relative segments of this format, none twice in any case.
    const path = join(this.#folder, name);
    mkdirSync(dirname(path), { recursive: true });
    this.#descriptor = openSync(path, "wx", 0o644);
  }

  content(bytes: Uint8Array): void {
    this.#current?.hash.update(bytes);
    this.#current?.kept?.set(bytes, this.#filled);
    this.#filled += bytes.length;
    if (this.#descriptor === undefined) return;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
  }

  finish(): { readonly index: ReadonlyMap<string, FileDigest>; readonly contents: ReadonlyMap<string, Uint8Array> } {
    this.#complete();
    return { index: this.#index, contents: this.#contents };
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #complete(): void {
    this.close();
    if (!this.#current) return;
    const { name, size, hash, kept } = this.#current;
    this.#index.set(name, { sha256: `0x${hash.digest("hex")}`, size });
    if (kept) this.#contents.set(name, kept);
    this.#current = undefined;
  }
}

async function stream(
  handle: FileHandle,
  file: string,
  collector: Collector,
  progress: Progress | undefined,
): Promise<{ readonly evidenceHash: Hex; readonly bytes: number }> {
  const { size } = await handle.stat();
  const reader = new ArchiveReader(limits, collector);
  const digest = new ParallelDigest(size);
  try {
    let bytes = 0;
    for await (const { slot, length } of slotsOf(handle, file, digest)) {
      // This thread hashes the slot as well, and is done with it when the call returns.
      let looked: () => void = () => undefined;
      digest.add(
        slot,
        length,
        new Promise<void>((done) => {
          looked = done;
        }),
      );
      reader.push(slot.bytes.subarray(0, length));
      looked();
      bytes += length;
      progress?.(bytes, size);
    }
    reader.finish();
    return { evidenceHash: await digest.digest(), bytes };
  } finally {
    await digest.close();
  }
}

/** A file's content in slots of a digest, each of which the caller adds. The next is read while one is looked at. */
async function* slotsOf(
  handle: FileHandle,
  file: string,
  digest: ParallelDigest,
): AsyncGenerator<{ readonly slot: Slot; readonly length: number }, void> {
  const read = async (slot: Slot) => {
    const { bytesRead } = await handle.read(slot.bytes, 0, slot.bytes.length).catch((cause: unknown) => {
      throw capsuleError("CAPSULE_FILE_UNREADABLE", { file }, cause);
    });
    return { slot, length: bytesRead };
  };
  const next = () => {
    const slot = digest.take();
    const reading = slot instanceof Promise ? slot.then(read) : read(slot);
    // It is awaited by the next turn, unless something else fails first.
    reading.catch(() => undefined);
    return reading;
  };
  for (let reading = next(); ; ) {
    const { slot, length } = await reading;
    if (length === 0) {
      digest.discard(slot);
      return;
    }
    reading = next();
    yield { slot, length };
  }
}

async function pack(
  sources: readonly CapsuleSource[],
  details: CapsuleDetails,
  output: FileHandle,
  progress: Progress | undefined,
): Promise<{ readonly evidenceHash: Hex; readonly bytes: number }> {
  const opened = await Promise.all(sources.map(openSource));
  const total = opened.reduce((sum, { size }) => sum + size, 0);
  const digest = new ParallelDigest(total);
  const index = new Map<string, FileDigest>();
  let written = 0;
  const put = (slot: Slot, length: number): void => {
    const at = written;
    written += length;
    digest.add(slot, length, writeWhole(output, slot.bytes.subarray(0, length), at));
    progress?.(Math.min(written, total), total);
  };
  const putBytes = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; ) {
      const slot = await digest.take();
      const piece = bytes.subarray(at, at + slot.bytes.length);
      slot.bytes.set(piece);
      put(slot, piece.length);
      at += piece.length;
    }
  };
  const putFile = async (name: string, content: Uint8Array): Promise<void> => {
    await putBytes(
      Buffer.concat([archiveHeader(name, content.length), content, new Uint8Array(paddingAfter(content.length))]),
    );
  };
  try {
    for (const { name, size, content, handle } of opened) {
      if (handle === undefined) {
        index.set(name, digestOf(content));
        await putFile(name, content);
        continue;
      }
      const hash = createHash("sha256");
      await putBytes(archiveHeader(name, size));
      let left = size;
      for await (const { slot, length } of slotsOf(handle, name, digest)) {
        left -= length;
        // The header says how long the file is; what was added to it since is another file.
        if (left < 0) break;
        put(slot, length);
        hash.update(slot.bytes.subarray(0, length));
      }
      if (left !== 0) throw capsuleError("CAPSULE_FILE_UNREADABLE", { name, problem: "it changed while it was read" });
      index.set(name, { sha256: `0x${hash.digest("hex")}`, size });
      await putBytes(new Uint8Array(paddingAfter(size)));
    }
    const manifest = manifestOf(index, details);
    await putFile(manifest.name, manifest.bytes);
    await putBytes(archiveEnd());
    return { evidenceHash: await digest.digest(), bytes: written };
  } finally {
    await digest.close();
    await Promise.all(opened.map(({ handle }) => handle?.close()));
  }
}

async function openSource({ name, content }: CapsuleSource) {
  if (content instanceof Uint8Array) return { name, content, size: content.length, handle: undefined };
  const handle = await openToRead(content.path);
  const { size } = await handle.stat();
  if (size > MAX_ARCHIVED_FILE_BYTES)
    throw capsuleError("CAPSULE_TOO_LARGE", { name, bytes: size, maxBytes: MAX_ARCHIVED_FILE_BYTES });
  return { name, content: new Uint8Array(), size, handle };
}

async function writeWhole(output: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await output.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}

/** A regular file; a pipe or a device has no end to rely on. @throws CAPSULE_FILE_UNREADABLE */
async function openToRead(file: string): Promise<FileHandle> {
  // A pipe is not waited for.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((cause: unknown) => {
    throw capsuleError("CAPSULE_FILE_UNREADABLE", { file }, cause);
  });
  if (!(await handle.stat()).isFile()) {
    await handle.close();
    throw capsuleError("CAPSULE_FILE_UNREADABLE", { file, problem: "not a regular file" });
  }
  return handle;
}

/**
 * Makes something at a path that must be free: under a name of its own until it is whole, then renamed.
 *
 * @throws CAPSULE_TARGET_EXISTS, CAPSULE_TARGET_UNWRITABLE
 */
async function intoNew<T>(target: string, make: (partial: string) => Promise<T>): Promise<T> {
  const path = resolve(target);
  const isTaken = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isTaken) throw capsuleError("CAPSULE_TARGET_EXISTS", { target });
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString("hex")}.partial`);
  try {
    const made = await make(partial);
    await rename(partial, path);
    return made;
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    if (findPawlError(cause)) throw cause;
    throw capsuleError("CAPSULE_TARGET_UNWRITABLE", { target }, cause);
  }
}
