import { type Address, getAbiItem, type Hex, type PublicClient } from "viem";
import type { Deployment } from "../chain/deployment.ts";
import { escrowAbi, settlementAbi } from "../chain/generated/abis.ts";
import { findLastLog } from "../chain/logs.ts";
import { readRun } from "../chain/reads.ts";
import type { EntitlementIdentity } from "../permits/entitlement.ts";

/** The handle by which contracts address a claimed step, as it stands in the `StepClaimed` event. */
export type ClaimedStep = {
  readonly buyer: Address;
  readonly salt: Hex;
  readonly step: number;
  readonly runKey: Hex;
  readonly claimHash: Hex;
  readonly parentHead: Hex;
};

/** A pending claim with when its dispute window ends (unix seconds) and what is open against it. */
export type PendingClaim = {
  readonly claimed: ClaimedStep;
  readonly windowEnd: number;
  readonly challenged: boolean;
};

/** The latest claim of a step, if it is still pending. */
export async function readPendingClaim(
  client: PublicClient,
  deployment: Deployment,
  identity: Pick<EntitlementIdentity, "id" | "buyer" | "salt">,
  step: number,
): Promise<PendingClaim | undefined> {
  const event = getAbiItem({ abi: settlementAbi, name: "StepClaimed" });
  const args = { entitlement: identity.id, step };
  const last = await findLastLog(client, deployment, (range) =>
    client.getLogs({ address: deployment.settlement, event, args, strict: true, ...range }),
  );
  if (!last) return undefined;
  const { runKey, claimHash, parentHead } = last.args;
  const [run, isPending] = await Promise.all([
    readRun(client, deployment, runKey),
    client.readContract({
      address: deployment.escrow,
      abi: escrowAbi,
      functionName: "isPending",
      args: [{ entitlement: identity.id, step, runKey, claimHash, parentHead }],
    }),
  ]);
  // A run keeps its status when the rejection of an earlier step voids it; only the ledger's digest tells.
  if (!isPending) return undefined;
  return {
    claimed: { buyer: identity.buyer, salt: identity.salt, step, runKey, claimHash, parentHead },
    windowEnd: run.end,
    challenged: run.evidence === "challenged" || run.conduct === "challenged",
  };
}
