import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, getAbiItem, type Hex, type PublicClient, zeroAddress } from "viem";
import { type CapsuleParts, evidenceHash, packCapsule } from "#lib/capsule/capsule.ts";
import { settlementAbi } from "#lib/chain/generated/abis.ts";
import { capsuleAnchors } from "#lib/evidence/capsuleChecks.ts";
import type { OfferTerms } from "#lib/offers/terms.ts";
import { entitlementIdOf, offerIdOf } from "#lib/offers/terms.ts";
import { approvalDigest, claimCall } from "#lib/settlement/signedClaim.ts";
import type { WatchTargets } from "#lib/settlement/watch/claim.ts";
import type { Limits } from "#lib/settlement/watch/decision.ts";
import { type Journal, openJournal } from "#lib/settlement/watch/journalFile.ts";
import { createJudge, type Judge } from "#lib/settlement/watch/judge.ts";
import { createWatcher, type WatchEvent, type WatcherDependencies } from "#lib/settlement/watch/watcher.ts";
import { addressOf, type Claimed, createWorld, type Entitlement, people, type Role } from "../../../contracts/world.ts";
import { mintStep, type StepChanges, trust } from "../../evidence/step.fixture.ts";

/** Real contracts in this process, claims with real evidence, and watchers over both. */

export const WINDOW = 8_000;
export const PROOF = 1_000;
export const SERVICE = "https://service.test";
export const lower = (address: Hex): Hex => `0x${address.slice(2).toLowerCase()}`;
const ether = 10n ** 18n;
export const limits: Limits = { budget: { total: ether, perDay: ether }, lateShare: 0.25, lateSeconds: 600 };

export type MadeClaim = Claimed & {
  readonly capsule: Uint8Array;
  readonly evidenceHash: Hex;
  readonly url: string;
};

export async function createWatchWorld() {
  const w = await createWorld();
  const client = w.client as PublicClient;
  const { deployment } = w;
  const folders: string[] = [];
  /** What lies at which address. */
  const served = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const fetcher = (async (input: string | URL | Request) => {
    const url = input instanceof Request ? input.url : input.toString();
    asked.push(url);
    const bytes = served.get(url);
    return bytes ? new Response(Buffer.from(bytes)) : new Response("no", { status: 404 });
  }) as typeof fetch;

  /** Publishes an offer whose terms and policy belong together. */
  async function publish(overrides: Partial<OfferTerms> = {}) {
    const gateway = lower(addressOf("gateway"));
    const { parts, expectation } = await mintStep({
      contracts: deployment,
      policy: (policy) => ({ ...policy, gateway }),
      terms: (terms) => ({
        ...terms,
        ...{ seller: lower(addressOf("seller")), gateway, verifier: lower(addressOf("verifier")) },
        ...{ arbiter: lower(addressOf("arbiter")), observer: zeroAddress, conductBond: 500n, arbiterFee: 200n },
        ...{ stepTimeout: 10_000, disputeWindow: WINDOW, proofWindow: PROOF, arbitrationWindow: 90 },
        ...{ validUntil: 2 ** 35, entitlementTtl: 100_000, runnerTier: 1, provable: true, salt: w.fresh("offer") },
        ...overrides,
      }),
    });
    await w.send("seller", "offerRegistry", "publish", [expectation.terms, bytesToHex(parts.policy)]);
    return { terms: expectation.terms, policyFile: parts.policy };
  }
  type Offer = Awaited<ReturnType<typeof publish>>;

  async function buy({ terms }: Offer, steps = 3): Promise<Entitlement> {
    const salt = w.fresh("salt");
    const buyer = addressOf("buyer");
    await w.send("buyer", "escrow", "purchase", [terms, buyer, salt, steps], terms.price * BigInt(steps));
    const offerId = offerIdOf(terms);
    return { terms, offerId, buyer, salt, id: entitlementIdOf(offerId, buyer, salt) };
  }

  let runs = 0;

  /** Takes a step and makes its evidence: honest, but for the changes. */
  async function evidenceOf(offer: Offer, entitlement: Entitlement, parent?: Claimed, changes: StepChanges = {}) {
    const runId = String(18_000_000_000 + ++runs);
    const opened = await w.open(entitlement, parent, {
      ...{ repositoryId: 810_000_002n, runId: BigInt(runId), runAttempt: 1 },
      sourceCommit: offer.terms.sourceCommit,
    });
    const { openedAt, claimDeadline } = await w.read.run(opened.runKey);
    const { gateway, signerCommit, policyHash } = offer.terms;
    const { certificate, ...others } = changes;
    const minted = await mintStep({
      contracts: deployment,
      policy: (policy) => ({ ...policy, gateway }),
      terms: () => offer.terms,
      permit: () => ({ ...opened.permit, entitlement: entitlement.id, gateway, signerCommit, policyHash }),
      identity: (claims) => ({ ...claims, run_id: runId }),
      attestedAt: openedAt + 5,
      receiptSigner: people.gateway as never,
      permitSigner: people.buyer as never,
      certificate: (honest) => {
        const replay = { ...honest.replay, expiresAt: claimDeadline };
        const own = { ...honest, run: { ...honest.run, runId }, replay };
        return certificate ? certificate(own) : own;
      },
      expectation: (expectation) => ({
        ...expectation,
        ...{ openedAt, claimDeadline },
        parents: {
          stateCommitment: opened.permit.parentStateCommitment,
          netCommitment: opened.permit.parentNetCommitment,
        },
      }),
      ...others,
    });
    return { opened, minted };
  }

  /**
   * A claim on-chain that the verifier signed, whatever its evidence is worth.
   *
   * @param how.swap changes the files that are published, after all was made
   * @param how.unserved nobody has the capsule
   */
  async function claim(
    offer: Offer,
    entitlement: Entitlement,
    how: {
      readonly parent?: Claimed;
      readonly changes?: StepChanges;
      readonly swap?: (parts: CapsuleParts) => CapsuleParts;
      readonly bytes?: Uint8Array;
      readonly locator?: string;
      readonly unserved?: boolean;
    } = {},
  ): Promise<MadeClaim> {
    const { opened, minted } = await evidenceOf(offer, entitlement, how.parent, how.changes);
    const parts = how.swap ? how.swap(minted.parts) : minted.parts;
    const capsule = how.bytes ?? (await packCapsule(parts, { anchors: capsuleAnchors(minted.parts) }));
    const hash = evidenceHash(capsule);
    const { chainId: _c, settlement: _s, entitlement: _e, ...own } = minted.claim;
    const claimed = w.claimOf(opened, own);
    const approval = {
      claimHash: claimed.ref.claimHash,
      reportHash: w.fresh("report"),
      evidenceHash: hash,
      deadline: (await w.now()) + 5_000,
    };
    const url = `${SERVICE}/v1/permits/${opened.permitHash}/capsule`;
    const { args } = claimCall(deployment, offer.terms, {
      ...{ buyer: entitlement.buyer, salt: entitlement.salt, runKey: opened.runKey, parentHead: opened.parentHead },
      claim: own,
      ...{ reportHash: approval.reportHash, evidenceHash: hash, deadline: approval.deadline },
      signature: await people.verifier.sign({ hash: approvalDigest(approval, deployment) }),
      evidenceLocator: how.locator ?? `/v1/permits/${opened.permitHash}/capsule`,
    });
    await w.send("stranger", "settlement", "claim", args);
    if (!how.unserved) served.set(url, capsule);
    return { ...(await w.landed(claimed)), capsule, evidenceHash: hash, url };
  }

  /** A false claim: its certificate is not the one that was attested. */
  const falseClaim = (offer: Offer, entitlement: Entitlement, parent?: Claimed) =>
    claim(offer, entitlement, {
      ...(parent && { parent }),
      swap: (parts) => ({ ...parts, result: new TextEncoder().encode('{"payload":{},"salt":"0x00","v":1}') }),
    });

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), "pawl-watch-"));
    folders.push(folder);
    return folder;
  }

  const judge: Judge = createJudge({
    client,
    deployment,
    source: { services: [SERVICE], fetch: fetcher },
    trust: async () => trust,
  });

  /** A watcher with a journal of its own, and everything it said. */
  function watch(
    targets: Partial<WatchTargets>,
    how: Partial<Omit<WatcherDependencies, "account" | "targets" | "journal" | "report">> & {
      readonly folder?: string;
      readonly role?: Role;
    } = {},
  ) {
    const { folder = newFolder(), role = "delegate", ...others } = how;
    const account = people[role];
    const header = { chainId: deployment.chainId, settlement: deployment.settlement, watcher: lower(account.address) };
    const journal: Journal = openJournal(folder, header);
    const events: WatchEvent[] = [];
    const watcher = createWatcher({
      ...{ client, deployment, limits, judge, finalBlocks: 2 },
      clock: () => 0,
      ...others,
      account,
      journal,
      targets: { buyers: [], own: [], foreign: [], ...targets },
      report: (event) => void events.push(event),
    });
    return {
      folder,
      journal,
      events,
      pass: () => watcher.pass(new AbortController().signal),
      run: watcher.run,
      /** One line an event. */
      said: () => events.map(shown),
      close: () => journal.close(),
    };
  }

  /** Every evidence challenge of a run. */
  async function challengesOf({ ref }: Claimed) {
    const event = getAbiItem({ abi: settlementAbi, name: "EvidenceChallenged" });
    const args = { runKey: ref.runKey };
    const logs = await client.getLogs({ address: deployment.settlement, event, args, fromBlock: 0n, strict: true });
    return logs.map(({ args: { challenger, bond } }) => ({ challenger: lower(challenger), bond }));
  }

  /** Lets what happened become final. */
  async function settle(): Promise<void> {
    for (let block = 0; block < 4; block++) await w.pass(1);
  }

  return {
    w,
    client,
    deployment,
    served,
    asked,
    fetcher,
    judge,
    publish,
    buy,
    claim,
    falseClaim,
    watch,
    newFolder,
    challengesOf,
    settle,
    watcherAddress: lower(addressOf("delegate")),
    close: async () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
      await w.connection.close();
    },
  };
}

export type WatchWorld = Awaited<ReturnType<typeof createWatchWorld>>;
function shown(event: WatchEvent): string {
  switch (event.event) {
    case "claim":
      return `claim ${event.claim.step}${event.own ? "" : " of another"}`;
    case "evidence": {
      const { outcome } = event.look;
      if (outcome.status === "passed") return "evidence passed";
      if (outcome.status === "failed") return `evidence failed: ${outcome.check} ${outcome.code}`;
      return `evidence ${outcome.status}: ${outcome.code}`;
    }
    case "signed":
    case "sent again":
    case "replaced":
      return `${event.action} ${event.event}${event.reason ? ` (${event.reason.check} ${event.reason.code})` : ""}`;
    case "alarm":
      return `alarm: ${event.about}`;
    case "closed":
      return `closed: ${event.result}`;
    case "refused":
    case "failure":
      return `${event.event}: ${event.error.code}`;
  }
}
