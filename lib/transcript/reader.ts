import { bytesToHex, type Hex, zeroHash } from "viem";
import { transcriptError } from "./errors.ts";
import { CLOSING_EVENT, type TranscriptEvent } from "./event.ts";
import { parseLine } from "./line.ts";
import { createFrontier, fingerprint, leafHash } from "./merkle.ts";

export type TranscriptLimits = {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Without the line feed. */
  readonly maxLineBytes: number;
};

/** What a step may write and its verifier reads: little enough that the worst log costs a verifier no more than a bundle. */
export const stepLimits: TranscriptLimits = { maxEvents: 2_048, maxBytes: 1_048_576, maxLineBytes: 65_536 };

/** What the commands read. */
export const fileLimits: TranscriptLimits = { maxEvents: 200_000, maxBytes: 134_217_728, maxLineBytes: 65_536 };

/** What a whole, unbroken transcript comes to. */
export type TranscriptSummary = {
  readonly count: number;
  readonly bytes: number;
  /** Root of the RFC 6962 tree over the events. */
  readonly treeRoot: Hex;
  /** `transcriptRoot`: what certificate and claim carry. */
  readonly root: Hex;
  readonly first: TranscriptEvent;
  readonly last: TranscriptEvent;
};

/** Sees each event once its chain holds up to it; `leaf` is its leaf hash. */
export type SeeEvent = (event: TranscriptEvent, leaf: Uint8Array) => void;

const LINE_FEED = 0x0a;

/**
 * Reads a transcript piece by piece and checks its chain. It keeps one line and the tree's frontier, so a log of any
 * length needs the same memory.
 */
export function createTranscriptReader(limits: TranscriptLimits, see: SeeEvent = () => undefined) {
  const frontier = createFrontier();
  /** The beginning of a line whose end has not come yet. */
  let pieces: Uint8Array[] = [];
  let pending = 0;
  let bytes = 0;
  let prev: Hex = zeroHash;
  let first: TranscriptEvent | undefined;
  let last: TranscriptEvent | undefined;

  function readEvent(line: Uint8Array): void {
    const index = frontier.count();
    if (index >= limits.maxEvents) throw transcriptError("TRANSCRIPT_TOO_LARGE", { maxEvents: limits.maxEvents });
    const event = parseLine(line, `transcript line ${index + 1}`);
    if (last?.type === CLOSING_EVENT) {
      throw transcriptError("TRANSCRIPT_BROKEN", { line: index + 1, problem: "an event follows the closing event" });
    }
    if (event.index !== index) {
      throw transcriptError("TRANSCRIPT_BROKEN", {
        line: index + 1,
        problem: "the event names another place",
        expected: index,
        actual: event.index,
      });
    }
    if (event.prev !== prev) {
      throw transcriptError("TRANSCRIPT_BROKEN", {
        line: index + 1,
        problem:
          index === 0 ? "the first event follows another" : "the event before is not the one it was written after",
        expected: prev,
        actual: event.prev,
      });
    }
    const leaf = leafHash(line);
    frontier.append(leaf);
    prev = `0x${Buffer.from(leaf.buffer, leaf.byteOffset, leaf.length).toString("hex")}`;
    first ??= event;
    last = event;
    see(event, leaf);
  }

  function hold(piece: Uint8Array): void {
    pending += piece.length;
    if (pending > limits.maxLineBytes) {
      throw transcriptError("TRANSCRIPT_TOO_LARGE", { line: frontier.count() + 1, maxLineBytes: limits.maxLineBytes });
    }
    if (piece.length > 0) pieces.push(piece);
  }

  return {
    /** @throws TRANSCRIPT_BROKEN, TRANSCRIPT_TOO_LARGE, JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN */
    write(chunk: Uint8Array): void {
      bytes += chunk.length;
      if (bytes > limits.maxBytes) throw transcriptError("TRANSCRIPT_TOO_LARGE", { maxBytes: limits.maxBytes });
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        hold(chunk.subarray(start, end));
        readEvent(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces));
        pieces = [];
        pending = 0;
        start = end + 1;
      }
      // A copy: the sender may use its buffer again.
      if (start < chunk.length) hold(chunk.slice(start));
    },
    /** @throws TRANSCRIPT_BROKEN when the log is empty or its last line is cut off */
    end(): TranscriptSummary {
      if (pending > 0) {
        const line = frontier.count() + 1;
        throw transcriptError("TRANSCRIPT_BROKEN", { line, problem: "the last line is cut off: no line feed ends it" });
      }
      if (first === undefined || last === undefined)
        throw transcriptError("TRANSCRIPT_BROKEN", { problem: "no events" });
      const [count, root] = [frontier.count(), frontier.root()];
      return { count, bytes, treeRoot: bytesToHex(root), root: fingerprint(count, root), first, last };
    },
  };
}

/**
 * Reads a transcript that is in memory and checks its chain.
 *
 * @throws TRANSCRIPT_BROKEN, TRANSCRIPT_TOO_LARGE, JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN
 */
export function readTranscript(
  bytes: Uint8Array,
  limits: TranscriptLimits = stepLimits,
  see?: SeeEvent,
): TranscriptSummary {
  const reader = createTranscriptReader(limits, see);
  reader.write(bytes);
  return reader.end();
}

/** As {@link readTranscript}, for a log that comes in pieces of any size. */
export async function readTranscriptStream(
  chunks: AsyncIterable<Uint8Array>,
  limits: TranscriptLimits = fileLimits,
  see?: SeeEvent,
): Promise<TranscriptSummary> {
  const reader = createTranscriptReader(limits, see);
  for await (const chunk of chunks) reader.write(chunk);
  return reader.end();
}
