import { stateError } from "./errors.ts";

/** One regular file. `name` is a relative path of plain segments, at most 100 bytes. */
export type ArchiveFile = { readonly name: string; readonly bytes: Uint8Array };

export type ArchiveLimits = {
  readonly maxFiles: number;
  readonly maxBytes: number;
  /** Names that stand after all others, in this order. */
  readonly last?: readonly string[];
};

// Plain ASCII segments that cannot start with a dot: no absolute path, no `..`, no hidden file, nothing that two file
// systems could read as two different names.
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const MAX_NAME_BYTES = 100;

/** Where a ustar header of 512 bytes (POSIX.1-1988) holds what is read from it. */
const BLOCK_BYTES = 512;
const SIZE_AT = 124;
const SIZE = /^[0-7]{11} $/;
const CHECKSUM_AT = 148;
const TYPE_AT = 156;
const PLAIN_FILE = "0";
/** Eleven octal digits. */
export const MAX_ARCHIVED_FILE_BYTES = 0o77777777777;
const END_BYTES = 2 * BLOCK_BYTES;

/**
 * Packs files into a tar with fixed headers and sorted names: the same files always give the same bytes.
 *
 * @param last names that stand after all others, in this order
 * @throws ARCHIVE_ENTRY_REFUSED when a name is not plain or appears twice (case aside)
 */
export async function packArchive(files: readonly ArchiveFile[], last: readonly string[] = []): Promise<Uint8Array> {
  const sorted = [...files].sort((a, b) => (isBefore(a.name, b.name, last) ? -1 : 1));
  const names = new Names();
  const blocks: Uint8Array[] = [];
  for (const { name, bytes } of sorted) {
    names.add(name);
    blocks.push(archiveHeader(name, bytes.length), bytes, new Uint8Array(paddingAfter(bytes.length)));
  }
  return new Uint8Array(Buffer.concat([...blocks, archiveEnd()]));
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
  const files: { readonly name: string; bytes: Uint8Array }[] = [];
  const reader = new ArchiveReader(limits, {
    file: (name) => void files.push({ name, bytes: new Uint8Array() }),
    content: (bytes) => {
      const file = files.at(-1);
      // A copy: what was read must not change with the archive's bytes, nor keep them alive.
      if (file) file.bytes = bytes.slice();
    },
  });
  reader.push(archive);
  reader.finish();
  return files;
}

/** The header that stands before a file of `size` bytes. */
export function archiveHeader(name: string, size: number): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")} `;
  header.write(name, 0, "latin1");
  // Mode, user and group.
  header.write([0o644, 0, 0].map((field) => `${octal(field, 6)}\0`).join(""), 100, "latin1");
  header.write(octal(size, 11) + octal(0, 11), SIZE_AT, "latin1");
  header.write(" ".repeat(8) + PLAIN_FILE, CHECKSUM_AT, "latin1");
  header.write(["ustar", "00"].join("\0"), 257, "latin1");
  // Device numbers, which a plain file does not have.
  header.write([0, 0].map((field) => `${octal(field, 6)}\0`).join(""), 329, "latin1");
  header.write(`${octal(checksumOf(header), 6)}\0`, CHECKSUM_AT, "latin1");
  return header;
}

/** Zeros after a file's content, up to the next whole block. */
export function paddingAfter(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** What stands after the last file. */
export function archiveEnd(): Uint8Array {
  return new Uint8Array(END_BYTES);
}

/** Is told of each file, then of its content, in as many pieces as it arrives in. Pieces are borrowed, not given. */
export type ArchiveSink = {
  file(name: string, size: number): void;
  content(bytes: Uint8Array): void;
};

/**
 * Reads an archive as it arrives, in constant memory. A file is announced before anything of it is read; that the whole
 * is well-formed is known only after {@link finish}.
 *
 * A header is refused unless it is, in every byte, the one that would be written for its name and size, so only those
 * two and the type are ever interpreted.
 */
export class ArchiveReader {
  readonly #limits: ArchiveLimits;
  readonly #sink: ArchiveSink;
  readonly #names = new Names();
  readonly #header = new Uint8Array(BLOCK_BYTES);
  #state: "header" | "content" | "padding" | "end" | "after" = "header";
  /** Bytes still to come in this state. */
  #missing = BLOCK_BYTES;
  #padding = 0;
  #name = "";
  #previous: string | undefined;
  #files = 0;
  #bytes = 0;

  constructor(limits: ArchiveLimits, sink: ArchiveSink) {
    this.#limits = limits;
    this.#sink = sink;
  }

  /** @throws ARCHIVE_ENTRY_REFUSED, ARCHIVE_TOO_LARGE, ARCHIVE_MALFORMED, ARCHIVE_NOT_DETERMINISTIC */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#isOver()) throw this.#unexpected("bytes after the end");
      const piece = chunk.subarray(at, at + this.#missing);
      at += piece.length;
      this.#take(piece);
      this.#missing -= piece.length;
      while (this.#missing === 0 && !this.#isOver()) this.#advance();
    }
  }

  /** @throws ARCHIVE_MALFORMED when the archive is not over */
  finish(): void {
    if (!this.#isOver()) {
      throw stateError("ARCHIVE_MALFORMED", { name: this.#name, problem: `ends too early, in its ${this.#state}` });
    }
  }

  #isOver(): boolean {
    return this.#state === "after";
  }

  #take(piece: Uint8Array): void {
    if (this.#state === "header") this.#header.set(piece, BLOCK_BYTES - this.#missing);
    else if (this.#state === "content") this.#sink.content(piece);
    else if (piece.some((byte) => byte !== 0)) throw this.#unexpected(`${this.#state} that is not zeros`);
  }

  /** Called when a state has all its bytes. */
  #advance(): void {
    if (this.#state === "end") this.#state = "after";
    else if (this.#state === "content") this.#enter("padding", this.#padding);
    else if (this.#state === "padding") this.#enter("header", BLOCK_BYTES);
    else if (this.#header.every((byte) => byte === 0)) this.#enter("end", END_BYTES - BLOCK_BYTES);
    else this.#begin();
  }

  #enter(state: "header" | "content" | "padding" | "end", missing: number): void {
    this.#state = state;
    this.#missing = missing;
  }

  #begin(): void {
    const header = Buffer.from(this.#header);
    const name = header.toString("latin1", 0, MAX_NAME_BYTES).replace(/\0.*$/s, "");
    const checksum = Number.parseInt(header.toString("latin1", CHECKSUM_AT, CHECKSUM_AT + 8), 8);
    if (checksum !== checksumOf(header)) throw stateError("ARCHIVE_MALFORMED", { name, problem: "header checksum" });
    const type = header.toString("latin1", TYPE_AT, TYPE_AT + 1);
    if (type !== PLAIN_FILE) throw stateError("ARCHIVE_ENTRY_REFUSED", { name, problem: `type is ${type}` });
    const sizeField = header.toString("latin1", SIZE_AT, SIZE_AT + 12);
    if (!SIZE.test(sizeField)) throw stateError("ARCHIVE_MALFORMED", { name, problem: "size is not plain octal" });
    const size = Number.parseInt(sizeField, 8);
    this.#files += 1;
    this.#bytes += size;
    const { maxFiles, maxBytes, last = [] } = this.#limits;
    if (this.#files > maxFiles || this.#bytes > maxBytes) {
      throw stateError("ARCHIVE_TOO_LARGE", { files: this.#files, bytes: this.#bytes, maxFiles, maxBytes });
    }
    this.#names.add(name);
    this.#name = name;
    if (!header.equals(archiveHeader(name, size))) throw this.#unexpected("a foreign header");
    if (this.#previous !== undefined && !isBefore(this.#previous, name, last)) throw this.#unexpected("another order");
    this.#previous = name;
    this.#padding = paddingAfter(size);
    this.#sink.file(name, size);
    this.#enter("content", size);
  }

  #unexpected(problem: string) {
    return stateError("ARCHIVE_NOT_DETERMINISTIC", { name: this.#name, problem });
  }
}

/** The names of an archive, none of which may stand for the same place as another on any file system. */
class Names {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();

  /** @throws ARCHIVE_ENTRY_REFUSED */
  add(name: string): void {
    const refused = (problem: string) => stateError("ARCHIVE_ENTRY_REFUSED", { name, problem });
    if (!NAME.test(name) || Buffer.byteLength(name) > MAX_NAME_BYTES) throw refused("not a plain relative name");
    const folded = name.toLowerCase();
    if (this.#files.has(folded)) throw refused("appears twice");
    if (this.#folders.has(folded)) throw refused("is a file and a folder");
    this.#files.add(folded);
    for (let at = folded.indexOf("/"); at !== -1; at = folded.indexOf("/", at + 1)) {
      const folder = folded.slice(0, at);
      if (this.#files.has(folder)) throw refused("is a file and a folder");
      this.#folders.add(folder);
    }
  }
}

function isBefore(a: string, b: string, last: readonly string[]): boolean {
  const [rankA, rankB] = [last.indexOf(a), last.indexOf(b)];
  return rankA === rankB ? a < b : rankA < rankB;
}

/** Sum of the header's bytes, its checksum field read as spaces. */
function checksumOf(header: Uint8Array): number {
  let sum = 8 * 0x20;
  for (const [at, byte] of header.entries()) if (at < CHECKSUM_AT || at >= CHECKSUM_AT + 8) sum += byte;
  return sum;
}
