import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures between a run's evidence and its claim on-chain. */
export const settlementErrors = {
  CLAIM_RUN_UNKNOWN: {
    kind: "missing",
    sentence: "The chain holds no consumption of the permit that this evidence names.",
  },
  EVIDENCE_REJECTED: {
    kind: "unverified",
    sentence: "The evidence did not pass verification, so the verifier does not sign; see the failed checks.",
  },
  EVIDENCE_NOT_SERVED: {
    kind: "conflict",
    sentence:
      "The evidence holds, but it is not the capsule that this server serves for the permit; fetch that one and claim with it.",
  },
  VERIFIER_NOT_NAMED: { kind: "forbidden", sentence: "The offer names another verifier than this server's." },
} as const satisfies ErrorCatalogue;

export const settlementError = errorsOf(settlementErrors);
