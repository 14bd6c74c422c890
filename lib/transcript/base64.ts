import { z } from "zod";

/** Standard base64 with padding, in its one canonical form; undefined for any other text. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** Base64 in JSON, given back as bytes. */
export const base64Bytes = (length?: number) =>
  z.string().transform((text, context) => {
    const bytes = decodeBase64(text);
    if (bytes !== undefined && (length === undefined || bytes.length === length)) return bytes;
    context.addIssue({
      code: "custom",
      message: length === undefined ? "expected base64" : `expected ${length} bytes of base64`,
    });
    return z.NEVER;
  });
