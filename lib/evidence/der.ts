import { evidenceError } from "./errors.ts";

/**
 * A strict reader of the little DER that a leaf certificate needs (X.690 section 10). What has two encodings is refused
 * unless it is the canonical one, so bytes that pass mean one thing to every reader.
 */
export type DerElement = {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Header and content, as they stood. */
  readonly whole: Uint8Array;
};

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/** The one element that the bytes consist of. @throws LEAF_NOT_DER */
export function readDer(bytes: Uint8Array, tag?: number): DerElement {
  const element = elementAt(bytes, 0);
  if (element.whole.length !== bytes.length) throw malformed("bytes follow the element");
  if (tag !== undefined && element.tag !== tag) throw malformed(`expected tag ${tag}, found ${element.tag}`);
  return element;
}

/** The elements that the bytes consist of, in order. @throws LEAF_NOT_DER */
export function readDerList(bytes: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

function elementAt(bytes: Uint8Array, at: number): DerElement {
  const tag = byteAt(bytes, at);
  if ((tag & 0x1f) === 0x1f) throw malformed("a tag of more than one byte");
  const first = byteAt(bytes, at + 1);
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const width = first & 0x7f;
    if (width === 0 || width > 3) throw malformed("an indefinite or oversize length");
    length = 0;
    for (let index = 0; index < width; index++) length = length * 256 + byteAt(bytes, start + index);
    start += width;
    // Minimal: the short form up to 127, and no leading zero byte.
    if (length < 0x80 || length < 256 ** (width - 1)) throw malformed("a length that is not minimal");
  }
  const end = start + length;
  if (end > bytes.length) throw malformed("an element that ends after its container");
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) };
}

/** Dotted decimal. @throws LEAF_NOT_DER */
export function readObjectIdentifier(element: DerElement): string {
  const { content } = expectTag(element, derTag.objectIdentifier);
  const arcs: number[] = [];
  let value = 0;
  let fresh = true;
  for (const byte of content) {
    if (fresh && byte === 0x80) throw malformed("an object identifier that is not minimal");
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER / 128) throw malformed("an object identifier that is too large");
    fresh = byte < 0x80;
    if (fresh) {
      arcs.push(value);
      value = 0;
    }
  }
  const [first, ...rest] = arcs;
  if (!fresh || first === undefined) throw malformed("an object identifier that is cut off");
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...rest].join(".");
}

/** DER knows one TRUE and one FALSE. @throws LEAF_NOT_DER */
export function readBoolean(element: DerElement): boolean {
  const { content } = expectTag(element, derTag.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw malformed("a boolean that is not DER");
  return content[0] === 0xff;
}

/** Unix seconds of a UTCTime or GeneralizedTime in RFC 5280's form (seconds present, `Z`). @throws LEAF_NOT_DER */
export function readTime(element: DerElement): number {
  const text = Buffer.from(element.content).toString("latin1");
  const digits =
    element.tag === derTag.utcTime && /^[0-9]{12}Z$/.test(text)
      ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}`
      : element.tag === derTag.generalizedTime && /^[0-9]{14}Z$/.test(text)
        ? text
        : undefined;
  if (digits === undefined) throw malformed("a time that is not RFC 5280's");
  const iso = digits.replace(/^(....)(..)(..)(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6.000Z");
  const milliseconds = Date.parse(iso);
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== iso) throw malformed("no such time");
  return milliseconds / 1000;
}

/** The text of a UTF8String. @throws LEAF_NOT_DER */
export function readUtf8String(element: DerElement): string {
  return decodeUtf8(expectTag(element, derTag.utf8String).content);
}

/** @throws LEAF_NOT_DER */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw evidenceError("LEAF_NOT_DER", { problem: "text that is not UTF-8" }, cause);
  }
}

/** @throws LEAF_NOT_DER */
export function expectTag(element: DerElement | undefined, tag: number): DerElement {
  if (element?.tag !== tag) throw malformed(`expected tag ${tag}, found ${element?.tag ?? "nothing"}`);
  return element;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw malformed("an element that is cut off");
  return byte;
}

function malformed(problem: string) {
  return evidenceError("LEAF_NOT_DER", { problem });
}
