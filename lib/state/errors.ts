import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of archives, sealed state bundles and their restoration. */
export const stateErrors = {
  ARCHIVE_ENTRY_REFUSED: {
    kind: "invalid",
    sentence: "The archive holds an entry that is not a plain file with a plain relative name.",
  },
  ARCHIVE_TOO_LARGE: { kind: "too-large", sentence: "The archive holds more files or bytes than allowed." },
  ARCHIVE_NOT_DETERMINISTIC: {
    kind: "invalid",
    sentence: "The archive is not the one its files produce when packed again; it was not made by Pawl or was altered.",
  },
  ARCHIVE_MALFORMED: { kind: "invalid", sentence: "The bytes are not a complete tar archive." },
  BUNDLE_MALFORMED: { kind: "restore", sentence: "The bytes are not a Pawl state bundle." },
  BUNDLE_CONTEXT_MISMATCH: {
    kind: "restore",
    sentence: "The state bundle belongs to another step, permit, policy or parent than the one expected.",
  },
  BUNDLE_WRONG_KEY: {
    kind: "restore",
    sentence: "The key does not open this state bundle; each step's bundle opens with that step's key only.",
  },
  BUNDLE_TAMPERED: { kind: "restore", sentence: "The state bundle was truncated, reordered, extended or altered." },
  RESTORE_REFUSED: {
    kind: "restore",
    sentence: "The previous state could not be restored, and the policy forbids starting without it.",
  },
} as const satisfies ErrorCatalogue;

export const stateError = errorsOf(stateErrors);
