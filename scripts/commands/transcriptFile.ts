import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { readCapsuleFile } from "#lib/capsule/capsuleFile.ts";
import { evidenceFiles } from "#lib/capsule/layout.ts";
import { evidenceError } from "#lib/evidence/errors.ts";
import { transcriptError } from "#lib/transcript/errors.ts";
import type { TranscriptEvent } from "#lib/transcript/event.ts";
import {
  fileLimits,
  readTranscript,
  readTranscriptStream,
  type SeeEvent,
  type TranscriptSummary,
} from "#lib/transcript/reader.ts";

/**
 * Reads a transcript, or the one in an evidence capsule, and checks its chain. A transcript is never held whole.
 *
 * @throws EVIDENCE_FILE_UNREADABLE, TRANSCRIPT_*, CAPSULE_*, JSON_*, SCHEMA_MISMATCH
 */
export async function replayFile(file: string, see?: SeeEvent): Promise<TranscriptSummary> {
  if (await beginsAsCapsule(file)) {
    const { transcript } = (await readCapsuleFile(file)).capsule.parts;
    if (transcript === undefined)
      throw transcriptError("TRANSCRIPT_ABSENT", { file, missing: evidenceFiles.transcript });
    return readTranscript(transcript, fileLimits, see);
  }
  return readTranscriptStream(chunksOf(file), fileLimits, see);
}

/** All events of a transcript and their leaf hashes, for commands that need more than one at a time. */
export async function loadFile(file: string): Promise<{
  readonly summary: TranscriptSummary;
  readonly events: readonly TranscriptEvent[];
  readonly leaves: readonly Uint8Array[];
}> {
  const events: TranscriptEvent[] = [];
  const leaves: Uint8Array[] = [];
  const summary = await replayFile(file, (event, leaf) => {
    events.push(event);
    leaves.push(leaf);
  });
  return { summary, events, leaves };
}

/** A capsule is a tar and begins with a file's name; a transcript with an object. */
async function beginsAsCapsule(file: string): Promise<boolean> {
  try {
    const handle = await open(file);
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(512), 0, 512, 0);
      return bytesRead === 512 && buffer[0] !== "{".charCodeAt(0) && buffer.includes(0);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw evidenceError("EVIDENCE_FILE_UNREADABLE", { file }, cause);
  }
}

async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 262_144 })) yield chunk;
  } catch (cause) {
    throw evidenceError("EVIDENCE_FILE_UNREADABLE", { file }, cause);
  }
}
