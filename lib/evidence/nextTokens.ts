import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { canonicalBytes, parseCanonical, parseSchema } from "../core/json.ts";

const what = "next-tokens.json";
const MAX_NEXT_TOKENS_BYTES = 4096;

/** `next-tokens.json`, version 1: commitments to what the next step needs, never the secrets themselves. */
export const nextTokensSchema = z.strictObject({
  v: z.literal(1),
  entitlement: bytes32,
  step: z.int().min(1).max(0xffff_ffff),
  permitHash: bytes32,
  nextStateCommitment: bytes32,
  nextNetCommitment: bytes32,
});

export type NextTokens = z.output<typeof nextTokensSchema>;

/** @throws SCHEMA_MISMATCH */
export function encodeNextTokens(nextTokens: NextTokens): Uint8Array {
  return canonicalBytes(parseSchema(nextTokensSchema, nextTokens, what));
}

/** @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN */
export function parseNextTokens(bytes: Uint8Array): NextTokens {
  return parseCanonical(bytes, nextTokensSchema, { what, maxBytes: MAX_NEXT_TOKENS_BYTES });
}
