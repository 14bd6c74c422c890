import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of sealed capabilities. */
export const capabilityErrors = {
  WORKER_KEY_WEAK: {
    kind: "invalid",
    sentence: "The worker key is a low-order X25519 point; a secret sealed to it would be readable by anyone.",
  },
  ENVELOPE_SIGNATURE_INVALID: {
    kind: "unverified",
    sentence: "The capability envelope is not signed by the gateway that the policy names.",
  },
  ENVELOPE_CONTEXT_MISMATCH: {
    kind: "unverified",
    sentence: "The capability envelope was made for another step, kind, run, permit or worker key.",
  },
  ENVELOPE_UNREADABLE: {
    kind: "unverified",
    sentence: "The capability cannot be opened with this worker key, or it was altered.",
  },
} as const satisfies ErrorCatalogue;

export const capabilityError = errorsOf(capabilityErrors);
