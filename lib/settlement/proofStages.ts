import type { PublicClient } from "viem";
import type { Deployment } from "../chain/deployment.ts";
import { decodeRevert } from "../chain/revert.ts";
import { claimHash, decodeClaim } from "../evidence/claim.ts";
import { logTimeOf, prepareAttestation } from "../evidence/onchain/attestation.ts";
import { counts, readQueuedRoots } from "../evidence/onchain/queuedRoots.ts";
import { issuerRootId, logRootId } from "../evidence/onchain/roots.ts";
import { parseTrade } from "../evidence/trade.ts";
import { settlementError } from "./errors.ts";
import { encodeProof, type ProofSubject } from "./proof.ts";
import { attestationIn, attestationStages, type ProofFacts } from "./stages/attestation.ts";
import { ledgerStages, type ProofOutlook } from "./stages/ledger.ts";
import type { ProofStage } from "./stages/stage.ts";

/** A proof taken apart, as the chain judges each part. */
export type ExplainedProof = {
  /** In the order of the reasoning, all nine. A stage that fails hides none of those after it. */
  readonly stages: readonly ProofStage[];
  readonly outlook: ProofOutlook;
};

/** Proofs whose unchanging stages are kept: an attestation that holds does so for ever. */
const MOST_KEPT = 200;

/**
 * Explains proofs stage by stage. Each stage is asked of the deployed contracts, or of the chain's own precompiles, by
 * `eth_call`; this server only cuts the evidence into the pieces that they are asked about. Roots, the whole and the
 * settlement are asked anew each time, the rest once.
 */
export function createProofStages(client: PublicClient, deployment: Deployment) {
  const kept = new Map<string, readonly ProofStage[]>();

  /** @throws PROOF_NOT_*, PROOF_LOG_*, PROOF_ISSUER_UNKNOWN, CLAIM_MALFORMED, ATTESTATION_*, CHAIN_UNREACHABLE */
  return async (subject: ProofSubject): Promise<ExplainedProof> => {
    try {
      return await explain(subject);
    } catch (thrown) {
      throw decodeRevert(thrown);
    }
  };

  async function explain(subject: ProofSubject): Promise<ExplainedProof> {
    const { parts, consumption } = subject;
    const { terms } = consumption.identity.offer;
    const { evidence } = deployment;
    if (!evidence) throw settlementError("PROOF_NOT_DEPLOYED", { settlement: deployment.settlement });
    if (!terms.provable) throw settlementError("PROOF_NOT_PROVABLE", { offer: consumption.identity.offer.offerId });
    const claim = decodeClaim(parts.claim);
    const { permit } = parseTrade(parts.trade).expectation;
    const [queued, block] = await Promise.all([readQueuedRoots(client, deployment, evidence), client.getBlock()]);
    const at = {
      now: Number(block.timestamp),
      openedAt: consumption.openedAt,
      logTime: logTimeOf(parts.bundle),
    };
    // Those that count come first; of those that do not, the roots' own stage says why.
    const countingFirst = <T extends { readonly record: Parameters<typeof counts>[0] }>(roots: readonly T[]) =>
      [...roots].sort((a, b) => Number(counts(b.record, at)) - Number(counts(a.record, at)));
    const roots = { issuers: countingFirst(queued.issuers), logs: countingFirst(queued.logs) };
    const prepared = prepareAttestation(parts.bundle, roots, { byName: true });
    const proof = encodeProof(evidence.sigstoreVerifier, prepared.attestation);
    const facts: ProofFacts = {
      // As the contract rebuilds it: about itself, on its chain, for this entitlement.
      claimHash: claimHash({
        ...claim,
        chainId: deployment.chainId,
        settlement: deployment.settlement,
        entitlement: consumption.identity.id,
      }),
      certificateHash: claim.certificateHash,
      resultHash: claim.resultHash,
      bundleHash: claim.bundleHash,
      signerWorkflow: terms.signerWorkflow,
      signerCommit: terms.signerCommit,
      callerWorkflow: terms.callerWorkflow,
      repositoryId: permit.repositoryId,
      sourceOwnerId: terms.sourceOwnerId,
      sourceCommit: permit.sourceCommit,
      runId: permit.runId,
      runAttempt: permit.runAttempt,
      openedAt: consumption.openedAt,
    };
    const shared = { client, deployment, evidence, facts, prepared };

    const attested = async () => {
      const key = [
        subject.evidenceHash,
        consumption.permitHash,
        issuerRootId(prepared.issuer),
        logRootId(prepared.log),
      ];
      const known = kept.get(key.join());
      if (known) return known;
      const stages = await attestationStages({
        ...shared,
        parts,
        claim,
        permit,
        opened: { entitlement: consumption.identity.id, permitHash: consumption.permitHash },
        proof: attestationIn(proof),
      });
      // What fails is asked again: a key may be registered, a precompile come with the next upgrade.
      if (stages.every(({ outcome }) => outcome === "holds")) keep(key.join(), stages);
      return stages;
    };
    const [first, { stages, outlook }] = await Promise.all([
      attested(),
      ledgerStages({ ...shared, ...subject, proof }),
    ]);
    return { stages: [...first, ...stages], outlook };
  }

  function keep(key: string, stages: readonly ProofStage[]): void {
    kept.set(key, stages);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  }
}
