import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures between a run's evidence and its claim on-chain. */
export const settlementErrors = {
  CLAIM_RUN_UNKNOWN: {
    kind: "missing",
    sentence: "The chain holds no consumption of the permit that this evidence names.",
  },
  CLAIM_NOT_OPEN: {
    kind: "conflict",
    sentence: "The step is not open for this run any more: it was claimed, voided or timed out.",
  },
  EVIDENCE_REJECTED: {
    kind: "unverified",
    sentence: "The evidence did not pass verification, so the verifier does not sign; see the failed checks.",
  },
  VERIFIER_NOT_NAMED: { kind: "forbidden", sentence: "The offer names another verifier than this server's." },
} as const satisfies ErrorCatalogue;

export const settlementError = errorsOf(settlementErrors);
