import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of offer terms, workflow pins and policy capsules. */
export const offerErrors = {
  WORKFLOW_REF_UNPINNED: {
    kind: "invalid",
    sentence: "A workflow is pinned as owner/repo/.github/workflows/file.yml@ followed by 40 lower-case hex digits.",
  },
  POLICY_MISMATCH: { kind: "policy", sentence: "The policy bytes do not hash to the policy the offer pins." },
  POLICY_WRONG_DEPLOYMENT: {
    kind: "policy",
    sentence: "The policy names another chain, permit consumer or gateway than the offer it is used with.",
  },
  TERMS_INCONSISTENT: { kind: "invalid", sentence: "Two terms of the offer contradict one another." },
  OFFER_NOT_FOUND: { kind: "missing", sentence: "The chain holds no publication of this offer." },
} as const satisfies ErrorCatalogue;

export const offerError = errorsOf(offerErrors);
