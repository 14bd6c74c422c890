/**
 * The claims of a GitHub Actions ID token that identify a job. All are strings on the wire, the numeric ids too.
 * Source: GitHub's reference of OIDC claims; `check_run_id` as in tokens issued since 2025.
 */
export type JobClaims = {
  readonly sub: string;
  readonly actor: string;
  readonly actor_id: string;
  readonly base_ref: string;
  readonly check_run_id: string;
  readonly event_name: string;
  readonly head_ref: string;
  readonly job_workflow_ref: string;
  readonly job_workflow_sha: string;
  readonly ref: string;
  readonly ref_protected: string;
  readonly ref_type: string;
  readonly repository: string;
  readonly repository_id: string;
  readonly repository_owner: string;
  readonly repository_owner_id: string;
  readonly repository_visibility: string;
  readonly run_attempt: string;
  readonly run_id: string;
  readonly run_number: string;
  readonly runner_environment: string;
  readonly sha: string;
  readonly workflow: string;
  readonly workflow_ref: string;
  readonly workflow_sha: string;
  /** Present only when the job names a deployment environment. */
  readonly environment?: string;
};

/** What a certificate authority reads of a token: the job's claims and who issued them. */
export type IdentityClaims = JobClaims & { readonly iss: string };
