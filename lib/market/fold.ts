import { and, eq, gt, inArray } from "drizzle-orm";
import { type Address, type Hex, hexToBytes } from "viem";
import { findPawlError } from "../core/error.ts";
import { parsePolicy } from "../offers/policy.ts";
import { lowerCaseAddresses } from "../offers/published.ts";
import { offerTermsJson } from "../offers/terms.ts";
import type { Database } from "../store/store.ts";
import type { MarketEvent } from "./events.ts";
import { entitlements, offers, runs } from "./tables.ts";

/** When and where an event happened. */
export type EventPlace = { readonly timestamp: number; readonly transactionHash: Hex };

const REJECTION_CAUSES = ["unproven", "ruled", "unruled"] as const;
const RULINGS = ["upheld", "split", "rejected"] as const;

/** Characters kept of a locator that anybody may publish: a statement of the app, with room to spare. */
const MAX_LOCATOR = 4096;

const lower = (address: Address) => address.toLowerCase() as Address;

/**
 * Applies one event to the tables of offers, entitlements and runs. Events of one offer or entitlement must come in
 * chain order; events that only move money or permissions change none of these tables.
 */
export async function foldEvent(db: Database, event: MarketEvent, place: EventPlace): Promise<void> {
  const { timestamp, transactionHash } = place;
  switch (event.eventName) {
    case "OfferPublished": {
      const terms = lowerCaseAddresses(event.args.terms);
      const policyBytes = hexToBytes(event.args.policy);
      await db
        .insert(offers)
        .values({
          id: event.args.offerId,
          seller: terms.seller,
          token: terms.token,
          price: terms.price,
          validUntil: terms.validUntil,
          terms: offerTermsJson(terms),
          policyBytes,
          ...titleOf(policyBytes, terms.policyHash),
          publishedAt: timestamp,
          publishTransaction: transactionHash,
          stake: 0n,
        })
        .onConflictDoNothing();
      return;
    }
    case "OfferRetired":
      await db.update(offers).set({ retiredAt: timestamp }).where(eq(offers.id, event.args.offerId));
      return;
    case "StakePosted":
      await db
        .update(offers)
        .set({ stake: event.args.total, stakeWithdrawableAt: null })
        .where(eq(offers.id, event.args.offerId));
      return;
    case "StakeNoticed":
      await db
        .update(offers)
        .set({ stakeWithdrawableAt: Number(event.args.withdrawableAt) })
        .where(eq(offers.id, event.args.offerId));
      return;
    case "StakeWithdrawn":
      await db.update(offers).set({ stake: 0n, stakeWithdrawableAt: null }).where(eq(offers.id, event.args.offerId));
      return;
    case "StakeSlashed": {
      const [offer] = await db.select().from(offers).where(eq(offers.id, event.args.offerId));
      if (offer) {
        const stake = offer.stake > event.args.amount ? offer.stake - event.args.amount : 0n;
        await db.update(offers).set({ stake }).where(eq(offers.id, offer.id));
      }
      return;
    }
    case "Purchased":
      await db
        .insert(entitlements)
        .values({
          id: event.args.entitlement,
          offerId: event.args.offerId,
          buyer: lower(event.args.buyer),
          salt: event.args.salt,
          bought: event.args.steps,
          opened: 0,
          settled: 0,
          refunded: 0,
          generation: 0,
          epoch: 0,
          expiresAt: Number(event.args.expiresAt),
          purchasedAt: timestamp,
        })
        .onConflictDoNothing();
      return;
    case "ToppedUp":
      await changeEntitlement(db, event.args.entitlement, ({ bought }) => ({ bought: bought + event.args.steps }));
      return;
    case "Refunded":
      await changeEntitlement(db, event.args.entitlement, ({ bought, refunded }) => ({
        bought: bought - event.args.steps,
        refunded: refunded + event.args.steps,
      }));
      return;
    case "PermitsCancelled":
      await changeEntitlement(db, event.args.entitlement, () => ({ epoch: event.args.epoch }));
      return;
    case "PermitConsumed": {
      const { entitlement, step, runKey, permitHash, parentHead } = event.args;
      const facts = {
        parentHead,
        claimDeadline: Number(event.args.claimDeadline),
        permitSigner: lower(event.args.signer),
        repositoryId: event.args.repositoryId.toString(),
        runId: event.args.runId.toString(),
        runAttempt: event.args.runAttempt,
        sourceCommit: event.args.sourceCommit,
        workerKey: event.args.workerKey,
        inputHash: event.args.inputHash,
        observationHash: event.args.observationHash,
      };
      await upsertRun(db, { entitlement, step, runKey, permitHash, ...facts }, facts, place);
      await changeEntitlement(db, entitlement, () => ({ opened: step }));
      return;
    }
    case "StepTimedOut":
      await changeRun(db, event.args.runKey, {
        status: "timed-out",
        endedAt: timestamp,
        endTransaction: transactionHash,
      });
      await changeEntitlement(db, event.args.entitlement, () => ({ opened: event.args.step - 1 }));
      return;
    case "StepClaimed":
      await changeRun(db, event.args.runKey, {
        status: "claimed",
        claimedAt: timestamp,
        claimHash: event.args.claimHash,
        claim: event.args.claim,
        parentHead: event.args.parentHead,
        verifier: lower(event.args.verifier),
        reportHash: event.args.reportHash,
        evidenceHash: event.args.evidenceHash,
        evidenceLocator: event.args.evidenceLocator.replaceAll("\0", "").slice(0, 500),
        windowEnd: Number(event.args.windowEnd),
        claimTransaction: transactionHash,
      });
      return;
    case "ClaimProven":
      await db
        .update(runs)
        .set({
          proven: true,
          windowEnd: Number(event.args.windowEnd),
          ...(event.args.answered ? { evidenceChallenge: "answered" as const } : {}),
        })
        .where(isClaim(event.args));
      return;
    case "ClaimAcknowledged":
      await db
        .update(runs)
        .set({ windowEnd: Number(event.args.windowEnd) })
        .where(isClaim(event.args));
      return;
    case "EvidenceChallenged":
      await changeRun(db, event.args.runKey, {
        evidenceChallenge: "open",
        evidenceChallenger: lower(event.args.challenger),
        evidenceBond: event.args.bond,
        proofEnd: Number(event.args.proofEnd),
      });
      return;
    case "ConductChallenged":
      await changeRun(db, event.args.runKey, {
        conductChallenge: "open",
        conductBond: event.args.bond,
        rulingEnd: Number(event.args.rulingEnd),
        statementHash: event.args.statementHash,
        statementLocator: event.args.statementLocator.replaceAll("\0", "").slice(0, MAX_LOCATOR),
      });
      return;
    case "ConductRuled": {
      const ruling = RULINGS[event.args.ruling];
      await changeRun(db, event.args.runKey, {
        conductChallenge: ruling === "upheld" || ruling === "split" ? ruling : "closed",
        ...(ruling === "split" ? { sellerShare: event.args.sellerShare } : {}),
      });
      return;
    }
    case "ClaimRejected":
      await changeRun(db, event.args.runKey, { rejection: REJECTION_CAUSES[event.args.cause] ?? null });
      return;
    case "StepRejected": {
      const { entitlement, step, runKey, generation, epoch } = event.args;
      const ended = { endedAt: timestamp, endTransaction: transactionHash };
      await db
        .update(runs)
        .set({ status: "voided", ...ended })
        .where(and(eq(runs.entitlement, entitlement), gt(runs.step, step), inArray(runs.status, ["open", "claimed"])));
      await changeRun(db, runKey, { status: "rejected", ...ended });
      await changeEntitlement(db, entitlement, () => ({ opened: step - 1, generation, epoch }));
      return;
    }
    case "BondReclaimed":
      await changeRun(
        db,
        event.args.runKey,
        event.args.kind === 0 ? { evidenceChallenge: "closed" } : { conductChallenge: "closed" },
      );
      return;
    case "StepPaid":
      await changeRun(db, event.args.runKey, {
        status: "paid",
        sellerAmount: event.args.sellerAmount,
        buyerAmount: event.args.buyerAmount,
        endedAt: timestamp,
        endTransaction: transactionHash,
      });
      await changeEntitlement(db, event.args.entitlement, () => ({ settled: event.args.step }));
      return;
    default:
      return;
  }
}

function isClaim({ entitlement, claimHash }: { readonly entitlement: Hex; readonly claimHash: Hex }) {
  return and(eq(runs.entitlement, entitlement), eq(runs.claimHash, claimHash));
}

async function changeRun(db: Database, runKey: Hex, change: Partial<typeof runs.$inferInsert>): Promise<void> {
  await db.update(runs).set(change).where(eq(runs.runKey, runKey));
}

type RunIdentity = Pick<typeof runs.$inferInsert, "entitlement" | "step" | "runKey" | "permitHash">;

/** Ledger and permit consumer both speak of an opening, in either order. */
async function upsertRun(
  db: Database,
  row: RunIdentity & Partial<typeof runs.$inferInsert>,
  change: Partial<typeof runs.$inferInsert>,
  place: EventPlace,
): Promise<void> {
  await db
    .insert(runs)
    .values({
      status: "open",
      proven: false,
      openedAt: place.timestamp,
      openTransaction: place.transactionHash,
      ...row,
    })
    .onConflictDoUpdate({ target: runs.runKey, set: change });
}

type EntitlementRow = typeof entitlements.$inferSelect;

async function changeEntitlement(
  db: Database,
  id: Hex,
  change: (row: EntitlementRow) => Partial<typeof entitlements.$inferInsert>,
): Promise<void> {
  const [row] = await db.select().from(entitlements).where(eq(entitlements.id, id));
  if (row) await db.update(entitlements).set(change(row)).where(eq(entitlements.id, id));
}

const UNREADABLE = { title: "", description: "" };

/** Anybody can publish any bytes as a policy: one that cannot be read has no title, and nobody can run it. */
function titleOf(bytes: Uint8Array, hash: Hex): { title: string; description: string } {
  try {
    const { title, description } = parsePolicy(bytes, hash);
    // Postgres text holds no NUL.
    return { title: title.replaceAll("\0", ""), description: description.replaceAll("\0", "") };
  } catch (thrown) {
    if (findPawlError(thrown) === undefined) throw thrown;
    return UNREADABLE;
  }
}
