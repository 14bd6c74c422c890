import { type Address, getAbiItem, type Hex, isAddressEqual, type PublicClient } from "viem";
import type { Deployment } from "../../chain/deployment.ts";
import { escrowAbi, settlementAbi } from "../../chain/generated/abis.ts";
import { readAllLogs } from "../../chain/logs.ts";
import { sha256Hex } from "../../core/hash.ts";
import { canonicalBytes } from "../../core/json.ts";
import { keptLocator, type WatchedClaim, type WatchTargets } from "./claim.ts";
import type { Journal } from "./journalFile.ts";

/**
 * Blocks that are read again in every pass: endpoints behind one address are not equally far, and one that has not seen
 * the newest blocks answers that they hold nothing.
 */
const OVERLAP = 128;
/** Blocks between two marks in the journal. */
const CHUNK = 50_000;
const MARK_EVERY = 1_000;
/** Entitlements in one question; providers cap the length of a filter. */
const MAX_TOPICS = 100;

type ChainReader = Pick<PublicClient, "getBlock" | "getLogs">;

/** Finds the claims of the targets' entitlements, and the watcher's own challenges of them, and puts them into the journal. */
export function createFollower(dependencies: {
  readonly client: ChainReader;
  readonly deployment: Deployment;
  readonly journal: Journal;
  readonly targets: WatchTargets;
  /** Whose challenges are ours. */
  readonly watcher: Address;
}) {
  const { client, deployment, journal, targets, watcher } = dependencies;
  const scope = sha256Hex(canonicalBytes(targets));
  const purchased = getAbiItem({ abi: escrowAbi, name: "Purchased" });
  const stepClaimed = getAbiItem({ abi: settlementAbi, name: "StepClaimed" });
  const challenged = getAbiItem({ abi: settlementAbi, name: "EvidenceChallenged" });

  /** Whether an entitlement is of a buyer for whom this watches. */
  function isOwn(entitlement: Hex): boolean {
    return targets.own.includes(entitlement) || journal.state.purchases.has(entitlement);
  }

  /**
   * Reads up to the chain's head.
   *
   * @param head number of the newest block
   * @throws CHAIN_UNREACHABLE, CHAIN_CALL_FAILED, WATCH_JOURNAL_UNWRITABLE
   */
  async function follow(head: number): Promise<void> {
    for (let from = await firstUnread(head); from <= head; from += CHUNK) {
      const to = Math.min(from + CHUNK - 1, head);
      await readRange(BigInt(from), BigInt(to));
      await mark(Math.min(to, head - OVERLAP));
    }
  }

  /** After a fork below the mark everything is read again: what the journal knows already changes nothing. */
  async function firstUnread(head: number): Promise<number> {
    const { scanned } = journal.state;
    if (scanned === undefined || scanned.scope !== scope || scanned.block > head) return deployment.startBlock;
    return (await hashOf(scanned.block)) === scanned.hash ? scanned.block + 1 : deployment.startBlock;
  }

  async function mark(block: number): Promise<void> {
    const { scanned } = journal.state;
    const last = scanned?.scope === scope ? scanned.block : deployment.startBlock;
    if (block < last + MARK_EVERY) return;
    journal.append({ is: "scanned", scope, block, hash: await hashOf(block) });
  }

  async function hashOf(block: number): Promise<Hex> {
    return (await client.getBlock({ blockNumber: BigInt(block) })).hash;
  }

  async function readRange(fromBlock: bigint, toBlock: bigint): Promise<void> {
    for (const buyer of targets.buyers) {
      const bought = await readAllLogs({ fromBlock, toBlock }, (range) =>
        client.getLogs({ address: deployment.escrow, event: purchased, args: { buyer }, strict: true, ...range }),
      );
      for (const { entitlement } of bought.map(({ args }) => args)) {
        if (!journal.state.purchases.has(entitlement)) journal.append({ is: "purchase", entitlement });
      }
    }
    const watched = [...new Set([...targets.own, ...targets.foreign, ...journal.state.purchases])];
    for (let index = 0; index < watched.length; index += MAX_TOPICS) {
      const entitlement = watched.slice(index, index + MAX_TOPICS);
      const from = { address: deployment.settlement, args: { entitlement }, strict: true } as const;
      const claims = await readAllLogs({ fromBlock, toBlock }, (range) =>
        client.getLogs({ ...from, event: stepClaimed, ...range }),
      );
      for (const { args, blockNumber, blockHash } of claims) {
        const { entitlement: of, step, claimHash, runKey, parentHead, evidenceHash, windowEnd } = args;
        take({
          ...{ entitlement: of, step, claimHash, runKey, parentHead, evidenceHash, windowEnd, blockHash },
          permitHash: args.claim.permitHash,
          evidenceLocator: keptLocator(args.evidenceLocator),
          block: Number(blockNumber),
        });
      }
      const challenges = await readAllLogs({ fromBlock, toBlock }, (range) =>
        client.getLogs({ ...from, event: challenged, ...range }),
      );
      for (const { args, blockNumber } of challenges) {
        if (isAddressEqual(args.challenger, watcher)) await adopt(args.runKey, args.bond, blockNumber);
      }
    }
  }

  /** A journal that was lost does not make the budget whole again: the chain knows who posted a bond. */
  async function adopt(runKey: Hex, bond: bigint, blockNumber: bigint): Promise<void> {
    for (const { claim, attempts, adopted } of journal.state.claims.values()) {
      if (claim.runKey !== runKey || adopted || attempts.some(({ action }) => action === "challenge")) continue;
      const { timestamp } = await client.getBlock({ blockNumber });
      journal.append({ is: "adopted", claim: claim.claimHash, bond, at: Number(timestamp) });
    }
  }

  function take(claim: WatchedClaim): void {
    const known = journal.state.claims.get(claim.claimHash)?.claim;
    if (known?.blockHash !== claim.blockHash) journal.append({ is: "claim", claim });
  }

  return { follow, isOwn };
}
