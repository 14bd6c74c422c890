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
  /** End of the dispute window, unix seconds. */
  readonly windowEnd: number;
};

/** A pending claim, and whether anything is open against it. */
export type PendingClaim = {
  readonly claimed: ClaimedStep;
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
  const run = await readRun(client, deployment, runKey);
  // An acknowledgement or a proof can have brought the window's end forward.
  const windowEnd = run.windowEnd === 0 ? last.args.windowEnd : run.windowEnd;
  const handle = { step, runKey, claimHash, parentHead, windowEnd };
  // Only the ledger's digest tells whether the claim was paid or voided since.
  const isPending = await client.readContract({
    address: deployment.escrow,
    abi: escrowAbi,
    functionName: "isPending",
    args: [{ entitlement: identity.id, ...handle }],
  });
  if (!isPending) return undefined;
  return {
    claimed: { buyer: identity.buyer, salt: identity.salt, ...handle },
    challenged: run.evidence === "challenged" || run.conduct === "challenged",
  };
}
