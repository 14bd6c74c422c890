import { asc, desc, eq, gt, inArray, lt, or } from "drizzle-orm";
import type { Hex, PublicClient } from "viem";
import type { Deployment } from "../chain/deployment.ts";
import type { Clock } from "../core/effects.ts";
import { findPawlError, type PawlError } from "../core/error.ts";
import type { Database } from "../store/store.ts";
import { marketError } from "./errors.ts";
import { decodeMarketEvent, marketEvents, subjectOf } from "./events.ts";
import { foldEvent } from "./fold.ts";
import { blocks, entitlements, events, offers, runs } from "./tables.ts";

/** Blocks asked for at once; providers refuse wider ranges. */
const RANGE = 2000;
/** Block hashes kept for finding a fork. A deeper one makes the indexer read everything again. */
const KEPT_BLOCKS = 512;
const POLL_MS = 1000;
const MAX_BACKOFF_MS = 30_000;

type ChainReader = Pick<PublicClient, "getBlock" | "getLogs">;
type BlockHead = { readonly number: number; readonly hash: Hex; readonly timestamp: number };

export type Indexer = ReturnType<typeof createIndexer>;

/**
 * Follows the four contracts' events into the market's tables. Convenience only: what it stores is shown, and never
 * decides anything.
 *
 * @param dependencies.report hears of every failed pass of {@link Indexer.run}
 */
export function createIndexer(dependencies: {
  readonly db: Database;
  readonly client: ChainReader;
  readonly deployment: Deployment;
  readonly clock: Clock;
  readonly report?: (failure: PawlError) => void;
}) {
  const { db, client, deployment, clock, report } = dependencies;
  const contracts = [deployment.offerRegistry, deployment.escrow, deployment.permitConsumer, deployment.settlement];

  /** Reads up to the chain's head. Blocks that the chain no longer has are taken back first. */
  async function sync(): Promise<void> {
    const head = await blockAt();
    let from = await findFork(head);
    while (from <= head.number) {
      const to = Math.min(from + RANGE - 1, head.number);
      await readRange(from, to);
      from = to + 1;
    }
  }

  /** Removes what forked off and returns the first block to read. */
  async function findFork(head: BlockHead): Promise<number> {
    const seen = await db.select().from(blocks).orderBy(desc(blocks.number));
    for (const [index, block] of seen.entries()) {
      const isSame = block.number <= head.number && (await blockAt(block.number)).hash === block.hash;
      if (!isSame) continue;
      if (index > 0) await db.transaction((tx) => rewind(tx, block.number));
      return block.number + 1;
    }
    if (seen.length > 0) await db.transaction((tx) => rewind(tx, -1));
    return deployment.startBlock;
  }

  async function readRange(from: number, to: number): Promise<void> {
    const last = await blockAt(to);
    const logs = await client.getLogs({
      address: contracts,
      events: marketEvents,
      fromBlock: BigInt(from),
      toBlock: BigInt(to),
      strict: true,
    });
    const heads = new Map<number, BlockHead>([[last.number, last]]);
    for (const { blockNumber, blockHash } of logs) {
      const number = Number(blockNumber);
      const known = heads.get(number) ?? (await blockAt(number));
      // Logs of one block and the header of another would be stored under a hash they do not belong to.
      if (known.hash !== blockHash) throw marketError("INDEX_CHAIN_MOVED", { block: number });
      heads.set(number, known);
    }
    await db.transaction(async (tx) => {
      const seenAt = clock();
      const rows = [...heads.values()].map((block) => ({ ...block, seenAt }));
      await tx.insert(blocks).values(rows).onConflictDoNothing();
      await tx.delete(blocks).where(lt(blocks.number, to - KEPT_BLOCKS));
      for (const log of logs) {
        const place = {
          timestamp: heads.get(Number(log.blockNumber))?.timestamp ?? last.timestamp,
          transactionHash: log.transactionHash,
        };
        const event = decodeMarketEvent(log.topics, log.data);
        const subject = subjectOf(event);
        const inserted = await tx
          .insert(events)
          .values({
            blockNumber: Number(log.blockNumber),
            logIndex: log.logIndex,
            ...place,
            name: event.eventName,
            topics: log.topics,
            data: log.data,
            offerId: subject.offerId,
            entitlement: subject.entitlement ?? (await entitlementOfRun(tx, event)),
          })
          .onConflictDoNothing()
          .returning({ name: events.name });
        // An event that is already stored is already folded in.
        if (inserted.length > 0) await foldEvent(tx, event, place);
      }
    });
  }

  async function blockAt(number?: number): Promise<BlockHead> {
    const block = await client.getBlock(
      number === undefined ? { blockTag: "latest" } : { blockNumber: BigInt(number) },
    );
    return { number: Number(block.number), hash: block.hash, timestamp: Number(block.timestamp) };
  }

  return {
    sync,

    /** Syncs until the signal aborts. A failed pass is reported and tried again, ever more slowly. */
    async run(signal: AbortSignal): Promise<void> {
      let failures = 0;
      while (!signal.aborted) {
        try {
          await sync();
          failures = 0;
        } catch (thrown) {
          failures++;
          if (!signal.aborted) report?.(findPawlError(thrown) ?? marketError("INDEX_FAILED", { failures }, thrown));
        }
        await pause(Math.min(POLL_MS * 2 ** Math.min(failures, 10), MAX_BACKOFF_MS), signal);
      }
    },
  };
}

/**
 * Takes back everything above a block: its events go, and every offer and entitlement they touched is folded again
 * from the events that remain.
 */
async function rewind(tx: Database, keepUpTo: number): Promise<void> {
  const removed = await tx
    .delete(events)
    .where(gt(events.blockNumber, keepUpTo))
    .returning({ offerId: events.offerId, entitlement: events.entitlement });
  await tx.delete(blocks).where(gt(blocks.number, keepUpTo));
  const offerIds = distinct(removed.map(({ offerId }) => offerId));
  const entitlementIds = distinct(removed.map(({ entitlement }) => entitlement));
  if (offerIds.length > 0) await tx.delete(offers).where(inArray(offers.id, offerIds));
  if (entitlementIds.length > 0) {
    await tx.delete(entitlements).where(inArray(entitlements.id, entitlementIds));
    await tx.delete(runs).where(inArray(runs.entitlement, entitlementIds));
  }
  if (offerIds.length + entitlementIds.length === 0) return;
  const remaining = await tx
    .select()
    .from(events)
    .where(or(inArray(events.offerId, offerIds), inArray(events.entitlement, entitlementIds)))
    .orderBy(asc(events.blockNumber), asc(events.logIndex));
  for (const row of remaining) {
    const event = decodeMarketEvent(row.topics, row.data);
    await foldEvent(tx, event, row);
  }
}

/** The one event that names a run but not its entitlement. */
async function entitlementOfRun(tx: Database, event: ReturnType<typeof decodeMarketEvent>): Promise<Hex | null> {
  if (event.eventName !== "BondReclaimed") return null;
  const [run] = await tx.select().from(runs).where(eq(runs.runKey, event.args.runKey));
  return run?.entitlement ?? null;
}

function distinct(values: readonly (Hex | null)[]): Hex[] {
  return [...new Set(values.filter((value) => value !== null))];
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
