import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures at GitHub's API, of the tier-2 observation and of collecting a run's evidence. */
export const githubErrors = {
  GITHUB_UNREACHABLE: {
    kind: "backend",
    sentence: "GitHub's API did not answer in time or the connection broke; try again.",
  },
  GITHUB_REFUSED: { kind: "backend", sentence: "GitHub's API refused the request; its own message is attached." },
  GITHUB_ANSWER_INVALID: {
    kind: "backend",
    sentence: "GitHub's API answered in a form that this version does not know, so nothing of it is used.",
  },
  RUN_ID_UNKNOWN: {
    kind: "backend",
    sentence:
      "The workflow may have been dispatched, but its run id is not known. Look the run up by its dispatch nonce; never dispatch again blindly.",
  },
  RUN_NOT_UNIQUE: {
    kind: "conflict",
    sentence: "Several runs carry the same dispatch nonce, so none of them is used.",
  },
  OBSERVATION_MISMATCH: {
    kind: "policy",
    sentence: "GitHub's API describes another run, job or runner than the one that asks, so the step is not released.",
  },
  OBSERVATION_UNAVAILABLE: {
    kind: "backend",
    sentence: "GitHub's API did not show the job on a runner in time, so the step is not released.",
  },
  GITHUB_TOKEN_MISSING: {
    kind: "invalid",
    sentence: "GitHub gives artifacts only to a token with Actions: read. Put one into the environment.",
  },
  RUN_NOT_COMPLETED: { kind: "conflict", sentence: "The run has not completed; collect its evidence when it has." },
  RUN_NOT_SUCCESSFUL: { kind: "conflict", sentence: "The run did not succeed, so it has no evidence to collect." },
  ARTIFACT_MISSING: {
    kind: "missing",
    sentence: "The run has no artifact of this name and attempt, or it has expired.",
  },
  ARTIFACT_TOO_LARGE: { kind: "too-large", sentence: "The artifact is larger than evidence can be." },
  ARTIFACT_MISMATCH: {
    kind: "unverified",
    sentence: "The artifact's files are not the ones its listing or its checksums name.",
  },
} as const satisfies ErrorCatalogue;

export const githubError = errorsOf(githubErrors);
