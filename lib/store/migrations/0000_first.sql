CREATE TABLE "gateway_asks" (
	"id" text PRIMARY KEY NOT NULL,
	"entitlement" text NOT NULL,
	"step" integer NOT NULL,
	"worker_key" text NOT NULL,
	"input_hash" text NOT NULL,
	"facts" jsonb NOT NULL,
	"poll_secret" "bytea" NOT NULL,
	"observation" "bytea",
	"observation_hash" text NOT NULL,
	"observation_signature" text,
	"created_at" integer NOT NULL,
	"permit" jsonb,
	"permit_hash" text,
	"permit_signature" text,
	"permit_signer" text,
	"consume_transaction" text,
	CONSTRAINT "gateway_asks_permit_hash_unique" UNIQUE("permit_hash")
);
--> statement-breakpoint
CREATE TABLE "gateway_capsules" (
	"permit_hash" text PRIMARY KEY NOT NULL,
	"evidence_hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway_content" (
	"hash" text PRIMARY KEY NOT NULL,
	"bytes" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway_deliveries" (
	"permit_hash" text PRIMARY KEY NOT NULL,
	"result_hash" text NOT NULL,
	"bundle_hash" text NOT NULL,
	"at" integer NOT NULL,
	"signature" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway_ratchet_links" (
	"entitlement" text NOT NULL,
	"step" integer NOT NULL,
	"permit_hash" text NOT NULL,
	"secrets" "bytea" NOT NULL,
	"bundle_hash" text NOT NULL,
	"parent_bundle_hash" text NOT NULL,
	"next_state_commitment" text NOT NULL,
	"next_net_commitment" text NOT NULL,
	CONSTRAINT "gateway_ratchet_links_entitlement_step_permit_hash_next_state_commitment_pk" PRIMARY KEY("entitlement","step","permit_hash","next_state_commitment")
);
--> statement-breakpoint
CREATE TABLE "gateway_reports" (
	"permit_hash" text PRIMARY KEY NOT NULL,
	"evidence_hash" text NOT NULL,
	"report_hash" text NOT NULL,
	"claim_hash" text NOT NULL,
	"verdict" text NOT NULL,
	"report" jsonb NOT NULL,
	"claim_transaction" text,
	"created_at" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway_seen_tokens" (
	"jti" text PRIMARY KEY NOT NULL,
	"expires_at" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway_step_requests" (
	"entitlement" text NOT NULL,
	"step" integer NOT NULL,
	"input_hash" text NOT NULL,
	"input" "bytea" NOT NULL,
	"result_key" text NOT NULL,
	"requested_at" integer NOT NULL,
	"dispatch_nonce" text NOT NULL,
	"repository" text NOT NULL,
	"run_id" text,
	"sequence" integer GENERATED ALWAYS AS IDENTITY (sequence name "gateway_step_requests_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	CONSTRAINT "gateway_step_requests_entitlement_step_input_hash_pk" PRIMARY KEY("entitlement","step","input_hash")
);
--> statement-breakpoint
CREATE TABLE "market_blocks" (
	"number" integer PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"timestamp" bigint NOT NULL,
	"seen_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "market_entitlements" (
	"id" text PRIMARY KEY NOT NULL,
	"offer_id" text NOT NULL,
	"buyer" text NOT NULL,
	"salt" text NOT NULL,
	"bought" integer NOT NULL,
	"opened" integer NOT NULL,
	"settled" integer NOT NULL,
	"refunded" integer NOT NULL,
	"generation" integer NOT NULL,
	"epoch" integer NOT NULL,
	"expires_at" bigint NOT NULL,
	"purchased_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "market_events" (
	"block_number" integer NOT NULL,
	"log_index" integer NOT NULL,
	"transaction_hash" text NOT NULL,
	"timestamp" bigint NOT NULL,
	"name" text NOT NULL,
	"topics" jsonb NOT NULL,
	"data" text NOT NULL,
	"offer_id" text,
	"entitlement" text,
	CONSTRAINT "market_events_block_number_log_index_pk" PRIMARY KEY("block_number","log_index")
);
--> statement-breakpoint
CREATE TABLE "market_offers" (
	"id" text PRIMARY KEY NOT NULL,
	"seller" text NOT NULL,
	"token" text NOT NULL,
	"price" numeric(78, 0) NOT NULL,
	"valid_until" bigint NOT NULL,
	"terms" jsonb NOT NULL,
	"policy_bytes" "bytea" NOT NULL,
	"title" text NOT NULL,
	"description" text NOT NULL,
	"retired_at" bigint,
	"published_at" bigint NOT NULL,
	"publish_transaction" text NOT NULL,
	"stake" numeric(78, 0) NOT NULL,
	"stake_withdrawable_at" bigint
);
--> statement-breakpoint
CREATE TABLE "market_runs" (
	"run_key" text PRIMARY KEY NOT NULL,
	"entitlement" text NOT NULL,
	"step" integer NOT NULL,
	"status" text NOT NULL,
	"opened_at" bigint NOT NULL,
	"permit_hash" text NOT NULL,
	"parent_head" text,
	"claim_deadline" bigint,
	"permit_signer" text,
	"repository_id" text,
	"run_id" text,
	"run_attempt" bigint,
	"source_commit" text,
	"worker_key" text,
	"input_hash" text,
	"observation_hash" text,
	"open_transaction" text NOT NULL,
	"claimed_at" bigint,
	"claim_hash" text,
	"claim" jsonb,
	"verifier" text,
	"report_hash" text,
	"evidence_hash" text,
	"evidence_locator" text,
	"window_end" bigint,
	"claim_transaction" text,
	"proven" boolean NOT NULL,
	"evidence_challenge" text,
	"evidence_challenger" text,
	"evidence_bond" numeric(78, 0),
	"proof_end" bigint,
	"conduct_challenge" text,
	"conduct_bond" numeric(78, 0),
	"ruling_end" bigint,
	"statement_hash" text,
	"statement_locator" text,
	"seller_share" numeric(78, 0),
	"rejection" text,
	"ended_at" bigint,
	"seller_amount" numeric(78, 0),
	"buyer_amount" numeric(78, 0),
	"end_transaction" text
);
--> statement-breakpoint
CREATE INDEX "market_entitlements_offer" ON "market_entitlements" USING btree ("offer_id");--> statement-breakpoint
CREATE INDEX "market_entitlements_buyer" ON "market_entitlements" USING btree ("buyer");--> statement-breakpoint
CREATE INDEX "market_events_offer" ON "market_events" USING btree ("offer_id");--> statement-breakpoint
CREATE INDEX "market_events_entitlement" ON "market_events" USING btree ("entitlement");--> statement-breakpoint
CREATE INDEX "market_offers_seller" ON "market_offers" USING btree ("seller");--> statement-breakpoint
CREATE INDEX "market_runs_entitlement" ON "market_runs" USING btree ("entitlement","step");