import { bytesToHex, type Hex, zeroHash } from "viem";
import { z } from "zod";
import type { Clock, RandomBytes } from "../core/effects.ts";
import { bytes32 } from "../core/encoding.ts";
import { sha256Bytes, taggedHash, uint } from "../core/hash.ts";
import { canonicalBytes, type Json, parseCanonical } from "../core/json.ts";
import { evidenceError } from "./errors.ts";

/**
 * The log of a run's events, version 1. Each event names the leaf hash of the one before it, and the whole is committed
 * to by a Merkle root, so that one event can be shown without the rest. Salts keep undisclosed events from being guessed.
 */
const what = "transcript.json";
const MAX_TRANSCRIPT_BYTES = 4_194_304;
const MAX_EVENTS = 10_000;
const SALT_BYTES = 16;

const eventSchema = z.strictObject({
  /** From 0. */
  index: z.int().min(0),
  /** Unix seconds. */
  at: z.int().min(0),
  type: z.string().regex(/^[a-z][a-z0-9.-]{0,59}$/, "expected a lower-case event name"),
  data: z.record(z.string(), z.json()),
  salt: z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]{32}$/.test(value), {
    message: "expected 16 bytes of lower-case hex",
  }),
  /** Leaf hash of the event before; 32 zero bytes for the first. */
  prev: bytes32,
});

const transcriptSchema = z.strictObject({ v: z.literal(1), events: z.array(eventSchema).min(1).max(MAX_EVENTS) });

export type TranscriptEvent = z.output<typeof eventSchema>;
export type Transcript = { readonly events: readonly TranscriptEvent[]; readonly root: Hex };

/** Type of the event that closes a transcript, and what it holds. */
const CLOSING_EVENT = "outputs";
export type ClosingData = {
  readonly resultHash: Hex;
  readonly bundleHash: Hex;
  readonly nextTokensHash: Hex;
  readonly receiptHash: Hex;
  readonly nextStateCommitment: Hex;
  readonly nextNetCommitment: Hex;
};

/** Records events as they happen. Nothing can follow the closing event. */
export function createTranscript(effects: { readonly clock: Clock; readonly random: RandomBytes }) {
  const events: TranscriptEvent[] = [];
  let prev: Hex = zeroHash;

  function append(type: string, data: Readonly<Record<string, Json>>): void {
    if (events.at(-1)?.type === CLOSING_EVENT) throw evidenceError("TRANSCRIPT_BROKEN", { problem: "already closed" });
    const event = eventSchema.parse({
      index: events.length,
      at: effects.clock(),
      type,
      data,
      salt: bytesToHex(effects.random(SALT_BYTES)),
      prev,
    });
    events.push(event);
    prev = bytesToHex(leafHash(event));
  }

  return {
    append,
    /** Adds the closing event and returns the file's bytes with the root that certificate and claim carry. */
    close(outputs: ClosingData): { readonly bytes: Uint8Array; readonly root: Hex } {
      append(CLOSING_EVENT, { ...outputs });
      return { bytes: canonicalBytes({ v: 1, events }), root: transcriptRoot(events) };
    },
  };
}

/**
 * Reads a transcript and checks its chain.
 *
 * @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN, TRANSCRIPT_BROKEN
 */
export function parseTranscript(bytes: Uint8Array): Transcript {
  const { events } = parseCanonical(bytes, transcriptSchema, { what, maxBytes: MAX_TRANSCRIPT_BYTES });
  let prev: Hex = zeroHash;
  for (const [index, event] of events.entries()) {
    if (event.index !== index) throw evidenceError("TRANSCRIPT_BROKEN", { expected: index, actual: event.index });
    if (event.prev !== prev) throw evidenceError("TRANSCRIPT_BROKEN", { index, expected: prev, actual: event.prev });
    if (event.type === CLOSING_EVENT && index !== events.length - 1) {
      throw evidenceError("TRANSCRIPT_BROKEN", { index, problem: "events follow the closing event" });
    }
    prev = bytesToHex(leafHash(event));
  }
  return { events, root: transcriptRoot(events) };
}

/** T(`transcript`, u64 count ‖ RFC 6962 root). The count keeps a proof for one size from passing for another. */
export function transcriptRoot(events: readonly TranscriptEvent[]): Hex {
  return bytesToHex(taggedHash("transcript", uint(events.length, 64), merkleRoot(events.map(leafHash))));
}

function leafHash(event: TranscriptEvent): Uint8Array {
  return sha256Bytes(Uint8Array.of(0), canonicalBytes(event));
}

/** Merkle tree hash of RFC 6962 section 2.1, over leaf hashes. */
function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256Bytes(new Uint8Array(0));
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256Bytes(Uint8Array.of(1), merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split)));
}

/** The data of the closing event. @throws TRANSCRIPT_BROKEN when the transcript was never closed */
export function closingData(transcript: Transcript): ClosingData {
  const last = transcript.events.at(-1);
  const parsed = closingSchema.safeParse(last?.data);
  if (last?.type !== CLOSING_EVENT || !parsed.success) {
    throw evidenceError("TRANSCRIPT_BROKEN", { problem: "does not end with its outputs", actual: last?.type });
  }
  return parsed.data;
}

const closingSchema = z.strictObject({
  resultHash: bytes32,
  bundleHash: bytes32,
  nextTokensHash: bytes32,
  receiptHash: bytes32,
  nextStateCommitment: bytes32,
  nextNetCommitment: bytes32,
});
