import type { Hex } from "viem";
import { workflowIdentity } from "../offers/workflowPin.ts";
import { runOf } from "./attestation.ts";
import type { Checklist } from "./checklist.ts";
import { evidenceError } from "./errors.ts";
import type { LeafFacts } from "./extensions.ts";
import { checkIssuer, checkSignerName, expectEqual, parseWorkflowUri, type WorkflowUri } from "./identity.ts";
import type { SignedTime } from "./sigstore.ts";
import type { StepExpectation } from "./trade.ts";
import type { TrustPolicy } from "./trustedRoot.ts";

/** How long before the opening of a step its attestation may have been logged: clocks differ, blocks are late. */
const EARLIEST_LOG_SECONDS = 1800;

/**
 * Holds the certificate authority's word on a run against terms and permit. Signer and source are compared each with
 * its own term, so the four topologies (the pinned file in a repository of its own or in the source's, the source's
 * commit pinned by terms or by permit) follow from which terms are set, and none is a case of its own.
 */
export function checkRun(
  checks: Checklist,
  facts: LeafFacts,
  times: readonly SignedTime[] | undefined,
  expectation: StepExpectation,
  trust: TrustPolicy,
): void {
  const { terms, permit } = expectation;
  const signer = parseWorkflowUri(facts.signerUri, trust.serverUrl);
  const source = parseWorkflowUri(facts.buildConfigUri, trust.serverUrl);

  checks.run("issuer", () => checkIssuer(facts, trust.issuer));
  checks.run("signer-workflow", () => {
    checkSignerName(facts);
    expectEqual("SIGNER_WORKFLOW_MISMATCH", "signer workflow", terms.signerWorkflow, identityOf(signer));
  });
  checks.run("signer-commit", () => checkSignerCommit(facts, signer, terms.signerCommit));
  if (BigInt(terms.callerWorkflow) === 0n) checks.skip("caller-workflow", "The offer lets any workflow call.");
  else {
    checks.run("caller-workflow", () =>
      expectEqual("CALLER_WORKFLOW_MISMATCH", "caller workflow", terms.callerWorkflow, identityOf(source)),
    );
  }
  checks.run("source-repository", () => {
    const permitted = permit.repositoryId.toString();
    expectEqual("SOURCE_REPOSITORY_MISMATCH", "repository id", permitted, facts.sourceRepositoryId);
    if (terms.sourceRepositoryId !== 0n) {
      const pinned = terms.sourceRepositoryId.toString();
      expectEqual("SOURCE_REPOSITORY_MISMATCH", "repository id", pinned, facts.sourceRepositoryId);
    }
  });
  if (terms.sourceOwnerId === 0n) checks.skip("source-owner", "The offer lets any owner's repository run it.");
  else {
    checks.run("source-owner", () =>
      expectEqual("SOURCE_OWNER_MISMATCH", "owner id", terms.sourceOwnerId.toString(), facts.ownerId),
    );
  }
  checks.run("source-commit", () => {
    const permitted = permit.sourceCommit.slice(2);
    expectEqual("SOURCE_COMMIT_MISMATCH", "source commit", permitted, facts.sourceDigest);
    expectEqual("SOURCE_COMMIT_MISMATCH", "workflow commit", permitted, facts.buildConfigDigest);
    if (BigInt(terms.sourceCommit) !== 0n) {
      expectEqual("SOURCE_COMMIT_MISMATCH", "source commit", terms.sourceCommit.slice(2), facts.sourceDigest);
    }
  });
  checks.run("run", () => {
    const run = runOf(facts);
    expectEqual("RUN_MISMATCH", "run id", permit.runId.toString(), run?.runId);
    expectEqual("RUN_MISMATCH", "run attempt", String(permit.runAttempt), run?.runAttempt);
  });
  checks.run("trigger", () => expectEqual("TRIGGER_MISMATCH", "trigger", "workflow_dispatch", facts.trigger));
  checks.run("runner-environment", () =>
    expectEqual("RUNNER_ENVIRONMENT_MISMATCH", "runner environment", "github-hosted", facts.runnerEnvironment),
  );
  checks.run("visibility", () => {
    expectEqual("VISIBILITY_MISMATCH", "visibility", "public", facts.visibility);
    if (facts.environment !== null) {
      throw evidenceError("ENVIRONMENT_UNEXPECTED", { expected: "none", actual: facts.environment });
    }
  });
  if (times) checks.run("log-time", () => checkLogTime(times, expectation));
}

/**
 * The file that defines the job is pinned by content. Called from another workflow, it must also have been called by
 * that commit; as the started workflow itself, it is at the source's commit.
 */
function checkSignerCommit(facts: LeafFacts, signer: WorkflowUri | undefined, pinned: Hex): void {
  const commit = pinned.slice(2);
  expectEqual("SIGNER_COMMIT_MISMATCH", "signer commit", commit, facts.signerDigest);
  if (facts.signerUri === facts.buildConfigUri) {
    expectEqual("SIGNER_COMMIT_MISMATCH", "workflow commit", commit, facts.buildConfigDigest);
    expectEqual("SIGNER_COMMIT_MISMATCH", "source commit", commit, facts.sourceDigest);
  } else expectEqual("SIGNER_UNPINNED", "called by", commit, signer?.ref);
}

function checkLogTime(times: readonly SignedTime[], { openedAt, claimDeadline }: StepExpectation): void {
  const earliest = openedAt - EARLIEST_LOG_SECONDS;
  const outside = times.find(({ at }) => at < earliest || at >= claimDeadline);
  if (outside || times.length === 0) {
    throw evidenceError("LOG_TIME_OUTSIDE_WINDOW", {
      expected: `from ${earliest}, before ${claimDeadline}`,
      actual: outside?.at,
    });
  }
}

function identityOf(workflow: WorkflowUri | undefined): Hex | undefined {
  return workflow && workflowIdentity(workflow.path);
}
