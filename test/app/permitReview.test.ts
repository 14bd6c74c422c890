import { describe, expect, it } from "vitest";
import type { StepPermit } from "#lib/permits/stepPermit.ts";
import { objectionTo, type PermitKnowledge, reviewPermit } from "../../app/_wallet/permitReview.ts";
import { account, offerOf, word } from "../lib/market/chain.fixture.ts";
import { askOf, permit } from "./inbox.fixture.ts";

const { terms } = offerOf();
const ask = askOf();
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
    expect(objectionTo(reviewPermit(permit, ask, known))).toBeNull();
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
    expect(objectionTo(lines)).not.toBeNull();
  });

  it("refuses a tier 2 permit without an observation", () => {
    const tier2 = { ...known, terms: { ...terms, runnerTier: 2 } };
    expect(objectionTo(reviewPermit(permit, ask, tier2))).not.toBeNull();
    expect(objectionTo(reviewPermit({ ...permit, observationHash: word("seen") }, ask, tier2))).toBeNull();
  });

  it("refuses a first step that claims to have a parent", () => {
    expect(objectionTo(reviewPermit(permit, ask, { ...known, parent: null }))).not.toBeNull();
  });

  it("is put off, without alarm, while gateway and page know another epoch", () => {
    const objection = (change: Partial<StepPermit>) => objectionTo(reviewPermit({ ...permit, ...change }, ask, known));
    expect(objection({ epoch: 3 })).toMatch(/cancelled/);
    expect(objection({ epoch: 3, step: 5 })).toMatch(/Do not sign/);
    expect(objection({ step: 5 })).toMatch(/Do not sign/);
  });
});
