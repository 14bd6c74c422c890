import type { Address, Hex } from "viem";
import type { MarketRun } from "#lib/market/market.ts";

/** The handle by which contracts address a claimed step. */
export function claimedStepOf(entitlement: { readonly buyer: Address; readonly salt: Hex }, run: MarketRun) {
  const { claimHash, parentHead, windowEnd } = run;
  if (claimHash === null || parentHead === null || windowEnd === null) throw new TypeError("the run was not claimed");
  return {
    buyer: entitlement.buyer,
    salt: entitlement.salt,
    step: run.step,
    runKey: run.runKey,
    claimHash,
    parentHead,
    windowEnd,
  };
}
