import { type Address, type Hex, hexToBytes, recoverAddress, zeroAddress, zeroHash } from "viem";
import type { StepEvidence } from "../capsule/capsule.ts";
import { type FileDigest, fileHash } from "../capsule/digest.ts";
import { sha256Hex } from "../core/hash.ts";
import { type Policy, parsePolicy } from "../offers/policy.ts";
import { checkTermsAgainstPolicy } from "../offers/terms.ts";
import { runKeyOf } from "../permits/entitlement.ts";
import { permitHash } from "../permits/stepPermit.ts";
import { closingData } from "../transcript/event.ts";
import { readTranscript } from "../transcript/reader.ts";
import type { Certificate } from "./certificate.ts";
import type { StepClaim } from "./claim.ts";
import { type EvidenceErrorCode, evidenceError } from "./errors.ts";
import type { LeafFacts } from "./extensions.ts";
import { finalObservationDigest, parseFinalObservation } from "./finalObservation.ts";
import { expectEqual } from "./identity.ts";
import { parseNextTokens } from "./nextTokens.ts";
import { type Observation, observationDigest, parseObservation } from "./observation.ts";
import { parseReceipt, receiptDigest } from "./receipt.ts";
import { parseResult } from "./result.ts";
import type { SignedTime } from "./sigstore.ts";
import type { StepExpectation, Trade } from "./trade.ts";

/**
 * The equalities between the files of a step, its permit and its terms. Each function is one check of the report and
 * throws the code of the first equality that does not hold.
 */

/** Asks whether an account (key or contract) made a signature over a digest. */
export type VerifyDigest = (signer: Address, digest: Hex, signature: Hex) => Promise<boolean>;

/** For accounts that are keys. Contract accounts need the chain. */
export const verifyDigestOfKey: VerifyDigest = async (signer, digest, signature) => {
  if (hexToBytes(signature).length !== 65) return false;
  // Bytes from which no key can be recovered are nobody's signature.
  const recovered = await recoverAddress({ hash: digest, signature }).catch(() => undefined);
  return recovered?.toLowerCase() === signer.toLowerCase();
};

type Expected = Readonly<Record<string, string | number | bigint | null | undefined>>;

/** Compares two records over the fields of the first. A field without an expected value matches nothing. */
function expectFields(code: EvidenceErrorCode, expected: Expected, actual: object): void {
  for (const [field, value] of Object.entries(expected)) {
    if (value === null || value === undefined) throw evidenceError(code, { field, expected: "a value" });
    const found: unknown = Reflect.get(actual, field);
    const comparable = typeof found === "string" || typeof found === "number" || typeof found === "bigint";
    expectEqual(code, field, value, comparable ? found : undefined);
  }
}

const permitHashes = new WeakMap<StepExpectation, Hex>();

/** The permit's EIP-712 digest. Five checks compare with it, and it costs more than most of them. */
export function permitHashOf(expectation: StepExpectation): Hex {
  const hash = permitHashes.get(expectation) ?? permitHash(expectation.permit, expectation);
  permitHashes.set(expectation, hash);
  return hash;
}

/** @throws PERMIT_TERMS_MISMATCH */
export function checkPermit({ permit, terms, openedAt }: StepExpectation): void {
  const { gateway, signerCommit, policyHash } = terms;
  expectFields("PERMIT_TERMS_MISMATCH", { gateway, signerCommit, policyHash }, permit);
  const { sourceRepositoryId, sourceCommit } = terms;
  if (sourceRepositoryId !== 0n) {
    expectEqual("PERMIT_TERMS_MISMATCH", "repositoryId", sourceRepositoryId, permit.repositoryId);
  }
  if (BigInt(sourceCommit) !== 0n) {
    expectEqual("PERMIT_TERMS_MISMATCH", "sourceCommit", sourceCommit, permit.sourceCommit);
  }
  if (permit.step < 1) throw evidenceError("PERMIT_TERMS_MISMATCH", { field: "step", actual: permit.step });
  if (BigInt(openedAt) > permit.deadline) {
    throw evidenceError("PERMIT_TERMS_MISMATCH", { field: "deadline", expected: openedAt, actual: permit.deadline });
  }
}

/** @throws PERMIT_SIGNER_MISMATCH */
export async function checkPermitSignature(
  expectation: StepExpectation,
  signers: readonly Address[],
  signature: Hex | undefined,
  verify: VerifyDigest,
): Promise<void> {
  const digest = permitHashOf(expectation);
  for (const signer of signature === undefined ? [] : signers) {
    if (await verify(signer, digest, signature ?? "0x")) return;
  }
  throw evidenceError("PERMIT_SIGNER_MISMATCH", { expected: signers.join(" or ") });
}

/** @throws PARENT_MISMATCH */
export function checkParents({ permit, parents }: StepExpectation): void {
  expectFields(
    "PARENT_MISMATCH",
    { parentStateCommitment: parents.stateCommitment, parentNetCommitment: parents.netCommitment },
    permit,
  );
  // Both chains begin together, and only the first step has no parent.
  const genesis = permit.parentStateCommitment === zeroHash;
  if (genesis !== (permit.parentNetCommitment === zeroHash) || genesis !== (permit.step === 1)) {
    throw evidenceError("PARENT_MISMATCH", { field: "step", actual: permit.step });
  }
}

/** @throws POLICY_MISMATCH, POLICY_WRONG_DEPLOYMENT, TERMS_INCONSISTENT, JSON_*, SCHEMA_MISMATCH */
export function checkPolicy(bytes: Uint8Array, expectation: StepExpectation): Policy {
  const policy = parsePolicy(bytes, expectation.terms.policyHash);
  checkTermsAgainstPolicy(expectation.terms, policy, expectation);
  return policy;
}

/** @throws CERTIFICATE_MISMATCH */
export function checkCertificate(
  certificate: Certificate,
  facts: LeafFacts,
  claim: StepClaim,
  parts: StepEvidence,
  expectation: StepExpectation,
  serverUrl: string,
): void {
  const { permit } = expectation;
  const hash = permitHashOf(expectation);
  const { run, ...rest } = certificate;
  const { chainId, permitConsumer, settlement } = expectation;
  const { entitlement, step, policyHash, inputHash, workerKey, parentStateCommitment, parentNetCommitment } = permit;
  const { resultHash, bundleHash, nextStateCommitment, nextNetCommitment, transcriptRoot } = claim;
  expectFields(
    "CERTIFICATE_MISMATCH",
    {
      ...{ chainId, permitConsumer, settlement, permitHash: hash },
      ...{ entitlement, step, policyHash, inputHash, workerKey, parentStateCommitment, parentNetCommitment },
      ...{ resultHash, bundleHash, nextStateCommitment, nextNetCommitment, transcriptRoot },
      nextTokensHash: sha256Hex(parts.nextTokens),
      receiptHash: sha256Hex(parts.receipt),
      restoreMode: parentStateCommitment === zeroHash ? "genesis" : "restored",
    },
    rest,
  );
  const path = (uri: string | null) => (uri?.startsWith(`${serverUrl}/`) ? uri.slice(serverUrl.length + 1) : undefined);
  expectFields(
    "CERTIFICATE_MISMATCH",
    {
      repositoryId: permit.repositoryId.toString(),
      runId: permit.runId.toString(),
      runAttempt: permit.runAttempt,
      repository: path(facts.sourceRepositoryUri),
      sha: facts.sourceDigest,
      workflowRef: path(facts.buildConfigUri),
      workflowSha: facts.buildConfigDigest,
      jobWorkflowRef: path(facts.signerUri),
      jobWorkflowSha: facts.signerDigest,
    },
    run,
  );
}

/** @throws REPLAY_WINDOW_CLOSED */
export function checkReplay({ replay }: Certificate, times: readonly SignedTime[]): void {
  const late = times.find(({ at }) => at > replay.expiresAt);
  if (late || times.length === 0 || replay.nonce === zeroHash) {
    throw evidenceError("REPLAY_WINDOW_CLOSED", {
      expected: `at most ${replay.expiresAt}`,
      actual: late?.at,
      ...(replay.nonce === zeroHash && { field: "nonce" }),
    });
  }
}

/** @throws RESULT_MISMATCH, JSON_*, SCHEMA_MISMATCH */
export function checkResult(bytes: Uint8Array, claim: StepClaim, policy: Policy, resultKey: Hex): void {
  expectEqual("RESULT_MISMATCH", "resultHash", claim.resultHash, sha256Hex(bytes));
  const result = parseResult(bytes, policy.limits.resultBytes);
  const form = resultKey === zeroHash ? "open" : "sealed";
  expectEqual("RESULT_MISMATCH", "form", form, result.sealed ? "sealed" : "open");
}

/** Without the bundle's bytes, the hashes of certificate and claim still have to agree. @throws STATE_BUNDLE_MISMATCH */
export function checkStateBundle(
  bundle: Uint8Array | FileDigest | undefined,
  certificate: Certificate,
  claim: StepClaim,
): void {
  expectEqual("STATE_BUNDLE_MISMATCH", "bundleHash", claim.bundleHash, certificate.bundleHash);
  if (bundle) expectEqual("STATE_BUNDLE_MISMATCH", "bundleHash", claim.bundleHash, fileHash(bundle));
}

/** @throws NEXT_TOKENS_MISMATCH, JSON_*, SCHEMA_MISMATCH */
export function checkNextTokens(bytes: Uint8Array, claim: StepClaim): void {
  const { entitlement, step, permitHash: permit, nextStateCommitment, nextNetCommitment } = claim;
  expectFields(
    "NEXT_TOKENS_MISMATCH",
    { entitlement, step, permitHash: permit, nextStateCommitment, nextNetCommitment },
    parseNextTokens(bytes),
  );
  for (const [field, commitment] of Object.entries({ nextStateCommitment, nextNetCommitment })) {
    // Zero means "no parent": a step that committed to it would let the next one start afresh.
    if (commitment === zeroHash) throw evidenceError("NEXT_TOKENS_MISMATCH", { field, actual: commitment });
  }
}

/** @throws TRANSCRIPT_MISMATCH, TRANSCRIPT_BROKEN, TRANSCRIPT_TOO_LARGE, JSON_*, SCHEMA_MISMATCH */
export function checkTranscript(bytes: Uint8Array, certificate: Certificate, claim: StepClaim): void {
  const transcript = readTranscript(bytes);
  expectEqual("TRANSCRIPT_MISMATCH", "transcriptRoot", claim.transcriptRoot, transcript.root);
  const { resultHash, bundleHash, nextTokensHash, receiptHash, nextStateCommitment, nextNetCommitment } = certificate;
  expectFields(
    "TRANSCRIPT_MISMATCH",
    { resultHash, bundleHash, nextTokensHash, receiptHash, nextStateCommitment, nextNetCommitment },
    closingData(transcript),
  );
}

/** @throws RECEIPT_MISMATCH, RECEIPT_SIGNER_MISMATCH, JSON_*, SCHEMA_MISMATCH */
export async function checkReceipt(
  bytes: Uint8Array,
  claim: StepClaim,
  expectation: StepExpectation,
  verify: VerifyDigest,
): Promise<void> {
  const { v: _v, signature, ...receipt } = parseReceipt(bytes);
  const { resultHash, bundleHash } = claim;
  const permit = permitHashOf(expectation);
  expectFields("RECEIPT_MISMATCH", { permitHash: permit, resultHash, bundleHash }, receipt);
  const { gateway } = expectation.terms;
  if (!(await verify(gateway, receiptDigest(receipt, expectation), signature))) {
    throw evidenceError("RECEIPT_SIGNER_MISMATCH", { expected: gateway });
  }
}

const HOSTED_GROUP = "GitHub Actions";
/** A job lives at most this long, so an observation of it cannot be older when the step opens. */
const LONGEST_JOB_SECONDS = 21_600;
const CLOCK_SKEW_SECONDS = 300;

/**
 * Tier 2: an observation must be there, be the one that the permit names, be about this run, show a runner of GitHub's
 * own pool, and be signed by the offer's observer, or by the gateway where the offer names none.
 *
 * @throws OBSERVATION_*, JSON_*, SCHEMA_MISMATCH
 */
export async function checkObservation(
  bytes: Uint8Array | undefined,
  signature: Trade["observationSignature"],
  certificate: Certificate,
  facts: LeafFacts,
  policy: Policy,
  expectation: StepExpectation,
  verify: VerifyDigest,
): Promise<void> {
  const { permit, terms } = expectation;
  const { observationHash } = permit;
  if (bytes === undefined || signature === undefined || observationHash === zeroHash) {
    throw evidenceError("OBSERVATION_MISSING", { expected: observationHash });
  }
  expectEqual("OBSERVATION_CONTRADICTS_RUN", "observationHash", observationHash, sha256Hex(bytes));
  const observation = parseObservation(bytes);
  expectFields("OBSERVATION_CONTRADICTS_RUN", expectedObservation(certificate, policy, expectation), {
    ...observation,
    labels: observation.labels.join(),
  });
  const called = facts.signerUri === facts.buildConfigUri ? null : facts.signerDigest;
  if (observation.calledCommit !== called) {
    throw evidenceError("OBSERVATION_CONTRADICTS_RUN", {
      field: "calledCommit",
      expected: called ?? "none",
      actual: observation.calledCommit ?? "none",
    });
  }
  checkPool(observation, expectation);
  const signer = terms.observer === zeroAddress ? terms.gateway : terms.observer;
  const digest = observationDigest({ runKey: runKeyOf({ ...permit }), observationHash }, expectation);
  if (!(await verify(signer, digest, signature))) {
    throw evidenceError("OBSERVATION_SIGNER_MISMATCH", { expected: signer });
  }
}

function expectedObservation({ run }: Certificate, policy: Policy, { permit }: StepExpectation): Expected {
  return {
    repository: run.repository,
    repositoryId: permit.repositoryId.toString(),
    runId: permit.runId.toString(),
    runAttempt: permit.runAttempt,
    checkRunId: run.checkRunId,
    sha: permit.sourceCommit.slice(2),
    event: "workflow_dispatch",
    status: "in_progress",
    runnerGroupId: 0,
    runnerGroupName: HOSTED_GROUP,
    labels: policy.runsOn,
  };
}

function checkPool({ runnerName, observedAt }: Observation, { openedAt }: StepExpectation): void {
  if (!/^GitHub Actions [0-9]+$/.test(runnerName)) {
    throw evidenceError("OBSERVATION_CONTRADICTS_RUN", { field: "runnerName", actual: runnerName });
  }
  const earliest = openedAt - LONGEST_JOB_SECONDS;
  const latest = openedAt + CLOCK_SKEW_SECONDS;
  if (observedAt < earliest || observedAt > latest) {
    throw evidenceError("OBSERVATION_CONTRADICTS_RUN", {
      field: "observedAt",
      expected: `${earliest} to ${latest}`,
      actual: observedAt,
    });
  }
}

/**
 * The run looked at again once it had ended: the same run and commit, no job besides the one that was permitted, that
 * job completed with success on a runner of GitHub's own pool, and the attestation made while it ran.
 *
 * @throws FINAL_OBSERVATION_*, JSON_*, SCHEMA_MISMATCH
 */
export async function checkFinalObservation(
  bytes: Uint8Array,
  certificate: Certificate,
  times: readonly SignedTime[],
  policy: Policy,
  expectation: StepExpectation,
  verify: VerifyDigest,
): Promise<void> {
  const { signature, ...facts } = parseFinalObservation(bytes);
  const { permit, terms } = expectation;
  const { run } = certificate;
  const code = "FINAL_OBSERVATION_CONTRADICTS_RUN";
  const [job] = facts.jobs;
  expectFields(
    code,
    {
      repository: run.repository,
      repositoryId: permit.repositoryId.toString(),
      runId: permit.runId.toString(),
      runAttempt: permit.runAttempt,
      sha: permit.sourceCommit.slice(2),
      event: "workflow_dispatch",
      totalJobs: 1,
    },
    facts,
  );
  expectEqual(code, "jobs", 1, facts.jobs.length);
  if (job === undefined) throw evidenceError(code, { field: "jobs" });
  expectFields(
    code,
    {
      checkRunId: run.checkRunId,
      status: "completed",
      conclusion: "success",
      runnerName: certificate.runner.name,
      runnerGroupId: 0,
      runnerGroupName: HOSTED_GROUP,
      labels: policy.runsOn,
    },
    { ...job, labels: job.labels.join() },
  );
  const earliest = job.startedAt - CLOCK_SKEW_SECONDS;
  const latest = job.completedAt + CLOCK_SKEW_SECONDS;
  const outside = times.find(({ at }) => at < earliest || at > latest);
  if (outside || facts.observedAt < job.completedAt) {
    const actual = outside?.at ?? facts.observedAt;
    throw evidenceError(code, { field: "completedAt", expected: `${earliest} to ${latest}`, actual });
  }
  const signer = terms.observer === zeroAddress ? terms.gateway : terms.observer;
  if (!(await verify(signer, finalObservationDigest(facts, runKeyOf({ ...permit }), expectation), signature))) {
    throw evidenceError("FINAL_OBSERVATION_SIGNER_MISMATCH", { expected: signer });
  }
}

/** @throws CLAIM_MISMATCH */
export function checkClaim(claim: StepClaim, parts: StepEvidence, expectation: StepExpectation): void {
  const { chainId, settlement, permit } = expectation;
  expectFields(
    "CLAIM_MISMATCH",
    {
      chainId,
      settlement,
      entitlement: permit.entitlement,
      step: permit.step,
      permitHash: permitHashOf(expectation),
      certificateHash: sha256Hex(parts.certificate),
      resultHash: sha256Hex(parts.result),
      ...(parts.stateBundle && { bundleHash: fileHash(parts.stateBundle) }),
    },
    claim,
  );
}

/** The next commitments as whoever holds the keys computed them. */
export type RatchetOutcome = { readonly nextStateCommitment: Hex; readonly nextNetCommitment: Hex };

/** @throws RATCHET_MISMATCH */
export function checkRatchet(outcome: RatchetOutcome, claim: StepClaim): void {
  const { nextStateCommitment, nextNetCommitment } = outcome;
  expectFields("RATCHET_MISMATCH", { nextStateCommitment, nextNetCommitment }, claim);
}
