import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../core/effects.ts";
import { readState, writeState } from "./stateFile.ts";

/** Workflow runs, their attempts and artifacts: what GitHub remembers, kept on disk. Times are unix seconds. */

const status = z.enum(["queued", "in_progress", "completed"]);
const conclusion = z.enum(["success", "failure", "cancelled", "timed_out", "startup_failure"]).nullable();

const jobSchema = z.strictObject({
  /** Also the id of its check run. */
  id: z.int(),
  name: z.string(),
  labels: z.array(z.string()),
  status,
  conclusion,
  /** null until a runner is assigned, as far as the API shows. */
  runner: z.int().nullable(),
  startedAt: z.int(),
  completedAt: z.int().nullable(),
  steps: z.array(z.strictObject({ name: z.string(), status, conclusion })),
});

const attemptSchema = z.strictObject({
  number: z.int().min(1),
  status,
  conclusion,
  startedAt: z.int(),
  updatedAt: z.int(),
  referencedWorkflows: z.array(z.strictObject({ path: z.string(), sha: z.string() })),
  job: jobSchema.nullable(),
});

const artifactSchema = z.strictObject({
  id: z.int(),
  name: z.string(),
  size: z.int(),
  /** SHA-256 of the archive, 64 hex digits. */
  digest: z.string(),
  attempt: z.int(),
  createdAt: z.int(),
  expiresAt: z.int(),
});

const runSchema = z.strictObject({
  id: z.int(),
  number: z.int(),
  repository: z.string(),
  /** `.github/workflows/f.yml` in that repository. */
  workflowPath: z.string(),
  workflowName: z.string(),
  displayTitle: z.string(),
  /** Full name: `refs/tags/…` or `refs/heads/…`. */
  ref: z.string(),
  headSha: z.string(),
  inputs: z.record(z.string(), z.string()),
  createdAt: z.int(),
  attempts: z.array(attemptSchema).min(1),
  artifacts: z.array(artifactSchema),
});

export type Run = z.output<typeof runSchema>;
export type Attempt = z.output<typeof attemptSchema>;
export type Job = z.output<typeof jobSchema>;
export type Artifact = z.output<typeof artifactSchema>;

export type NewRun = Pick<
  Run,
  "repository" | "workflowPath" | "workflowName" | "displayTitle" | "ref" | "headSha" | "inputs"
>;

export type RunStore = {
  readonly create: (description: NewRun) => Run;
  readonly find: (id: number) => Run | undefined;
  /** Newest first. */
  readonly list: (repository: string) => Run[];
  readonly findArtifact: (id: number) => { readonly run: Run; readonly artifact: Artifact } | undefined;
  /** Adds an attempt to a completed run. */
  readonly addAttempt: (run: Run) => Attempt;
  /** Writes a changed run to disk. A run that was deleted meanwhile stays deleted. */
  readonly save: (run: Run) => void;
  readonly remove: (run: Run) => void;
  readonly folderOf: (run: Run) => string;
  readonly attemptFolder: (run: Run, attempt: number) => string;
  readonly archiveOf: (run: Run, artifact: number) => string;
};

/**
 * Opens the store. Runs that were under way when the sandbox stopped are shown as cancelled: their jobs are gone.
 *
 * @throws SCHEMA_MISMATCH when a stored run cannot be read
 */
export function openRunStore(folder: string, clock: Clock): RunStore {
  mkdirSync(folder, { recursive: true });
  const runs = new Map<number, Run>();
  const folderOf = (run: Run) => join(folder, String(run.id));
  const fileOf = (run: Run) => join(folderOf(run), "run.json");
  const save = (run: Run) => {
    if (runs.has(run.id)) writeState(fileOf(run), run);
  };

  for (const entry of readdirSync(folder)) {
    const run = readState(join(folder, entry, "run.json"), runSchema);
    if (run === undefined) continue;
    runs.set(run.id, run);
    for (const attempt of run.attempts)
      if (attempt.status !== "completed") completeAttempt(attempt, "cancelled", clock());
    save(run);
  }

  const newAttempt = (number: number): Attempt => ({
    number,
    status: "queued",
    conclusion: null,
    startedAt: clock(),
    updatedAt: clock(),
    referencedWorkflows: [],
    job: null,
  });

  return {
    create(description) {
      const ofRepository = [...runs.values()].filter(({ repository }) => repository === description.repository);
      const newest = Math.max(0, ...runs.keys());
      const run: Run = {
        ...description,
        // A chain remembers consumed run ids for ever. Ids made from the time are not used again by a sandbox that
        // was wiped and started anew beside the same chain.
        id: Math.max(newest + 1, clock() * 10),
        number: Math.max(0, ...ofRepository.map(({ number }) => number)) + 1,
        createdAt: clock(),
        attempts: [newAttempt(1)],
        artifacts: [],
      };
      runs.set(run.id, run);
      save(run);
      return run;
    },
    find: (id) => runs.get(id),
    list: (repository) => [...runs.values()].filter((run) => run.repository === repository).sort((a, b) => b.id - a.id),
    findArtifact(id) {
      for (const run of runs.values()) {
        const artifact = run.artifacts.find((candidate) => candidate.id === id);
        if (artifact !== undefined) return { run, artifact };
      }
      return undefined;
    },
    addAttempt(run) {
      const attempt = newAttempt(run.attempts.length + 1);
      run.attempts.push(attempt);
      save(run);
      return attempt;
    },
    save,
    remove(run) {
      runs.delete(run.id);
      if (existsSync(folderOf(run))) rmSync(folderOf(run), { recursive: true });
    },
    folderOf,
    attemptFolder: (run, attempt) => join(folderOf(run), String(attempt)),
    archiveOf: (run, artifact) => join(folderOf(run), `artifact-${artifact}.zip`),
  };
}

/** Ends an attempt and its job, whatever steps were still open. */
export function completeAttempt(attempt: Attempt, result: NonNullable<Attempt["conclusion"]>, at: number): void {
  attempt.status = "completed";
  attempt.conclusion = result;
  attempt.updatedAt = at;
  const { job } = attempt;
  if (job === null) return;
  job.status = "completed";
  job.conclusion = result;
  job.completedAt = at;
  for (const step of job.steps) {
    if (step.status === "completed") continue;
    step.status = "completed";
    step.conclusion = "cancelled";
  }
}
