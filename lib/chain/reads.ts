import type { Address, BlockTag, Hex, PublicClient } from "viem";
import type { Deployment } from "./deployment.ts";
import { escrowAbi, offerRegistryAbi } from "./generated/abis.ts";

type Reader = Pick<PublicClient, "readContract">;

/** At which block to read: by tag or by number, not both. */
type At = { readonly blockTag?: BlockTag } | { readonly blockNumber?: bigint };

type OfferStatus = "none" | "live" | "retired";
type EvidenceStatus = "none" | "challenged" | "answered";
type ConductStatus = "none" | "challenged" | "upheld" | "split";

// In the order of the Solidity enums.
const OFFER_STATUS: readonly OfferStatus[] = ["none", "live", "retired"];
const EVIDENCE_STATUS: readonly EvidenceStatus[] = ["none", "challenged", "answered"];
const CONDUCT_STATUS: readonly ConductStatus[] = ["none", "challenged", "upheld", "split"];
/** Argument of `rule`. */
export const RULING = { upheld: 0, split: 1, rejected: 2 } as const;

/** Who published an offer, and whether it is for sale. */
export async function readOffer(
  client: Reader,
  deployment: Deployment,
  offerId: Hex,
  at: At = {},
): Promise<{ readonly seller: Address; readonly status: OfferStatus }> {
  const [seller, status] = await client.readContract({
    address: deployment.offerRegistry,
    abi: offerRegistryAbi,
    functionName: "offerOf",
    args: [offerId],
    ...at,
  });
  return { seller, status: named(OFFER_STATUS, status) };
}

/** A run as the ledger keeps it. Whether it is open, or its claim pending, is asked of the entitlement. */
export async function readRun(client: Reader, deployment: Deployment, runKey: Hex, at: At = {}) {
  const run = await client.readContract({
    address: deployment.escrow,
    abi: escrowAbi,
    functionName: "runOf",
    args: [runKey],
    ...at,
  });
  return {
    ...run,
    evidence: named(EVIDENCE_STATUS, run.evidence),
    conduct: named(CONDUCT_STATUS, run.conduct),
  };
}

/** Whether this run and permit hold the entitlement's open step and can still be claimed. */
export async function readIsOpen(
  client: Reader,
  deployment: Deployment,
  opening: { readonly entitlement: Hex; readonly runKey: Hex; readonly permitHash: Hex; readonly parentHead: Hex },
  at: At = {},
): Promise<boolean> {
  return client.readContract({
    address: deployment.escrow,
    abi: escrowAbi,
    functionName: "isOpen",
    args: [opening.entitlement, opening.runKey, opening.permitHash, opening.parentHead],
    ...at,
  });
}

function named<T>(names: readonly T[], index: number): T {
  const name = names[index];
  if (name === undefined) throw new RangeError(`the contract answered with unknown status ${index}`);
  return name;
}
