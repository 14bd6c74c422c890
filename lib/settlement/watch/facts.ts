import { type Address, getAbiItem, isAddressEqual, type PublicClient, zeroAddress } from "viem";
import type { Deployment } from "../../chain/deployment.ts";
import { escrowAbi, settlementAbi } from "../../chain/generated/abis.ts";
import { findLastLog } from "../../chain/logs.ts";
import { readRun } from "../../chain/reads.ts";
import { decodeRevert } from "../../chain/revert.ts";
import type { EntitlementIdentity } from "../../permits/entitlement.ts";
import type { ClaimedStep } from "../claimedStep.ts";
import type { WatchedClaim } from "./claim.ts";
import type { ClaimFacts } from "./decision.ts";

const EVIDENCE = 0;

type Reader = {
  readonly client: PublicClient;
  readonly deployment: Deployment;
  /** Whose challenges are ours. */
  readonly watcher: Address;
};

/** What the chain says of a claim at a block, and the handle by which contracts address it there. */
export type ReadClaim = { readonly facts: ClaimFacts; readonly claimed: ClaimedStep };

/** @throws CHAIN_UNREACHABLE, CHAIN_CALL_FAILED */
export async function readFacts(
  { client, deployment, watcher }: Reader,
  claim: WatchedClaim,
  identity: EntitlementIdentity,
  own: boolean,
  blockNumber: bigint,
): Promise<ReadClaim> {
  try {
    const { entitlement, step, runKey, claimHash, parentHead } = claim;
    const run = await readRun(client, deployment, runKey, { blockNumber });
    // An acknowledgement or a proof can have brought the window's end forward.
    const windowEnd = run.windowEnd === 0 ? claim.windowEnd : run.windowEnd;
    const handle = { step, runKey, claimHash, parentHead, windowEnd };
    const [pending, challenge] = await Promise.all([
      client.readContract({
        address: deployment.escrow,
        abi: escrowAbi,
        functionName: "isPending",
        args: [{ entitlement, ...handle }],
        blockNumber,
      }),
      client.readContract({
        address: deployment.settlement,
        abi: settlementAbi,
        functionName: "challengeOf",
        args: [runKey, EVIDENCE],
        blockNumber,
      }),
    ]);
    const { terms } = identity.offer;
    const isOpen = challenge.poster !== zeroAddress;
    return {
      claimed: { buyer: identity.buyer, salt: identity.salt, ...handle },
      facts: {
        own,
        provable: terms.provable,
        arbitrated: !isAddressEqual(terms.arbiter, zeroAddress),
        pending,
        proven: run.proven,
        evidence: run.evidence,
        claimedAt: claim.windowEnd - terms.disputeWindow,
        windowEnd,
        challenge: isOpen ? { ours: isAddressEqual(challenge.poster, watcher), proofEnd: challenge.end } : undefined,
      },
    };
  } catch (thrown) {
    throw decodeRevert(thrown);
  }
}

/** The evidence challenge that a run had, whatever became of it. A run takes one in its life. */
export async function findChallenge(
  { client, deployment, watcher }: Reader,
  { runKey }: Pick<WatchedClaim, "runKey">,
): Promise<{ readonly ours: boolean; readonly bond: bigint; readonly proofEnd: number } | undefined> {
  const event = getAbiItem({ abi: settlementAbi, name: "EvidenceChallenged" });
  const last = await findLastLog(client, deployment, (range) =>
    client.getLogs({ address: deployment.settlement, event, args: { runKey }, strict: true, ...range }),
  );
  if (last === undefined) return undefined;
  const { challenger, bond, proofEnd } = last.args;
  return { ours: isAddressEqual(challenger, watcher), bond, proofEnd };
}
