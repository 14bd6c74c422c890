import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of the sandbox itself. What the sandbox answers over HTTP has GitHub's shape instead. */
export const sandboxErrors = {
  SANDBOX_STATE_BROKEN: {
    kind: "backend",
    sentence: "The sandbox's state folder cannot be read; delete the folder to begin with a new trust root.",
  },
  SANDBOX_GIT_FAILED: { kind: "backend", sentence: "A git command of the sandbox failed; see its output." },
  SANDBOX_WORKFLOW_REFUSED: {
    kind: "policy",
    sentence: "The workflow is outside what the sandbox executes; use the closed form that docs/sandbox.md describes.",
  },
  SANDBOX_STEP_FAILED: { kind: "backend", sentence: "A step of the job failed; the job's log says why." },
  SANDBOX_JOB_TIMED_OUT: { kind: "backend", sentence: "The job ran past its timeout-minutes and was ended." },
  SANDBOX_NOT_LOOPBACK: {
    kind: "policy",
    sentence: "The sandbox signs anything for anyone who can reach it, so it listens on loopback only.",
  },
} as const satisfies ErrorCatalogue;

export const sandboxError = errorsOf(sandboxErrors);
