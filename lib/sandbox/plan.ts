import { sandboxError } from "./errors.ts";
import { readFileAt } from "./git.ts";
import type { Repositories } from "./repositories.ts";
import type { Run } from "./runs.ts";
import {
  effectivePermissions,
  onlyJob,
  type Permissions,
  parseWorkflow,
  type StepsJob,
  splitWorkflowReference,
  substitute,
  type Workflow,
} from "./workflow.ts";

/** What a run will execute: its own job, or the job of the workflow that it calls. */
export type Plan = {
  readonly job: StepsJob;
  readonly jobId: string;
  readonly jobName: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly permissions: Permissions;
  /** The file that defines the job: `job_workflow_ref` and `job_workflow_sha` of its tokens. */
  readonly signer: {
    readonly repository: string;
    readonly path: string;
    readonly commit: string;
    readonly ref: string;
  };
  readonly referencedWorkflows: { readonly path: string; readonly sha: string }[];
};

/**
 * Reads the run's workflow at its commit and follows a reusable call to the pinned one.
 *
 * @throws SANDBOX_WORKFLOW_REFUSED
 */
export function planRun(run: Run, repositories: Repositories): Plan {
  const workflow = readWorkflow(repositories, run.repository, run.headSha, run.workflowPath);
  const { id, job } = onlyJob(workflow, run.workflowPath);
  if ("steps" in job) {
    return {
      job,
      jobId: id,
      jobName: job.name ?? id,
      inputs: run.inputs,
      permissions: effectivePermissions([{ workflow, job }]),
      signer: {
        repository: run.repository,
        path: run.workflowPath,
        commit: run.headSha,
        ref: `${run.repository}/${run.workflowPath}@${run.ref}`,
      },
      referencedWorkflows: [],
    };
  }
  const { repository, path, commit } = splitWorkflowReference(job.uses);
  const called = readWorkflow(repositories, repository, commit, path);
  const inner = onlyJob(called, path);
  if (!("steps" in inner.job)) throw refused(path, "a called workflow may not call another");
  if (called.on.workflow_call === undefined) throw refused(path, "the called workflow has no workflow_call trigger");
  const passed = Object.entries(job.with ?? {}).map(([name, template]) => [
    name,
    substitute(template, { inputs: run.inputs }),
  ]);
  const inputs: Record<string, string> = Object.fromEntries(passed);
  const problem = inputProblem(called.on.workflow_call, inputs);
  if (problem !== undefined) throw refused(path, problem);
  return {
    job: inner.job,
    jobId: inner.id,
    jobName: `${job.name ?? id} / ${inner.job.name ?? inner.id}`,
    inputs,
    permissions: effectivePermissions([
      { workflow, job },
      { workflow: called, job: inner.job },
    ]),
    signer: { repository, path, commit, ref: job.uses },
    referencedWorkflows: [{ path: job.uses, sha: commit }],
  };
}

/** @throws SANDBOX_WORKFLOW_REFUSED */
export function readWorkflow(repositories: Repositories, fullName: string, commit: string, path: string): Workflow {
  const repository = repositories.find(fullName);
  const bytes = repository && readFileAt(repository.folder, commit, path);
  if (bytes === undefined) throw refused(`${fullName}/${path}@${commit}`, "there is no such file");
  return parseWorkflow(bytes, path);
}

/** What is wrong with the inputs of a trigger, or undefined. Every declared input is required. */
export function inputProblem(
  declared: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, string>>,
): string | undefined {
  const missing = Object.keys(declared).find((name) => (given[name] ?? "") === "");
  if (missing !== undefined) return `Required input '${missing}' not provided`;
  const unexpected = Object.keys(given).filter((name) => !Object.hasOwn(declared, name));
  return unexpected.length > 0 ? `Unexpected inputs provided: ${JSON.stringify(unexpected)}` : undefined;
}

function refused(where: string, problem: string) {
  return sandboxError("SANDBOX_WORKFLOW_REFUSED", { where, problem });
}
