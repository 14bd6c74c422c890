import { describe, expect, it } from "vitest";
import { githubError } from "#lib/github/errors.ts";
import { observesRuns, observeThrough, runOfCertificate } from "#lib/settlement/watch/conduct.ts";

/**
 * the look at a run after its end
 * ├── as attested, or not shown just now: nothing
 * └── gone, or different: grounds
 */

const sha = "a".repeat(40);
const run = {
  ...{ repository: "o/r", repositoryId: "1", runId: "2", runAttempt: 1, checkRunId: "3", sha },
  ...{ event: "workflow_dispatch", workflowPath: ".github/workflows/a.yml", calledCommit: null },
  runsOn: "ubuntu-24.04",
};
const at = "2026-11-20T10:00:00Z";
const shownRun = {
  ...{ id: "2", run_attempt: 1, status: "completed", conclusion: "success", event: "workflow_dispatch" },
  ...{ path: ".github/workflows/a.yml@main", head_sha: sha, display_title: "x", created_at: at, run_started_at: at },
  ...{ repository: { id: "1", full_name: "o/r" }, referenced_workflows: [] },
};
const shownJob = {
  ...{ id: "3", run_id: "2", run_attempt: 1, head_sha: sha, status: "completed", conclusion: "success", name: "x" },
  ...{
    labels: ["ubuntu-24.04"],
    check_run_url: "https://api.github.com/check-runs/3",
    runner_name: "GitHub Actions 7",
  },
  ...{ runner_group_id: 0, runner_group_name: "GitHub Actions", started_at: at, completed_at: at },
};
const look = (answers: { readonly run?: () => object; readonly job?: object; readonly count?: number }) =>
  observeThrough(
    {
      getRunAttempt: async () => ({ value: (answers.run?.() ?? shownRun) as never, raw: new Uint8Array() }),
      listJobs: async () => ({
        value: { total_count: answers.count ?? 1, jobs: [(answers.job ?? shownJob) as never] },
        raw: new Uint8Array(),
      }),
    },
    () => 0,
  )(run);
const refusing = (status: number) => () => {
  throw githubError("GITHUB_REFUSED", { method: "GET", path: "/", status });
};

describe("a run that has ended", () => {
  it("as it was attested is no ground", async () => {
    expect(await look({})).toEqual({ status: "as attested" });
  });

  it("is gone when GitHub has no such run", async () => {
    for (const status of [404, 410]) {
      expect(await look({ run: refusing(status) })).toEqual({ status: "grounds", code: "WATCH_RUN_GONE" });
    }
  });

  it("differs when anything of it differs", async () => {
    const differs = { status: "grounds", code: "OBSERVATION_MISMATCH" };
    expect(await look({ run: () => ({ ...shownRun, head_sha: "b".repeat(40) }) })).toEqual(differs);
    expect(await look({ job: { ...shownJob, runner_group_id: 4 } })).toEqual(differs);
    expect(await look({ job: { ...shownJob, conclusion: "failure" } })).toEqual(differs);
    expect(await look({ count: 2 })).toEqual(differs);
  });

  it("that is not shown just now is no ground", async () => {
    for (const status of [401, 403, 429, 500, 503]) {
      expect(await look({ run: refusing(status) })).toEqual({ status: "not shown" });
    }
    expect(await look({ job: { ...shownJob, status: "in_progress" } })).toEqual({ status: "not shown" });
  });

  it("does not hide a defect", async () => {
    const defect = () => {
      throw new TypeError("a defect");
    };
    await expect(look({ run: defect })).rejects.toThrow(TypeError);
  });

  it("is looked for where the offer promises it, by what its certificate says", () => {
    expect([observesRuns({ runnerTier: 1 }), observesRuns({ runnerTier: 2 })]).toEqual([false, true]);
    const certificate = {
      run: {
        ...{ repository: "o/r", repositoryId: "1", runId: "2", runAttempt: 1, checkRunId: "3", sha, workflowSha: sha },
        workflowRef: "o/r/.github/workflows/a.yml@refs/heads/main",
        jobWorkflowRef: "p/q/.github/workflows/b.yml@main",
        jobWorkflowSha: "b".repeat(40),
      },
    };
    const called = runOfCertificate(certificate, { runsOn: "ubuntu-24.04" });
    expect(called).toEqual({ ...run, calledCommit: "b".repeat(40) });
    const direct = { run: { ...certificate.run, jobWorkflowRef: certificate.run.workflowRef } };
    expect(runOfCertificate(direct, { runsOn: "ubuntu-24.04" })).toEqual(run);
  });
});
