import { type ErrorCatalogue, errorsOf } from "../../core/error.ts";

/** Failures of watching claims for a buyer. */
export const watchErrors = {
  WATCH_NOTHING_NAMED: {
    kind: "invalid",
    sentence: "Nothing is named to be watched; give a buyer's address, or the ids of entitlements.",
  },
  WATCH_JOURNAL_LOCKED: {
    kind: "conflict",
    sentence: "Another watcher works with this journal; stop it, or give this one a folder and a key of its own.",
  },
  WATCH_JOURNAL_FOREIGN: {
    kind: "conflict",
    sentence: "The journal belongs to another chain, deployment or key; give this watcher a folder of its own.",
  },
  WATCH_JOURNAL_BROKEN: {
    kind: "conflict",
    sentence:
      "A line of the journal is not one that a watcher wrote, so what was spent is not known. Restore the file, or begin a new one with a smaller budget.",
  },
  WATCH_JOURNAL_UNWRITABLE: {
    kind: "backend",
    sentence: "The journal cannot be read or written, and without it nothing is sent.",
  },
  WATCH_BUDGET_SPENT: {
    kind: "policy",
    sentence:
      "The budget does not allow another bond, so a claim that should be challenged is not. Raise the budget, or challenge by hand before its window ends.",
  },
  WATCH_ATTENTION_NEEDED: {
    kind: "unverified",
    sentence: "A claim needs a person's attention; the lines above say which one and why.",
  },
  WATCH_PASS_INCOMPLETE: {
    kind: "backend",
    sentence: "Not every claim could be looked at; the next pass tries again.",
  },
  WATCH_CHAIN_LATE: {
    kind: "backend",
    sentence: "The endpoint's newest block is old: it lags, or the chain stands still. Windows may end unseen.",
  },
  WATCH_RUN_GONE: {
    kind: "missing",
    sentence: "GitHub no longer has the run whose evidence passed; its conduct can be challenged, by hand.",
  },
  WATCH_CAPSULE_UNREACHABLE: {
    kind: "backend",
    sentence: "No address that the claim or the services name gave a capsule.",
  },
  WATCH_CAPSULE_OTHER_BYTES: {
    kind: "unverified",
    sentence: "What is served for the claim is not the capsule that its verifier approved: the hash differs.",
  },
  WATCH_CAPSULE_OTHER_CLAIM: {
    kind: "unverified",
    sentence: "The capsule that the verifier approved is about another claim than the one on-chain.",
  },
} as const satisfies ErrorCatalogue;

export const watchError = errorsOf(watchErrors);
