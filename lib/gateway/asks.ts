import { and, desc, eq, isNull, lt } from "drizzle-orm";
import { bytesToHex, type Hex, stringToBytes, zeroHash } from "viem";
import { askInfo } from "../capability/envelope.ts";
import { hpkeSeal } from "../capability/hpke.ts";
import { askAudience } from "../capability/keySchedule.ts";
import { findPawlError } from "../core/error.ts";
import { sha256Hex } from "../core/hash.ts";
import { observationDigest } from "../evidence/observation.ts";
import { runKeyOf } from "../permits/entitlement.ts";
import {
  permitHash,
  type StepPermit,
  type StepPermitJson,
  stepPermitJson,
  stepPermitSchema,
} from "../permits/stepPermit.ts";
import { createAcceptedLinks } from "./acceptedLinks.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import type { EntitlementReader } from "./entitlements.ts";
import { gatewayError } from "./errors.ts";
import { observeAtAsk } from "./observation.ts";
import type { StepRequests } from "./requests.ts";
import { checkRunIdentity } from "./runIdentity.ts";
import { announcedMac, checkRunMac, MAX_CLOCK_DIFFERENCE_SECONDS, pollMac } from "./runMac.ts";
import { asks, seenTokens } from "./tables.ts";
import type { AnnouncedDelivery, Ask, AskAnswer, InboxEntryJson, PermitSubmission, Poll } from "./wire.ts";

export type AskRow = typeof asks.$inferSelect;

/** From a run's first call to the buyer's permit. */
export function createAsks(dependencies: GatewayDependencies, entitlements: EntitlementReader, requests: StepRequests) {
  const { db, deployment, custody, ratchet, clock, random, verifyToken, observe, signer } = dependencies;
  const acceptedLinks = createAcceptedLinks(dependencies, entitlements);

  return {
    /**
     * Admits a run: token, identity, order and, at tier 2, the observation are checked before anything is stored.
     *
     * @throws WRONG_DEPLOYMENT, TOKEN_*, RUN_IDENTITY_MISMATCH, STEP_CANNOT_OPEN, STEP_NOT_REQUESTED, WORKER_KEY_WEAK
     */
    async ask(ask: Ask): Promise<AskAnswer> {
      const { chainId, permitConsumer, entitlement, step, workerKey, token } = ask;
      if (chainId !== deployment.chainId || permitConsumer !== deployment.permitConsumer.toLowerCase()) {
        throw gatewayError("WRONG_DEPLOYMENT", { chainId, permitConsumer });
      }
      const context = entitlements.context(entitlement);
      const { jti, expiresAt, facts } = await verifyToken(token, askAudience(context, step, workerKey));
      const { offer } = await entitlements.identity(entitlement);
      checkRunIdentity(offer.terms, facts);
      await entitlements.nextStep(entitlement, step);
      const inputHash = await requests.inputHashFor(entitlement, step, facts.runId);

      const askId = bytesToHex(random(32));
      const pollSecret = random(32);
      const tokenHash = sha256Hex(stringToBytes(token));
      const sealed = await hpkeSeal(workerKey, pollSecret, askInfo(context, step, tokenHash));
      await spendToken(jti, expiresAt);
      const observed = await observeAtAsk(observe, offer, facts);
      await ratchet.begin(entitlement);
      const runKey = runKeyOf({
        gateway: signer.address,
        repositoryId: BigInt(facts.repositoryId),
        runId: BigInt(facts.runId),
        runAttempt: facts.runAttempt,
      });
      await db.insert(asks).values({
        id: askId,
        entitlement,
        step,
        workerKey,
        inputHash,
        facts,
        pollSecret: custody.wrap(pollSecret, pollPurpose(askId)),
        observation: observed?.bytes ?? null,
        observationHash: observed?.hash ?? zeroHash,
        observationSignature: observed
          ? await signer.signDigest(observationDigest({ runKey, observationHash: observed.hash }, deployment))
          : null,
        createdAt: clock(),
      });
      return {
        askId,
        enc: Buffer.from(sealed.enc).toString("base64url"),
        ct: Buffer.from(sealed.ct).toString("base64url"),
      };
    },

    /** Checks a poll. @throws ASK_UNKNOWN, POLL_UNAUTHENTICATED */
    async authenticate(askId: Hex, proof: Poll): Promise<AskRow> {
      const row = await find(askId);
      checkRunMac(proof, pollMac(secretOf(row), askId, proof.at), clock());
      return row;
    },

    /** Checks a delivery by what is announced of it. @throws ASK_UNKNOWN, POLL_UNAUTHENTICATED */
    async authenticateDelivery(askId: Hex, announced: AnnouncedDelivery): Promise<AskRow> {
      const row = await find(askId);
      checkRunMac(announced, announcedMac(secretOf(row), askId, announced.at, announced), clock());
      return row;
    },

    /** Takes a second token of the same run, once. @throws TOKEN_*, RUN_CHANGED */
    async proveAlive(row: AskRow, token: string, audience: string): Promise<void> {
      const { jti, expiresAt, facts } = await verifyToken(token, audience);
      for (const field of ["repositoryId", "runId", "runAttempt", "checkRunId"] as const) {
        if (facts[field] !== row.facts[field]) {
          throw gatewayError("RUN_CHANGED", { field, expected: row.facts[field], actual: facts[field] });
        }
      }
      await spendToken(jti, expiresAt);
    },

    find,
    requireWaiting,

    /** @throws ASK_UNKNOWN */
    async byPermit(permit: Hex): Promise<AskRow> {
      const [row] = await db.select().from(asks).where(eq(asks.permitHash, permit));
      if (!row) throw gatewayError("ASK_UNKNOWN", { permitHash: permit });
      return row;
    },

    /** The asks of an entitlement, newest first, with a permit proposed where one could be signed now. */
    async inbox(entitlement: Hex): Promise<readonly InboxEntryJson[]> {
      await entitlements.identity(entitlement);
      const rows = await db
        .select()
        .from(asks)
        .where(eq(asks.entitlement, entitlement))
        .orderBy(desc(asks.createdAt))
        .limit(50);
      const newest = rows.find((row) => row.permitHash === null);
      return Promise.all(
        rows.map(async (row) => ({
          askId: row.id,
          step: row.step,
          workerKey: row.workerKey,
          inputHash: row.inputHash,
          facts: row.facts,
          observationHash: row.observationHash,
          createdAt: row.createdAt,
          permitHash: row.permitHash,
          consumeTransaction: row.consumeTransaction,
          proposal: row === newest ? await proposable(row) : null,
        })),
      );
    },

    /**
     * Records the buyer's permit after holding every field against the run that asked, and after the contract itself
     * has accepted it in a simulation. A run takes one permit: the same one again changes nothing.
     *
     * @throws PERMIT_MISMATCH, PERMIT_ALREADY_GIVEN, and the contract's own refusals
     */
    async permit(askId: Hex, submission: PermitSubmission): Promise<Hex> {
      const row = await find(askId);
      const { permit, signature, signer: permitSigner } = submission;
      const hash = permitHash(permit, deployment);
      if (row.permitHash !== null) return sameAsGiven(row, hash);
      const identity = await entitlements.identity(row.entitlement);
      const expected = await propose(row);
      for (const field of Object.keys(expected) as (keyof StepPermit)[]) {
        if (field === "salt" || field === "deadline") continue;
        if (permit[field] !== expected[field]) {
          throw gatewayError("PERMIT_MISMATCH", { field, expected: expected[field], actual: permit[field] });
        }
      }
      if (permit.deadline > expected.deadline) {
        throw gatewayError("PERMIT_MISMATCH", {
          field: "deadline",
          expected: expected.deadline,
          actual: permit.deadline,
        });
      }
      const { stale } = await entitlements.nextStep(row.entitlement, row.step);
      await dependencies
        .consume({
          terms: identity.offer.terms,
          buyer: identity.buyer,
          salt: identity.salt,
          permit,
          signer: permitSigner,
          signature,
          observerSignature: observerSignatureOf(row),
          stale,
        })
        .simulate();
      // Another permit may have come in since the row was read; the one that was written may already be consumed.
      const [taken] = await db
        .update(asks)
        .set({ permit: stepPermitJson(permit), permitHash: hash, permitSignature: signature, permitSigner })
        .where(and(eq(asks.id, askId), isNull(asks.permitHash)))
        .returning();
      return sameAsGiven(taken ?? (await find(askId)), hash);
    },
  };

  async function find(askId: Hex): Promise<AskRow> {
    const [row] = await db.select().from(asks).where(eq(asks.id, askId));
    if (!row) throw gatewayError("ASK_UNKNOWN", { askId });
    return row;
  }

  function secretOf(row: AskRow): Uint8Array {
    return custody.unwrap(row.pollSecret, pollPurpose(row.id));
  }

  /** The proposal of a run, or null where the state of its entitlement forbids one: the inbox shows the run all the same. */
  async function proposable(row: AskRow): Promise<StepPermitJson | null> {
    try {
      return stepPermitJson(await propose(row));
    } catch (thrown) {
      if (findPawlError(thrown)?.kind === "conflict") return null;
      throw thrown;
    }
  }

  /**
   * Until when a run waits for its permit.
   *
   * @throws ASK_EXPIRED
   */
  async function requireWaiting(row: AskRow): Promise<number> {
    const { offer } = await entitlements.identity(row.entitlement);
    const deadline = row.createdAt + offer.policy.limits.permitWaitSeconds;
    if (clock() > deadline) throw gatewayError("ASK_EXPIRED", { askId: row.id, deadline });
    return deadline;
  }

  /** The one permit this run could use, but for salt and deadline. @throws ASK_EXPIRED, STEP_CANNOT_OPEN */
  async function propose(row: AskRow): Promise<StepPermit> {
    const deadline = await requireWaiting(row);
    const { terms } = (await entitlements.identity(row.entitlement)).offer;
    const { state, parentHead } = await entitlements.nextStep(row.entitlement, row.step);
    const parent = await parentCommitments(row.entitlement, row.step, parentHead);
    const { resultKey } = await requests.recorded(row.entitlement, row.step, row.inputHash);
    return {
      entitlement: row.entitlement,
      epoch: state.epoch,
      step: row.step,
      gateway: terms.gateway,
      repositoryId: BigInt(row.facts.repositoryId),
      runId: BigInt(row.facts.runId),
      runAttempt: row.facts.runAttempt,
      sourceCommit: `0x${row.facts.sha}`,
      signerCommit: terms.signerCommit,
      policyHash: terms.policyHash,
      inputHash: row.inputHash,
      workerKey: row.workerKey,
      resultKey,
      ...parent,
      observationHash: row.observationHash,
      salt: bytesToHex(random(32)),
      deadline: BigInt(deadline),
    };
  }

  /** Which accepted link the head stands for. @throws RATCHET_LINK_MISSING */
  async function parentCommitments(entitlement: Hex, step: number, parentHead: Hex) {
    const link = await acceptedLinks.byHead(entitlement, step - 1, parentHead);
    return { parentStateCommitment: link.nextStateCommitment, parentNetCommitment: link.nextNetCommitment };
  }

  /** Uses a token's id up; the primary key makes two calls at once lose one. @throws TOKEN_REPLAYED */
  async function spendToken(jti: string, expiresAt: number): Promise<void> {
    await db.delete(seenTokens).where(lt(seenTokens.expiresAt, clock() - MAX_CLOCK_DIFFERENCE_SECONDS));
    const inserted = await db.insert(seenTokens).values({ jti, expiresAt }).onConflictDoNothing().returning();
    if (inserted.length === 0) throw gatewayError("TOKEN_REPLAYED", { jti });
  }
}

export type Asks = ReturnType<typeof createAsks>;

/** The permit of a row, back in its own type. @throws PERMIT_MISSING */
export function givenPermit(row: AskRow): { readonly permit: StepPermit; readonly hash: Hex; readonly signature: Hex } {
  if (row.permit === null || row.permitHash === null || row.permitSignature === null) {
    throw gatewayError("PERMIT_MISSING", { askId: row.id });
  }
  return { permit: stepPermitSchema.parse(row.permit), hash: row.permitHash, signature: row.permitSignature };
}

export function observerSignatureOf(row: AskRow): Hex {
  return row.observationSignature ?? "0x";
}

/** @throws PERMIT_ALREADY_GIVEN */
function sameAsGiven(row: AskRow, hash: Hex): Hex {
  if (row.permitHash !== hash) {
    throw gatewayError("PERMIT_ALREADY_GIVEN", { askId: row.id, permitHash: row.permitHash });
  }
  return hash;
}

function pollPurpose(askId: Hex): string {
  return `poll ${askId}`;
}
