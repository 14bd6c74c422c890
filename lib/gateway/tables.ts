import { integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { StepPermitJson } from "../permits/stepPermit.ts";
import { bytea, hex } from "../store/columns.ts";
import type { AskFacts } from "./ask.ts";

/** What the gateway remembers. Secrets are wrapped by the key-encryption key; times are unix seconds. */

/** One row per accepted link of the ratchet; step 0 is the genesis. `secrets` holds both chains. */
export const ratchetLinks = pgTable(
  "gateway_ratchet_links",
  {
    entitlement: hex().notNull(),
    step: integer().notNull(),
    /** 32 zero bytes at the genesis. */
    permitHash: hex("permit_hash").notNull(),
    secrets: bytea().notNull(),
    bundleHash: hex("bundle_hash").notNull(),
    parentBundleHash: hex("parent_bundle_hash").notNull(),
    nextStateCommitment: hex("next_state_commitment").notNull(),
    nextNetCommitment: hex("next_net_commitment").notNull(),
  },
  // A job can attest twice. Which of its outputs became the claim is the chain's to say, so each keeps its own link.
  (table) => [primaryKey({ columns: [table.entitlement, table.step, table.permitHash, table.nextStateCommitment] })],
);

/**
 * What the buyer asked to be worked on. A later request of the same step stands beside the earlier ones: their runs may
 * have asked, or hold a permit. The input is wrapped: it is for the run alone.
 */
export const stepRequests = pgTable(
  "gateway_step_requests",
  {
    entitlement: hex().notNull(),
    step: integer().notNull(),
    inputHash: hex("input_hash").notNull(),
    input: bytea().notNull(),
    resultKey: hex("result_key").notNull(),
    requestedAt: integer("requested_at").notNull(),
    dispatchNonce: hex("dispatch_nonce").notNull(),
    repository: text().notNull(),
    /** Null until GitHub has named the run, which may have started all the same. */
    runId: text("run_id"),
    /** Orders the requests of one second. */
    sequence: integer().generatedAlwaysAsIdentity(),
  },
  (table) => [primaryKey({ columns: [table.entitlement, table.step, table.inputHash] })],
);

export const asks = pgTable("gateway_asks", {
  id: hex().primaryKey(),
  entitlement: hex().notNull(),
  step: integer().notNull(),
  workerKey: hex("worker_key").notNull(),
  inputHash: hex("input_hash").notNull(),
  facts: jsonb().$type<AskFacts>().notNull(),
  pollSecret: bytea("poll_secret").notNull(),
  observation: bytea(),
  observationHash: hex("observation_hash").notNull(),
  observationSignature: hex("observation_signature"),
  createdAt: integer("created_at").notNull(),
  permit: jsonb().$type<StepPermitJson>(),
  permitHash: hex("permit_hash").unique(),
  permitSignature: hex("permit_signature"),
  permitSigner: hex("permit_signer"),
  consumeTransaction: hex("consume_transaction"),
});

/** Token ids already used, kept until the token has expired. */
export const seenTokens = pgTable("gateway_seen_tokens", {
  jti: text().primaryKey(),
  expiresAt: integer("expires_at").notNull(),
});

/** Results and bundles by their SHA-256; read again, they are hashed again. */
export const content = pgTable("gateway_content", { hash: hex().primaryKey(), bytes: bytea().notNull() });

export const deliveries = pgTable("gateway_deliveries", {
  permitHash: hex("permit_hash").primaryKey(),
  resultHash: hex("result_hash").notNull(),
  bundleHash: hex("bundle_hash").notNull(),
  at: integer().notNull(),
  signature: hex().notNull(),
});

/** Evidence that was collected, by permit; the bytes are in {@link content}. */
export const capsules = pgTable("gateway_capsules", {
  permitHash: hex("permit_hash").primaryKey(),
  evidenceHash: hex("evidence_hash").notNull(),
});

/** Verdicts over evidence capsules, and what was submitted for them. */
export const reports = pgTable("gateway_reports", {
  permitHash: hex("permit_hash").primaryKey(),
  evidenceHash: hex("evidence_hash").notNull(),
  reportHash: hex("report_hash").notNull(),
  claimHash: hex("claim_hash").notNull(),
  verdict: text().notNull(),
  report: jsonb().notNull(),
  claimTransaction: hex("claim_transaction"),
  createdAt: integer("created_at").notNull(),
});
