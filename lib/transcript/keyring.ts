import type { Hex } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { canonicalBytes, parseCanonical } from "../core/json.ts";
import { base64Bytes, encodeBase64 } from "./base64.ts";
import { keyFingerprint } from "./ed25519.ts";
import { transcriptError } from "./errors.ts";

const what = "keyring.json";
const MAX_KEYRING_BYTES = 262_144;

const keyringSchema = z.strictObject({
  v: z.literal(1),
  keys: z
    .array(
      z
        .strictObject({
          /** For people; nothing is decided by it. */
          name: z.string().min(1).max(100),
          /** Ed25519. */
          publicKey: base64Bytes(32),
          /** SHA-256 of the key's SubjectPublicKeyInfo, so that a person can compare what they were told. */
          fingerprint: bytes32,
          /** Unix seconds, both included; null where the key has no end. */
          notBefore: z.int().min(0),
          notAfter: z.int().min(0).nullable(),
        })
        .refine(({ notBefore, notAfter }) => notAfter === null || notBefore <= notAfter, {
          message: "the key ends before it begins",
          path: ["notAfter"],
        }),
    )
    .max(256),
});

/** The keys whose exports are believed, each with the time in which it is. */
export type Keyring = z.output<typeof keyringSchema>;
export type KeyringEntry = Keyring["keys"][number];

/**
 * Reads `keyring.json`, version 1. Every fingerprint must be that of its key.
 *
 * @throws JSON_*, SCHEMA_MISMATCH, KEYRING_FINGERPRINT_MISMATCH
 */
export function parseKeyring(bytes: Uint8Array): Keyring {
  const keyring = parseCanonical(bytes, keyringSchema, { what, maxBytes: MAX_KEYRING_BYTES });
  const seen = new Set<Hex>();
  for (const { name, publicKey, fingerprint } of keyring.keys) {
    const actual = keyFingerprint(publicKey);
    if (actual !== fingerprint || seen.has(actual)) {
      throw transcriptError("KEYRING_FINGERPRINT_MISMATCH", { name, expected: fingerprint, actual });
    }
    seen.add(actual);
  }
  return keyring;
}

export function encodeKeyring({ v, keys }: Keyring): Uint8Array {
  return canonicalBytes({ v, keys: keys.map((key) => ({ ...key, publicKey: encodeBase64(key.publicKey) })) });
}

/** @param at unix seconds */
export function isValidAt({ notBefore, notAfter }: KeyringEntry, at: number): boolean {
  return at >= notBefore && (notAfter === null || at <= notAfter);
}
