import type { OfferTerms } from "../offers/terms.ts";
import { workflowIdentity } from "../offers/workflowPin.ts";
import type { AskFacts } from "./ask.ts";
import { gatewayError } from "./errors.ts";

/**
 * Holds a live run's token against the offer, by the equalities that its attestation will be held to later: signer and
 * source each against its own term, ids beside names, the trigger, the runner and the repository's visibility.
 *
 * @throws RUN_IDENTITY_MISMATCH with the field, the expected and the actual value
 */
export function checkRunIdentity(terms: OfferTerms, facts: AskFacts): void {
  const expect = (field: string, actual: string, expected: string) => {
    if (actual !== expected) throw gatewayError("RUN_IDENTITY_MISMATCH", { field, expected, actual });
  };
  const signer = splitRef(facts.jobWorkflowRef);
  const caller = splitRef(facts.workflowRef);
  expect("job_workflow_ref", workflowIdentity(signer.path), terms.signerWorkflow);
  expect("job_workflow_sha", `0x${facts.jobWorkflowSha}`, terms.signerCommit);
  if (facts.jobWorkflowRef !== facts.workflowRef) {
    // A reusable workflow must be called by its commit: a tag or branch could have moved before the job started.
    expect("job_workflow_ref", `0x${signer.ref}`, terms.signerCommit);
  }
  if (BigInt(terms.callerWorkflow) !== 0n) {
    expect("workflow_ref", workflowIdentity(caller.path), terms.callerWorkflow);
  }
  if (terms.sourceRepositoryId !== 0n) expect("repository_id", facts.repositoryId, terms.sourceRepositoryId.toString());
  if (terms.sourceOwnerId !== 0n) expect("repository_owner_id", facts.ownerId, terms.sourceOwnerId.toString());
  if (BigInt(terms.sourceCommit) !== 0n) expect("sha", `0x${facts.sha}`, terms.sourceCommit);
  expect("workflow_sha", facts.workflowSha, facts.sha);
  expect("event_name", facts.event, "workflow_dispatch");
  expect("runner_environment", facts.runnerEnvironment, "github-hosted");
  expect("repository_visibility", facts.visibility, "public");
}

function splitRef(ref: string): { readonly path: string; readonly ref: string } {
  const at = ref.lastIndexOf("@");
  return at < 0 ? { path: ref, ref: "" } : { path: ref.slice(0, at), ref: ref.slice(at + 1) };
}
