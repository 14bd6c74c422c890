import { and, asc, count, desc, eq, gt, ilike, inArray, isNull, or, type SQL, sql, sum } from "drizzle-orm";
import type { Address, Hex } from "viem";
import type { Clock } from "../core/effects.ts";
import { findPawlError } from "../core/error.ts";
import { parseSchema } from "../core/json.ts";
import { type Policy, parsePolicy } from "../offers/policy.ts";
import { type OfferTerms, offerTermsSchema } from "../offers/terms.ts";
import type { Database } from "../store/store.ts";
import { marketError } from "./errors.ts";
import { decodeMarketEvent } from "./events.ts";
import { blocks, entitlements, events, offers, runs } from "./tables.ts";

/** Why an offer can or cannot be bought. */
export type OfferStatus = "live" | "ended" | "retired";
export type OfferSort = "newest" | "cheapest" | "most-used";

/** An offer as the market shows it. Money in the token's smallest unit, times in unix seconds. */
export type MarketOffer = {
  readonly id: Hex;
  readonly seller: Address;
  readonly status: OfferStatus;
  readonly title: string;
  readonly description: string;
  readonly terms: OfferTerms;
  readonly policyBytes: Uint8Array;
  /** Null where the published bytes are no policy that this version can read: nobody can run such an offer. */
  readonly policy: Policy | null;
  readonly publishedAt: number;
  readonly publishTransaction: Hex;
  readonly stake: bigint;
  readonly stakeWithdrawableAt: number | null;
  readonly entitlementsSold: number;
  readonly stepsPaid: number;
};

export type MarketRun = typeof runs.$inferSelect;

/** Where a step stands. `lapsed`: open, but its claim deadline has passed, so that anybody can void it. */
export type StepStatus = "open" | "lapsed" | "claimed" | "challenged" | "paid" | "unopened";

export type MarketStep = {
  readonly step: number;
  readonly status: StepStatus;
  /** The run that counts; absent once it was voided. */
  readonly run: MarketRun | undefined;
  /** Runs of the same step that came to nothing. */
  readonly voided: readonly MarketRun[];
};

export type MarketEntitlement = {
  readonly id: Hex;
  readonly buyer: Address;
  readonly salt: Hex;
  readonly offer: MarketOffer;
  readonly status: "active" | "expired" | "finished";
  readonly bought: number;
  readonly opened: number;
  readonly settled: number;
  readonly refunded: number;
  /** Steps that can be opened or refunded. */
  readonly unopened: number;
  readonly generation: number;
  readonly epoch: number;
  readonly expiresAt: number;
  readonly purchasedAt: number;
};

/** A run with what it belongs to, for desks and queues. */
export type MarketClaim = {
  readonly run: MarketRun;
  readonly buyer: Address;
  readonly salt: Hex;
  readonly offer: MarketOffer;
};

export type MarketActivity = {
  readonly id: string;
  readonly name: string;
  /** Decoded arguments; integers that do not fit a number are decimal strings. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly timestamp: number;
  readonly blockNumber: number;
  readonly transactionHash: Hex;
  readonly offerId: Hex | null;
  readonly entitlement: Hex | null;
};

/** How far discovery has read. */
export type MarketProgress = { readonly blockNumber: number; readonly timestamp: number; readonly seenAt: number };

const LIST_LIMIT = 200;

export type Market = ReturnType<typeof createMarket>;

/** Read models over the indexed events. They are for showing: who decides, reads the chain. */
export function createMarket({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  const sold = db
    .select({ offerId: entitlements.offerId, sold: count().as("sold"), paid: sum(entitlements.settled).as("paid") })
    .from(entitlements)
    .groupBy(entitlements.offerId)
    .as("sold");

  async function selectOffers(where: SQL | undefined, order: SQL[], limit = LIST_LIMIT): Promise<MarketOffer[]> {
    const now = clock();
    const rows = await db
      .select({ offer: offers, sold: sold.sold, paid: sold.paid })
      .from(offers)
      .leftJoin(sold, eq(sold.offerId, offers.id))
      .where(where)
      .orderBy(...order)
      .limit(limit);
    return rows.map((row) => marketOffer(row.offer, Number(row.sold ?? 0), Number(row.paid ?? 0), now));
  }

  const newest = [desc(offers.publishedAt), asc(offers.id)];

  async function offersById(ids: readonly Hex[]): Promise<Map<Hex, MarketOffer>> {
    const unique = [...new Set(ids)];
    const list = unique.length === 0 ? [] : await selectOffers(inArray(offers.id, unique), newest, unique.length);
    return new Map(list.map((offer) => [offer.id, offer]));
  }

  async function withOffers(rows: readonly (typeof entitlements.$inferSelect)[]): Promise<MarketEntitlement[]> {
    const known = await offersById(rows.map(({ offerId }) => offerId));
    const now = clock();
    return rows.flatMap((row) => {
      const offer = known.get(row.offerId);
      return offer ? [marketEntitlement(row, offer, now)] : [];
    });
  }

  async function claims(where: SQL | undefined, order: SQL): Promise<MarketClaim[]> {
    const rows = await db
      .select({ run: runs, buyer: entitlements.buyer, salt: entitlements.salt, offerId: entitlements.offerId })
      .from(runs)
      .innerJoin(entitlements, eq(entitlements.id, runs.entitlement))
      .innerJoin(offers, eq(offers.id, entitlements.offerId))
      .where(where)
      .orderBy(order)
      .limit(LIST_LIMIT);
    const known = await offersById(rows.map(({ offerId }) => offerId));
    return rows.flatMap(({ offerId, ...row }) => {
      const offer = known.get(offerId);
      return offer ? [{ ...row, offer }] : [];
    });
  }

  return {
    /** At most 200 offers. `search` looks into title, description and seller; `live` leaves out what cannot be bought. */
    async listOffers(
      query: { readonly search?: string; readonly sort?: OfferSort; readonly live?: boolean } = {},
    ): Promise<MarketOffer[]> {
      const pattern = `%${(query.search ?? "").trim().replace(/[\\%_]/g, "\\$&")}%`;
      const matches = or(
        ilike(offers.title, pattern),
        ilike(offers.description, pattern),
        ilike(offers.seller, pattern),
        ilike(offers.id, pattern),
      );
      const live = query.live ? and(isNull(offers.retiredAt), gt(offers.validUntil, clock())) : undefined;
      const order: Record<OfferSort, SQL[]> = {
        newest,
        // Prices of different tokens do not compare, so they stand together by token.
        cheapest: [asc(offers.token), asc(offers.price), asc(offers.id)],
        "most-used": [sql`${sold.paid} desc nulls last`, asc(offers.id)],
      };
      return selectOffers(and(matches, live), order[query.sort ?? "newest"]);
    },

    /** @throws OFFER_UNKNOWN */
    async offer(id: Hex): Promise<MarketOffer> {
      const offer = (await offersById([id])).get(id);
      if (!offer) throw marketError("OFFER_UNKNOWN", { offerId: id });
      return offer;
    },

    /**
     * An entitlement with its steps, from the first to the last that was ever opened.
     *
     * @throws ENTITLEMENT_UNKNOWN
     */
    async entitlement(id: Hex): Promise<MarketEntitlement & { readonly steps: readonly MarketStep[] }> {
      const [entitlement] = await withOffers(await db.select().from(entitlements).where(eq(entitlements.id, id)));
      if (!entitlement) throw marketError("ENTITLEMENT_UNKNOWN", { entitlement: id });
      const rows = await db
        .select()
        .from(runs)
        .where(eq(runs.entitlement, id))
        .orderBy(asc(runs.step), asc(runs.openedAt));
      return { ...entitlement, steps: stepsOf(rows, clock()) };
    },

    async entitlementsOf(buyer: Address): Promise<MarketEntitlement[]> {
      const rows = await db
        .select()
        .from(entitlements)
        .where(eq(entitlements.buyer, buyer.toLowerCase() as Address))
        .orderBy(desc(entitlements.purchasedAt), asc(entitlements.id))
        .limit(LIST_LIMIT);
      return withOffers(rows);
    },

    /** A seller's offers, and the runs of his steps that are open or wait for payment. */
    async sellerDesk(
      seller: Address,
    ): Promise<{ readonly offers: readonly MarketOffer[]; readonly pending: readonly MarketClaim[] }> {
      const owner = seller.toLowerCase() as Address;
      return {
        offers: await selectOffers(eq(offers.seller, owner), newest),
        pending: await claims(
          and(eq(offers.seller, owner), inArray(runs.status, ["open", "claimed"])),
          asc(runs.openedAt),
        ),
      };
    },

    /** Conduct challenges that wait for this arbiter, the most urgent first. */
    async arbiterQueue(arbiter: Address): Promise<MarketClaim[]> {
      return claims(
        and(
          eq(runs.status, "claimed"),
          eq(runs.conductChallenge, "open"),
          sql`${offers.terms}->>'arbiter' = ${arbiter.toLowerCase()}`,
        ),
        asc(runs.rulingEnd),
      );
    },

    /** The latest events, newest first; of one entitlement or offer when named. */
    async activity(
      query: { readonly limit?: number; readonly entitlement?: Hex; readonly offerId?: Hex } = {},
    ): Promise<MarketActivity[]> {
      const rows = await db
        .select()
        .from(events)
        .where(
          and(
            query.entitlement ? eq(events.entitlement, query.entitlement) : undefined,
            query.offerId ? eq(events.offerId, query.offerId) : undefined,
          ),
        )
        .orderBy(desc(events.blockNumber), desc(events.logIndex))
        .limit(Math.min(query.limit ?? 50, LIST_LIMIT));
      return rows.map((row) => ({
        id: `${row.blockNumber}-${row.logIndex}`,
        name: row.name,
        args: plain(decodeMarketEvent(row.topics, row.data).args ?? {}),
        timestamp: row.timestamp,
        blockNumber: row.blockNumber,
        transactionHash: row.transactionHash,
        offerId: row.offerId,
        entitlement: row.entitlement,
      }));
    },

    /** How far the indexer has read; null before its first pass. */
    async progress(): Promise<MarketProgress | null> {
      const [last] = await db.select().from(blocks).orderBy(desc(blocks.number)).limit(1);
      return last ? { blockNumber: last.number, timestamp: last.timestamp, seenAt: last.seenAt } : null;
    },
  };
}

function marketOffer(
  row: typeof offers.$inferSelect,
  entitlementsSold: number,
  stepsPaid: number,
  now: number,
): MarketOffer {
  return {
    id: row.id,
    seller: row.seller,
    status: row.retiredAt !== null ? "retired" : row.validUntil <= now ? "ended" : "live",
    title: row.title,
    description: row.description,
    terms: parseSchema(offerTermsSchema, row.terms, "stored terms"),
    policyBytes: row.policyBytes,
    policy: readPolicy(row.policyBytes),
    publishedAt: row.publishedAt,
    publishTransaction: row.publishTransaction,
    stake: row.stake,
    stakeWithdrawableAt: row.stakeWithdrawableAt,
    entitlementsSold,
    stepsPaid,
  };
}

/** The registry accepts any bytes as a policy; that a stranger published nonsense is no failure of the market. */
function readPolicy(bytes: Uint8Array): Policy | null {
  try {
    return parsePolicy(bytes);
  } catch (thrown) {
    if (findPawlError(thrown) === undefined) throw thrown;
    return null;
  }
}

function marketEntitlement(row: typeof entitlements.$inferSelect, offer: MarketOffer, now: number): MarketEntitlement {
  const { offerId: _, ...rest } = row;
  return {
    ...rest,
    offer,
    unopened: row.bought - row.opened,
    status: row.bought === row.settled ? "finished" : row.expiresAt <= now ? "expired" : "active",
  };
}

const COUNTING = new Set<MarketRun["status"]>(["open", "claimed", "paid"]);

function stepsOf(rows: readonly MarketRun[], now: number): MarketStep[] {
  const byStep = Map.groupBy(rows, ({ step }) => step);
  return [...byStep].map(([step, all]) => {
    const run = all.findLast(({ status }) => COUNTING.has(status));
    return { step, run, voided: all.filter((other) => other !== run), status: stepStatus(run, now) };
  });
}

function stepStatus(run: MarketRun | undefined, now: number): StepStatus {
  if (run?.status === "open") return run.claimDeadline !== null && run.claimDeadline <= now ? "lapsed" : "open";
  if (run?.status === "claimed") {
    return run.evidenceChallenge === "open" || run.conductChallenge === "open" ? "challenged" : "claimed";
  }
  return run?.status === "paid" ? "paid" : "unopened";
}

function plain(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value, (_, field) => (typeof field === "bigint" ? field.toString() : field)));
}
