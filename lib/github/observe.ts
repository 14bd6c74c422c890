import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../core/effects.ts";
import { sha256Hex } from "../core/hash.ts";
import type { FinalFacts } from "../evidence/finalObservation.ts";
import type { ObservedFacts } from "../evidence/observation.ts";
import type { GitHubClient, WorkflowJob, WorkflowRun } from "./client.ts";
import { githubError } from "./errors.ts";

/**
 * The tier-2 observation: what GitHub's own API says about the job that asks, while it runs. A seller's machine image
 * can forge everything a token says, but it cannot put its runner into GitHub's pool.
 */

/** What the run's token said; every one of these is compared with the API. */
export type RunToObserve = {
  /** `owner/name`. */
  readonly repository: string;
  readonly repositoryId: string;
  readonly runId: string;
  readonly runAttempt: number;
  readonly checkRunId: string;
  /** 40 hex digits. */
  readonly sha: string;
  readonly event: string;
  /** Path of the dispatched workflow in its repository, `.github/workflows/f.yml`. */
  readonly workflowPath: string;
  /** Commit of the called workflow (40 hex), or null when the dispatched workflow defines the job itself. */
  readonly calledCommit: string | null;
  /** The one label of the policy. */
  readonly runsOn: string;
};

/** The answers as GitHub sent them, byte for byte. */
export type RawObservation = { readonly run: Uint8Array; readonly jobs: Uint8Array };

export type Observation = { readonly facts: ObservedFacts; readonly raw: RawObservation };

const HOSTED_GROUP_NAME = "GitHub Actions";
const HOSTED_RUNNER_NAME = /^GitHub Actions [0-9]+$/;
const WAIT_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 1_000;

export type ObserveOptions = {
  readonly client: Pick<GitHubClient, "getRunAttempt" | "listJobs">;
  readonly clock: Clock;
  readonly waitMilliseconds?: number;
  readonly pollMilliseconds?: number;
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
};

/**
 * Observes one job. The API lags, so a job that it still shows as waiting is looked at again for up to a minute; any
 * other difference is refused at once.
 *
 * @throws OBSERVATION_MISMATCH with field, expected and actual value
 * @throws OBSERVATION_UNAVAILABLE when no runner was shown in time
 * @throws GITHUB_UNREACHABLE, GITHUB_REFUSED, GITHUB_ANSWER_INVALID
 */
export async function observeRun(run: RunToObserve, options: ObserveOptions): Promise<Observation> {
  const { client, clock, sleep = pause } = options;
  const wait = options.waitMilliseconds ?? WAIT_MILLISECONDS;
  const poll = options.pollMilliseconds ?? POLL_MILLISECONDS;
  for (let waited = 0; ; waited += poll) {
    const attempt = await client.getRunAttempt(run);
    compareRun(run, attempt.value);
    const jobs = await client.listJobs(run);
    const job = onlyJob(run, jobs.value);
    const runner = runnerOf(job);
    if (runner !== undefined && job.status === "in_progress") {
      compareRunner(run, job, runner);
      return {
        facts: factsOf(run, job, runner, clock()),
        raw: { run: attempt.raw, jobs: jobs.raw },
      };
    }
    if (job.status === "completed") {
      throw githubError("OBSERVATION_MISMATCH", { field: "status", expected: "in_progress", actual: job.status });
    }
    if (waited >= wait) throw githubError("OBSERVATION_UNAVAILABLE", { runId: run.runId, status: job.status });
    await sleep(poll);
  }
}

/**
 * Looks at the run again once it has ended: still the one job, which has succeeded on a runner of GitHub's pool. The API
 * lags here too, so a job that it still shows as running is looked at again for up to a minute.
 *
 * @throws OBSERVATION_MISMATCH with field, expected and actual value
 * @throws OBSERVATION_UNAVAILABLE when no end was shown in time
 * @throws GITHUB_UNREACHABLE, GITHUB_REFUSED, GITHUB_ANSWER_INVALID
 */
export async function observeEnd(run: RunToObserve, options: ObserveOptions): Promise<FinalFacts> {
  const { client, clock, sleep = pause } = options;
  const wait = options.waitMilliseconds ?? WAIT_MILLISECONDS;
  const poll = options.pollMilliseconds ?? POLL_MILLISECONDS;
  for (let waited = 0; ; waited += poll) {
    const attempt = await client.getRunAttempt(run);
    compareRun(run, attempt.value);
    const jobs = await client.listJobs(run);
    const job = onlyJob(run, jobs.value);
    const { started_at: startedAt, completed_at: completedAt } = job;
    const runner = runnerOf(job);
    if (job.status === "completed" && startedAt !== null && completedAt !== null) {
      if (runner === undefined) {
        throw githubError("OBSERVATION_MISMATCH", { field: "runner_name", expected: "a runner", actual: null });
      }
      same("conclusion", "success", job.conclusion ?? undefined);
      compareRunner(run, job, runner);
      return {
        v: 1,
        repository: run.repository,
        repositoryId: run.repositoryId,
        runId: run.runId,
        runAttempt: run.runAttempt,
        sha: run.sha,
        event: run.event,
        totalJobs: jobs.value.total_count,
        jobs: [
          {
            checkRunId: run.checkRunId,
            status: job.status,
            conclusion: "success",
            runnerName: runner.name,
            runnerGroupId: runner.groupId,
            runnerGroupName: runner.groupName,
            labels: job.labels,
            startedAt: unixSeconds(startedAt),
            completedAt: unixSeconds(completedAt),
          },
        ],
        observedAt: clock(),
        runHash: sha256Hex(attempt.raw),
        jobsHash: sha256Hex(jobs.raw),
      };
    }
    if (waited >= wait) throw githubError("OBSERVATION_UNAVAILABLE", { runId: run.runId, status: job.status });
    await sleep(poll);
  }
}

function unixSeconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}

function compareRun(run: RunToObserve, seen: WorkflowRun): void {
  same("run id", run.runId, seen.id);
  same("run_attempt", run.runAttempt, seen.run_attempt);
  same("repository.id", run.repositoryId, seen.repository.id);
  same("head_sha", run.sha, seen.head_sha);
  same("event", run.event, seen.event);
  // GitHub writes the path with or without the ref it was dispatched on.
  same("path", run.workflowPath, seen.path.split("@")[0]);
  const called = seen.referenced_workflows.map(({ sha }) => sha);
  if (run.calledCommit === null) same("referenced_workflows", 0, called.length);
  else {
    same("referenced_workflows", 1, called.length);
    same("referenced_workflows[0].sha", run.calledCommit, called[0]);
  }
}

/** Exactly one job: with a second one, the job that is observed need not be the job that signs. */
function onlyJob(run: RunToObserve, seen: { total_count: number; jobs: readonly WorkflowJob[] }): WorkflowJob {
  const [job] = seen.jobs;
  if (job === undefined || seen.jobs.length !== 1 || seen.total_count !== 1) {
    throw githubError("OBSERVATION_MISMATCH", { field: "total_count", expected: 1, actual: seen.total_count });
  }
  same("check_run_url", run.checkRunId, /\/(?<id>[0-9]+)$/.exec(job.check_run_url)?.groups?.id);
  same("job.run_id", run.runId, job.run_id);
  same("job.run_attempt", run.runAttempt, job.run_attempt);
  same("job.head_sha", run.sha, job.head_sha);
  return job;
}

type Runner = { readonly name: string; readonly groupId: number; readonly groupName: string };

/** The runner, or undefined while the API shows none. */
function runnerOf(job: WorkflowJob): Runner | undefined {
  const { runner_name: name, runner_group_id: groupId, runner_group_name: groupName } = job;
  if (name === null || name === "" || groupId === null || groupName === null) return undefined;
  return { name, groupId, groupName };
}

function compareRunner(run: RunToObserve, job: WorkflowJob, runner: Runner): void {
  same("runner_group_id", 0, runner.groupId);
  same("runner_group_name", HOSTED_GROUP_NAME, runner.groupName);
  if (!HOSTED_RUNNER_NAME.test(runner.name)) {
    throw githubError("OBSERVATION_MISMATCH", {
      field: "runner_name",
      expected: `${HOSTED_GROUP_NAME} <number>`,
      actual: runner.name,
    });
  }
  same("labels", run.runsOn, job.labels.join(","));
}

function factsOf(run: RunToObserve, job: WorkflowJob, runner: Runner, observedAt: number): ObservedFacts {
  const { runsOn: _, ...identity } = run;
  return {
    ...identity,
    status: job.status,
    runnerName: runner.name,
    runnerGroupId: runner.groupId,
    runnerGroupName: runner.groupName,
    labels: job.labels,
    observedAt,
  };
}

function same(field: string, expected: string | number, actual: string | number | undefined): void {
  if (actual !== expected) throw githubError("OBSERVATION_MISMATCH", { field, expected, actual: actual ?? null });
}
