import { eq } from "drizzle-orm";
import { concat, type Hex, zeroHash } from "viem";
import { type EnvelopeHeader, type EnvelopeKind, sealEnvelope } from "../capability/envelope.ts";
import { releaseAudience } from "../capability/keySchedule.ts";
import { readIsOpen } from "../chain/reads.ts";
import { canonicalBytes } from "../core/json.ts";
import { readStepOpening, runKeyOf, type StepOpening } from "../permits/entitlement.ts";
import { contextKind } from "../permits/stepContext.ts";
import { type StepPermit, stepPermitJson } from "../permits/stepPermit.ts";
import { type AskRow, type Asks, givenPermit, observerSignatureOf } from "./asks.ts";
import type { ContentStore } from "./content.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import type { EntitlementReader } from "./entitlements.ts";
import { gatewayError } from "./errors.ts";
import { observeAtRelease } from "./observation.ts";
import type { StepShare } from "./ratchet.ts";
import type { StepRequests } from "./requests.ts";
import { asks as asksTable } from "./tables.ts";
import type { PollAnswerJson, Release } from "./wire.ts";

/**
 * The release gate. A permit is consumed only for a run that has just proven it is alive, and what is released follows
 * from the chain alone: a crash at any point is repaired by reading it again, and a second release seals the same
 * capabilities to the same worker key.
 */
export function createRelease(
  dependencies: GatewayDependencies,
  entitlements: EntitlementReader,
  requests: StepRequests,
  asks: Asks,
  content: ContentStore,
) {
  const { db, client, deployment, ratchet, signer, releaseTag, clock } = dependencies;
  /** One consumption at a time per ask: a runner that retries must not race itself. */
  const underWay = new Map<Hex, Promise<Hex>>();

  return {
    /**
     * @throws PERMIT_MISSING, PERMIT_TIMEOUT, TOKEN_*, RUN_CHANGED, OBSERVATION_*, and the contract's refusals
     */
    async release(askId: Hex, request: Release): Promise<Hex> {
      const row = await asks.authenticate(askId, request);
      const { permit, hash } = givenPermit(row);
      const context = entitlements.context(row.entitlement);
      await asks.proveAlive(row, request.token, releaseAudience(context, row.step, row.workerKey, hash));
      const running = underWay.get(askId) ?? consume(row, permit);
      underWay.set(askId, running);
      try {
        return await running;
      } finally {
        underWay.delete(askId);
      }
    },

    parentBundle,

    /** What the run should do next. @throws POLL_UNAUTHENTICATED, PERMIT_TIMEOUT, RELEASE_CLOSED */
    async poll(askId: Hex, poll: { readonly at: number; readonly mac: Hex }): Promise<PollAnswerJson> {
      const row = await asks.authenticate(askId, poll);
      if (row.permitHash === null) {
        await asks.requireWaiting(row);
        return { status: "waiting" };
      }
      const { permit, signature } = givenPermit(row);
      const opening = await openingOf(row, permit);
      if (!opening) {
        if (clock() > permit.deadline) throw gatewayError("PERMIT_TIMEOUT", { deadline: permit.deadline });
        const { offer } = await entitlements.identity(row.entitlement);
        return {
          status: "permitted",
          permit: stepPermitJson(permit),
          signature,
          policy: Buffer.from(offer.policyBytes).toString("base64url"),
          observation: row.observation ? Buffer.from(row.observation).toString("base64url") : null,
          observationSignature: row.observationSignature,
          settlement: lower(deployment.settlement),
        };
      }
      return (await isSafelyOpen(row, opening)) ? released(row, permit, opening) : { status: "consuming" };
    },
  };

  /** The bundle that the run restores. @throws PERMIT_MISSING, CONTENT_UNKNOWN */
  async function parentBundle(row: AskRow): Promise<Uint8Array> {
    const { permit } = givenPermit(row);
    const parent = await ratchet.link(row.entitlement, row.step - 1, permit.parentStateCommitment);
    return content.read(parent.bundleHash);
  }

  async function consume(row: AskRow, permit: StepPermit): Promise<Hex> {
    const already = await openingOf(row, permit);
    if (already) return row.consumeTransaction ?? zeroHash;
    if (clock() > permit.deadline) throw gatewayError("PERMIT_TIMEOUT", { deadline: permit.deadline });
    const identity = await entitlements.identity(row.entitlement);
    await observeAtRelease(dependencies.observe, identity.offer, row);
    const { stale } = await entitlements.nextStep(row.entitlement, row.step);
    const attempt = dependencies.consume({
      terms: identity.offer.terms,
      buyer: identity.buyer,
      salt: identity.salt,
      permit,
      signer: row.permitSigner ?? identity.buyer,
      signature: givenPermit(row).signature,
      observerSignature: observerSignatureOf(row),
      stale,
    });
    const transaction = await attempt.send();
    await db.update(asksTable).set({ consumeTransaction: transaction }).where(eq(asksTable.id, row.id));
    return transaction;
  }

  /** The opening of exactly this run by exactly this permit, if the chain has it. */
  async function openingOf(row: AskRow, permit: StepPermit): Promise<StepOpening | undefined> {
    const opening = await readStepOpening(client, deployment, row.entitlement, row.step);
    return opening?.runKey === runKeyOf(permit) && opening.permitHash === row.permitHash ? opening : undefined;
  }

  async function isSafelyOpen(row: AskRow, opening: StepOpening): Promise<boolean> {
    const { entitlement } = row;
    // Both are asked: `safe` says it will stay, `latest` that it has not been claimed or voided since.
    const [safe, latest] = await Promise.all([
      readIsOpen(client, deployment, { entitlement, ...opening }, { blockTag: releaseTag }),
      readIsOpen(client, deployment, { entitlement, ...opening }),
    ]);
    if (!latest) throw gatewayError("RELEASE_CLOSED", { runKey: opening.runKey, claimDeadline: opening.claimDeadline });
    return safe;
  }

  async function released(row: AskRow, permit: StepPermit, opening: StepOpening): Promise<PollAnswerJson> {
    const context = entitlements.context(row.entitlement);
    const parent = await ratchet.link(row.entitlement, row.step - 1, permit.parentStateCommitment);
    const shares = ratchet.shares(parent, opening.permitHash, context);
    const { input } = await requests.recorded(row.entitlement, row.step, row.inputHash);
    const header = (kind: EnvelopeKind): EnvelopeHeader => ({
      v: 1,
      kind,
      chainId: deployment.chainId,
      permitConsumer: lower(deployment.permitConsumer),
      entitlement: row.entitlement,
      step: row.step,
      permitHash: opening.permitHash,
      repositoryId: row.facts.repositoryId,
      runId: row.facts.runId,
      runAttempt: row.facts.runAttempt,
      workerKey: row.workerKey,
      gateway: lower(signer.address),
      expiresAt: opening.claimDeadline,
    });
    const ticket = { permitHash: opening.permitHash, routes: [], maxBytes: 0, notAfter: opening.claimDeadline };
    const seal = (kind: EnvelopeKind, plaintext: Uint8Array) =>
      sealEnvelope(header(kind), plaintext, (digest) => signer.signDigest(digest));
    const [state, net, sealedInput] = await Promise.all([
      seal(contextKind.state, concat([new Uint8Array([1]), ...keyParts(shares.state), shares.state.parentSeal])),
      seal(contextKind.net, concat([new Uint8Array([1]), ...keyParts(shares.net), canonicalBytes(ticket)])),
      seal(contextKind.input, input),
    ]);
    return {
      status: "released",
      envelopes: { state, net, input: sealedInput },
      parent: {
        permitHash: parent.permitHash,
        bundleHash: parent.bundleHash,
        parentBundleHash: parent.parentBundleHash,
      },
    };
  }
}

export type ReleaseGate = ReturnType<typeof createRelease>;

function keyParts(share: StepShare): readonly Uint8Array[] {
  return [share.share, share.parentChain];
}

function lower(address: Hex): Hex {
  return address.toLowerCase() as Hex;
}
