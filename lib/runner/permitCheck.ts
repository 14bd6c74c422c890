import type { Hex } from "viem";
import type { WorkerKeyPair } from "../capability/hpke.ts";
import type { Policy } from "../offers/policy.ts";
import type { StepContext } from "../permits/stepContext.ts";
import { permitHash, type StepPermit } from "../permits/stepPermit.ts";
import type { StepDependencies } from "./dependencies.ts";
import { runnerError } from "./errors.ts";
import type { OwnClaims } from "./idToken.ts";

/**
 * Holds the permit against what this run verified itself and returns its hash, computed here. A relay or a false
 * gateway can therefore not lead the run to a claim that the contracts would accept for somebody else.
 *
 * @throws PERMIT_NOT_FOR_THIS_RUN
 */
export function checkPermit(
  { environment }: StepDependencies,
  context: StepContext,
  permit: StepPermit,
  policy: Policy,
  claims: OwnClaims,
  worker: WorkerKeyPair,
): Hex {
  const expected: Partial<Record<keyof StepPermit, string | number | bigint>> = {
    entitlement: context.entitlement,
    step: environment.PAWL_STEP,
    gateway: policy.gateway,
    repositoryId: BigInt(claims.repository_id),
    runId: BigInt(claims.run_id),
    runAttempt: Number(claims.run_attempt),
    sourceCommit: `0x${claims.sha}`,
    signerCommit: `0x${claims.job_workflow_sha}`,
    workerKey: worker.publicKey,
  };
  for (const [field, value] of Object.entries(expected)) {
    const actual = permit[field as keyof StepPermit];
    if (actual !== value) throw runnerError("PERMIT_NOT_FOR_THIS_RUN", { field, expected: value, actual });
  }
  if (policy.chainId !== context.chainId || policy.permitConsumer !== context.permitConsumer) {
    throw runnerError("PERMIT_NOT_FOR_THIS_RUN", {
      field: "policy",
      expected: context.permitConsumer,
      actual: policy.permitConsumer,
    });
  }
  return permitHash(permit, context);
}
