/**
 * The few DER forms (X.690) an X.509 certificate is written with. Written by hand because the sandbox must produce
 * Fulcio's exact byte layout, and tests must be able to produce every wrong layout as well.
 */

export type Der = Uint8Array;

/** Tag, definite length, content. */
export function tlv(tag: number, ...content: readonly Uint8Array[]): Der {
  const body = Buffer.concat(content);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(body.length), body]);
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

export const sequence = (...items: readonly Der[]): Der => tlv(0x30, ...items);
export const set = (...items: readonly Der[]): Der => tlv(0x31, ...items);
export const octetString = (bytes: Uint8Array): Der => tlv(0x04, bytes);
export const bitString = (bytes: Uint8Array, unusedBits = 0): Der => tlv(0x03, Uint8Array.of(unusedBits), bytes);
export const boolean = (value: boolean): Der => tlv(0x01, Uint8Array.of(value ? 0xff : 0));
export const nullValue = (): Der => tlv(0x05);
export const utf8String = (text: string): Der => tlv(0x0c, Buffer.from(text, "utf8"));
export const printableString = (text: string): Der => tlv(0x13, Buffer.from(text, "latin1"));
export const explicit = (number: number, content: Der): Der => tlv(0xa0 | number, content);
export const implicit = (number: number, content: Uint8Array): Der => tlv(0x80 | number, content);

/** Non-negative INTEGER from big-endian bytes: minimal, with the zero byte that keeps it positive. */
export function unsignedInteger(bytes: Uint8Array): Der {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const minimal = bytes.subarray(start);
  const padded = (minimal[0] ?? 0) >= 0x80 ? Buffer.concat([Uint8Array.of(0), minimal]) : minimal;
  return tlv(0x02, padded.length === 0 ? Uint8Array.of(0) : padded);
}

/** OBJECT IDENTIFIER from dotted decimal. */
export function objectIdentifier(dotted: string): Der {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  if (first === undefined || second === undefined) throw new TypeError(`not an object identifier: ${dotted}`);
  return tlv(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const bytes = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 0x80);
  return bytes;
}

/** UTCTime of unix seconds; from 2050 on GeneralizedTime, as RFC 5280 section 4.1.2.5 demands. */
export function time(unixSeconds: number): Der {
  const digits = new Date(unixSeconds * 1000).toISOString().replace(/[-:T]|\.\d+/g, "");
  return Number(digits.slice(0, 4)) < 2050
    ? tlv(0x17, Buffer.from(digits.slice(2), "latin1"))
    : tlv(0x18, Buffer.from(digits, "latin1"));
}

/** One X.509 extension, before it is encoded. `value` is the content of the extension's OCTET STRING. */
export type Extension = { readonly oid: string; readonly critical?: boolean; readonly value: Uint8Array };

export function encodeExtension({ oid, critical, value }: Extension): Der {
  return sequence(objectIdentifier(oid), ...(critical === true ? [boolean(true)] : []), octetString(value));
}

/** A name of organisation and common name, each a set of one, in Fulcio's order. */
export function organisationName(organisation: string, commonName: string): Der {
  const attribute = (oid: string, text: string) => set(sequence(objectIdentifier(oid), printableString(text)));
  return sequence(attribute("2.5.4.10", organisation), attribute("2.5.4.3", commonName));
}

/** PEM with 64 columns and a final newline. */
export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
