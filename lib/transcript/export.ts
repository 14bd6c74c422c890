import type { KeyObject } from "node:crypto";
import { bytesToHex, type Hex } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { canonicalBytes, parseCanonical } from "../core/json.ts";
import { base64Bytes, encodeBase64 } from "./base64.ts";
import { checkpointText, parseCheckpoint } from "./checkpoint.ts";
import { envelopeJson, envelopeSchema, signEnvelope, signersOf } from "./dsse.ts";
import { transcriptError } from "./errors.ts";
import { dependenciesOf, eventSchema, type TranscriptEvent } from "./event.ts";
import { isValidAt, type Keyring } from "./keyring.ts";
import { fingerprint, hashBytes, inclusionPath, leafHash, rootOfInclusion, treeRoot } from "./merkle.ts";
import { encodeNote, keyTypes, type NoteSignature, parseNote, signNote, verifierKey, verifyNote } from "./note.ts";
import type { TranscriptSummary } from "./reader.ts";
import { type Cosignature, checkWitnesses, type WitnessPolicy } from "./witness.ts";

/**
 * A signed export: what somebody stands for who says "this is the log of my run". A DSSE envelope over the log's size,
 * root and checkpoint, and its first event with the proof that it is the log's; beside it the checkpoint as a signed
 * note, to which witnesses add their cosignatures after the export was signed.
 */
export const EXPORT_TYPE = "application/vnd.pawl.transcript-export+json";

const what = "transcript export";
const MAX_EXPORT_BYTES = 524_288;

const exportSchema = z.strictObject({ v: z.literal(1), envelope: envelopeSchema, note: base64Bytes() });

const statementSchema = z.strictObject({
  v: z.literal(1),
  count: z.int().min(1),
  /** `transcriptRoot`. */
  root: bytes32,
  /** Text of the checkpoint. */
  checkpoint: z.string().max(1000),
  /** The first event and its path: what the run says that it depends on is part of the log, not of the signer's word. */
  opening: z.strictObject({ event: eventSchema, path: z.array(bytes32).max(64) }),
  /** Unix seconds by the signer's clock. Nothing is decided by it. */
  signedAt: z.int().min(0),
});

/**
 * Makes an export of a log that was read whole.
 *
 * @param leaves leaf hashes of all events
 * @param signer.name begins the checkpoint's origin, which {@link originOf} ends; the key signs under the whole origin
 * @throws CHECKPOINT_MALFORMED, NOTE_KEY_MALFORMED
 */
export function exportTranscript(
  { count, root, first }: Pick<TranscriptSummary, "count" | "root" | "first">,
  leaves: readonly Uint8Array[],
  signer: { readonly privateKey: KeyObject; readonly name: string; readonly at: number },
): Uint8Array {
  const origin = originOf(signer.name, leafHash(canonicalBytes(first)));
  const checkpoint = checkpointText({ origin, count, treeRoot: bytesToHex(treeRoot(leaves)) });
  const statement = canonicalBytes({
    v: 1,
    count,
    root,
    checkpoint,
    opening: { event: first, path: inclusionPath(0, leaves).map((hash) => bytesToHex(hash)) },
    signedAt: signer.at,
  });
  return encodeExport({
    v: 1,
    envelope: signEnvelope(statement, EXPORT_TYPE, [signer.privateKey]),
    note: encodeNote({ text: checkpoint, signatures: [signNote(checkpoint, origin, signer.privateKey)] }),
  });
}

/**
 * `<name>/<leaf hash of the first event>`: every run is a log of its own, and an origin must never stand for two logs, or
 * witnesses would rightly call one of them a fork of the other.
 */
function originOf(name: string, firstLeaf: Uint8Array): string {
  return `${name}/${bytesToHex(firstLeaf).slice(2)}`;
}

/** The export with further signatures on its checkpoint. The signed statement stays as it is. */
export function withCosignatures(bytes: Uint8Array, cosignatures: readonly NoteSignature[]): Uint8Array {
  const { v, envelope, note } = parseExport(bytes);
  const { text, signatures } = parseNote(note);
  return encodeExport({ v, envelope, note: encodeNote({ text, signatures: [...signatures, ...cosignatures] }) });
}

export type VerifiedExport = {
  readonly count: number;
  readonly root: Hex;
  readonly treeRoot: Hex;
  readonly origin: string;
  readonly dependsOn: readonly Hex[];
  readonly first: TranscriptEvent;
  readonly signers: readonly { readonly name: string; readonly fingerprint: Hex }[];
  readonly witnesses: readonly Cosignature[];
  /** Checkpoint's text, for whoever wants to cosign it. */
  readonly checkpoint: string;
};

export type ExportTrust = {
  readonly keyring: Keyring;
  /** Unix seconds. */
  readonly now: number;
  /** Where given, so many of these witnesses must have cosigned. */
  readonly witnesses?: WitnessPolicy;
};

/**
 * Verifies an export. A signer's key has to be valid at a time that somebody else vouches for: when so many witnesses as
 * the policy demands had cosigned, or else now. The signer's own clock is never believed, or a key that was stolen after its end
 * could sign for the time before.
 *
 * @param transcript the log in hand, read whole; without it nothing is said of any event but the first
 * @throws JSON_*, SCHEMA_MISMATCH, EXPORT_*, NOTE_*, CHECKPOINT_*, WITNESS_*, PROOF_MALFORMED, TRANSCRIPT_BROKEN
 */
export function verifyExport(
  bytes: Uint8Array,
  trust: ExportTrust,
  transcript?: Pick<TranscriptSummary, "count" | "root">,
): VerifiedExport {
  const { envelope, note: noteFile } = parseExport(bytes);
  if (envelope.payloadType !== EXPORT_TYPE) {
    throw transcriptError("EXPORT_MALFORMED", { expected: EXPORT_TYPE, actual: envelope.payloadType });
  }
  const signers = signersOf(envelope, trust.keyring);
  const statement = parseCanonical(envelope.payload, statementSchema, { what, maxBytes: MAX_EXPORT_BYTES });
  const { count, root, opening } = statement;
  const checkpoint = parseCheckpoint(statement.checkpoint);
  const leaf = leafHash(canonicalBytes(opening.event));
  const proven = rootOfInclusion(leaf, 0, count, opening.path.map(hashBytes));
  requireSame("checkpoint's size", count, checkpoint.count);
  requireSame("root", root, fingerprint(count, hashBytes(checkpoint.treeRoot)));
  requireSame("opening event", checkpoint.treeRoot, bytesToHex(proven));
  requireSame("opening event's index", 0, opening.event.index);
  const [name = ""] = checkpoint.origin.split(/\/[0-9a-f]{64}$/);
  requireSame("origin", originOf(name, leaf), checkpoint.origin);
  const note = parseNote(noteFile);
  requireSame("checkpoint", statement.checkpoint, note.text);
  verifyNote(
    note,
    signers.map(({ publicKey }) => verifierKey(checkpoint.origin, keyTypes.note, publicKey)),
  );
  const witnesses = trust.witnesses ? checkWitnesses(note, trust.witnesses, trust.now) : [];
  const shownAt = trust.witnesses ? timeShown(witnesses, trust.witnesses.threshold) : trust.now;
  const valid = signers.filter((key) => isValidAt(key, shownAt));
  if (valid.length === 0) {
    throw transcriptError("EXPORT_SIGNER_NOT_VALID", { name: signers[0]?.name, at: shownAt });
  }
  if (transcript !== undefined && (transcript.root !== root || transcript.count !== count)) {
    throw transcriptError("EXPORT_OF_OTHER_TRANSCRIPT", { expected: root, actual: transcript.root });
  }
  return {
    count,
    root,
    treeRoot: checkpoint.treeRoot,
    origin: checkpoint.origin,
    dependsOn: dependenciesOf(opening.event),
    first: opening.event,
    signers: valid.map(({ name, fingerprint: key }) => ({ name, fingerprint: key })),
    witnesses,
    checkpoint: statement.checkpoint,
  };
}

/**
 * By when so many witnesses as the policy demands had seen the checkpoint. Fewer of them, however early they date it, do
 * not make it older.
 */
function timeShown(witnesses: readonly Cosignature[], threshold: number): number {
  const times = witnesses.map(({ at }) => at).sort((a, b) => a - b);
  return times[threshold - 1] ?? Number.POSITIVE_INFINITY;
}

function requireSame(field: string, expected: string | number, actual: string | number): void {
  if (expected !== actual) throw transcriptError("EXPORT_INCONSISTENT", { field, expected, actual });
}

function parseExport(bytes: Uint8Array): z.output<typeof exportSchema> {
  return parseCanonical(bytes, exportSchema, { what, maxBytes: MAX_EXPORT_BYTES });
}

function encodeExport({ v, envelope, note }: z.output<typeof exportSchema>): Uint8Array {
  return canonicalBytes({ v, envelope: envelopeJson(envelope), note: encodeBase64(note) });
}
