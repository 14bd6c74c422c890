import { getAbiItem, type Hex, type PublicClient } from "viem";
import type { Deployment } from "../chain/deployment.ts";
import { permitConsumerAbi } from "../chain/generated/abis.ts";
import { findLastLog } from "../chain/logs.ts";
import { readRun } from "../chain/reads.ts";
import type { StepExpectation } from "../evidence/trade.ts";
import { type EntitlementIdentity, loadEntitlement } from "../permits/entitlement.ts";
import type { StepPermit } from "../permits/stepPermit.ts";
import { settlementError } from "./errors.ts";

/** What the chain says of a consumed permit: whose step it opened, for which run, and until when it may be claimed. */
export type Consumption = {
  readonly identity: EntitlementIdentity;
  readonly step: number;
  readonly permitHash: Hex;
  readonly runKey: Hex;
  readonly parentHead: Hex;
  /** Unix seconds. */
  readonly openedAt: number;
  readonly claimDeadline: number;
};

/** @throws CLAIM_RUN_UNKNOWN */
export async function readConsumption(
  client: PublicClient,
  deployment: Deployment,
  permitHash: Hex,
): Promise<Consumption> {
  const event = getAbiItem({ abi: permitConsumerAbi, name: "PermitConsumed" });
  const consumed = await findLastLog(client, deployment, (range) =>
    client.getLogs({ address: deployment.permitConsumer, event, args: { permitHash }, strict: true, ...range }),
  );
  if (!consumed) throw settlementError("CLAIM_RUN_UNKNOWN", { permitHash });
  const { entitlement, step, runKey, parentHead, claimDeadline } = consumed.args;
  const [identity, run] = await Promise.all([
    loadEntitlement(client, deployment, entitlement),
    readRun(client, deployment, runKey),
  ]);
  return {
    identity,
    step,
    permitHash,
    runKey,
    parentHead,
    openedAt: run.openedAt,
    claimDeadline,
  };
}

/** What the evidence of a consumed permit is held against. */
export function expectationOf(
  { identity, openedAt, claimDeadline }: Consumption,
  permit: StepPermit,
  deployment: Deployment,
): StepExpectation {
  return {
    chainId: deployment.chainId,
    permitConsumer: deployment.permitConsumer,
    settlement: deployment.settlement,
    terms: identity.offer.terms,
    permit,
    openedAt,
    claimDeadline,
    // The chain compared the permit's parents with its head when it consumed it.
    parents: { stateCommitment: permit.parentStateCommitment, netCommitment: permit.parentNetCommitment },
  };
}
