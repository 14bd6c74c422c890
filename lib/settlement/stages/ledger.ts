import type { Address, Hex, PublicClient } from "viem";
import type { Deployment } from "../../chain/deployment.ts";
import { chainError } from "../../chain/errors.ts";
import { contractErrors, settlementAbi, trustRootsAbi } from "../../chain/generated/abis.ts";
import { readRun } from "../../chain/reads.ts";
import type { ErrorJson } from "../../core/error.ts";
import type { PreparedAttestation } from "../../evidence/onchain/attestation.ts";
import type { Evidence } from "../../evidence/onchain/queuedRoots.ts";
import { issuerRootId, logRootId, verifierRootId } from "../../evidence/onchain/roots.ts";
import { readPendingClaim } from "../claimedStep.ts";
import { type PreparedProof, type ProofSubject, prepareProof } from "../proof.ts";
import { ask, gasSum } from "./ask.ts";
import type { ProofFacts } from "./attestation.ts";
import { fails, hash, holds, moment, type ProofStage, type RootStanding, refusalOf, text } from "./stage.ts";

export type LedgerSubject = ProofSubject & {
  readonly client: PublicClient;
  readonly deployment: Deployment;
  readonly evidence: Evidence;
  readonly facts: ProofFacts;
  readonly prepared: PreparedAttestation;
  /** As `TrustRoots` takes it. */
  readonly proof: Hex;
};

/** What a proof would do, or did, and whose money it moves. Moments are unix seconds, amounts wei. */
export type ProofOutlook = {
  /** `settles`: no claim is made yet; `answers`: one is, by signature; `proven`: it was done; `closed`: too late. */
  readonly state: "settles" | "answers" | "proven" | "closed";
  /** Where the offer names no arbiter, a proof ends the dispute window. */
  readonly endsWindow: boolean;
  readonly disputeWindow: number;
  /** Of the pending claim, if there is one. */
  readonly windowEnd: number | null;
  /** Of whoever demands a proof now. */
  readonly demand: { readonly challenger: Address; readonly bond: string; readonly end: number } | null;
};

/** Roots, the whole, and what `Settlement` makes of it: what changes with the chain. */
export async function ledgerStages(
  subject: LedgerSubject,
): Promise<{ readonly stages: readonly ProofStage[]; readonly outlook: ProofOutlook }> {
  const [roots, whole, { stage, outlook }] = await Promise.all([
    rootsStage(subject),
    wholeStage(subject),
    settlementStage(subject),
  ]);
  return { stages: [roots, whole, stage], outlook };
}

async function rootsStage({ client, evidence, facts, prepared }: LedgerSubject): Promise<ProofStage> {
  const { timestamp } = await client.getBlock();
  const logTime = prepared.attestation.integratedTime;
  const named = [
    // What tells the time cannot be held against it: a verifier counts now, or not.
    { kind: "verifier", id: verifierRootId(evidence.sigstoreVerifier), time: timestamp },
    { kind: "authority", id: issuerRootId(prepared.issuer), time: logTime },
    { kind: "log", id: logRootId(prepared.log), time: logTime },
  ] as const;
  const answers = await Promise.all(
    named.map(async ({ kind, id, time }) => {
      const contract = { address: evidence.trustRoots, abi: trustRootsAbi } as const;
      const record = await ask(client, { ...contract, functionName: "rootOf", args: [id] });
      const args = [id, facts.openedAt, time] as const;
      const counted = await ask(client, { ...contract, functionName: "requireCounts", args }).then(
        ({ gas }) => ({ refusal: null, gas }),
        (thrown: unknown): { refusal: ErrorJson | null; gas: number | null } => ({
          refusal: refusalOf(thrown).toJSON(),
          gas: null,
        }),
      );
      const { queuedAt, activeAt, revokedFrom } = record.answer;
      const standing: RootStanding = { kind, id, queuedAt, activeAt, revokedFrom, refusal: counted.refusal };
      return { standing, gas: counted.gas };
    }),
  );
  const roots = answers.map(({ standing }) => standing);
  const found = {
    roots,
    gas: gasSum(...answers.map(({ gas }) => gas)),
    values: [moment("The step was opened at", facts.openedAt), moment("The evidence was logged at", logTime)],
  };
  const refused = roots.find(({ refusal }) => refusal !== null);
  return refused?.refusal ? fails("roots", refused.refusal, found) : holds("roots", found);
}

/** The real thing: every stage before it in one call, as `Settlement` makes it. */
async function wholeStage({ client, evidence, facts, proof }: LedgerSubject): Promise<ProofStage> {
  const values = [text("Bytes of the proof", String((proof.length - 2) / 2))];
  try {
    const contract = { address: evidence.trustRoots, abi: trustRootsAbi } as const;
    const { answer, gas } = await ask(client, { ...contract, functionName: "verify", args: [facts, proof] });
    return holds("whole", { gas, values: [...values, moment("The contracts agree that it was logged at", answer)] });
  } catch (thrown) {
    return fails("whole", refusalOf(thrown), { values });
  }
}

/** A run may log before its permit is consumed, by this much (`Settlement`). */
const LOG_TIME_SLACK_SECONDS = 1800;
/** In the order of the contract's enum. */
const EVIDENCE_CHALLENGE = 0;

async function settlementStage(
  subject: LedgerSubject,
): Promise<{ readonly stage: ProofStage; readonly outlook: ProofOutlook }> {
  const { client, deployment, consumption, facts, prepared } = subject;
  const { terms } = consumption.identity.offer;
  const contract = { address: deployment.settlement, abi: settlementAbi } as const;
  const [{ answer: provenClaim }, { answer: challenge }, pending, run, prepare] = await Promise.all([
    ask(client, {
      ...contract,
      functionName: "provenRunOf",
      args: [facts.repositoryId, facts.runId, facts.runAttempt],
    }),
    ask(client, { ...contract, functionName: "challengeOf", args: [consumption.runKey, EVIDENCE_CHALLENGE] }),
    readPendingClaim(client, deployment, consumption.identity, consumption.step),
    readRun(client, deployment, consumption.runKey),
    outcomeOf(subject),
  ]);
  const isPending = pending?.claimed.claimHash === facts.claimHash;
  const isProven = run.proven && provenClaim === facts.claimHash;
  const logTime = Number(prepared.attestation.integratedTime);
  const from = Math.max(0, consumption.openedAt - LOG_TIME_SLACK_SECONDS);
  const until = consumption.openedAt + terms.stepTimeout;
  const outlook: ProofOutlook = {
    state: isProven ? "proven" : isPending ? "answers" : prepare.kind === "settles" ? "settles" : "closed",
    endsWindow: BigInt(terms.arbiter) === 0n,
    disputeWindow: terms.disputeWindow,
    windowEnd: isPending ? pending.claimed.windowEnd : null,
    demand:
      isPending && BigInt(challenge.poster) !== 0n
        ? { challenger: challenge.poster, bond: String(challenge.bond), end: challenge.end }
        : null,
  };
  const found = {
    gas: prepare.gas,
    values: [
      moment("Evidence counts if logged from", from),
      moment("and before", until),
      moment("It was logged at", logTime),
      ...(isProven ? [hash("Claim that this run proved", provenClaim)] : []),
    ],
  };
  const stage = () => {
    if (logTime < from || logTime >= until) {
      const values = { logTime, from, until };
      return fails("settlement", chainError(contractErrors.EvidenceTimeOutside.code, values), found);
    }
    if (isProven || prepare.refusal === null) return holds("settlement", found);
    return fails("settlement", prepare.refusal, found);
  };
  return { stage: stage(), outlook };
}

/** Has `Settlement` run the proof without sending it. */
async function outcomeOf(subject: LedgerSubject): Promise<{
  readonly kind: PreparedProof["kind"] | undefined;
  readonly refusal: ErrorJson | null;
  readonly gas: number | null;
}> {
  const { client, deployment } = subject;
  let kind: PreparedProof["kind"] | undefined;
  try {
    const prepared = await prepareProof(client, deployment, subject);
    kind = prepared.kind;
    const { gas } = await (prepared.kind === "settles" ? ask(client, prepared.call) : ask(client, prepared.call));
    return { kind, refusal: null, gas };
  } catch (thrown) {
    return { kind, refusal: refusalOf(thrown).toJSON(), gas: null };
  }
}
