import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { GitHubClient, WorkflowJob, WorkflowRun } from "#lib/github/client.ts";
import { observeEnd, observeRun, type RunToObserve } from "#lib/github/observe.ts";

const expected: RunToObserve = {
  repository: "pawl-neutral/steps",
  repositoryId: "810000002",
  runId: "17000000001",
  runAttempt: 1,
  checkRunId: "61000000001",
  sha: "7".repeat(40),
  event: "workflow_dispatch",
  workflowPath: ".github/workflows/step.yml",
  calledCommit: "5".repeat(40),
  runsOn: "ubuntu-24.04",
};

const run: WorkflowRun = {
  id: "17000000001",
  run_attempt: 1,
  status: "in_progress",
  conclusion: null,
  event: "workflow_dispatch",
  path: ".github/workflows/step.yml",
  head_sha: "7".repeat(40),
  display_title: "pawl n",
  created_at: "2026-11-20T10:00:00Z",
  run_started_at: "2026-11-20T10:00:00Z",
  repository: { id: "810000002", full_name: "pawl-neutral/steps" },
  referenced_workflows: [{ path: "pawl/pawl/.github/workflows/pawl-step.yml@555", sha: "5".repeat(40) }],
};

const job: WorkflowJob = {
  id: "61000000001",
  run_id: "17000000001",
  run_attempt: 1,
  head_sha: "7".repeat(40),
  status: "in_progress",
  conclusion: null,
  name: "step / step",
  labels: ["ubuntu-24.04"],
  check_run_url: "https://api.github.com/repos/pawl-neutral/steps/check-runs/61000000001",
  runner_name: "GitHub Actions 1000000042",
  runner_group_id: 0,
  runner_group_name: "GitHub Actions",
  started_at: "2026-11-20T10:00:05Z",
  completed_at: null,
};

const queued: WorkflowJob = {
  ...job,
  status: "queued",
  runner_name: null,
  runner_group_id: null,
  runner_group_name: null,
};

const ended: WorkflowJob = {
  ...job,
  status: "completed",
  conclusion: "success",
  completed_at: "2026-11-20T10:01:05Z",
};

type Looks = readonly (readonly WorkflowJob[])[];
type Options = { run?: Partial<WorkflowRun>; expect?: Partial<RunToObserve>; total?: number };

/** Each look at the jobs takes the next list; the last one stays. */
function looking(looks: Looks, options: Options) {
  let look = 0;
  const client: Pick<GitHubClient, "getRunAttempt" | "listJobs"> = {
    getRunAttempt: async () => ({ value: { ...run, ...options.run }, raw: Buffer.from("run bytes") }),
    listJobs: async () => {
      const jobs = [...(looks[Math.min(look++, looks.length - 1)] ?? [])];
      return { value: { total_count: options.total ?? jobs.length, jobs }, raw: Buffer.from("job bytes") };
    },
  };
  return { client, clock: () => 1_790_000_000, waitMilliseconds: 3_000, sleep: async () => undefined };
}

const observe = (looks: Looks, options: Options = {}) =>
  observeRun({ ...expected, ...options.expect }, looking(looks, options));
const observeAfter = (looks: Looks, options: Options = {}) =>
  observeEnd({ ...expected, ...options.expect }, looking(looks, options));

describe("an observation", () => {
  it("states the facts and keeps the bytes", async () => {
    const { facts, raw } = await observe([[job]]);
    const { runsOn: _, ...identity } = expected;
    expect(facts).toEqual({
      ...identity,
      status: "in_progress",
      runnerName: "GitHub Actions 1000000042",
      runnerGroupId: 0,
      runnerGroupName: "GitHub Actions",
      labels: ["ubuntu-24.04"],
      observedAt: 1_790_000_000,
    });
    expect(Buffer.from(raw.run).toString()).toBe("run bytes");
    expect(Buffer.from(raw.jobs).toString()).toBe("job bytes");
  });

  it("waits while the API still shows the job as queued or without a runner", async () => {
    await observe([[queued], [{ ...job, runner_group_id: null }], [job]]);
    await expect(observe([[queued]])).rejects.toMatchObject({ code: "OBSERVATION_UNAVAILABLE" });
  });

  it("accepts the path with the ref it was dispatched on", async () => {
    await observe([[job]], { run: { path: ".github/workflows/step.yml@refs/tags/pawl/7" } });
  });

  it("accepts a dispatched workflow that calls no other, where none is expected", async () => {
    await observe([[job]], { run: { referenced_workflows: [] }, expect: { calledCommit: null } });
    await expect(observe([[job]], { expect: { calledCommit: null } })).rejects.toMatchObject({
      values: { field: "referenced_workflows" },
    });
  });
});

describe("an observation is refused", () => {
  const mismatch = { code: "OBSERVATION_MISMATCH" };
  const runs: Record<string, Partial<WorkflowRun>> = {
    "another run": { id: "1" },
    "another attempt": { run_attempt: 2 },
    "another repository id": { repository: { id: "1", full_name: "pawl-neutral/steps" } },
    "another commit": { head_sha: "8".repeat(40) },
    "another event": { event: "push" },
    "another workflow": { path: ".github/workflows/other.yml" },
    "no called workflow": { referenced_workflows: [] },
    "another called commit": { referenced_workflows: [{ path: "x", sha: "6".repeat(40) }] },
    "two called workflows": { referenced_workflows: [...run.referenced_workflows, ...run.referenced_workflows] },
  };
  for (const [name, change] of Object.entries(runs)) {
    it(`for ${name}`, () => expect(observe([[job]], { run: change })).rejects.toMatchObject(mismatch));
  }

  const jobs: Record<string, Partial<WorkflowJob>> = {
    "a runner group of the organisation": { runner_group_id: 1 },
    "a runner group of another name": { runner_group_name: "GitHub Actions " },
    "a runner of another name": { runner_name: "GitHub Actions 12 (custom)" },
    "another label": { labels: ["ubuntu-latest"] },
    "a second label": { labels: ["ubuntu-24.04", "large"] },
    "another check run": { check_run_url: "https://api.github.com/repos/o/r/check-runs/61000000002" },
    "the only job, which is not the one that asks": {
      id: "61000000002",
      check_run_url: "https://api.github.com/repos/o/r/check-runs/61000000002",
    },
    "a check run that only ends alike": { check_run_url: "https://api.github.com/check-runs/161000000001" },
    "a job of another run": { run_id: "2" },
    "a job of another attempt": { run_attempt: 2 },
    "a job of another commit": { head_sha: "8".repeat(40) },
    "a job that has ended": { status: "completed" },
  };
  for (const [name, change] of Object.entries(jobs)) {
    it(`for ${name}`, () => expect(observe([[{ ...job, ...change }]])).rejects.toMatchObject(mismatch));
  }

  it("for a second job, listed or only counted, and for none", async () => {
    await expect(observe([[job, job]])).rejects.toMatchObject(mismatch);
    await expect(observe([[job]], { total: 2 })).rejects.toMatchObject(mismatch);
    await expect(observe([[]])).rejects.toMatchObject(mismatch);
  });
});

describe("an observation of a run's end", () => {
  it("states the job, its times and the hashes of what GitHub answered", async () => {
    const seen = await observeAfter([[ended]]);
    expect(seen).toMatchObject({
      v: 1,
      runId: expected.runId,
      totalJobs: 1,
      observedAt: 1_790_000_000,
      jobs: [{ checkRunId: expected.checkRunId, status: "completed", conclusion: "success", labels: ["ubuntu-24.04"] }],
    });
    expect(seen.jobs[0]).toMatchObject({ startedAt: 1_795_168_805, completedAt: 1_795_168_865 });
    expect([seen.runHash, seen.jobsHash]).toEqual(
      ["run bytes", "job bytes"].map((text) => `0x${createHash("sha256").update(text).digest("hex")}`),
    );
  });

  it("waits while the API still shows the job as running", async () => {
    await observeAfter([[job], [{ ...ended, completed_at: null }], [ended]]);
    await expect(observeAfter([[job]])).rejects.toMatchObject({ code: "OBSERVATION_UNAVAILABLE" });
  });

  const changes: Record<string, Partial<WorkflowJob>> = {
    "a job that failed": { conclusion: "failure" },
    "a job that was cancelled": { conclusion: "cancelled" },
    "a job without a runner": { runner_name: null },
    "a runner of another group": { runner_group_id: 1 },
    "a runner of another name": { runner_name: "my-machine" },
    "other labels": { labels: ["self-hosted"] },
    "another job": { check_run_url: "https://api.github.com/repos/x/y/check-runs/1" },
  };
  for (const [name, change] of Object.entries(changes)) {
    it(`is refused for ${name}`, () =>
      expect(observeAfter([[{ ...ended, ...change }]])).rejects.toMatchObject({ code: "OBSERVATION_MISMATCH" }));
  }

  it("is refused for a run with a second job, and for another run", async () => {
    await expect(observeAfter([[ended, ended]])).rejects.toMatchObject({ code: "OBSERVATION_MISMATCH" });
    await expect(observeAfter([[ended]], { run: { head_sha: "8".repeat(40) } })).rejects.toMatchObject({
      code: "OBSERVATION_MISMATCH",
    });
  });
});
