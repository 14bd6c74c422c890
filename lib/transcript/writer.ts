import { bytesToHex, type Hex, zeroHash } from "viem";
import type { Clock, RandomBytes } from "../core/effects.ts";
import { canonicalBytes, type Json, parseSchema } from "../core/json.ts";
import { transcriptError } from "./errors.ts";
import { CLOSING_EVENT, type ClosingData, eventSchema, type TranscriptEvent } from "./event.ts";
import { createFrontier, fingerprint, leafHash } from "./merkle.ts";
import { stepLimits, type TranscriptLimits } from "./reader.ts";

const SALT_BYTES = 16;

/** The file's bytes, and the root that certificate and claim carry. */
export type WrittenTranscript = { readonly bytes: Uint8Array; readonly root: Hex };

export type TranscriptWriter = ReturnType<typeof createTranscript>;

/** Records events as they happen, in memory. Nothing can follow the closing event. */
export function createTranscript(
  effects: { readonly clock: Clock; readonly random: RandomBytes },
  limits: TranscriptLimits = stepLimits,
) {
  const lines: Uint8Array[] = [];
  const frontier = createFrontier();
  let bytes = 0;
  let prev: Hex = zeroHash;
  let closed = false;

  /** @throws TRANSCRIPT_BROKEN when closed, TRANSCRIPT_TOO_LARGE, SCHEMA_MISMATCH, JSON_NOT_CANONICAL */
  function append(type: string, data: Readonly<Record<string, Json>>): TranscriptEvent {
    if (closed) throw transcriptError("TRANSCRIPT_BROKEN", { problem: "already closed" });
    const event = parseSchema(
      eventSchema,
      {
        v: 1,
        index: frontier.count(),
        at: effects.clock(),
        type,
        data,
        salt: bytesToHex(effects.random(SALT_BYTES)),
        prev,
      },
      "transcript event",
    );
    const line = canonicalBytes(event);
    if (
      line.length > limits.maxLineBytes ||
      frontier.count() >= limits.maxEvents ||
      bytes + line.length + 1 > limits.maxBytes
    ) {
      throw transcriptError("TRANSCRIPT_TOO_LARGE", { event: frontier.count(), bytes: line.length, ...limits });
    }
    const leaf = leafHash(line);
    frontier.append(leaf);
    lines.push(line);
    bytes += line.length + 1;
    prev = bytesToHex(leaf);
    closed = type === CLOSING_EVENT;
    return event;
  }

  function written(): WrittenTranscript {
    const file = Buffer.concat(lines.flatMap((line) => [line, Uint8Array.of(0x0a)]));
    return { bytes: new Uint8Array(file), root: fingerprint(frontier.count(), frontier.root()) };
  }

  return {
    append,
    /** Number of events so far. */
    count: () => frontier.count(),
    /** What is there so far. A later state of the log is shown to continue it by a consistency proof. */
    written,
    /** Adds the closing event. */
    close(outputs: ClosingData): WrittenTranscript {
      append(CLOSING_EVENT, { ...outputs });
      return written();
    },
  };
}
