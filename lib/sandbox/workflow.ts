import { parse } from "yaml";
import { z } from "zod";
import { commitSha } from "../core/encoding.ts";
import { sandboxError } from "./errors.ts";

/**
 * The workflow files the sandbox executes: the closed form that a pinned workflow must have, and callers of it. What
 * is not in these schemas (matrix, container, secrets, conditions, unpinned actions) is refused rather than ignored.
 */

const text = z.string().max(10_000);
const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/);
/** A value GitHub reads as it stands, without an expression in it. */
const literal = text.refine((value) => !value.includes("${{"), "an expression is not allowed here");
const scalar = z.union([text, z.number(), z.boolean()]).transform(String);
const inputs = z.record(
  name,
  z.strictObject({ description: text.optional(), type: z.literal("string"), required: z.literal(true) }),
);
const trigger = z
  .strictObject({ inputs: inputs.optional() })
  .nullable()
  .transform((value) => value?.inputs ?? {});
const permissions = z.record(name, z.enum(["read", "write", "none"]));

const runStep = z.strictObject({
  name: literal.optional(),
  id: name.optional(),
  // Expressions in a script are script injection; values come in through `env`.
  run: literal,
  env: z.record(name, scalar).optional(),
  "working-directory": literal.optional(),
});
const usesStep = z.strictObject({
  name: literal.optional(),
  id: name.optional(),
  uses: z.string().regex(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+@[0-9a-f]{40}$/, "an action is pinned by 40 hex digits"),
  with: z.record(name, scalar).optional(),
});
const stepsJob = z.strictObject({
  name: literal.optional(),
  "runs-on": literal,
  "timeout-minutes": z.int().min(1).max(360),
  permissions: permissions.optional(),
  steps: z.array(z.union([runStep, usesStep])).min(1),
});
const callingJob = z.strictObject({
  name: literal.optional(),
  permissions: permissions.optional(),
  uses: z
    .string()
    .regex(
      /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+\/\.github\/workflows\/[A-Za-z0-9._-]+\.ya?ml@[0-9a-f]{40}$/,
      "a reusable workflow is pinned by 40 hex digits",
    ),
  with: z.record(name, scalar).optional(),
});
const workflowSchema = z.strictObject({
  name: literal.optional(),
  "run-name": text.optional(),
  on: z.strictObject({ workflow_call: trigger.optional(), workflow_dispatch: trigger.optional() }),
  permissions: permissions.optional(),
  jobs: z.record(name, z.union([stepsJob, callingJob])),
});

export type RunStep = z.output<typeof runStep>;
export type UsesStep = z.output<typeof usesStep>;
export type StepsJob = z.output<typeof stepsJob>;
export type CallingJob = z.output<typeof callingJob>;
export type Workflow = z.output<typeof workflowSchema>;
export type Permissions = z.output<typeof permissions>;

/**
 * Parses a workflow file.
 *
 * @throws SANDBOX_WORKFLOW_REFUSED with the first thing that does not fit
 */
export function parseWorkflow(bytes: Uint8Array, path: string): Workflow {
  let content: unknown;
  try {
    content = parse(Buffer.from(bytes).toString("utf8"), { maxAliasCount: 0, uniqueKeys: true });
  } catch (cause) {
    throw refused(path, cause instanceof Error ? cause.message : "not YAML", cause);
  }
  const result = workflowSchema.safeParse(content);
  if (!result.success) throw refused(path, z.prettifyError(result.error));
  return result.data;
}

/**
 * The one job of a workflow.
 *
 * @throws SANDBOX_WORKFLOW_REFUSED when there are none or several
 */
export function onlyJob(
  workflow: Workflow,
  path: string,
): { readonly id: string; readonly job: StepsJob | CallingJob } {
  const [first, ...others] = Object.entries(workflow.jobs);
  if (first === undefined || others.length > 0) throw refused(path, "exactly one job is allowed");
  return { id: first[0], job: first[1] };
}

/** Splits `owner/repo/.github/workflows/f.yml@<40 hex>`. */
export function splitWorkflowReference(uses: string): {
  readonly repository: string;
  readonly path: string;
  readonly commit: string;
} {
  const [location = "", commit = ""] = uses.split("@");
  const [owner = "", repository = "", ...path] = location.split("/");
  return { repository: `${owner}/${repository}`, path: path.join("/"), commit: commitSha.parse(commit) };
}

/** The values an expression can name. */
export type Contexts = {
  readonly inputs: Readonly<Record<string, string>>;
  readonly github?: Readonly<Record<string, string>>;
  readonly job?: Readonly<Record<string, string>>;
  /** Step id to its outputs. */
  readonly steps?: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

const EXPRESSION =
  /\$\{\{\s*(?<context>[a-z]+)\.(?<key>[A-Za-z0-9_-]+)(?:\.outputs\.(?<output>[A-Za-z0-9_-]+))?\s*\}\}/g;

/**
 * Replaces expressions by their values. Only plain look-ups are known; GitHub would turn an unknown name into nothing,
 * the sandbox refuses it.
 *
 * @throws SANDBOX_WORKFLOW_REFUSED
 */
export function substitute(template: string, contexts: Contexts): string {
  const parts = template.split(EXPRESSION);
  const plain = parts.filter((_, index) => index % 4 === 0);
  if (plain.some((part) => part.includes("${{"))) throw refused("expression", template);
  return template.replace(EXPRESSION, (expression, context: string, key: string, output: string | undefined) => {
    const value = lookUp(contexts, context, key, output);
    if (value === undefined) throw refused("expression", expression);
    return value;
  });
}

function lookUp(contexts: Contexts, context: string, key: string, output: string | undefined): string | undefined {
  if (context === "steps") return output === undefined ? undefined : own(own(contexts.steps, key), output);
  if (output !== undefined) return undefined;
  if (context === "inputs") return own(contexts.inputs, key);
  if (context === "github") return own(contexts.github, key);
  if (context === "job") return own(contexts.job, key);
  return undefined;
}

function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

const DEFAULT_PERMISSIONS: Permissions = { contents: "read" };
const RANK = { none: 0, read: 1, write: 2 } as const;

/**
 * What the job may do: its own list or its workflow's, which for a called workflow may not exceed the caller's.
 *
 * @throws SANDBOX_WORKFLOW_REFUSED when it asks for more, as GitHub refuses to start such a run
 */
export function effectivePermissions(
  chain: readonly { readonly workflow: Workflow; readonly job: StepsJob | CallingJob }[],
): Permissions {
  let granted: Permissions | undefined;
  for (const { workflow, job } of chain) {
    const asked = job.permissions ?? workflow.permissions ?? granted ?? DEFAULT_PERMISSIONS;
    for (const [scope, level] of Object.entries(asked)) {
      const limit = granted === undefined ? "write" : (granted[scope] ?? "none");
      if (RANK[level] > RANK[limit]) {
        throw refused("permissions", `the called workflow asks for ${scope}: ${level}, the caller grants ${limit}`);
      }
    }
    granted = asked;
  }
  return granted ?? DEFAULT_PERMISSIONS;
}

function refused(where: string, problem: string, cause?: unknown) {
  return sandboxError("SANDBOX_WORKFLOW_REFUSED", { where, problem }, cause);
}
