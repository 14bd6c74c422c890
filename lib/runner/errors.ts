import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of the runner: one step, from ask to artifacts. */
export const runnerErrors = {
  RUNNER_ENVIRONMENT_INVALID: {
    kind: "invalid",
    sentence: "A variable that the job must have is missing or malformed; the pinned workflow sets them all.",
  },
  ID_TOKEN_REFUSED: {
    kind: "backend",
    sentence: "The platform gave no OIDC token; the job needs the permission id-token: write.",
  },
  PERMIT_WAIT_OVER: {
    kind: "conflict",
    sentence: "No permit came within the time the policy allows; nothing was consumed.",
  },
  RELEASE_WAIT_OVER: { kind: "backend", sentence: "The gateway consumed the permit but did not release in time." },
  PERMIT_NOT_FOR_THIS_RUN: {
    kind: "unverified",
    sentence: "The permit does not match what this run knows of itself, so its keys are not used.",
  },
  INPUT_NOT_PERMITTED: {
    kind: "unverified",
    sentence: "The input that was released is not the one the buyer's permit names.",
  },
  PARENT_NOT_COMMITTED: {
    kind: "restore",
    sentence: "The previous bundle or its keys are not the ones the previous claim committed to.",
  },
  WORKLOAD_CHECKOUT_FAILED: {
    kind: "backend",
    sentence: "The workload's pinned commit could not be checked out.",
  },
  WORKLOAD_NOT_PLAIN_FILES: {
    kind: "policy",
    sentence: "The workload's commit holds a link or a submodule; only plain files are checked out.",
  },
  WORKLOAD_FAILED: { kind: "backend", sentence: "The workload ended without success; its log has the reason." },
  WORKLOAD_LIMIT_EXCEEDED: {
    kind: "policy",
    sentence: "The workload went over a limit of the policy and was stopped.",
  },
  WORKLOAD_OUTPUT_INVALID: {
    kind: "policy",
    sentence: "The workload left output that is not a plain JSON result or not plain state files.",
  },
  ISOLATION_UNAVAILABLE: {
    kind: "policy",
    sentence:
      "This machine cannot take the network away from the workload, as the policy demands; docs/sandbox.md says how to allow user namespaces.",
  },
  RECEIPT_INVALID: { kind: "unverified", sentence: "The gateway's receipt is not for these outputs or not its own." },
} as const satisfies ErrorCatalogue;

export const runnerError = errorsOf(runnerErrors);
