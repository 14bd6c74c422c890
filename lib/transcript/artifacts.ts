import type { Hex } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { sha256Hex } from "../core/hash.ts";
import { canonicalBytes, type Json, parseCanonical } from "../core/json.ts";
import type { ArtifactStore } from "./artifactStore.ts";
import { transcriptError } from "./errors.ts";
import type { TranscriptEvent } from "./event.ts";
import type { TranscriptWriter } from "./writer.ts";

/** What a log says about bytes that are not in it: outputs of modules and tools, and snapshots of the run's state. */

export const ARTIFACT_EVENT = "artifact";
export const SNAPSHOT_EVENT = "snapshot";

const artifactSchema = z.strictObject({
  /** The module or tool that made it. */
  producer: z.string().min(1).max(100),
  name: z.string().min(1).max(200),
  sha256: bytes32,
  bytes: z.int().min(0),
});
export type ArtifactData = z.output<typeof artifactSchema>;

const snapshotSchema = z.strictObject({
  /** SHA-256 of the snapshot's bytes, which is also its name in the store. */
  stateHash: bytes32,
  bytes: z.int().min(0),
});

const MAX_SNAPSHOT_BYTES = 67_108_864;
/** The state with its place in the log, so that a snapshot of one moment does not pass for one of another. */
const snapshotFileSchema = z.strictObject({ v: z.literal(1), after: z.int().min(0), state: z.json() });

/** Keeps what a module or tool gave out, and makes its hash an event. */
export async function recordArtifact(
  log: Pick<TranscriptWriter, "append">,
  store: ArtifactStore,
  { producer, name, bytes }: { readonly producer: string; readonly name: string; readonly bytes: Uint8Array },
): Promise<Hex> {
  const sha256 = await store.write(bytes);
  log.append(ARTIFACT_EVENT, { producer, name, sha256, bytes: bytes.length });
  return sha256;
}

/** Keeps the run's state as it is now, and makes its hash an event. */
export async function recordSnapshot(
  log: Pick<TranscriptWriter, "append" | "count">,
  store: ArtifactStore,
  state: Json,
): Promise<Hex> {
  const bytes = canonicalBytes({ v: 1, after: log.count(), state });
  const stateHash = await store.write(bytes);
  log.append(SNAPSHOT_EVENT, { stateHash, bytes: bytes.length });
  return stateHash;
}

/**
 * The state that a snapshot event of a verified log committed to.
 *
 * @param bytes the snapshot from wherever it was kept
 * @throws SNAPSHOT_CHANGED
 */
export function openSnapshot(event: TranscriptEvent, bytes: Uint8Array): Json {
  const data = event.type === SNAPSHOT_EVENT ? snapshotSchema.safeParse(event.data).data : undefined;
  if (data === undefined) throw transcriptError("SNAPSHOT_CHANGED", { index: event.index, problem: "not a snapshot" });
  const actual = sha256Hex(bytes);
  if (actual !== data.stateHash) {
    throw transcriptError("SNAPSHOT_CHANGED", { index: event.index, expected: data.stateHash, actual });
  }
  const { after, state } = parseCanonical(bytes, snapshotFileSchema, {
    what: "snapshot",
    maxBytes: MAX_SNAPSHOT_BYTES,
  });
  if (after !== event.index) {
    throw transcriptError("SNAPSHOT_CHANGED", { index: event.index, problem: "taken elsewhere", actual: after });
  }
  return state;
}

/**
 * Checks that the store holds what an event names, unchanged. Events that name nothing pass.
 *
 * @returns whether the event named anything
 * @throws BLOB_MISSING, BLOB_CHANGED, BLOB_*, SNAPSHOT_CHANGED, TRANSCRIPT_BROKEN when the event names it wrongly
 */
export async function checkArtifact(event: TranscriptEvent, store: ArtifactStore): Promise<boolean> {
  if (event.type === SNAPSHOT_EVENT) {
    const data = snapshotSchema.safeParse(event.data).data;
    if (data === undefined)
      throw transcriptError("TRANSCRIPT_BROKEN", { index: event.index, problem: "no state hash" });
    openSnapshot(event, await store.read(data.stateHash));
    return true;
  }
  if (event.type !== ARTIFACT_EVENT) return false;
  const data = artifactSchema.safeParse(event.data).data;
  if (data === undefined) throw transcriptError("TRANSCRIPT_BROKEN", { index: event.index, problem: "no artifact" });
  const { length } = await store.read(data.sha256);
  if (length !== data.bytes) {
    throw transcriptError("BLOB_CHANGED", { expected: `${data.bytes} bytes`, actual: `${length} bytes` });
  }
  return true;
}
