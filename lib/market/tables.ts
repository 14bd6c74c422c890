import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { z } from "zod";
import type { offerTermsSchema } from "../offers/terms.ts";
import { bytea, hex, seconds, uint256 } from "../store/columns.ts";

/**
 * What discovery remembers of the chain's events. Everything here can be dropped and read again; nothing here
 * authorises anything. Times are unix seconds, money is in the token's smallest unit.
 */

/** Blocks whose hash was seen. The highest is the cursor; the others tell where a reorganisation forked off. */
export const blocks = pgTable("market_blocks", {
  number: integer().primaryKey(),
  hash: hex().notNull(),
  timestamp: seconds().notNull(),
  /** When the indexer read it. */
  seenAt: seconds("seen_at").notNull(),
});

/** Every event of the contracts, in chain order. The tables below are folded from it. */
export const events = pgTable(
  "market_events",
  {
    blockNumber: integer("block_number").notNull(),
    logIndex: integer("log_index").notNull(),
    transactionHash: hex("transaction_hash").notNull(),
    timestamp: seconds().notNull(),
    name: text().notNull(),
    /** As the chain has it, so that a fold after a reorganisation decodes it anew. */
    topics: jsonb().$type<readonly `0x${string}`[]>().notNull(),
    data: hex().notNull(),
    offerId: hex("offer_id"),
    entitlement: hex(),
  },
  (table) => [
    primaryKey({ columns: [table.blockNumber, table.logIndex] }),
    index("market_events_offer").on(table.offerId),
    index("market_events_entitlement").on(table.entitlement),
  ],
);

export const offers = pgTable(
  "market_offers",
  {
    id: hex().primaryKey(),
    seller: hex().notNull(),
    token: hex().notNull(),
    price: uint256().notNull(),
    validUntil: seconds("valid_until").notNull(),
    /** JSON form of the terms. */
    terms: jsonb().$type<OfferTermsJson>().notNull(),
    policyBytes: bytea("policy_bytes").notNull(),
    /** From the policy; of a policy that cannot be read, empty. */
    title: text().notNull(),
    description: text().notNull(),
    retiredAt: seconds("retired_at"),
    publishedAt: seconds("published_at").notNull(),
    publishTransaction: hex("publish_transaction").notNull(),
    stake: uint256().notNull(),
    /** Null while no notice was given. */
    stakeWithdrawableAt: seconds("stake_withdrawable_at"),
  },
  (table) => [index("market_offers_seller").on(table.seller)],
);

export const entitlements = pgTable(
  "market_entitlements",
  {
    id: hex().primaryKey(),
    offerId: hex("offer_id").notNull(),
    buyer: hex().notNull(),
    salt: hex().notNull(),
    bought: integer().notNull(),
    opened: integer().notNull(),
    settled: integer().notNull(),
    refunded: integer().notNull(),
    generation: integer().notNull(),
    epoch: integer().notNull(),
    expiresAt: seconds("expires_at").notNull(),
    purchasedAt: seconds("purchased_at").notNull(),
  },
  (table) => [index("market_entitlements_offer").on(table.offerId), index("market_entitlements_buyer").on(table.buyer)],
);

export type OfferTermsJson = z.input<typeof offerTermsSchema>;

/** `StepClaim` as the event has it. */
export type StepClaimJson = {
  readonly step: number;
  readonly permitHash: `0x${string}`;
  readonly certificateHash: `0x${string}`;
  readonly resultHash: `0x${string}`;
  readonly bundleHash: `0x${string}`;
  readonly nextStateCommitment: `0x${string}`;
  readonly nextNetCommitment: `0x${string}`;
  readonly transcriptRoot: `0x${string}`;
};

/** Where one run of a step stands. A retry of the same step is another run. */
export const runStatuses = ["open", "claimed", "paid", "timed-out", "rejected", "voided"] as const;
export type MarketRunStatus = (typeof runStatuses)[number];

/** Runs that took a step, with what became of them. */
export const runs = pgTable(
  "market_runs",
  {
    runKey: hex("run_key").primaryKey(),
    entitlement: hex().notNull(),
    step: integer().notNull(),
    status: text().$type<MarketRunStatus>().notNull(),
    openedAt: seconds("opened_at").notNull(),
    permitHash: hex("permit_hash").notNull(),
    parentHead: hex("parent_head"),
    claimDeadline: seconds("claim_deadline"),
    permitSigner: hex("permit_signer"),
    repositoryId: text("repository_id"),
    runId: text("run_id"),
    runAttempt: bigint("run_attempt", { mode: "number" }),
    sourceCommit: hex("source_commit"),
    workerKey: hex("worker_key"),
    inputHash: hex("input_hash"),
    observationHash: hex("observation_hash"),
    openTransaction: hex("open_transaction").notNull(),
    claimedAt: seconds("claimed_at"),
    claimHash: hex("claim_hash"),
    /** JSON form of the step claim. */
    claim: jsonb().$type<StepClaimJson>(),
    /** 0 where the claim was proven on-chain. */
    verifier: hex(),
    reportHash: hex("report_hash"),
    evidenceHash: hex("evidence_hash"),
    evidenceLocator: text("evidence_locator"),
    windowEnd: seconds("window_end"),
    claimTransaction: hex("claim_transaction"),
    proven: boolean().notNull(),
    evidenceChallenge: text("evidence_challenge").$type<"open" | "answered" | "closed">(),
    evidenceChallenger: hex("evidence_challenger"),
    evidenceBond: uint256("evidence_bond"),
    proofEnd: seconds("proof_end"),
    conductChallenge: text("conduct_challenge").$type<"open" | "upheld" | "split" | "closed">(),
    conductBond: uint256("conduct_bond"),
    rulingEnd: seconds("ruling_end"),
    statementHash: hex("statement_hash"),
    statementLocator: text("statement_locator"),
    /** Set by a split. */
    sellerShare: uint256("seller_share"),
    rejection: text().$type<"unproven" | "ruled" | "unruled">(),
    endedAt: seconds("ended_at"),
    sellerAmount: uint256("seller_amount"),
    buyerAmount: uint256("buyer_amount"),
    endTransaction: hex("end_transaction"),
  },
  (table) => [index("market_runs_entitlement").on(table.entitlement, table.step)],
);
