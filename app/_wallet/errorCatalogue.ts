import { type ErrorCatalogue, errorsOf } from "#lib/core/error.ts";

/** Refusals that only a page can make. */
export const pageErrors = {
  PAGE_FAILED: {
    kind: "backend",
    sentence: "The page failed before anything was sent. Reload it; if it fails again, report what stands here.",
  },
  UPLOAD_FAILED: {
    kind: "backend",
    sentence: "The file did not reach the server, or its answer did not come back. Try again.",
  },
  EVIDENCE_UNKNOWN: {
    kind: "invalid",
    sentence: "The file is neither an evidence capsule nor a Sigstore bundle. Choose another one.",
  },
  TOKEN_BALANCE_TOO_SMALL: {
    kind: "conflict",
    sentence: "The account has too little of this token. Add some, or buy fewer steps.",
  },
  FETCHED_RESULT_MISMATCH: {
    kind: "unverified",
    sentence: "The gateway sent another result than the one that was claimed. Do not use it; object to the step.",
  },
} as const satisfies ErrorCatalogue;

export const pageError = errorsOf(pageErrors);
