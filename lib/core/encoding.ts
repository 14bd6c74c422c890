import { z } from "zod";

/** Schemas of the byte forms that cross every boundary. Hex is 0x-prefixed lower case unless the name says otherwise. */

/** The pattern narrows the type, which the schema library cannot know. */
const hexOf = (bytes: number) => {
  const digits = bytes * 2;
  const schema = z
    .string()
    .regex(new RegExp(`^0x[0-9a-f]{${digits}}$`), `expected 0x and ${digits} lower-case hex digits`);
  return schema as unknown as z.ZodType<`0x${string}`, `0x${string}`>;
};

export const bytes32 = hexOf(32);
export const bytes20 = hexOf(20);

/** An address in any case, given back in lower case (checksums are for people; bytes are for code). */
export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "expected 0x and 40 hex digits")
  .transform((value) => value.toLowerCase() as `0x${string}`);

/** 40 lower-case hex digits: a git commit, without prefix. */
export const commitSha = z.string().regex(/^[0-9a-f]{40}$/, "expected 40 lower-case hex digits");

/** Unsigned decimal without leading zeros, at most 78 digits: uint256 in JSON. */
export const decimal = z.string().regex(/^(0|[1-9][0-9]{0,77})$/, "expected an unsigned decimal");

/** Base64url without padding. `bytes` fixes the decoded length. */
export const base64url = (bytes?: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/, "expected base64url")
    .refine(
      (value) => {
        // One digit too many codes no byte, and would make atob throw; other characters fail above.
        if (value.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/.test(value)) return false;
        const decoded = atob(value.replaceAll("-", "+").replaceAll("_", "/"));
        return toBase64url(decoded) === value && (bytes === undefined || decoded.length === bytes);
      },
      { message: bytes === undefined ? "expected canonical base64url" : `expected ${bytes} bytes of base64url` },
    );

/** Base64url without padding, in browsers too, whose Buffer substitutes know no such encoding. */
export function encodeBase64url(bytes: Uint8Array): string {
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return toBase64url(characters);
}

/** @param characters one per byte */
function toBase64url(characters: string): string {
  return btoa(characters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
