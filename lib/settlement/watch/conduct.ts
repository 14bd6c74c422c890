import type { Clock } from "../../core/effects.ts";
import { findPawlError } from "../../core/error.ts";
import type { Certificate } from "../../evidence/certificate.ts";
import type { GitHubClient } from "../../github/client.ts";
import { observeEnd, type RunToObserve } from "../../github/observe.ts";
import type { Policy } from "../../offers/policy.ts";
import type { OfferTerms } from "../../offers/terms.ts";

const OBSERVED_TIER = 2;

/** Whether an offer promises runs that GitHub's API shows on its own machines. */
export function observesRuns({ runnerTier }: Pick<OfferTerms, "runnerTier">): boolean {
  return runnerTier >= OBSERVED_TIER;
}

/** The run that a verified certificate names, as it is looked for at GitHub. */
export function runOfCertificate({ run }: Pick<Certificate, "run">, { runsOn }: Pick<Policy, "runsOn">): RunToObserve {
  const { repository, repositoryId, runId, runAttempt, checkRunId, sha } = run;
  return {
    ...{ repository, repositoryId, runId, runAttempt, checkRunId, sha, runsOn },
    event: "workflow_dispatch",
    workflowPath: run.workflowRef.split("@")[0]?.split("/").slice(2).join("/") ?? "",
    calledCommit: run.jobWorkflowRef === run.workflowRef ? null : run.jobWorkflowSha,
  };
}

/** What GitHub shows of a run that has ended. `code` says why it is a ground for a conduct challenge. */
export type Conduct =
  | { readonly status: "as attested" | "not shown" }
  | { readonly status: "grounds"; readonly code: "OBSERVATION_MISMATCH" | "WATCH_RUN_GONE" };

export type ObserveConduct = (run: RunToObserve) => Promise<Conduct>;

const GONE = [404, 410];

/** @param client reads runs of public repositories */
export function observeThrough(client: Pick<GitHubClient, "getRunAttempt" | "listJobs">, clock: Clock): ObserveConduct {
  return async (run) => {
    try {
      await observeEnd(run, { client, clock, waitMilliseconds: 0 });
      return { status: "as attested" };
    } catch (thrown) {
      const error = findPawlError(thrown);
      if (error === undefined) throw thrown;
      if (error.code === "OBSERVATION_MISMATCH") return { status: "grounds", code: "OBSERVATION_MISMATCH" };
      const status = error.values.status;
      if (error.code === "GITHUB_REFUSED" && typeof status === "number" && GONE.includes(status)) {
        return { status: "grounds", code: "WATCH_RUN_GONE" };
      }
      return { status: "not shown" };
    }
  };
}
