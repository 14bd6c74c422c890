import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of reading an entitlement from the chain. */
export const permitErrors = {
  ENTITLEMENT_NOT_FOUND: { kind: "missing", sentence: "The chain holds no such entitlement." },
} as const satisfies ErrorCatalogue;

export const permitError = errorsOf(permitErrors);
