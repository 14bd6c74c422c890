import { pack } from "tar-stream";
import { stateError } from "./errors.ts";

/** One regular file. `name` is a relative path of plain segments, at most 100 bytes. */
export type ArchiveFile = { readonly name: string; readonly bytes: Uint8Array };

export type ArchiveLimits = { readonly maxFiles: number; readonly maxBytes: number };

// Plain ASCII segments that cannot start with a dot: no absolute path, no `..`, no hidden file, nothing that two file
// systems could read as two different names.
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const MAX_NAME_BYTES = 100;

/** Where a ustar header of 512 bytes holds what differs between files. */
const BLOCK_BYTES = 512;
const SIZE_AT = 124;
const SIZE = /^[0-7]{11} $/;
const TYPE_AT = 156;
const PLAIN_FILE = "0";

/**
 * Packs files into a tar with fixed headers and sorted names: the same files always give the same bytes.
 *
 * @throws ARCHIVE_ENTRY_REFUSED when a name is not plain or appears twice (case aside)
 */
export async function packArchive(files: readonly ArchiveFile[]): Promise<Uint8Array> {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  checkNames(sorted.map((file) => file.name));
  const stream = pack();
  const collected = collect(stream);
  for (const { name, bytes } of sorted) {
    const header = { name, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: "file" as const, size: bytes.length };
    await new Promise<void>((resolve, reject) => {
      stream.entry(header, Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
    });
  }
  stream.finalize();
  return collected;
}

/**
 * Unpacks an archive that {@link packArchive} made, and nothing else: links, devices, odd names, duplicates, case
 * collisions, oversize and any byte that packing the files again would not produce are refused.
 *
 * @throws ARCHIVE_ENTRY_REFUSED, ARCHIVE_TOO_LARGE, ARCHIVE_MALFORMED, ARCHIVE_NOT_DETERMINISTIC
 */
export async function unpackArchive(archive: Uint8Array, limits: ArchiveLimits): Promise<readonly ArchiveFile[]> {
  const overhead = 1024 * (limits.maxFiles + 2);
  if (archive.length > limits.maxBytes + overhead) {
    throw stateError("ARCHIVE_TOO_LARGE", { bytes: archive.length, maxBytes: limits.maxBytes });
  }
  const files = readEntries(archive, limits);
  checkNames(files.map((file) => file.name));
  const again = await packArchive(files);
  if (Buffer.compare(again, archive) !== 0) {
    throw stateError("ARCHIVE_NOT_DETERMINISTIC", { bytes: archive.length, repackedBytes: again.length });
  }
  return files;
}

/**
 * Reads what {@link packArchive} writes: per file a header and its content in whole blocks, then blocks of zeros. Only
 * name, size and type are looked at here; packing the files again answers for every other byte.
 */
function readEntries(archive: Uint8Array, limits: ArchiveLimits): ArchiveFile[] {
  const files: ArchiveFile[] = [];
  let total = 0;
  for (let at = 0; ; ) {
    const header = blockAt(archive, at, BLOCK_BYTES);
    if (header[0] === 0) return files;
    const name = latin1(header.subarray(0, MAX_NAME_BYTES)).replace(/\0.*$/s, "");
    const type = latin1(header.subarray(TYPE_AT, TYPE_AT + 1));
    if (type !== PLAIN_FILE) throw stateError("ARCHIVE_ENTRY_REFUSED", { name, problem: `type is ${type}` });
    const sizeField = latin1(header.subarray(SIZE_AT, SIZE_AT + 12));
    if (!SIZE.test(sizeField)) throw stateError("ARCHIVE_MALFORMED", { name, problem: "size is not plain octal" });
    const size = Number.parseInt(sizeField, 8);
    total += size;
    if (files.length + 1 > limits.maxFiles || total > limits.maxBytes) {
      throw stateError("ARCHIVE_TOO_LARGE", { files: files.length + 1, bytes: total, ...limits });
    }
    at += BLOCK_BYTES;
    // A copy: what was read must not change with the archive's bytes, nor keep them alive.
    files.push({ name, bytes: blockAt(archive, at, size).slice() });
    at += Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

function blockAt(archive: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length > archive.length) {
    throw stateError("ARCHIVE_MALFORMED", { bytes: archive.length, problem: `ends before byte ${at + length}` });
  }
  return archive.subarray(at, at + length);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (!NAME.test(name) || Buffer.byteLength(name) > MAX_NAME_BYTES) {
      throw stateError("ARCHIVE_ENTRY_REFUSED", { name, problem: "not a plain relative name" });
    }
    const folded = name.toLowerCase();
    if (seen.has(folded)) throw stateError("ARCHIVE_ENTRY_REFUSED", { name, problem: "appears twice" });
    seen.add(folded);
  }
}

async function collect(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    if (chunk instanceof Uint8Array) chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
