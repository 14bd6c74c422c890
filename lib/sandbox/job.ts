import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Clock, RandomBytes } from "../core/effects.ts";
import { findPawlError } from "../core/error.ts";
import { type ActionContext, actionOf } from "./actions.ts";
import type { JobClaims } from "./claims.ts";
import { sandboxError } from "./errors.ts";
import { type JobLog, openJobLog } from "./jobLog.ts";
import { type OidcIssuer, subjectOf, uuid } from "./oidc.ts";
import { type Plan, planRun } from "./plan.ts";
import { killTracked, runProcess, TRACKING_VARIABLE } from "./processes.ts";
import type { Repositories, SandboxRepository } from "./repositories.ts";
import { type Attempt, completeAttempt, type Job, type Run, type RunStore } from "./runs.ts";
import type { SandboxSigstore } from "./sigstore.ts";
import { type Contexts, type RunStep, substitute, type UsesStep } from "./workflow.ts";

/** Executes dispatched runs, each step in a process of its own, and keeps the record that the API shows. */

export type JobRunner = {
  /** Starts an attempt and returns at once; the store shows how it goes. */
  readonly start: (run: Run, attempt: Attempt) => void;
  /** Ends all jobs and waits until nothing of them is left. */
  readonly stop: () => Promise<void>;
};

export type JobRunnerOptions = {
  readonly store: RunStore;
  readonly repositories: Repositories;
  readonly oidc: OidcIssuer;
  readonly sigstore: SandboxSigstore;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Base URL of the sandbox's server. */
  readonly url: string;
  /** Folder of the bare repositories: `GITHUB_SERVER_URL` points here. */
  readonly gitFolder: string;
  /** Folder with the `npx` and `pawl` of the local tree. */
  readonly binFolder: string;
  readonly projectRoot: string;
  /** Jobs take their workloads' isolation as the machine gives it, instead of refusing to run. */
  readonly weakerIsolation: boolean;
  /** How long the API shows a job as queued although it runs. */
  readonly apiLagMilliseconds: number;
  /** 60,000 but in tests of `timeout-minutes`. */
  readonly millisecondsPerMinute: number;
};

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const INSTALL_STEP = /^npm (?:ci|install)\b/;
const ARTIFACT_LIFETIME_DAYS = 90;

export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  return {
    start(run, attempt) {
      const job = executeAttempt(options, run, attempt, stopping.signal).finally(() => running.delete(job));
      running.add(job);
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

async function executeAttempt(options: JobRunnerOptions, run: Run, attempt: Attempt, stop: AbortSignal): Promise<void> {
  const { store, clock } = options;
  const folder = store.attemptFolder(run, attempt.number);
  const log = openJobLog(join(folder, "log.txt"));
  try {
    const repository = options.repositories.find(run.repository);
    if (repository === undefined) throw sandboxError("SANDBOX_WORKFLOW_REFUSED", { where: run.repository });
    const plan = planRun(run, options.repositories);
    const job = newJob(run, attempt, plan, clock());
    attempt.job = job;
    attempt.referencedWorkflows = plan.referencedWorkflows;
    store.save(run);
    const assign = () => {
      attempt.status = "in_progress";
      job.status = "in_progress";
      job.runner = 1_000_000_000 + (run.id % 1_000_000_000);
      store.save(run);
    };
    const lag = setTimeout(assign, options.apiLagMilliseconds);
    try {
      const conclusion = await runJob({ options, run, attempt, plan, job, repository, log, folder, stop });
      if (job.runner === null) assign();
      completeAttempt(attempt, conclusion, clock());
    } finally {
      clearTimeout(lag);
    }
  } catch (error) {
    // Before the first step: GitHub shows such a run as failed at startup, without a job.
    log.line(`##[error]${describe(error)}`);
    completeAttempt(attempt, "startup_failure", clock());
  }
  store.save(run);
}

type JobInHand = {
  readonly options: JobRunnerOptions;
  readonly run: Run;
  readonly attempt: Attempt;
  readonly plan: Plan;
  readonly job: Job;
  readonly repository: SandboxRepository;
  readonly log: JobLog;
  readonly folder: string;
  readonly stop: AbortSignal;
};

async function runJob(hand: JobInHand): Promise<"success" | "failure" | "timed_out" | "cancelled"> {
  const { options, run, plan, job, log, folder } = hand;
  const work = join(folder, "work");
  const temp = join(folder, "temp");
  const workspace = join(work, hand.repository.name, hand.repository.name);
  const home = join(folder, "home");
  for (const path of [workspace, temp, home]) mkdirSync(path, { recursive: true });

  const requestToken = options.oidc.admitJob(claimsOf(hand));
  log.mask(requestToken);
  const trackingId = `github_${uuid(options.random)}`;
  const timeout = new AbortController();
  const minutes = plan.job["timeout-minutes"];
  const timer = setTimeout(() => timeout.abort(), minutes * options.millisecondsPerMinute);
  const signal = AbortSignal.any([timeout.signal, hand.stop]);

  const environment = {
    ...environmentOf(hand, { workspace, temp, home }),
    [TRACKING_VARIABLE]: trackingId,
    ...(plan.permissions["id-token"] === "write" && {
      ACTIONS_ID_TOKEN_REQUEST_URL: tokenUrl(options, job),
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    }),
  };
  const outputs: Record<string, Readonly<Record<string, string>>> = {};
  const contexts: Contexts = { ...contextsOf(hand), steps: outputs };
  const actions: ActionContext = {
    repositories: options.repositories,
    repository: run.repository,
    sha: run.headSha,
    workspace,
    temp,
    projectRoot: options.projectRoot,
    permissions: plan.permissions,
    log: log.line,
    requestToken: (audience) => fetchToken(tokenUrl(options, job), requestToken, audience),
    attest: async (token, payload) => {
      const claims = await options.oidc.verifyToken(token, "sigstore");
      return options.sigstore.attest({ payload, claims });
    },
    storeArtifact: (name, archive, retentionDays) => storeArtifact(hand, name, archive, retentionDays),
  };

  log.line(`Runner GitHub Actions (sandbox), job ${plan.jobName}, permissions ${JSON.stringify(plan.permissions)}`);
  let conclusion: "success" | "failure" | "timed_out" | "cancelled" = "success";
  try {
    for (const [index, step] of plan.job.steps.entries()) {
      const shown = job.steps[index];
      if (shown === undefined) throw new TypeError("a step has no record");
      shown.status = "in_progress";
      options.store.save(run);
      log.line(`##[group]${shown.name}`);
      const made =
        "uses" in step
          ? await actionOf(step.uses)(substituteAll(step.with, contexts), actions)
          : await runScript(step, { hand, environment, contexts, workspace, temp, signal, index });
      if (step.id !== undefined) outputs[step.id] = made;
      log.line("##[endgroup]");
      shown.status = "completed";
      shown.conclusion = "success";
      signal.throwIfAborted();
    }
  } catch (error) {
    conclusion = timeout.signal.aborted ? "timed_out" : hand.stop.aborted ? "cancelled" : "failure";
    log.line(
      conclusion === "timed_out"
        ? `##[error]${describe(sandboxError("SANDBOX_JOB_TIMED_OUT", { minutes }))}`
        : `##[error]${describe(error)}`,
    );
    const failed = job.steps.find((step) => step.status === "in_progress");
    if (failed !== undefined) {
      failed.status = "completed";
      failed.conclusion = conclusion === "failure" ? "failure" : "cancelled";
    }
  } finally {
    clearTimeout(timer);
    options.oidc.dismissJob(requestToken);
    const left = await killTracked(trackingId);
    if (left > 0) log.line(`ended ${left} processes that the job had left behind`);
    for (const path of [work, temp, home]) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
  log.line(`Job completed: ${conclusion}`);
  return conclusion;
}

async function runScript(
  step: RunStep,
  place: {
    readonly hand: JobInHand;
    readonly environment: Readonly<Record<string, string>>;
    readonly contexts: Contexts;
    readonly workspace: string;
    readonly temp: string;
    readonly signal: AbortSignal;
    readonly index: number;
  },
): Promise<Readonly<Record<string, string>>> {
  const { log, options } = place.hand;
  if (INSTALL_STEP.test(step.run.trim())) {
    log.line(`dependencies are those of the local tree ${options.projectRoot}; not run: ${step.run.trim()}`);
    return {};
  }
  const script = join(place.temp, `step-${place.index}.sh`);
  const output = join(place.temp, `output-${place.index}`);
  writeFileSync(script, step.run);
  for (const file of [output, join(place.temp, "summary")]) writeFileSync(file, "");
  const result = await runProcess("bash", ["--noprofile", "--norc", "-eo", "pipefail", script], {
    cwd: join(place.workspace, step["working-directory"] ?? "."),
    env: {
      ...place.environment,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: join(place.temp, "summary"),
      ...substituteAll(step.env, place.contexts),
    },
    signal: place.signal,
    onOutput: log.chunk,
  });
  if (result.timedOut || result.code !== 0) {
    throw sandboxError("SANDBOX_STEP_FAILED", {
      step: step.name ?? step.run.slice(0, 60),
      exitCode: result.code,
      signal: result.signal,
    });
  }
  return outputsIn(readFileSync(output, "utf8"));
}

/** Lines `name=value`. The form for several lines is not needed by closed workflows. */
function outputsIn(content: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const line of content.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) outputs[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return outputs;
}

function substituteAll(
  templates: Readonly<Record<string, string>> | undefined,
  contexts: Contexts,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates ?? {}).map(([name, template]) => [name, substitute(template, contexts)]),
  );
}

const tokenSchema = z.object({ value: z.string().min(1) });

async function fetchToken(url: string, requestToken: string, audience: string): Promise<string> {
  const response = await fetch(`${url}&audience=${encodeURIComponent(audience)}`, {
    headers: { authorization: `Bearer ${requestToken}` },
  });
  if (!response.ok) throw sandboxError("SANDBOX_STEP_FAILED", { action: "id token", status: response.status });
  return tokenSchema.parse(await response.json()).value;
}

function tokenUrl(options: JobRunnerOptions, job: Job): string {
  return `${options.url}/oidc/token?api-version=2.0&job=${job.id}`;
}

function newJob(run: Run, attempt: Attempt, plan: Plan, now: number): Job {
  return {
    id: run.id * 100 + attempt.number,
    name: plan.jobName,
    labels: [plan.job["runs-on"]],
    status: "queued",
    conclusion: null,
    runner: null,
    startedAt: now,
    completedAt: null,
    steps: plan.job.steps.map((step) => ({ name: stepName(step), status: "queued", conclusion: null })),
  };
}

function stepName(step: RunStep | UsesStep): string {
  return step.name ?? ("uses" in step ? `Run ${step.uses}` : `Run ${step.run.split("\n")[0] ?? ""}`);
}

function claimsOf({ run, attempt, plan, job, repository }: JobInHand): JobClaims {
  const claims: Omit<JobClaims, "sub"> = {
    actor: "pawl-dispatcher",
    actor_id: "95000001",
    base_ref: "",
    check_run_id: String(job.id),
    event_name: "workflow_dispatch",
    head_ref: "",
    job_workflow_ref: plan.signer.ref,
    job_workflow_sha: plan.signer.commit,
    ref: run.ref,
    ref_protected: "false",
    ref_type: refType(run.ref),
    repository: repository.fullName,
    repository_id: String(repository.id),
    repository_owner: repository.owner,
    repository_owner_id: String(repository.ownerId),
    repository_visibility: "public",
    run_attempt: String(attempt.number),
    run_id: String(run.id),
    run_number: String(run.number),
    runner_environment: "github-hosted",
    sha: run.headSha,
    workflow: run.workflowName,
    workflow_ref: `${run.repository}/${run.workflowPath}@${run.ref}`,
    workflow_sha: run.headSha,
  };
  return { sub: subjectOf(claims, repository.subject), ...claims };
}

function contextsOf({ run, attempt, plan, job, repository }: JobInHand): Contexts {
  return {
    inputs: plan.inputs,
    github: {
      repository: repository.fullName,
      repository_id: String(repository.id),
      run_id: String(run.id),
      run_attempt: String(attempt.number),
      run_number: String(run.number),
      sha: run.headSha,
      ref: run.ref,
    },
    job: {
      workflow_repository: plan.signer.repository,
      workflow_sha: plan.signer.commit,
      workflow_ref: plan.signer.ref,
      check_run_id: String(job.id),
    },
  };
}

function environmentOf(
  { options, run, attempt, plan, repository }: JobInHand,
  paths: { readonly workspace: string; readonly temp: string; readonly home: string },
): Record<string, string> {
  return {
    PATH: [
      options.binFolder,
      join(options.projectRoot, "node_modules/.bin"),
      dirname(process.execPath),
      SYSTEM_PATH,
    ].join(":"),
    HOME: paths.home,
    LANG: "C.UTF-8",
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_ACTOR: "pawl-dispatcher",
    GITHUB_API_URL: `${options.url}/api/v3`,
    GITHUB_EVENT_NAME: "workflow_dispatch",
    GITHUB_JOB: plan.jobId,
    GITHUB_REF: run.ref,
    GITHUB_REF_NAME: run.ref.replace(/^refs\/(?:heads|tags)\//, ""),
    GITHUB_REF_TYPE: refType(run.ref),
    GITHUB_REPOSITORY: repository.fullName,
    GITHUB_REPOSITORY_ID: String(repository.id),
    GITHUB_REPOSITORY_OWNER: repository.owner,
    GITHUB_REPOSITORY_OWNER_ID: String(repository.ownerId),
    GITHUB_RUN_ATTEMPT: String(attempt.number),
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_NUMBER: String(run.number),
    GITHUB_SERVER_URL: `file://${options.gitFolder}`,
    GITHUB_SHA: run.headSha,
    GITHUB_WORKFLOW: run.workflowName,
    GITHUB_WORKFLOW_REF: `${run.repository}/${run.workflowPath}@${run.ref}`,
    GITHUB_WORKFLOW_SHA: run.headSha,
    GITHUB_WORKSPACE: paths.workspace,
    RUNNER_ARCH: process.arch.toUpperCase(),
    RUNNER_ENVIRONMENT: "github-hosted",
    RUNNER_NAME: `GitHub Actions ${1_000_000_000 + (run.id % 1_000_000_000)}`,
    RUNNER_OS: "Linux",
    RUNNER_TEMP: paths.temp,
    ...(options.weakerIsolation && { PAWL_ISOLATION: "process" }),
  };
}

function refType(ref: string): string {
  return ref.startsWith("refs/tags/") ? "tag" : "branch";
}

function storeArtifact(hand: JobInHand, name: string, archive: Uint8Array, retentionDays: number): void {
  const { options, run, attempt } = hand;
  if (run.artifacts.some((artifact) => artifact.name === name && artifact.attempt === attempt.number)) {
    throw sandboxError("SANDBOX_STEP_FAILED", { action: "actions/upload-artifact", problem: `${name} exists already` });
  }
  const id = run.id * 100 + run.artifacts.length + 1;
  const now = options.clock();
  writeFileSync(options.store.archiveOf(run, id), archive);
  const days = Math.min(
    Number.isInteger(retentionDays) ? retentionDays : ARTIFACT_LIFETIME_DAYS,
    ARTIFACT_LIFETIME_DAYS,
  );
  run.artifacts.push({
    id,
    name,
    size: archive.length,
    digest: createHash("sha256").update(archive).digest("hex"),
    attempt: attempt.number,
    createdAt: now,
    expiresAt: now + days * 86_400,
  });
  options.store.save(run);
}

function describe(error: unknown): string {
  const known = findPawlError(error);
  if (known !== undefined) return `${known.code}: ${known.message} ${JSON.stringify(known.values)}`;
  return error instanceof Error ? error.message : String(error);
}

/** The text of an attempt's log, or undefined while there is none. */
export function readJobLog(store: RunStore, run: Run, attempt: number): Buffer | undefined {
  const file = join(store.attemptFolder(run, attempt), "log.txt");
  return existsSync(file) ? readFileSync(file) : undefined;
}
