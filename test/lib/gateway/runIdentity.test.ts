import { type Hex, zeroAddress, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import type { AskFacts } from "#lib/gateway/ask.ts";
import { checkRunIdentity } from "#lib/gateway/runIdentity.ts";
import type { OfferTerms } from "#lib/offers/terms.ts";
import { workflowIdentity } from "#lib/offers/workflowPin.ts";

const source = "a".repeat(40);
const signer = "b".repeat(40);
const facts: AskFacts = {
  repository: "pawl-neutral/steps",
  repositoryId: "5",
  ownerId: "6",
  visibility: "public",
  sha: source,
  ref: `refs/tags/pawl/${source}`,
  workflowRef: `pawl-neutral/steps/.github/workflows/step.yml@refs/tags/pawl/${source}`,
  workflowSha: source,
  jobWorkflowRef: `pawl/pawl/.github/workflows/pawl-step.yml@${signer}`,
  jobWorkflowSha: signer,
  runId: "77",
  runAttempt: 1,
  checkRunId: "99",
  event: "workflow_dispatch",
  runnerEnvironment: "github-hosted",
};
const noBytes20: Hex = `0x${"00".repeat(20)}`;
const neutral: OfferTerms = {
  seller: zeroAddress,
  token: zeroAddress,
  price: 1n,
  maxSteps: 1,
  maxPending: 1,
  validUntil: 0,
  entitlementTtl: 0,
  stepTimeout: 0,
  disputeWindow: 0,
  proofWindow: 0,
  arbitrationWindow: 0,
  conductBond: 0n,
  arbiterFee: 0n,
  gateway: zeroAddress,
  verifier: zeroAddress,
  observer: zeroAddress,
  arbiter: zeroAddress,
  signerWorkflow: workflowIdentity("pawl/pawl/.github/workflows/pawl-step.yml"),
  signerCommit: `0x${signer}`,
  callerWorkflow: workflowIdentity("pawl-neutral/steps/.github/workflows/step.yml"),
  sourceRepositoryId: 5n,
  sourceOwnerId: 6n,
  sourceCommit: `0x${source}`,
  policyHash: zeroHash,
  runnerTier: 1,
  provable: false,
  salt: zeroHash,
};

describe("the identity of a run that asks", () => {
  it("is accepted when it is the pinned one", () => {
    expect(() => checkRunIdentity(neutral, facts)).not.toThrow();
  });

  it("may be any source where the offer leaves it to the permit (topology hosted)", () => {
    const hosted = {
      ...neutral,
      callerWorkflow: zeroHash,
      sourceRepositoryId: 0n,
      sourceOwnerId: 0n,
      sourceCommit: noBytes20,
    };
    const elsewhere = {
      ...facts,
      repositoryId: "1000",
      ownerId: "1001",
      sha: "c".repeat(40),
      workflowSha: "c".repeat(40),
    };
    expect(() => checkRunIdentity(hosted, elsewhere)).not.toThrow();
  });

  it("may be one file for signer and source (topology direct)", () => {
    const path = "atelier/programs/.github/workflows/step.yml";
    const direct = {
      ...neutral,
      signerWorkflow: workflowIdentity(path),
      callerWorkflow: zeroHash,
      signerCommit: neutral.sourceCommit,
    };
    const ref = `${path}@refs/tags/pawl/${source}`;
    const run = { ...facts, workflowRef: ref, jobWorkflowRef: ref, jobWorkflowSha: source };
    expect(() => checkRunIdentity(direct, run)).not.toThrow();
  });

  const wrong: readonly (readonly [string, Partial<AskFacts>, string])[] = [
    [
      "the signer workflow is another file",
      { jobWorkflowRef: `pawl/pawl/.github/workflows/other.yml@${signer}` },
      "job_workflow_ref",
    ],
    [
      "the signer's repository only begins alike",
      { jobWorkflowRef: `pawl/pawl2/.github/workflows/pawl-step.yml@${signer}` },
      "job_workflow_ref",
    ],
    ["the signer is at another commit", { jobWorkflowSha: "c".repeat(40) }, "job_workflow_sha"],
    [
      "the signer is called by a tag",
      { jobWorkflowRef: "pawl/pawl/.github/workflows/pawl-step.yml@refs/tags/v1" },
      "job_workflow_ref",
    ],
    [
      "the caller is another file",
      { workflowRef: "pawl-neutral/steps/.github/workflows/else.yml@refs/heads/main" },
      "workflow_ref",
    ],
    ["the repository has the right name and another id", { repositoryId: "50" }, "repository_id"],
    ["the owner is another", { ownerId: "60" }, "repository_owner_id"],
    ["the source is at another commit", { sha: "c".repeat(40), workflowSha: "c".repeat(40) }, "sha"],
    ["the workflow and the source differ", { workflowSha: "c".repeat(40) }, "workflow_sha"],
    ["the trigger is pull_request_target", { event: "pull_request_target" }, "event_name"],
    ["the trigger is schedule", { event: "schedule" }, "event_name"],
    ["the runner is self-hosted", { runnerEnvironment: "self-hosted" }, "runner_environment"],
    ["the repository is private", { visibility: "private" }, "repository_visibility"],
  ];
  for (const [why, change, field] of wrong) {
    it(`is refused when ${why}`, () => {
      expect(() => checkRunIdentity(neutral, { ...facts, ...change })).toThrowError(
        expect.objectContaining({ code: "RUN_IDENTITY_MISMATCH", values: expect.objectContaining({ field }) }),
      );
    });
  }
});
