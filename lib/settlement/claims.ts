import { eq, ne } from "drizzle-orm";
import type { Hex, PublicClient } from "viem";
import { type CapsuleParts, evidenceHash, openCapsule, packCapsule } from "../capsule/capsule.ts";
import type { Deployment } from "../chain/deployment.ts";
import { type Transactor, transact } from "../chain/transact.ts";
import type { Clock } from "../core/effects.ts";
import { sha256Hex } from "../core/hash.ts";
import { singleFlight } from "../core/singleFlight.ts";
import { capsuleAnchors } from "../evidence/capsuleChecks.ts";
import { decodeClaim } from "../evidence/claim.ts";
import { reportHash, type VerificationReport } from "../evidence/report.ts";
import { encodeTrade, parseTrade } from "../evidence/trade.ts";
import type { TrustPolicy } from "../evidence/trustedRoot.ts";
import { verifyStep } from "../evidence/verify.ts";
import { givenPermit } from "../gateway/asks.ts";
import type { DigestSigner } from "../gateway/dependencies.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Ratchet, RatchetLink } from "../gateway/ratchet.ts";
import { capsules, reports } from "../gateway/tables.ts";
import type { GitHubClient } from "../github/client.ts";
import { collectRun } from "../github/collect.ts";
import { permitHash } from "../permits/stepPermit.ts";
import type { Database } from "../store/store.ts";
import type { ClaimAnswer } from "./client.ts";
import { type Consumption, expectationOf, readConsumption } from "./consumption.ts";
import { settlementError } from "./errors.ts";
import { requirePassed } from "./passed.ts";
import { type PreparedProof, prepareProof, provableAttestation } from "./proof.ts";
import { createProofStages, type ExplainedProof } from "./proofStages.ts";
import { approvalDigest, claimCall, type SignedClaim } from "./signedClaim.ts";

/** How long an approval may be submitted. It also never outlives the claim deadline. */
const APPROVAL_SECONDS = 3600;

export type ClaimDependencies = {
  readonly db: Database;
  readonly client: PublicClient;
  readonly deployment: Deployment;
  readonly github: GitHubClient;
  readonly gateway: Gateway;
  readonly ratchet: Ratchet;
  readonly trust: TrustPolicy;
  /** Signs as the verifier that offers name. */
  readonly verifier: DigestSigner;
  /** Submits claims; without it sellers do. */
  readonly relayer: Transactor | undefined;
  readonly clock: Clock;
};

/** A capsule after verification against the chain, with what a claim would need. */
export type Verified = {
  readonly report: VerificationReport;
  readonly reportHash: Hex;
  readonly evidenceHash: Hex;
  readonly consumption: Consumption;
  readonly parts: CapsuleParts;
  readonly link: RatchetLink;
};

export type ProofExplanation = ExplainedProof & { readonly consumption: Consumption };

/** State larger than this stays at the gateway, so that a capsule can be sent and verified in one piece. */
const MAX_CARRIED_STATE_BYTES = 48 * 1024 * 1024;

/** From a run's evidence to a claim on-chain: collect, verify, sign, submit. */
export function createClaims(dependencies: ClaimDependencies) {
  const { db, client, deployment, github, gateway, ratchet, trust, verifier, relayer, clock } = dependencies;
  // Anybody may ask for either: downloads and transactions are not multiplied by how many do at once.
  const gatherOnce = singleFlight(gather);
  const submitOnce = singleFlight(submit);
  const explainProof = createProofStages(client, deployment);
  const explainOnce = singleFlight(explain);
  return { collect, verify, claim, prove, explain: explainOnce, report: readReport };

  /**
   * The capsule of a permitted run: gathered once from the run's artifact and from what the chain says, then kept.
   *
   * @throws ASK_UNKNOWN, RUN_NOT_COMPLETED, RUN_NOT_SUCCESSFUL, ARTIFACT_*, OBSERVATION_*, CLAIM_RUN_UNKNOWN
   */
  async function collect(permit: Hex): Promise<Uint8Array> {
    const known = await keptCapsule(permit);
    return known === undefined ? gatherOnce(permit) : gateway.content.read(known);
  }

  /** The hash of the capsule that this server serves for a permit, if it has one. */
  async function keptCapsule(permit: Hex): Promise<Hex | undefined> {
    const [known] = await db.select().from(capsules).where(eq(capsules.permitHash, permit));
    return known?.evidenceHash;
  }

  async function gather(permit: Hex): Promise<Uint8Array> {
    const row = await gateway.asks.byPermit(permit);
    const { permit: given, signature } = givenPermit(row);
    const consumption = await readConsumption(client, deployment, permit);
    const { repository, runId, runAttempt } = row.facts;
    const { files } = await collectRun({ repository, runId, runAttempt }, github);
    const finalObservation = await gateway.observeEnd(row);
    const parts: CapsuleParts = {
      bundle: files["bundle.sigstore.json"],
      claim: files["pawl-claim"],
      certificate: files["certificate.json"],
      result: files["result.json"],
      nextTokens: files["next-tokens.json"],
      policy: files["policy.json"],
      receipt: files["receipt.json"],
      transcript: files["transcript.jsonl"],
      ...(files["state.bundle"].length <= MAX_CARRIED_STATE_BYTES && { stateBundle: files["state.bundle"] }),
      ...(files["observation.json"] && { observation: files["observation.json"] }),
      ...(finalObservation && { finalObservation }),
      trade: encodeTrade({
        expectation: expectationOf(consumption, given, deployment),
        permitSignature: signature,
        observationSignature: row.observationSignature ?? undefined,
      }),
    };
    const capsule = await packCapsule(parts, { anchors: capsuleAnchors(parts) });
    // Artifacts expire, and anybody may ask: what was whole once is kept.
    const evidenceHash = await gateway.content.keep(capsule);
    await db.insert(capsules).values({ permitHash: permit, evidenceHash }).onConflictDoNothing();
    return capsule;
  }

  /**
   * Verifies a capsule against what the chain says of its permit, never against what the capsule says, and recomputes
   * the ratchet with the gateway's keys.
   *
   * @param options.signers also verifies the capsule's signatures. What is claimed depends on none: it is what this server
   *   serves, which nobody signs.
   * @throws CAPSULE_*, CLAIM_RUN_UNKNOWN, RATCHET_LINK_MISSING; a capsule that fails its checks gives a report
   */
  async function verify(bytes: Uint8Array, { signers = false } = {}): Promise<Verified> {
    const capsule = await openCapsule(bytes);
    const { parts } = capsule;
    const { permit } = parseTrade(parts.trade).expectation;
    const consumption = await readConsumption(client, deployment, permitHash(permit, deployment));
    const expectation = expectationOf(consumption, permit, deployment);
    const parent = await ratchet.link(permit.entitlement, permit.step - 1, permit.parentStateCommitment);
    const { resultHash, bundleHash } = decodeClaim(parts.claim);
    const outputs = { permitHash: consumption.permitHash, resultHash, bundleHash };
    const link = ratchet.follow(parent, outputs, gateway.entitlements.context(permit.entitlement));
    const report = await verifyStep(parts, expectation, trust, {
      now: clock(),
      verifyDigest: (address, hash, signature) => client.verifyHash({ address, hash, signature }),
      ratchet: { nextStateCommitment: link.nextStateCommitment, nextNetCommitment: link.nextNetCommitment },
      capsule: { capsule, leaveSigners: !signers },
      // What this server itself saw of the run's end is never left out of what it approves.
      requireFinalObservation: gateway.looksAtEnd(expectation.terms),
    });
    return {
      report,
      reportHash: reportHash(report),
      evidenceHash: evidenceHash(bytes),
      consumption,
      parts,
      link,
    };
  }

  /**
   * Verifies, signs as the offer's verifier and, where this server has a relayer, submits. What is signed is what
   * anybody can fetch here afterwards: a variant that would pass too, with parts left out, is not claimed.
   *
   * @throws EVIDENCE_REJECTED with the first failed check, EVIDENCE_NOT_SERVED, VERIFIER_NOT_NAMED, PROOF_* where the
   *   offer is provable and the evidence is not, and the contract's refusals
   */
  async function claim(capsule: Uint8Array): Promise<ClaimAnswer> {
    const verified = await verify(capsule);
    const { report, consumption } = verified;
    const { terms } = consumption.identity.offer;
    // A stranger's variant leaves no trace on the step's page, whatever its verdict.
    if ((await keptCapsule(consumption.permitHash)) === verified.evidenceHash) await remember(verified);
    requirePassed(report);
    if (terms.verifier !== verifier.address.toLowerCase()) {
      throw settlementError("VERIFIER_NOT_NAMED", { expected: terms.verifier, actual: verifier.address });
    }
    const served = evidenceHash(await collect(consumption.permitHash));
    if (served !== verified.evidenceHash) {
      throw settlementError("EVIDENCE_NOT_SERVED", { expected: served, actual: verified.evidenceHash });
    }
    // Evidence can hold and have no proof: of a log's newer kind, or under a root that the chain does not count yet.
    if (terms.provable && deployment.evidence) {
      const subject = { bundle: verified.parts.bundle, openedAt: consumption.openedAt };
      await provableAttestation(client, deployment, deployment.evidence, subject);
    }
    return submitOnce(consumption.permitHash, verified);
  }

  /**
   * Verifies a permitted run's evidence and prepares the proof of its step for anybody's wallet. The key material of the
   * next step is kept, as for a claim that this server signs.
   *
   * @throws EVIDENCE_REJECTED with the first failed check, PROOF_*, and what {@link collect} throws
   */
  async function prove(permit: Hex): Promise<PreparedProof> {
    const verified = await verify(await collect(permit));
    const { report, consumption, parts, link, evidenceHash } = verified;
    await remember(verified);
    requirePassed(report);
    const evidenceLocator = locatorOf(permit);
    const proof = await prepareProof(client, deployment, { parts, consumption, evidenceHash, evidenceLocator });
    await ratchet.keep(consumption.identity.id, link);
    return proof;
  }

  /**
   * What the chain makes of a step's evidence, stage by stage. The evidence is not verified before: a stage shows what
   * does not hold.
   *
   * @throws PROOF_NOT_*, PROOF_*, CAPSULE_*, and what {@link collect} throws
   */
  async function explain(permit: Hex): Promise<ProofExplanation> {
    // Before anything is fetched for a proof that cannot be.
    if (!deployment.evidence) throw settlementError("PROOF_NOT_DEPLOYED", { settlement: deployment.settlement });
    const capsule = await collect(permit);
    const [{ parts }, consumption] = await Promise.all([
      openCapsule(capsule),
      readConsumption(client, deployment, permit),
    ]);
    const subject = { parts, consumption, evidenceHash: evidenceHash(capsule), evidenceLocator: locatorOf(permit) };
    return { ...(await explainProof(subject)), consumption };
  }

  /** The key material of the next step is kept before the claim can be accepted: no accepted claim is without it. */
  async function submit(permit: Hex, verified: Verified): Promise<ClaimAnswer> {
    const { consumption, parts, link } = verified;
    const { terms } = consumption.identity.offer;
    await remember(verified);
    const claimHash = sha256Hex(parts.claim);
    const blob = decodeClaim(parts.claim);
    await ratchet.keep(consumption.identity.id, link);
    const deadline = Math.min(clock() + APPROVAL_SECONDS, consumption.claimDeadline);
    const approval = { claimHash, reportHash: verified.reportHash, evidenceHash: verified.evidenceHash, deadline };
    const { chainId: _c, settlement: _s, entitlement: _e, ...claimed } = blob;
    const signed: SignedClaim = {
      buyer: consumption.identity.buyer,
      salt: consumption.identity.salt,
      runKey: consumption.runKey,
      parentHead: consumption.parentHead,
      claim: claimed,
      reportHash: approval.reportHash,
      evidenceHash: approval.evidenceHash,
      deadline,
      signature: await verifier.signDigest(approvalDigest(approval, deployment)),
      evidenceLocator: locatorOf(permit),
    };
    if (!relayer) return { claimHash, signed, transaction: null };
    const { transactionHash } = await transact(relayer, claimCall(deployment, terms, signed));
    await db.update(reports).set({ claimTransaction: transactionHash }).where(eq(reports.permitHash, permit));
    return { claimHash, signed, transaction: transactionHash };
  }

  /** The latest verdict over a permit's evidence, if there is one. */
  async function readReport(permit: Hex): Promise<typeof reports.$inferSelect | undefined> {
    const [row] = await db.select().from(reports).where(eq(reports.permitHash, permit));
    return row;
  }

  async function remember({ report, reportHash, evidenceHash, consumption, parts }: Verified): Promise<void> {
    const row = {
      permitHash: consumption.permitHash,
      evidenceHash,
      reportHash,
      claimHash: sha256Hex(parts.claim),
      verdict: report.verdict,
      report,
      createdAt: clock(),
    };
    // A verifier that was told of a revoked root would now refuse what was claimed before: the claim's report stays.
    const setWhere = ne(reports.verdict, "passed");
    await db.insert(reports).values(row).onConflictDoUpdate({ target: reports.permitHash, set: row, setWhere });
  }
}

/** Where this server serves a permit's capsule. */
function locatorOf(permit: Hex): string {
  return `/v1/permits/${permit}/capsule`;
}

export type Claims = ReturnType<typeof createClaims>;
