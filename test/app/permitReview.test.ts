import { zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import type { InboxEntry } from "#lib/gateway/wire.ts";
import type { StepPermit } from "#lib/permits/stepPermit.ts";
import { canSign, type PermitKnowledge, reviewPermit } from "../../app/_wallet/permitReview.ts";
import { account, offerOf, word } from "../lib/market/chain.fixture.ts";

const { terms } = offerOf();
const permit: StepPermit = {
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
const ask: InboxEntry = {
  askId: word("ask"),
  step: 4,
  workerKey: word("worker"),
  inputHash: word("input"),
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
};
const known: PermitKnowledge = {
  entitlement: word("entitlement"),
  epoch: 2,
  nextStep: 4,
  terms,
  parent: { state: word("state"), net: word("net") },
  requestedInput: word("input"),
};

describe("the review of a permit", () => {
  it("shows every field that will be signed, once", () => {
    const fields = reviewPermit(permit, ask, known).map(({ field }) => field);
    expect([...fields].sort()).toEqual(Object.keys(permit).sort());
  });

  it("lets a permit be signed that agrees with offer, ledger and request", () => {
    expect(canSign(reviewPermit(permit, ask, known))).toBe(true);
  });

  const changes: readonly Partial<StepPermit>[] = [
    { entitlement: word("another") },
    { epoch: 3 },
    { step: 5 },
    { gateway: account("d") },
    { repositoryId: 78n },
    { runId: 1n },
    { runAttempt: 2 },
    { sourceCommit: `0x${"d".repeat(40)}` },
    { signerCommit: `0x${"d".repeat(40)}` },
    { policyHash: word("another") },
    { inputHash: word("another") },
    { parentStateCommitment: word("another") },
    { parentNetCommitment: word("another") },
    { observationHash: word("another") },
  ];
  it.each(changes)("refuses a permit that differs in %o", (change) => {
    const lines = reviewPermit({ ...permit, ...change }, ask, known);
    expect(lines.filter(({ verdict }) => verdict === "differs").map(({ field }) => field)).toEqual(Object.keys(change));
    expect(canSign(lines)).toBe(false);
  });

  it("refuses a tier 2 permit without an observation", () => {
    const tier2 = { ...known, terms: { ...terms, runnerTier: 2 } };
    expect(canSign(reviewPermit(permit, ask, tier2))).toBe(false);
    expect(canSign(reviewPermit({ ...permit, observationHash: word("seen") }, ask, tier2))).toBe(true);
  });

  it("refuses a first step that claims to have a parent", () => {
    expect(canSign(reviewPermit(permit, ask, { ...known, parent: null }))).toBe(false);
  });
});
