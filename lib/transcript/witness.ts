import type { KeyObject } from "node:crypto";
import { concat, numberToBytes } from "viem";
import { parseCheckpoint } from "./checkpoint.ts";
import { isSignature, publicKeyOf, signBytes } from "./ed25519.ts";
import { transcriptError } from "./errors.ts";
import {
  keyTypes,
  type Note,
  type NoteSignature,
  noteBytes,
  signaturesBy,
  type VerifierKey,
  verifierKey,
} from "./note.ts";

/**
 * Cosignatures of witnesses (c2sp.org/tlog-cosignature, `cosignature/v1`): each says that at a time this state of the log
 * was the largest that the witness had seen, and continued all it had seen before. They are what keeps the owner of a
 * log's key from showing two people two pasts.
 */
export type WitnessPolicy = {
  /** Verifier keys of type 0x04. */
  readonly witnesses: readonly VerifierKey[];
  /** How many of them have to have cosigned. */
  readonly threshold: number;
};

/** `at` is unix seconds, by the witness's clock. */
export type Cosignature = { readonly name: string; readonly at: number };

const TIMESTAMP_BYTES = 8;
const CLOCK_SKEW_SECONDS = 300;

/** A cosignature over a checkpoint's text. Whether the state continues earlier ones is for the witness to have checked. */
export function cosign(text: string, name: string, privateKey: KeyObject, at: number): NoteSignature {
  parseCheckpoint(text);
  const { id } = verifierKey(name, keyTypes.cosignature, publicKeyOf(privateKey));
  const signature = signBytes(cosignedBytes(text, BigInt(at)), privateKey);
  return { name, id, signature: concat([numberToBytes(at, { size: TIMESTAMP_BYTES }), signature]) };
}

/**
 * Holds a checkpoint against a policy. Cosignatures of others are passed over; each witness counts once.
 *
 * @param now unix seconds
 * @returns who cosigned, and when
 * @throws WITNESS_POLICY_INVALID, NOTE_SIGNATURE_INVALID, WITNESS_TIME_IN_FUTURE, WITNESS_THRESHOLD_MISSED
 */
export function checkWitnesses(note: Note, policy: WitnessPolicy, now: number): readonly Cosignature[] {
  checkPolicy(policy);
  const cosigned = policy.witnesses.flatMap((witness) => {
    const times = signaturesBy(note, witness).map(({ signature }) => timeOf(note.text, signature, witness));
    if (times.length === 0) return [];
    const at = Math.max(...times);
    if (at > now + CLOCK_SKEW_SECONDS) {
      throw transcriptError("WITNESS_TIME_IN_FUTURE", { name: witness.name, expected: `at most ${now}`, actual: at });
    }
    return [{ name: witness.name, at }];
  });
  if (cosigned.length < policy.threshold) {
    throw transcriptError("WITNESS_THRESHOLD_MISSED", { expected: policy.threshold, actual: cosigned.length });
  }
  return cosigned;
}

function checkPolicy({ witnesses, threshold }: WitnessPolicy): void {
  // What a witness signs does not name it, so one key under two names would count twice.
  const keys = new Set(witnesses.map(({ publicKey }) => Buffer.from(publicKey).toString("hex")));
  const possible = Number.isSafeInteger(threshold) && threshold >= 1 && threshold <= witnesses.length;
  if (!possible || keys.size !== witnesses.length || witnesses.some(({ type }) => type !== keyTypes.cosignature)) {
    throw transcriptError("WITNESS_POLICY_INVALID", { witnesses: witnesses.length, threshold });
  }
}

function timeOf(text: string, signature: Uint8Array, { name, id, publicKey }: VerifierKey): number {
  const at = Buffer.from(signature).length > TIMESTAMP_BYTES ? Buffer.from(signature).readBigUInt64BE() : undefined;
  const usable = at !== undefined && at <= BigInt(Number.MAX_SAFE_INTEGER);
  if (!usable || !isSignature(signature.subarray(TIMESTAMP_BYTES), cosignedBytes(text, at), publicKey)) {
    throw transcriptError("NOTE_SIGNATURE_INVALID", { name, id });
  }
  return Number(at);
}

function cosignedBytes(text: string, at: bigint): Uint8Array {
  return noteBytes(`cosignature/v1\ntime ${at}\n${text}`);
}
