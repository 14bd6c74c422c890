import type { Hex } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import type { Json } from "../core/json.ts";
import { transcriptError } from "./errors.ts";

/**
 * One event of a transcript, version 1: one line of `transcript.jsonl`, in canonical JSON (RFC 8785) and ended by a line
 * feed. Every event carries the version, so that one shown alone says what it is; it names the leaf hash of the event
 * before; and its salt keeps it from being guessed where only its hash is shown.
 */
export const TRANSCRIPT_FILE = "transcript.jsonl";

export const eventSchema = z.strictObject({
  v: z.literal(1),
  /** From 0. */
  index: z.int().min(0),
  /** Unix seconds, by the clock of whoever wrote the log: committed to, but shown by nothing else. */
  at: z.int().min(0),
  type: z.string().regex(/^[a-z][a-z0-9.-]{0,59}$/, "expected a lower-case event name"),
  data: z.custom<Readonly<Record<string, Json>>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    { message: "expected an object" },
  ),
  salt: z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]{32}$/.test(value), {
    message: "expected 16 bytes of lower-case hex",
  }),
  /** Leaf hash of the event before; 32 zero bytes for the first. */
  prev: bytes32,
});

export type TranscriptEvent = z.output<typeof eventSchema>;

/** Type of the event that closes a transcript. Nothing follows it. */
export const CLOSING_EVENT = "outputs";

const closingSchema = z.strictObject({
  resultHash: bytes32,
  bundleHash: bytes32,
  nextTokensHash: bytes32,
  receiptHash: bytes32,
  nextStateCommitment: bytes32,
  nextNetCommitment: bytes32,
});

/** What the closing event of a step holds. */
export type ClosingData = z.output<typeof closingSchema>;

/** The data of the closing event. @throws TRANSCRIPT_BROKEN when the transcript was never closed */
export function closingData({ last }: { readonly last: TranscriptEvent }): ClosingData {
  const parsed = closingSchema.safeParse(last.data);
  if (last.type !== CLOSING_EVENT || !parsed.success) {
    throw transcriptError("TRANSCRIPT_BROKEN", { problem: "does not end with its outputs", actual: last.type });
  }
  return parsed.data;
}

/** Field of an event's data that lists those of its fields, dotted where they lie deeper, that hold a stranger's text. */
export const UNTRUSTED_FIELDS = "untrusted_payload_fields";

const untrustedSchema = z.array(z.string());

/**
 * The fields at the top of an event's data that hold a stranger's text, whole where only something within is listed. All
 * of them, where the event says which in a form that cannot be read.
 */
export function untrustedFieldsOf({ data }: Pick<TranscriptEvent, "data">): readonly string[] {
  if (!Object.hasOwn(data, UNTRUSTED_FIELDS)) return [];
  const listed = untrustedSchema.safeParse(data[UNTRUSTED_FIELDS]);
  const fields = Object.keys(data);
  if (!listed.success) return fields;
  return fields.filter((field) => listed.data.some((path) => path === field || path.startsWith(`${field}.`)));
}

const dependsOnSchema = z
  .array(bytes32)
  .max(64)
  .refine((roots) => new Set(roots).size === roots.length);

/**
 * The roots of the transcripts that a run builds on, as its first event states them under `dependsOn`; none where it
 * states nothing.
 *
 * @throws TRANSCRIPT_BROKEN when the statement is not a list of distinct roots
 */
export function dependenciesOf(first: TranscriptEvent): readonly Hex[] {
  const stated = Object.hasOwn(first.data, "dependsOn") ? first.data.dependsOn : [];
  const parsed = dependsOnSchema.safeParse(stated);
  if (!parsed.success) throw transcriptError("TRANSCRIPT_BROKEN", { problem: "dependsOn is not a list of roots" });
  return parsed.data;
}
