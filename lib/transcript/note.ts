import { createHash, type KeyObject } from "node:crypto";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { isSignature, publicKeyOf, signBytes } from "./ed25519.ts";
import { transcriptError } from "./errors.ts";

/**
 * Signed notes as c2sp.org/signed-note writes them: a text that ends with a line feed, an empty line, and one line per
 * signature, `— <name> base64(key id ‖ signature)`.
 */

const MAX_NOTE_BYTES = 65_536;
const MAX_SIGNATURES = 64;
const KEY_ID_BYTES = 4;
const SIGNATURE_LINE = /^— (?<name>[^ ]+) (?<value>[A-Za-z0-9+/]+={0,2})$/;

/** Types of the format's registry: a plain signature of a note, and a witness's timestamped cosignature. */
export const keyTypes = { note: 0x01, cosignature: 0x04 } as const;
type KeyType = (typeof keyTypes)[keyof typeof keyTypes];

export type VerifierKey = {
  /** As in the signature line: neither spaces nor plus. */
  readonly name: string;
  /** 8 hex digits: a hint at the key, never a proof of it. */
  readonly id: string;
  readonly type: KeyType;
  readonly publicKey: Uint8Array;
};

export type NoteSignature = { readonly name: string; readonly id: string; readonly signature: Uint8Array };
export type Note = {
  /** With its final line feed: exactly what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

/** The key of a name and its 32 public bytes. @throws NOTE_KEY_MALFORMED */
export function verifierKey(name: string, type: KeyType, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name) || publicKey.length !== 32) throw transcriptError("NOTE_KEY_MALFORMED", { name });
  const digest = createHash("sha256").update(`${name}\n`).update(Uint8Array.of(type)).update(publicKey).digest("hex");
  return { name, id: digest.slice(0, 2 * KEY_ID_BYTES), type, publicKey };
}

/** `name+id+base64(type ‖ key)`. */
export function encodeVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${id}+${encodeBase64(Buffer.concat([Uint8Array.of(type), publicKey]))}`;
}

/** @throws NOTE_KEY_MALFORMED for another form, another type, or an id that is not the key's */
export function parseVerifierKey(text: string): VerifierKey {
  const { name, id, value } = /^(?<name>[^+]+)\+(?<id>[0-9a-f]{8})\+(?<value>.+)$/s.exec(text)?.groups ?? {};
  const bytes = value === undefined ? undefined : decodeBase64(value);
  const type = Object.values(keyTypes).find((known) => known === bytes?.[0]);
  if (name === undefined || bytes === undefined || type === undefined) {
    throw transcriptError("NOTE_KEY_MALFORMED", { key: text });
  }
  const key = verifierKey(name, type, bytes.subarray(1));
  if (key.id !== id) throw transcriptError("NOTE_KEY_MALFORMED", { name, expected: key.id, actual: id });
  return key;
}

/** @throws NOTE_MALFORMED */
export function parseNote(bytes: Uint8Array): Note {
  if (bytes.length > MAX_NOTE_BYTES) throw transcriptError("NOTE_MALFORMED", { bytes: bytes.length });
  const whole = decodeText(bytes);
  // The text may hold empty lines itself: the last one is where the signatures begin.
  const split = whole.lastIndexOf("\n\n");
  if (split === -1 || !whole.endsWith("\n")) throw transcriptError("NOTE_MALFORMED", { problem: "no signatures" });
  const lines = whole.slice(split + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw transcriptError("NOTE_MALFORMED", { signatures: lines.length });
  return { text: checkedText(whole.slice(0, split + 1)), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const { name = "", value = "" } = SIGNATURE_LINE.exec(line)?.groups ?? {};
  const bytes = decodeBase64(value);
  if (!isKeyName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    throw transcriptError("NOTE_MALFORMED", { problem: "not a signature line", line });
  }
  const id = Buffer.from(bytes.subarray(0, KEY_ID_BYTES)).toString("hex");
  return { name, id, signature: bytes.subarray(KEY_ID_BYTES) };
}

/** @throws NOTE_MALFORMED when the text is none */
export function encodeNote({ text, signatures }: Note): Uint8Array {
  const lines = signatures.map(({ name, id, signature }) => {
    return `— ${name} ${encodeBase64(Buffer.concat([Buffer.from(id, "hex"), signature]))}\n`;
  });
  const bytes = new Uint8Array(Buffer.from(`${checkedText(text)}\n${lines.join("")}`, "utf8"));
  // Written and read by the same rules, whatever the names and the text are.
  parseNote(bytes);
  return bytes;
}

/** A plain Ed25519 signature over a note's text. @throws NOTE_KEY_MALFORMED */
export function signNote(text: string, name: string, privateKey: KeyObject): NoteSignature {
  const { id } = verifierKey(name, keyTypes.note, publicKeyOf(privateKey));
  return { name, id, signature: signBytes(noteBytes(text), privateKey) };
}

/**
 * The known keys that signed the note. Signatures of other keys are passed over; one of a known key that does not
 * verify spoils the note.
 *
 * @throws NOTE_SIGNATURE_INVALID, NOTE_UNSIGNED
 */
export function verifyNote(note: Note, keys: readonly VerifierKey[]): readonly VerifierKey[] {
  const signers = keys.filter((key) => {
    const made = signaturesBy(note, key);
    for (const { signature } of made) {
      if (key.type !== keyTypes.note || !isSignature(signature, noteBytes(note.text), key.publicKey)) {
        throw transcriptError("NOTE_SIGNATURE_INVALID", { name: key.name, id: key.id });
      }
    }
    return made.length > 0;
  });
  if (signers.length === 0) throw transcriptError("NOTE_UNSIGNED", { known: keys.map(({ name }) => name).join(", ") });
  return signers;
}

/** The signatures that claim to be of a key: name and id together. */
export function signaturesBy(note: Note, { name, id }: VerifierKey): readonly NoteSignature[] {
  return note.signatures.filter((signature) => signature.name === name && signature.id === id);
}

export function noteBytes(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw transcriptError("NOTE_MALFORMED", { problem: "not UTF-8" }, cause);
  }
}

function checkedText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that a note must not hold.
  if (text === "\n" || !text.endsWith("\n") || !text.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(text)) {
    throw transcriptError("NOTE_MALFORMED", { problem: "the text has control characters, or no end" });
  }
  return text;
}

function isKeyName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name stands on a line of a note.
  return name !== "" && name.isWellFormed() && !/[\s\u0085+\u0000-\u001f]/u.test(name);
}
