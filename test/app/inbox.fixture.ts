import { zeroHash } from "viem";
import type { InboxEntry } from "#lib/gateway/wire.ts";
import type { StepPermit } from "#lib/permits/stepPermit.ts";
import { offerOf, word } from "../lib/market/chain.fixture.ts";

const { terms } = offerOf();

/** Step 4 of an entitlement of the fixture's offer. */
export const permit: StepPermit = {
  entitlement: word("entitlement"),
  epoch: 2,
  step: 4,
  gateway: terms.gateway,
  repositoryId: 77n,
  runId: 4242n,
  runAttempt: 1,
  sourceCommit: terms.sourceCommit,
  signerCommit: terms.signerCommit,
  policyHash: terms.policyHash,
  inputHash: word("input"),
  workerKey: word("worker"),
  resultKey: zeroHash,
  parentStateCommitment: word("state"),
  parentNetCommitment: word("net"),
  observationHash: zeroHash,
  salt: word("salt"),
  deadline: 1_800_000_600n,
};

/** The run that asks for {@link permit}, as the inbox shows it. */
export function askOf(change: Partial<InboxEntry> = {}): InboxEntry {
  return {
    askId: word("ask"),
    step: permit.step,
    workerKey: permit.workerKey,
    inputHash: permit.inputHash,
    facts: {
      repository: "acme/runs",
      repositoryId: "77",
      ownerId: "1",
      visibility: "public",
      sha: "c".repeat(40),
      ref: "refs/tags/pawl",
      workflowRef: "acme/runs/.github/workflows/run.yml@refs/tags/pawl",
      workflowSha: "c".repeat(40),
      jobWorkflowRef: "pawl/pawl/.github/workflows/pawl-step.yml",
      jobWorkflowSha: "b".repeat(40),
      runId: "4242",
      runAttempt: 1,
      checkRunId: "9",
      event: "workflow_dispatch",
      runnerEnvironment: "github-hosted",
    },
    observationHash: zeroHash,
    createdAt: 1_800_000_000,
    permitHash: null,
    consumeTransaction: null,
    proposal: permit,
    ...change,
  };
}
