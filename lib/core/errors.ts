import { type ErrorCatalogue, errorsOf } from "./error.ts";

/** Failures of the shared formats: bytes, canonical JSON, schemas. */
export const coreErrors = {
  JSON_TOO_LARGE: { kind: "too-large", sentence: "The JSON document is larger than this boundary accepts." },
  JSON_NOT_UTF8: { kind: "invalid", sentence: "The JSON document is not valid UTF-8." },
  JSON_TOO_DEEP: { kind: "invalid", sentence: "The JSON document is nested deeper than this boundary accepts." },
  JSON_MALFORMED: { kind: "invalid", sentence: "The document is not JSON." },
  JSON_NOT_CANONICAL: {
    kind: "invalid",
    sentence:
      "The JSON bytes are not in RFC 8785 canonical form (check key order, white space, duplicate keys, numbers, half surrogate pairs).",
  },
  SCHEMA_MISMATCH: { kind: "invalid", sentence: "A field is missing, unknown or of the wrong form." },
  CRITICAL_FIELD_UNKNOWN: {
    kind: "invalid",
    sentence:
      "The document carries a critical_* field that this version does not understand, so it cannot be accepted.",
  },
  ROUTE_NOT_FOUND: { kind: "missing", sentence: "There is nothing at this path for this method; see docs/http.md." },
  BODY_TOO_LARGE: { kind: "too-large", sentence: "The request body is larger than this endpoint accepts." },
  RATE_LIMITED: { kind: "too-many", sentence: "Too many requests from this address; wait and try again." },
  INTERNAL: { kind: "backend", sentence: "Something failed inside Pawl; the log of the server has the cause." },
} as const satisfies ErrorCatalogue;

export const coreError = errorsOf(coreErrors);
