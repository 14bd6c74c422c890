import { createPrivateKey, type KeyObject } from "node:crypto";
import { keyFingerprint, publicKeyOf } from "#lib/transcript/ed25519.ts";
import { exportTranscript } from "#lib/transcript/export.ts";
import type { Keyring } from "#lib/transcript/keyring.ts";
import { readTranscript, type TranscriptSummary } from "#lib/transcript/reader.ts";

export const now = 1_700_100_000;
export const origin = "example.org/runs";

/** An Ed25519 key that is the same for the same seed. */
export const keyOf = (seed: number): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]),
    format: "der",
    type: "pkcs8",
  });

export const owner = keyOf(1);
export const stranger = keyOf(2);

export const keyringOf = (key: KeyObject, validity: Partial<Keyring["keys"][number]> = {}): Keyring => {
  const publicKey = publicKeyOf(key);
  const fingerprint = keyFingerprint(publicKey);
  return { v: 1, keys: [{ name: "owner", publicKey, fingerprint, notBefore: 0, notAfter: null, ...validity }] };
};

/** A log, what it comes to, and its export. */
export function exported(bytes: Uint8Array, key = owner, forged: Partial<TranscriptSummary> = {}) {
  const leaves: Uint8Array[] = [];
  const summary = readTranscript(bytes, undefined, (_, leaf) => leaves.push(leaf));
  const envelope = exportTranscript({ ...summary, ...forged }, leaves, { privateKey: key, name: origin, at: now });
  return { bytes, summary, leaves, envelope };
}
