import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of evidence capsules, their signers, and the lists that say which signers are trusted. */
export const capsuleErrors = {
  // The file
  CAPSULE_TOO_LARGE: {
    kind: "too-large",
    sentence: "The evidence capsule is larger than is read into memory here; the command line reads it from disk.",
  },
  CAPSULE_VERSION_UNKNOWN: {
    kind: "invalid",
    sentence: "The capsule's manifest is of a version that this program does not read; make the capsule again.",
  },
  CAPSULE_MALFORMED: { kind: "invalid", sentence: "The file is not an evidence capsule, or its manifest is wrong." },
  CAPSULE_FILE_MISSING: { kind: "invalid", sentence: "The evidence capsule lacks a file." },
  CAPSULE_FILE_UNKNOWN: {
    kind: "invalid",
    sentence: "The capsule holds a file that the format does not know at that place.",
  },
  CAPSULE_FILE_MISMATCH: {
    kind: "invalid",
    sentence: "A file of the capsule is not the one that its manifest lists; the capsule was altered.",
  },
  CAPSULE_FILE_UNREADABLE: { kind: "invalid", sentence: "The capsule's file cannot be read; check its path." },
  CAPSULE_TARGET_EXISTS: {
    kind: "conflict",
    sentence: "There is something at this path already; choose one that is free.",
  },
  CAPSULE_TARGET_UNWRITABLE: { kind: "invalid", sentence: "The file or folder cannot be written; check its path." },
  CAPSULE_ANCHORS_MISMATCH: {
    kind: "unverified",
    sentence: "The capsule's manifest names another step than the one its files are about.",
  },
  CAPSULE_NAMESPACE_MISMATCH: {
    kind: "unverified",
    sentence: "The capsule's manifest does not call it evidence, so nobody signed it as evidence.",
  },

  // Signers
  CAPSULE_SIGNERS_MALFORMED: {
    kind: "invalid",
    sentence:
      "The capsule's list of signatures is not sorted, repeats a signer, or holds more identities than are verified.",
  },
  CAPSULE_KEY_UNSUPPORTED: { kind: "invalid", sentence: "The key is not a canonical Ed25519 or P-256 key." },
  CAPSULE_SIGNATURE_INVALID: {
    kind: "unverified",
    sentence: "A signature of the capsule does not match its manifest.",
  },
  CAPSULE_IDENTITY_UNCHECKED: {
    kind: "unverified",
    sentence: "An identity's signature can be checked only against a Sigstore trust root, and none was given.",
  },
  CAPSULE_ALLOWLIST_MISSING: {
    kind: "unverified",
    sentence: "No allowlist of signers was given, so no signer of the capsule is trusted.",
  },
  CAPSULE_SIGNER_UNKNOWN: { kind: "unverified", sentence: "The allowlist does not name this signer." },
  CAPSULE_SIGNER_NOT_YET_VALID: { kind: "unverified", sentence: "The allowlist trusts this signer only later." },
  CAPSULE_SIGNER_EXPIRED: { kind: "unverified", sentence: "The allowlist no longer trusts this signer." },
  CAPSULE_SIGNER_REVOKED: { kind: "unverified", sentence: "The allowlist has revoked this signer." },
  CAPSULE_NAMESPACE_REFUSED: {
    kind: "unverified",
    sentence: "The allowlist does not trust this signer for what this is.",
  },
  CAPSULE_PRINCIPAL_MISSING: {
    kind: "unverified",
    sentence: "A principal that was expected to sign the capsule did not, or is not trusted to.",
  },

  CAPSULE_OPTIONS_CONFLICT: { kind: "invalid", sentence: "The options of this command do not go together." },

  // Sealed part
  CAPSULE_SEALED_TOO_LARGE: { kind: "too-large", sentence: "The sealed part is larger than is sealed in one piece." },
  CAPSULE_SEALED_ABSENT: { kind: "missing", sentence: "The capsule has no sealed part." },
  CAPSULE_SEALED_UNREADABLE: {
    kind: "unverified",
    sentence: "The sealed part does not open with this key, or belongs to another step.",
  },

  // Allowlist
  ALLOWLIST_MALFORMED: { kind: "invalid", sentence: "The allowlist is not a signed capsule-signers.json." },
  ALLOWLIST_AMBIGUOUS: { kind: "invalid", sentence: "The allowlist names one key or identity twice." },
  ALLOWLIST_UNTRUSTED: {
    kind: "unverified",
    sentence: "The allowlist is not signed by a root key that was given for its host.",
  },
  ALLOWLIST_HOST_MISMATCH: { kind: "unverified", sentence: "The allowlist was made for another host." },
  ALLOWLIST_NOT_YET_VALID: { kind: "unverified", sentence: "The allowlist was issued in the future; check the clock." },
  ALLOWLIST_EXPIRED: { kind: "unverified", sentence: "The allowlist has expired; fetch a newer one from its host." },
  ALLOWLIST_ROLLED_BACK: {
    kind: "unverified",
    sentence: "The allowlist is older than one that was seen before, or differs from one issued at the same time.",
  },
  ALLOWLIST_DNS_MISMATCH: {
    kind: "unverified",
    sentence: "The allowlist that the host serves is not the one whose digest its DNS names.",
  },
  ALLOWLIST_HOST_REFUSED: {
    kind: "invalid",
    sentence: "Allowlists are fetched from a host by https only; plain http is for this machine.",
  },
  ALLOWLIST_UNREACHABLE: { kind: "backend", sentence: "The host's allowlist could not be fetched." },
  ALLOWLIST_NOT_PUBLISHED: {
    kind: "missing",
    sentence: "This server publishes no allowlist of capsule signers (PAWL_CAPSULE_SIGNERS is not set).",
  },
  ALLOWLIST_NOT_SERVED: { kind: "backend", sentence: "The server's allowlist cannot be read or is malformed." },
} as const satisfies ErrorCatalogue;

export const capsuleError = errorsOf(capsuleErrors);
export type CapsuleErrorCode = keyof typeof capsuleErrors;
