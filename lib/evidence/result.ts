import { z } from "zod";
import { base64url, bytes32 } from "../core/encoding.ts";
import { canonicalBytes, parseCanonical, parseSchema } from "../core/json.ts";

const what = "result.json";

/**
 * `result.json`, version 1. `salt` is 32 random bytes, so that the public hash of a short result gives nothing away.
 * The payload is either open, or sealed by HPKE to the buyer's `resultKey`; it names neither certificate nor claim.
 */
export const resultSchema = z
  .strictObject({
    v: z.literal(1),
    salt: bytes32,
    payload: z.json().optional(),
    sealed: z.strictObject({ enc: base64url(32), ct: base64url() }).optional(),
  })
  .refine((result) => (result.payload === undefined) !== (result.sealed === undefined), {
    message: "expected exactly one of payload and sealed",
  });

export type Result = z.output<typeof resultSchema>;

/** @throws SCHEMA_MISMATCH */
export function encodeResult(result: Result): Uint8Array {
  return canonicalBytes(parseSchema(resultSchema, result, what));
}

/** @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN */
export function parseResult(bytes: Uint8Array, maxBytes: number): Result {
  return parseCanonical(bytes, resultSchema, { what, maxBytes });
}
