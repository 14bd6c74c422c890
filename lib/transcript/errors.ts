import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of transcripts: the log itself, proofs, checkpoints, exports, chains of runs, artifacts and snapshots. */
export const transcriptErrors = {
  // The log
  TRANSCRIPT_BROKEN: {
    kind: "unverified",
    sentence:
      "The transcript's chain of events is broken or not closed: an event was changed, added, removed or moved after it was written.",
  },
  TRANSCRIPT_TOO_LARGE: {
    kind: "too-large",
    sentence: "The transcript has more events, bytes or bytes in one line than its reader accepts.",
  },
  TRANSCRIPT_ROOT_MISMATCH: {
    kind: "unverified",
    sentence:
      "The transcript is whole, but its fingerprint is not the expected one: it is another run's, or every event was rewritten.",
  },
  TRANSCRIPT_EVENT_MISSING: {
    kind: "missing",
    sentence: "The transcript has no such event; events are numbered from 0.",
  },
  TRANSCRIPT_ABSENT: { kind: "missing", sentence: "This capsule carries no transcript." },
  TRANSCRIPTS_DIFFER: {
    kind: "unverified",
    sentence: "The runs did not do the same; pawl transcript diff-run shows where they part.",
  },

  // Proofs
  PROOF_MALFORMED: {
    kind: "invalid",
    sentence:
      "The proof does not fit the sizes that it names: an index, a count or the number of hashes is impossible.",
  },
  PROOF_INVALID: {
    kind: "unverified",
    sentence: "The proof does not lead to the expected root: the event or the earlier log is not part of it.",
  },

  // Notes, checkpoints, witnesses
  NOTE_MALFORMED: { kind: "invalid", sentence: "The text is not a signed note as c2sp.org/signed-note writes it." },
  NOTE_KEY_MALFORMED: {
    kind: "invalid",
    sentence: "The verifier key is not name+id+key of a supported type, or its id is not that of the key.",
  },
  NOTE_UNSIGNED: { kind: "unverified", sentence: "None of the known keys signed the note." },
  NOTE_SIGNATURE_INVALID: {
    kind: "unverified",
    sentence: "A signature of a known key does not match the note, so the whole note is refused.",
  },
  CHECKPOINT_MALFORMED: {
    kind: "invalid",
    sentence: "The note's text is not a checkpoint: origin, size and root hash, each on a line.",
  },
  CHECKPOINT_MISMATCH: {
    kind: "unverified",
    sentence: "The checkpoint is about another log, another size or another root.",
  },
  WITNESS_POLICY_INVALID: {
    kind: "invalid",
    sentence: "A witness policy needs distinct cosigner keys and a threshold between one and their number.",
  },
  WITNESS_THRESHOLD_MISSED: {
    kind: "unverified",
    sentence: "Fewer of the known witnesses cosigned the checkpoint than the policy demands.",
  },
  WITNESS_TIME_IN_FUTURE: { kind: "unverified", sentence: "A witness's cosignature is dated in the future." },

  // Keyring and export
  KEYRING_FINGERPRINT_MISMATCH: {
    kind: "invalid",
    sentence: "An entry of the keyring names another fingerprint than that of its key, or a key stands in it twice.",
  },
  EXPORT_MALFORMED: { kind: "invalid", sentence: "The file is not a signed export of a transcript." },
  EXPORT_KEY_UNREADABLE: {
    kind: "invalid",
    sentence: "The file is not an Ed25519 private key; make one with: openssl genpkey -algorithm ed25519 -out key.pem",
  },
  EXPORT_SIGNER_UNKNOWN: {
    kind: "unverified",
    sentence: "No key of the keyring signed this export; add the signer's key only if you have it from the signer.",
  },
  EXPORT_SIGNER_NOT_VALID: {
    kind: "unverified",
    sentence: "The signer's key was not valid at the time that can be shown for this export.",
  },
  EXPORT_SIGNATURE_INVALID: {
    kind: "unverified",
    sentence: "The export's signature does not match what it signs.",
  },
  EXPORT_INCONSISTENT: {
    kind: "unverified",
    sentence: "The parts of the export contradict one another: root, count, checkpoint or opening event.",
  },
  EXPORT_OF_OTHER_TRANSCRIPT: {
    kind: "unverified",
    sentence: "The export is signed, but for another log than the transcript in hand.",
  },

  // Chains of runs
  TRANSCRIPT_CHAIN_EMPTY: { kind: "invalid", sentence: "A chain of runs has at least one transcript." },
  TRANSCRIPT_CHAIN_REPEATED: { kind: "unverified", sentence: "The same transcript stands in the chain twice." },
  TRANSCRIPT_CHAIN_MISSING: {
    kind: "unverified",
    sentence: "A run depends on a transcript that is not in the chain, or a later one names none.",
  },
  TRANSCRIPT_CHAIN_OUT_OF_ORDER: {
    kind: "unverified",
    sentence: "A run stands in the chain before a run that it depends on.",
  },
  TRANSCRIPT_CHAIN_CYCLE: { kind: "unverified", sentence: "Runs of the chain depend on one another in a circle." },
  TRANSCRIPT_CHAIN_FORKED: {
    kind: "unverified",
    sentence: "Two runs follow the same one: the chain has two continuations.",
  },

  // Artifacts and snapshots
  BLOB_NAME_REFUSED: {
    kind: "invalid",
    sentence: "An artifact is named by the SHA-256 of its bytes: 0x and 64 lower-case hex digits.",
  },
  BLOB_MISSING: { kind: "missing", sentence: "The artifact store does not hold this artifact." },
  BLOB_CHANGED: {
    kind: "unverified",
    sentence: "The artifact store holds other bytes under this name than those that were written.",
  },
  BLOB_TOO_LARGE: { kind: "too-large", sentence: "The artifact is larger than the store accepts." },
  BLOB_STORE_FAILED: {
    kind: "backend",
    sentence: "The artifact store's folder cannot be read or written; check its path, its rights and the free space.",
  },
  SNAPSHOT_CHANGED: {
    kind: "unverified",
    sentence: "The snapshot is not the one that the log's event committed to.",
  },
} as const satisfies ErrorCatalogue;

export const transcriptError = errorsOf(transcriptErrors);
