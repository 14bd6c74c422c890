import { z } from "zod";
import { commitSha, decimal } from "../core/encoding.ts";
import { parseSchema } from "../core/json.ts";
import { githubError } from "./errors.ts";

/** GitHub's REST API, as far as a trade needs it. Ids are decimal strings, as in the claims of a token. */

/** The version whose answers are parsed here; sent with every request, so GitHub never changes it under us. */
export const GITHUB_API_VERSION = "2022-11-28";

const TIMEOUT_MILLISECONDS = 15_000;
const MAX_JSON_BYTES = 4_194_304;
const MAX_ARCHIVE_BYTES = 1_200_000_000;
const MAX_REDIRECTS = 3;

// Goes into a URL's path, where `.` and `..` would climb.
const repositoryName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,39}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/, "expected owner/repository");
const id = z.int().positive().transform(String);
const status = z.string().min(1);

// GitHub adds fields at any time, so unknown ones are dropped; the fields named here must be there and of this form.
const runSchema = z.object({
  id,
  run_attempt: z.int().min(1),
  status,
  conclusion: z.string().nullable(),
  event: z.string(),
  path: z.string(),
  head_sha: commitSha,
  display_title: z.string(),
  created_at: z.iso.datetime(),
  run_started_at: z.iso.datetime(),
  repository: z.object({ id, full_name: z.string() }),
  referenced_workflows: z.array(z.object({ path: z.string(), sha: commitSha })).default([]),
});

const jobSchema = z.object({
  id,
  run_id: id,
  run_attempt: z.int().min(1),
  head_sha: commitSha,
  status,
  conclusion: z.string().nullable(),
  name: z.string(),
  labels: z.array(z.string()),
  check_run_url: z.string(),
  // null until a runner is assigned.
  runner_name: z.string().nullable(),
  runner_group_id: z.int().nullable(),
  runner_group_name: z.string().nullable(),
  started_at: z.iso.datetime().nullable().default(null),
  completed_at: z.iso.datetime().nullable().default(null),
});
const jobsSchema = z.object({ total_count: z.int(), jobs: z.array(jobSchema) });

const artifactSchema = z.object({
  id,
  name: z.string(),
  size_in_bytes: z.int(),
  expired: z.boolean(),
  created_at: z.iso.datetime(),
  /** `sha256:` and 64 hex digits. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  workflow_run: z.object({ id, head_sha: commitSha, repository_id: id }),
});
const artifactsSchema = z.object({ total_count: z.int(), artifacts: z.array(artifactSchema) });
const dispatchedSchema = z.object({ workflow_run_id: id });
const runsSchema = z.object({ total_count: z.int(), workflow_runs: z.array(runSchema) });

export type WorkflowRun = z.output<typeof runSchema>;
export type WorkflowJob = z.output<typeof jobSchema>;
export type RunArtifact = z.output<typeof artifactSchema>;

/** A parsed answer and the exact bytes it was parsed from: evidence keeps the bytes. */
export type Observed<T> = { readonly value: T; readonly raw: Uint8Array };

/** `repository` is `owner/name`, `runId` decimal. */
export type RunPlace = { readonly repository: string; readonly runId: string };
export type AttemptPlace = RunPlace & { readonly runAttempt: number };

export type GitHubClient = {
  /**
   * Dispatches a workflow and answers the run's id.
   *
   * @throws RUN_ID_UNKNOWN when the answer was lost or names no run: the workflow may run all the same
   * @throws GITHUB_REFUSED when GitHub said no: nothing runs
   */
  readonly dispatchWorkflow: (dispatch: {
    readonly repository: string;
    /** File name in `.github/workflows/`. */
    readonly workflowFile: string;
    /** Branch or tag; GitHub refuses a commit hash. */
    readonly ref: string;
    readonly inputs: Readonly<Record<string, string>>;
  }) => Promise<string>;
  /**
   * The run whose run-name is `pawl <dispatchNonce>`, or undefined while GitHub shows none.
   *
   * @throws RUN_NOT_UNIQUE
   */
  readonly findRunByNonce: (search: {
    readonly repository: string;
    readonly dispatchNonce: string;
  }) => Promise<WorkflowRun | undefined>;
  readonly getRun: (place: RunPlace) => Promise<Observed<WorkflowRun>>;
  readonly getRunAttempt: (place: AttemptPlace) => Promise<Observed<WorkflowRun>>;
  readonly listJobs: (place: AttemptPlace) => Promise<Observed<{ total_count: number; jobs: WorkflowJob[] }>>;
  readonly listArtifacts: (place: RunPlace & { readonly name: string }) => Promise<RunArtifact[]>;
  /** The artifact's zip. */
  readonly downloadArtifact: (place: {
    readonly repository: string;
    readonly artifactId: string;
    readonly maxBytes?: number;
  }) => Promise<Uint8Array>;
};

export type GitHubClientOptions = {
  /** `https://api.github.com`, or `https://<host>/api/v3` of another instance. */
  readonly apiUrl: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
  readonly timeoutMilliseconds?: number;
};

/**
 * Every method throws SCHEMA_MISMATCH for arguments that are no name or id, and GITHUB_UNREACHABLE, GITHUB_REFUSED or
 * GITHUB_ANSWER_INVALID besides what it names itself.
 */
export function createGitHubClient(options: GitHubClientOptions): GitHubClient {
  const { token, timeoutMilliseconds = TIMEOUT_MILLISECONDS } = options;
  const base = options.apiUrl.replace(/\/+$/, "");
  const request = options.fetch ?? fetch;

  const send = async (method: string, path: string, body?: unknown): Promise<Response> => {
    try {
      return await request(`${base}${path}`, {
        method,
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMilliseconds),
        headers: {
          accept: "application/vnd.github+json",
          authorization: `Bearer ${token}`,
          "x-github-api-version": GITHUB_API_VERSION,
          "user-agent": "pawl",
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw githubError("GITHUB_UNREACHABLE", { method, path }, cause);
    }
  };

  const get = async <S extends z.ZodType>(path: string, schema: S): Promise<Observed<z.output<S>>> => {
    const response = await send("GET", path);
    if (response.status !== 200) throw await refusal("GET", path, response);
    const raw = await readCapped(response, MAX_JSON_BYTES, path);
    return { value: parseAnswer(schema, raw, path), raw };
  };

  const repositoryPath = (repository: string) => `/repos/${parseSchema(repositoryName, repository, "repository")}`;
  const runPath = ({ repository, runId }: RunPlace) =>
    `${repositoryPath(repository)}/actions/runs/${parseSchema(decimal, runId, "run id")}`;
  const attemptPath = (place: AttemptPlace) => `${runPath(place)}/attempts/${place.runAttempt}`;

  return {
    async dispatchWorkflow({ repository, workflowFile, ref, inputs }) {
      const path = `${repositoryPath(repository)}/actions/workflows/${encodeURIComponent(workflowFile)}/dispatches`;
      let response: Response;
      try {
        response = await send("POST", path, { ref, inputs, return_run_details: true });
      } catch (cause) {
        throw githubError("RUN_ID_UNKNOWN", { repository, dispatchNonce: inputs.dispatchNonce }, cause);
      }
      // 5xx may come after the dispatch was taken in; 4xx says that it was not.
      if (response.status >= 400 && response.status < 500) throw await refusal("POST", path, response);
      if (response.status !== 200) {
        throw githubError("RUN_ID_UNKNOWN", {
          repository,
          status: response.status,
          dispatchNonce: inputs.dispatchNonce,
        });
      }
      try {
        const raw = await readCapped(response, MAX_JSON_BYTES, path);
        return parseAnswer(dispatchedSchema, raw, path).workflow_run_id;
      } catch (cause) {
        throw githubError("RUN_ID_UNKNOWN", { repository, dispatchNonce: inputs.dispatchNonce }, cause);
      }
    },
    async findRunByNonce({ repository, dispatchNonce }) {
      const path = `${repositoryPath(repository)}/actions/runs?event=workflow_dispatch&per_page=100`;
      const { value } = await get(path, runsSchema);
      const found = value.workflow_runs.filter((run) => run.display_title === `pawl ${dispatchNonce}`);
      if (found.length > 1) throw githubError("RUN_NOT_UNIQUE", { repository, dispatchNonce, runs: found.length });
      return found[0];
    },
    getRun: async (place) => get(runPath(place), runSchema),
    getRunAttempt: async (place) => get(attemptPath(place), runSchema),
    listJobs: async (place) => get(`${attemptPath(place)}/jobs?per_page=100`, jobsSchema),
    async listArtifacts(place) {
      const path = `${runPath(place)}/artifacts?per_page=100&name=${encodeURIComponent(place.name)}`;
      return (await get(path, artifactsSchema)).value.artifacts;
    },
    async downloadArtifact({ repository, artifactId, maxBytes = MAX_ARCHIVE_BYTES }) {
      const path = `${repositoryPath(repository)}/actions/artifacts/${parseSchema(decimal, artifactId, "artifact id")}/zip`;
      let response = await send("GET", path);
      // The archive lies on a storage host behind a signed URL, which must not see the token.
      let url = `${base}${path}`;
      for (let hop = 0; response.status >= 300 && response.status < 400 && hop < MAX_REDIRECTS; hop++) {
        url = redirectTarget(response, url, path);
        response = await download(request, url, timeoutMilliseconds, path);
      }
      if (response.status !== 200) throw await refusal("GET", path, response);
      return readCapped(response, maxBytes, path);
    },
  };
}

/** Where a redirect leads. From an https API it may not lead to plain http. */
function redirectTarget(response: Response, from: string, path: string): string {
  const location = response.headers.get("location");
  if (location === null) throw githubError("GITHUB_ANSWER_INVALID", { path, problem: "a redirect without location" });
  const target = new URL(location, from);
  const secure = target.protocol === "https:" || (target.protocol === "http:" && from.startsWith("http:"));
  if (!secure) throw githubError("GITHUB_ANSWER_INVALID", { path, problem: "an insecure redirect" });
  return target.href;
}

async function download(request: typeof fetch, url: string, timeout: number, path: string): Promise<Response> {
  try {
    return await request(url, { redirect: "manual", signal: AbortSignal.timeout(timeout * 8) });
  } catch (cause) {
    throw githubError("GITHUB_UNREACHABLE", { method: "GET", path }, cause);
  }
}

async function readCapped(response: Response, maxBytes: number, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > maxBytes) throw githubError("ARTIFACT_TOO_LARGE", { path, maxBytes });
      chunks.push(chunk);
    }
  } catch (cause) {
    if (length > maxBytes) throw cause;
    throw githubError("GITHUB_UNREACHABLE", { path, problem: "the answer broke off" }, cause);
  }
  return Buffer.concat(chunks);
}

const messageSchema = z.object({ message: z.string() });

async function refusal(method: string, path: string, response: Response) {
  const raw = await readCapped(response, MAX_JSON_BYTES, path);
  const said = messageSchema.safeParse(jsonOrUndefined(raw));
  const message = said.success ? said.data.message : undefined;
  return githubError("GITHUB_REFUSED", { method, path, status: response.status, message });
}

function parseAnswer<S extends z.ZodType>(schema: S, raw: Uint8Array, path: string): z.output<S> {
  const result = schema.safeParse(jsonOrUndefined(raw));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw githubError("GITHUB_ANSWER_INVALID", { path, field: issue?.path.join("."), problem: issue?.message });
}

function jsonOrUndefined(raw: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(raw).toString("utf8"));
  } catch {
    return undefined;
  }
}
