import type { Hex } from "viem";
import type { Deployment } from "../chain/deployment.ts";
import { escrowAbi } from "../chain/generated/abis.ts";
import { type Transactor, transact } from "../chain/transact.ts";
import { loadEntitlement, readEntitlementState } from "../permits/entitlement.ts";
import { readPendingClaim } from "./claimedStep.ts";

/** Where a claim stands when somebody would like it paid. */
export type FinalizeOutcome =
  | { readonly status: "paid"; readonly step: number; readonly transaction: Hex }
  | { readonly status: "waiting"; readonly step: number; readonly until: number }
  | { readonly status: "challenged"; readonly step: number }
  | { readonly status: "nothing pending" };

/**
 * Pays the first pending step of an entitlement once its window is over. Anyone may; money goes where the terms say.
 *
 * @throws the contract's refusal
 */
export async function finalizeNext(
  transactor: Transactor,
  deployment: Deployment,
  entitlement: Hex,
): Promise<FinalizeOutcome> {
  const { client } = transactor;
  const [identity, state, block] = await Promise.all([
    loadEntitlement(client, deployment, entitlement),
    readEntitlementState(client, deployment, entitlement),
    client.getBlock(),
  ]);
  const step = state.settled + 1;
  const pending = await readPendingClaim(client, deployment, identity, step);
  if (!pending) return { status: "nothing pending" };
  if (pending.challenged) return { status: "challenged", step };
  // The chain's time decides, not this machine's.
  if (block.timestamp < pending.claimed.windowEnd) return { status: "waiting", step, until: pending.claimed.windowEnd };
  const receipt = await transact(transactor, {
    address: deployment.escrow,
    abi: escrowAbi,
    functionName: "finalize",
    args: [pending.claimed, identity.offer.offerId],
  });
  return { status: "paid", step, transaction: receipt.transactionHash };
}
