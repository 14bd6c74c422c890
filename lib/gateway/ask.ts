import { z } from "zod";
import { commitSha, decimal } from "../core/encoding.ts";

/** What a run's OIDC token says about it. Ids are decimal strings, as GitHub issues them. */
export const askFactsSchema = z.strictObject({
  repository: z.string(),
  repositoryId: decimal,
  ownerId: decimal,
  visibility: z.string(),
  sha: commitSha,
  ref: z.string(),
  workflowRef: z.string(),
  workflowSha: commitSha,
  jobWorkflowRef: z.string(),
  jobWorkflowSha: commitSha,
  runId: decimal,
  runAttempt: z.int().min(1),
  checkRunId: decimal,
  event: z.string(),
  runnerEnvironment: z.string(),
});
export type AskFacts = z.output<typeof askFactsSchema>;
