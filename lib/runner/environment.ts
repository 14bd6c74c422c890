import { z } from "zod";
import { address, bytes32, commitSha, decimal } from "../core/encoding.ts";
import { runnerError } from "./errors.ts";

const positive = decimal
  .transform(Number)
  .refine((value) => Number.isSafeInteger(value) && value > 0, "expected a positive integer");

/** What the pinned workflow and the platform give the job. */
const schema = z.object({
  PAWL_CHAIN_ID: positive,
  PAWL_PERMIT_CONSUMER: address,
  PAWL_ENTITLEMENT: bytes32,
  PAWL_STEP: positive,
  PAWL_GATEWAY_URL: z.url({ protocol: /^https?$/ }),
  ACTIONS_ID_TOKEN_REQUEST_URL: z.url(),
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: z.string().min(1),
  GITHUB_SERVER_URL: z.string().regex(/^(https:\/\/|file:\/\/\/)/, "expected an https or file URL"),
  GITHUB_REPOSITORY: z.string().regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, "expected owner/repository"),
  GITHUB_REPOSITORY_ID: decimal,
  GITHUB_RUN_ID: decimal,
  GITHUB_RUN_ATTEMPT: positive,
  GITHUB_SHA: commitSha,
  GITHUB_WORKSPACE: z.string().min(1),
  RUNNER_TEMP: z.string().min(1),
  RUNNER_NAME: z.string().default("unknown"),
  RUNNER_OS: z.string().default("unknown"),
  RUNNER_ARCH: z.string().default("unknown"),
  /** Accept what this names where the kernel has nothing better. Policies then have to leave the network open. */
  PAWL_ISOLATION: z.literal("process").optional(),
  /** Set by GitHub's own machine images, whose machines exist for one job. */
  ImageOS: z.string().optional(),
});

export type RunnerEnvironment = Readonly<z.output<typeof schema>>;

/** @throws RUNNER_ENVIRONMENT_INVALID naming the variable */
export function parseRunnerEnvironment(environment: Readonly<Record<string, string | undefined>>): RunnerEnvironment {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw runnerError("RUNNER_ENVIRONMENT_INVALID", { variable: issue?.path.join("."), problem: issue?.message });
}
