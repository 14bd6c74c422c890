import type { Hex } from "viem";
import { describe, expect, it } from "vitest";
import { workerKeyPair } from "#lib/capability/hpke.ts";
import { systemRandom } from "#lib/core/effects.ts";
import type { Policy } from "#lib/offers/policy.ts";
import { permitHash, type StepPermit } from "#lib/permits/stepPermit.ts";
import type { StepDependencies } from "#lib/runner/dependencies.ts";
import type { OwnClaims } from "#lib/runner/idToken.ts";
import { checkPermit } from "#lib/runner/permitCheck.ts";

const word = (byte: string): Hex => `0x${byte.repeat(32)}`;
const context = { chainId: 31337, permitConsumer: `0x${"11".repeat(20)}`, entitlement: word("22") } as const;
const gateway: Hex = `0x${"33".repeat(20)}`;
const worker = await workerKeyPair(systemRandom(32));
const claims = {
  repository_id: "5",
  run_id: "77",
  run_attempt: "1",
  sha: "a".repeat(40),
  job_workflow_sha: "b".repeat(40),
} as OwnClaims;
const permit: StepPermit = {
  entitlement: context.entitlement,
  epoch: 0,
  step: 2,
  gateway,
  repositoryId: 5n,
  runId: 77n,
  runAttempt: 1,
  sourceCommit: `0x${"a".repeat(40)}`,
  signerCommit: `0x${"b".repeat(40)}`,
  policyHash: word("44"),
  inputHash: word("45"),
  workerKey: worker.publicKey,
  resultKey: word("00"),
  parentStateCommitment: word("46"),
  parentNetCommitment: word("47"),
  observationHash: word("00"),
  salt: word("48"),
  deadline: 1n,
};
const policy = { chainId: context.chainId, permitConsumer: context.permitConsumer, gateway } as Policy;
const dependencies = { environment: { PAWL_STEP: 2 } } as StepDependencies;
const check = (changes: { readonly permit?: Partial<StepPermit>; readonly policy?: Partial<Policy> }) =>
  checkPermit(
    dependencies,
    context,
    { ...permit, ...changes.permit },
    { ...policy, ...changes.policy },
    claims,
    worker,
  );

describe("the permit that a run is shown", () => {
  it("is taken when it is for this run, and hashed here", () => {
    expect(check({})).toBe(permitHash(permit, context));
  });

  const changes: Partial<StepPermit> = {
    entitlement: word("99"),
    step: 3,
    gateway: `0x${"99".repeat(20)}`,
    repositoryId: 6n,
    runId: 78n,
    runAttempt: 2,
    sourceCommit: `0x${"9".repeat(40)}`,
    signerCommit: `0x${"9".repeat(40)}`,
    workerKey: word("99"),
  };
  for (const [field, value] of Object.entries(changes)) {
    it(`is refused for another ${field}`, () => {
      expect(() => check({ permit: { [field]: value } })).toThrowError(
        expect.objectContaining({ code: "PERMIT_NOT_FOR_THIS_RUN", values: expect.objectContaining({ field }) }),
      );
    });
  }

  it("is refused under a policy of another chain or contract", () => {
    for (const other of [{ chainId: 1 }, { permitConsumer: gateway }]) {
      expect(() => check({ policy: other })).toThrowError(expect.objectContaining({ code: "PERMIT_NOT_FOR_THIS_RUN" }));
    }
  });
});
