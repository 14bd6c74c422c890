/** An uploaded file, by what it looks like. Nothing in it has been checked. */
export type EvidenceFile = {
  readonly what: "capsule" | "bundle" | "neither";
  /** Without a byte order mark, which some editors put before JSON. */
  readonly bytes: Uint8Array;
};

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const JSON_SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const OPENING_BRACE = 0x7b;

/** Where an archive's first header says what it is (POSIX.1-1988, ustar). */
const MAGIC_OFFSET = 257;
const MAGIC = [..."ustar"].map((character) => character.charCodeAt(0));

/** Tells a capsule (a tar archive) from a bundle (a JSON object). */
export function readEvidenceFile(file: Uint8Array): EvidenceFile {
  const isMarked = BYTE_ORDER_MARK.every((byte, index) => file[index] === byte);
  const bytes = isMarked ? file.subarray(BYTE_ORDER_MARK.length) : file;
  if (bytes.find((byte) => !JSON_SPACE.has(byte)) === OPENING_BRACE) return { what: "bundle", bytes };
  const isArchive = MAGIC.every((byte, index) => file[MAGIC_OFFSET + index] === byte);
  return { what: isArchive ? "capsule" : "neither", bytes: file };
}
