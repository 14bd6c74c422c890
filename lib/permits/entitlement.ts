import { type Address, encodeAbiParameters, getAbiItem, type Hex, keccak256, type PublicClient, zeroHash } from "viem";
import type { Deployment } from "../chain/deployment.ts";
import { escrowAbi, permitConsumerAbi } from "../chain/generated/abis.ts";
import { findLastLog } from "../chain/logs.ts";
import { loadOffer, type PublishedOffer } from "../offers/published.ts";
import { entitlementIdOf } from "../offers/terms.ts";
import { permitError } from "./errors.ts";

/** What never changes of an entitlement: its offer, its buyer and the salt of its id. */
export type EntitlementIdentity = {
  readonly id: Hex;
  readonly offer: PublishedOffer;
  readonly buyer: Address;
  readonly salt: Hex;
};

/** The ledger's record, at one block. `opened` and `settled` count steps; times are unix seconds. */
export type EntitlementState = {
  readonly price: bigint;
  readonly bought: number;
  readonly opened: number;
  readonly settled: number;
  readonly generation: number;
  readonly epoch: number;
  readonly maxPending: number;
  readonly challenged: number;
  readonly expiresAt: number;
  readonly head: Hex;
};

/** The last opening of a step, from its event. */
export type StepOpening = {
  readonly step: number;
  readonly runKey: Hex;
  readonly permitHash: Hex;
  readonly parentHead: Hex;
  readonly claimDeadline: number;
};

type Reader = Pick<PublicClient, "getLogs" | "getBlockNumber" | "readContract">;
/** Which block to read: a number, or a tag. */
export type BlockTag = "latest" | "safe" | "finalized";

/**
 * Reads who bought what from the purchase event and holds it against the id.
 *
 * @throws ENTITLEMENT_NOT_FOUND, OFFER_NOT_FOUND
 */
export async function loadEntitlement(client: Reader, deployment: Deployment, id: Hex): Promise<EntitlementIdentity> {
  const event = getAbiItem({ abi: escrowAbi, name: "Purchased" });
  const log = await findLastLog(client, deployment, (range) =>
    client.getLogs({ address: deployment.escrow, event, args: { entitlement: id }, strict: true, ...range }),
  );
  if (!log) throw permitError("ENTITLEMENT_NOT_FOUND", { entitlement: id });
  const { offerId, buyer, salt } = log.args;
  if (entitlementIdOf(offerId, buyer, salt) !== id) {
    throw permitError("ENTITLEMENT_NOT_FOUND", { entitlement: id, problem: "purchase does not hash to the id" });
  }
  return { id, offer: await loadOffer(client, deployment, offerId), buyer: buyer.toLowerCase() as Address, salt };
}

export async function readEntitlementState(
  client: Reader,
  deployment: Deployment,
  id: Hex,
  blockTag: BlockTag = "latest",
): Promise<EntitlementState> {
  const escrow = { address: deployment.escrow, abi: escrowAbi, blockTag } as const;
  const [record, head] = await Promise.all([
    client.readContract({ ...escrow, functionName: "entitlementOf", args: [id] }),
    client.readContract({ ...escrow, functionName: "headOf", args: [id] }),
  ]);
  return { ...record, head };
}

/** The latest opening of `step`, or undefined when it never opened. */
export async function readStepOpening(
  client: Reader,
  deployment: Deployment,
  id: Hex,
  step: number,
): Promise<StepOpening | undefined> {
  const event = getAbiItem({ abi: permitConsumerAbi, name: "PermitConsumed" });
  const last = await findLastLog(client, deployment, (range) =>
    client.getLogs({
      address: deployment.permitConsumer,
      event,
      args: { entitlement: id, step },
      strict: true,
      ...range,
    }),
  );
  return last && { ...last.args, claimDeadline: Number(last.args.claimDeadline) };
}

/** `keccak256(abi.encode(gateway, repositoryId, runId, runAttempt))`. */
export function runKeyOf(run: {
  readonly gateway: Address;
  readonly repositoryId: bigint;
  readonly runId: bigint;
  readonly runAttempt: number;
}): Hex {
  return keccak256(
    encodeAbiParameters(
      [{ type: "address" }, { type: "uint64" }, { type: "uint64" }, { type: "uint32" }],
      [run.gateway, run.repositoryId, run.runId, run.runAttempt],
    ),
  );
}

/** Head of the chain after a claim: 0 before the first, else `keccak256(abi.encode(state, net))`. */
export function headOf(stateCommitment: Hex, netCommitment: Hex): Hex {
  if (stateCommitment === zeroHash && netCommitment === zeroHash) return zeroHash;
  return keccak256(encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], [stateCommitment, netCommitment]));
}
