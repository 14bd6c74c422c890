import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Clock, RandomBytes } from "../core/effects.ts";
import { findPawlError } from "../core/error.ts";
import { resolveRef } from "./git.ts";
import { type Answer, gitHubError, json } from "./http.ts";
import { type JobRunner, readJobLog } from "./job.ts";
import { inputProblem, readWorkflow } from "./plan.ts";
import type { Repositories, SandboxRepository } from "./repositories.ts";
import type { Artifact, Attempt, Job, Run, RunStore } from "./runs.ts";
import { substitute } from "./workflow.ts";

/** The part of GitHub's REST API that a trade uses, below `/api/v3`. Shapes and refusals follow api.github.com. */

export type RestRequest = {
  readonly method: string;
  /** Below `/api/v3`, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
  /** The bearer token, or null. */
  readonly token: string | null;
  readonly apiVersion: string | undefined;
};

export type RestApi = {
  readonly answer: (request: RestRequest) => Answer;
  /** A download to which the API redirected: needs the ticket in the URL instead of a token, once, for a minute. */
  readonly download: (ticket: string) => Answer;
};

export type RestOptions = {
  readonly store: RunStore;
  readonly repositories: Repositories;
  readonly runner: JobRunner;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly url: string;
  /** Token with Actions: write. */
  readonly writeToken: string;
  /** Token with Actions: read. */
  readonly readToken: string;
};

const API_VERSIONS = ["2022-11-28", "2026-03-10"];
const TICKET_LIFETIME = 60;

type Place = {
  readonly repository: SandboxRepository;
  readonly rest: readonly string[];
  readonly request: RestRequest;
};
type Route = { readonly method: string; readonly pattern: RegExp; readonly answer: (place: Place) => Answer };

export function createRestApi(options: RestOptions): RestApi {
  const { store, repositories, runner, clock, random } = options;
  const api = `${options.url}/api/v3`;
  const tickets = new Map<string, { readonly until: number; readonly answer: () => Answer }>();

  const redirect = (answer: () => Answer): Answer => {
    const ticket = Buffer.from(random(24)).toString("base64url");
    tickets.set(ticket, { until: clock() + TICKET_LIFETIME, answer });
    return { status: 302, headers: { location: `${options.url}/download/${ticket}` } };
  };
  const withRun = (place: Place, then: (run: Run) => Answer): Answer => {
    const run = store.find(Number(place.rest[0]));
    return run?.repository === place.repository.fullName ? then(run) : notFound();
  };
  const withAttempt = (place: Place, then: (run: Run, attempt: Attempt) => Answer): Answer =>
    withRun(place, (run) => {
      const attempt = run.attempts.find(({ number }) => number === Number(place.rest[1]));
      return attempt === undefined ? notFound() : then(run, attempt);
    });
  const shown = (repository: SandboxRepository, run: Run, attempt: Attempt | undefined = run.attempts.at(-1)) =>
    attempt === undefined ? null : runJson(api, repository, run, attempt);

  const dispatch = ({ repository, rest: [file = ""], request }: Place): Answer => {
    const body = parseBody(request.body);
    if (body === undefined) return gitHubError(400, "Problems parsing JSON");
    const asked = dispatchSchema.safeParse(body);
    if (!asked.success) return gitHubError(422, "Invalid request.");
    const { ref: name, inputs, return_run_details: details } = asked.data;
    const full = name.startsWith("refs/") ? [name] : [`refs/heads/${name}`, `refs/tags/${name}`];
    const ref = full.find((candidate) => resolveRef(repository.folder, candidate) !== undefined);
    const headSha = ref === undefined ? undefined : resolveRef(repository.folder, ref);
    // A commit hash is no ref: this is why a pin is dispatched through a tag.
    if (ref === undefined || headSha === undefined) return gitHubError(422, `No ref found for: ${name}`);
    const workflowPath = `.github/workflows/${file}`;
    try {
      const workflow = readWorkflow(repositories, repository.fullName, headSha, workflowPath);
      const declared = workflow.on.workflow_dispatch;
      if (declared === undefined) return gitHubError(422, "Workflow does not have 'workflow_dispatch' trigger");
      const problem = inputProblem(declared, inputs);
      if (problem !== undefined) return gitHubError(422, problem);
      const workflowName = workflow.name ?? workflowPath;
      const title = workflow["run-name"];
      const displayTitle = title === undefined ? workflowName : substitute(title, { inputs });
      const run = store.create({
        repository: repository.fullName,
        workflowPath,
        workflowName,
        displayTitle,
        ref,
        headSha,
        inputs,
      });
      const [attempt] = run.attempts;
      if (attempt !== undefined) runner.start(run, attempt);
      const url = `${api}/repos/${repository.fullName}/actions/runs/${run.id}`;
      // The newer version of the API always answers with the run.
      return details || request.apiVersion === "2026-03-10"
        ? json(200, { workflow_run_id: run.id, run_url: url, html_url: htmlUrl(run) })
        : { status: 204 };
    } catch (error) {
      const known = findPawlError(error);
      if (known?.code !== "SANDBOX_WORKFLOW_REFUSED") throw error;
      if (known.values.problem === "there is no such file") return notFound();
      return gitHubError(422, `${known.message} ${JSON.stringify(known.values)}`);
    }
  };

  const routes: readonly Route[] = [
    route("POST", "actions/workflows/:file/dispatches", dispatch),
    route("GET", "actions/runs", ({ repository, request }) => {
      const event = request.query.get("event");
      const all = event === null || event === "workflow_dispatch" ? store.list(repository.fullName) : [];
      const { page, perPage } = paging(request.query);
      const runs = all.slice((page - 1) * perPage, page * perPage);
      return json(200, { total_count: all.length, workflow_runs: runs.map((run) => shown(repository, run)) });
    }),
    route("GET", "actions/runs/:id", (place) => withRun(place, (run) => json(200, shown(place.repository, run)))),
    route("DELETE", "actions/runs/:id", (place) =>
      withRun(place, (run) => {
        if (run.attempts.at(-1)?.status !== "completed") {
          return gitHubError(403, "Could not delete the workflow run: it is in progress");
        }
        store.remove(run);
        return { status: 204 };
      }),
    ),
    route("GET", "actions/runs/:id/attempts/:number", (place) =>
      withAttempt(place, (run, attempt) => json(200, shown(place.repository, run, attempt))),
    ),
    route("GET", "actions/runs/:id/attempts/:number/jobs", (place) =>
      withAttempt(place, (run, attempt) => {
        const jobs = attempt.job === null ? [] : [jobJson(api, run, attempt, attempt.job)];
        return json(200, { total_count: jobs.length, jobs });
      }),
    ),
    route("POST", "actions/runs/:id/rerun", (place) =>
      withRun(place, (run) => {
        if (run.attempts.at(-1)?.status !== "completed") return gitHubError(403, "This workflow is already running");
        runner.start(run, store.addAttempt(run));
        return json(201, {});
      }),
    ),
    route("GET", "actions/runs/:id/artifacts", (place) =>
      withRun(place, (run) => {
        const name = place.request.query.get("name");
        const artifacts = run.artifacts.filter((artifact) => name === null || artifact.name === name);
        const listed = artifacts.map((artifact) => artifactJson(api, place.repository, run, artifact, clock()));
        return json(200, { total_count: listed.length, artifacts: listed });
      }),
    ),
    route("GET", "actions/artifacts/:id/zip", ({ repository, rest: [id] }) => {
      const found = store.findArtifact(Number(id));
      if (found?.run.repository !== repository.fullName) return notFound();
      if (clock() >= found.artifact.expiresAt) return gitHubError(410, "Artifact has expired");
      const file = store.archiveOf(found.run, found.artifact.id);
      return redirect(() => ({
        status: 200,
        headers: { "content-type": "application/zip" },
        body: readFileSync(file),
      }));
    }),
    route("GET", "actions/jobs/:id/logs", ({ repository, rest: [id] }) => {
      const jobId = Number(id);
      const run = store
        .list(repository.fullName)
        .find(({ attempts }) => attempts.some(({ job }) => job !== null && job.id === jobId));
      const attempt = run?.attempts.find(({ job }) => job !== null && job.id === jobId);
      if (run === undefined || attempt === undefined) return notFound();
      return redirect(() => {
        const body = readJobLog(store, run, attempt.number);
        return body === undefined ? notFound() : { status: 200, headers: { "content-type": "text/plain" }, body };
      });
    }),
  ];

  return {
    answer(request) {
      if (request.apiVersion !== undefined && !API_VERSIONS.includes(request.apiVersion)) {
        return gitHubError(400, `The API version ${request.apiVersion} is not supported.`);
      }
      if (request.token === null) return gitHubError(401, "Requires authentication");
      const writes = request.token === options.writeToken;
      if (!writes && request.token !== options.readToken) return gitHubError(401, "Bad credentials");
      if (request.method !== "GET" && !writes) return gitHubError(403, "Resource not accessible by integration");
      for (const { method, pattern, answer } of routes) {
        const match = method === request.method ? pattern.exec(request.path) : null;
        if (match === null) continue;
        const [, fullName = "", ...rest] = match;
        const repository = repositories.find(fullName);
        return repository === undefined ? notFound() : answer({ repository, rest, request });
      }
      return notFound();
    },
    download(ticket) {
      const found = tickets.get(ticket);
      tickets.delete(ticket);
      return found === undefined || clock() > found.until ? gitHubError(403, "The link has expired") : found.answer();
    },
  };
}

const dispatchSchema = z.strictObject({
  ref: z.string().min(1).max(300),
  inputs: z.record(z.string(), z.string().max(65_535)).default({}),
  return_run_details: z.boolean().default(false),
});

function route(method: string, template: string, answer: Route["answer"]): Route {
  const tail = template.replace(/:file/g, "([A-Za-z0-9._-]+)").replace(/:[a-z]+/g, "([0-9]{1,15})");
  return { method, pattern: new RegExp(`^/repos/([A-Za-z0-9-]+/[A-Za-z0-9._-]+)/${tail}$`), answer };
}

function notFound(): Answer {
  return gitHubError(404, "Not Found");
}

function parseBody(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

function paging(query: URLSearchParams): { page: number; perPage: number } {
  const number = (name: string, fallback: number, most: number) => {
    const value = Number(query.get(name) ?? fallback);
    return Number.isInteger(value) && value >= 1 ? Math.min(value, most) : fallback;
  };
  return { page: number("page", 1, 1_000_000), perPage: number("per_page", 30, 100) };
}

const iso = (unixSeconds: number) => new Date(unixSeconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
const htmlUrl = (run: Run) => `https://github.com/${run.repository}/actions/runs/${run.id}`;
const branchOf = (run: Run) => run.ref.replace(/^refs\/(?:heads|tags)\//, "");
const ACTOR = { login: "pawl-dispatcher", id: 95_000_001, type: "User", site_admin: false };

function repositoryJson(repository: SandboxRepository) {
  return {
    id: repository.id,
    name: repository.name,
    full_name: repository.fullName,
    private: false,
    owner: { login: repository.owner, id: repository.ownerId, type: "Organization", site_admin: false },
    html_url: `https://github.com/${repository.fullName}`,
    fork: false,
  };
}

function runJson(api: string, repository: SandboxRepository, run: Run, attempt: Attempt) {
  const url = `${api}/repos/${run.repository}/actions/runs/${run.id}`;
  return {
    id: run.id,
    name: run.workflowName,
    node_id: Buffer.from(`WorkflowRun${run.id}`).toString("base64"),
    head_branch: branchOf(run),
    head_sha: run.headSha,
    path: run.workflowPath,
    display_title: run.displayTitle,
    run_number: run.number,
    event: "workflow_dispatch",
    status: attempt.status,
    conclusion: attempt.conclusion,
    workflow_id: repository.id + 1_000_000,
    check_suite_id: run.id + 1,
    url,
    html_url: htmlUrl(run),
    pull_requests: [],
    created_at: iso(run.createdAt),
    updated_at: iso(attempt.updatedAt),
    actor: ACTOR,
    triggering_actor: ACTOR,
    run_attempt: attempt.number,
    referenced_workflows: attempt.referencedWorkflows,
    run_started_at: iso(attempt.startedAt),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: attempt.number === 1 ? null : `${url}/attempts/${attempt.number - 1}`,
    repository: repositoryJson(repository),
    head_repository: repositoryJson(repository),
  };
}

function jobJson(api: string, run: Run, attempt: Attempt, job: Job) {
  const assigned = job.runner !== null;
  return {
    id: job.id,
    run_id: run.id,
    workflow_name: run.workflowName,
    head_branch: branchOf(run),
    run_url: `${api}/repos/${run.repository}/actions/runs/${run.id}`,
    run_attempt: attempt.number,
    node_id: Buffer.from(`CheckRun${job.id}`).toString("base64"),
    head_sha: run.headSha,
    url: `${api}/repos/${run.repository}/actions/jobs/${job.id}`,
    html_url: `${htmlUrl(run)}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: iso(job.startedAt),
    started_at: iso(job.startedAt),
    completed_at: job.completedAt === null ? null : iso(job.completedAt),
    name: job.name,
    steps: assigned ? job.steps.map((step, index) => ({ ...step, number: index + 1 })) : [],
    check_run_url: `${api}/repos/${run.repository}/check-runs/${job.id}`,
    labels: job.labels,
    runner_id: job.runner,
    runner_name: assigned ? `GitHub Actions ${job.runner}` : null,
    runner_group_id: assigned ? 0 : null,
    runner_group_name: assigned ? "GitHub Actions" : null,
  };
}

function artifactJson(api: string, repository: SandboxRepository, run: Run, artifact: Artifact, now: number) {
  const url = `${api}/repos/${run.repository}/actions/artifacts/${artifact.id}`;
  return {
    id: artifact.id,
    node_id: Buffer.from(`Artifact${artifact.id}`).toString("base64"),
    name: artifact.name,
    size_in_bytes: artifact.size,
    url,
    archive_download_url: `${url}/zip`,
    expired: now >= artifact.expiresAt,
    created_at: iso(artifact.createdAt),
    updated_at: iso(artifact.createdAt),
    expires_at: iso(artifact.expiresAt),
    digest: `sha256:${artifact.digest}`,
    workflow_run: {
      id: run.id,
      repository_id: repository.id,
      head_repository_id: repository.id,
      head_branch: branchOf(run),
      head_sha: run.headSha,
    },
  };
}
