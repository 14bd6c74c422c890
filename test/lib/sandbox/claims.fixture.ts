import type { IdentityClaims } from "#lib/sandbox/claims.ts";

const SIGNER = "5".repeat(40);
const SOURCE = "7".repeat(40);

/** Claims of a step in topology `neutral`, as the sandbox's own issuer would write them. */
export function claimsOfStep(changes: Partial<IdentityClaims> = {}): IdentityClaims {
  return {
    iss: "https://oidc.sandbox.pawl.invalid",
    sub: "repo:pawl-neutral/steps:ref:refs/heads/main",
    actor: "pawl-dispatcher",
    actor_id: "9001",
    base_ref: "",
    check_run_id: "61000000001",
    event_name: "workflow_dispatch",
    head_ref: "",
    job_workflow_ref: `pawl/pawl/.github/workflows/pawl-step.yml@${SIGNER}`,
    job_workflow_sha: SIGNER,
    ref: "refs/heads/main",
    ref_protected: "false",
    ref_type: "branch",
    repository: "pawl-neutral/steps",
    repository_id: "810000002",
    repository_owner: "pawl-neutral",
    repository_owner_id: "9200002",
    repository_visibility: "public",
    run_attempt: "1",
    run_id: "17000000001",
    run_number: "1",
    runner_environment: "github-hosted",
    sha: SOURCE,
    workflow: "step",
    workflow_ref: "pawl-neutral/steps/.github/workflows/step.yml@refs/heads/main",
    workflow_sha: SOURCE,
    ...changes,
  };
}
