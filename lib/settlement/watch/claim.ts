import type { Hex } from "viem";
import { z } from "zod";
import { bytes32 } from "../../core/encoding.ts";

/** The longest locator that is kept; a longer one is as good as none. */
const MAX_LOCATOR = 2048;

/** A claim as its `StepClaimed` event has it. */
export const watchedClaimSchema = z.strictObject({
  entitlement: bytes32,
  step: z.int().min(1),
  runKey: bytes32,
  claimHash: bytes32,
  parentHead: bytes32,
  permitHash: bytes32,
  evidenceHash: bytes32,
  /** Where the claim says that the capsule lies. Nothing trusts this text. */
  evidenceLocator: z.string().max(MAX_LOCATOR),
  /** End of its dispute window when it was claimed, unix seconds. */
  windowEnd: z.int().min(0),
  /** Where the event stands; another hash means another fork. */
  block: z.int().min(0),
  blockHash: bytes32,
});
export type WatchedClaim = z.output<typeof watchedClaimSchema>;

export function keptLocator(locator: string): string {
  return locator.length <= MAX_LOCATOR ? locator.toWellFormed() : "";
}

/** Whose claims are watched. Addresses and ids in lower case. */
export type WatchTargets = {
  /** Every entitlement of theirs is watched, and is their own. */
  readonly buyers: readonly Hex[];
  /** Entitlements of the buyer for whom this watches: missing evidence of theirs may be challenged. */
  readonly own: readonly Hex[];
  /** Entitlements of others: only evidence that fails is challenged. */
  readonly foreign: readonly Hex[];
};
