import { setTimeout as pause } from "node:timers/promises";
import { findPawlError } from "../core/error.ts";
import type { DispatchRun, FindRun } from "../gateway/dependencies.ts";
import { gatewayError } from "../gateway/errors.ts";
import type { GitHubClient } from "./client.ts";

/** How long a run that GitHub started without saying so may take to show up. */
const LOOKUP_TRIES = 10;
const LOOKUP_PAUSE_MS = 2000;

/** Dispatches for the gateway, once. @throws DISPATCH_REFUSED when GitHub said no; RUN_ID_UNKNOWN */
export function dispatchThrough(github: Pick<GitHubClient, "dispatchWorkflow">): DispatchRun {
  return async ({ repository, workflowFile, sourceCommit, inputs }) => {
    try {
      // A dispatch takes a tag, never a commit; the tag is protected, and the run's `sha` is what is checked.
      return BigInt(await github.dispatchWorkflow({ repository, workflowFile, ref: `pawl/${sourceCommit}`, inputs }));
    } catch (thrown) {
      const error = findPawlError(thrown);
      if (error?.code === "GITHUB_REFUSED") throw gatewayError("DISPATCH_REFUSED", error.values, thrown);
      throw thrown;
    }
  };
}

/** Looks a run up by its nonce, patiently, because GitHub's lists lag. */
export function findRunThrough(
  github: Pick<GitHubClient, "findRunByNonce">,
  sleep: (milliseconds: number) => Promise<unknown> = pause,
): FindRun {
  return async (search) => {
    for (let tried = 0; tried < LOOKUP_TRIES; tried++) {
      if (tried > 0) await sleep(LOOKUP_PAUSE_MS);
      const run = await github.findRunByNonce(search);
      if (run) return BigInt(run.id);
    }
    return undefined;
  };
}
