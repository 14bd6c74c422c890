import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of the database connection. */
export const storeErrors = {
  STORE_LOCKED: {
    kind: "conflict",
    sentence: "Another process holds this store's folder; stop it, or use Postgres by DATABASE_URL.",
  },
  STORE_UNAVAILABLE: { kind: "backend", sentence: "The database cannot be opened or migrated." },
} as const satisfies ErrorCatalogue;

export const storeError = errorsOf(storeErrors);
