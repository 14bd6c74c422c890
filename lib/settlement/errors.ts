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
  PROOF_NOT_DEPLOYED: {
    kind: "missing",
    sentence: "This deployment has no contracts that check evidence on-chain, or its file does not name them.",
  },
  PROOF_NOT_PROVABLE: {
    kind: "conflict",
    sentence: "The offer does not let its claims be proven on-chain; they are settled by signature and arbiter.",
  },
  PROOF_ALREADY_MADE: {
    kind: "conflict",
    sentence: "This claim was proven on-chain before. Nothing is left to prove.",
  },
  PROOF_STEP_CLOSED: {
    kind: "conflict",
    sentence:
      "The step is neither open for this run nor claimed by it: it was paid, voided, or its deadline has passed.",
  },
} as const satisfies ErrorCatalogue;

export const settlementError = errorsOf(settlementErrors);
