import { type Hex, hexToBytes, zeroAddress, zeroHash } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import type { CapsuleParts } from "#lib/capsule/capsule.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { type Certificate, encodeCertificate } from "#lib/evidence/certificate.ts";
import { encodeClaim, type StepClaim } from "#lib/evidence/claim.ts";
import { encodeFinalObservation, type FinalFacts, finalObservationDigest } from "#lib/evidence/finalObservation.ts";
import { encodeNextTokens, type NextTokens } from "#lib/evidence/nextTokens.ts";
import { type ObservedFacts, observationBytes, observationDigest } from "#lib/evidence/observation.ts";
import { encodeReceipt, type Receipt, receiptDigest } from "#lib/evidence/receipt.ts";
import { encodeResult, type Result } from "#lib/evidence/result.ts";
import { statementBytes } from "#lib/evidence/statement.ts";
import { encodeTrade, type StepExpectation } from "#lib/evidence/trade.ts";
import { parseTrustedRoot, type TrustPolicy } from "#lib/evidence/trustedRoot.ts";
import { type StepOptions, verifyStep } from "#lib/evidence/verify.ts";
import { type Policy, policyBytes, policyHashOf } from "#lib/offers/policy.ts";
import type { OfferTerms } from "#lib/offers/terms.ts";
import { workflowIdentity } from "#lib/offers/workflowPin.ts";
import { runKeyOf } from "#lib/permits/entitlement.ts";
import { permitConsumerDomain, permitHash, type StepPermit, stepPermitTypes } from "#lib/permits/stepPermit.ts";
import type { IdentityClaims } from "#lib/sandbox/claims.ts";
import { type AttestOverrides, createSandboxSigstore } from "#lib/sandbox/sigstore.ts";
import { createTranscript } from "#lib/transcript/writer.ts";
import { claimsOfStep } from "../sandbox/claims.fixture.ts";

/** Complete, honest evidence of one step, and a way to change any one thing while all else stays consistent with it. */

export const openedAt = 1_790_000_000;
export const claimDeadline = openedAt + 86_400;
export const attestedAt = openedAt + 600;

const account = (digit: string): PrivateKeyAccount => privateKeyToAccount(`0x${digit.repeat(64)}`);
export const gateway = account("1");
export const observer = account("2");
export const buyer = account("3");
export const stranger = account("4");

const word = (digit: string): Hex => `0x${digit.repeat(64)}`;
const chainId = 31_337;
const elsewhere = { permitConsumer: `0x${"aa".repeat(20)}`, settlement: `0x${"bb".repeat(20)}` } as const;

let clock = attestedAt;
const sigstore = createSandboxSigstore({ clock: () => clock, random: systemRandom });
/** The root under which everything here is minted. */
export const trustedRootJson = sigstore.trustedRoot;
export const trust: TrustPolicy = {
  profile: "sandbox",
  root: parseTrustedRoot(new TextEncoder().encode(JSON.stringify(trustedRootJson))),
  issuer: claimsOfStep().iss,
  serverUrl: "https://github.com",
};

export type Topology = "neutral" | "builder" | "direct" | "hosted";
export const topologies: readonly Topology[] = ["neutral", "builder", "direct", "hosted"];

const SOURCE = "7".repeat(40);

/** The run's claims in a topology. `direct`: the started workflow is the pinned one. */
function claimsIn(topology: Topology): IdentityClaims {
  if (topology !== "direct") return claimsOfStep();
  const file = "pawl-neutral/steps/.github/workflows/step.yml@refs/heads/main";
  return claimsOfStep({ workflow_ref: file, job_workflow_ref: file, job_workflow_sha: SOURCE });
}

/** Terms name what their topology pins: `hosted` leaves repository and commit to the permit. */
function pinsIn(topology: Topology, claims: IdentityClaims) {
  const path = (ref: string) => ref.split("@")[0] ?? "";
  const free = topology === "hosted";
  return {
    signerWorkflow: workflowIdentity(path(claims.job_workflow_ref)),
    signerCommit: `0x${claims.job_workflow_sha}` as const,
    callerWorkflow: free ? zeroHash : workflowIdentity(path(claims.workflow_ref)),
    sourceRepositoryId: free ? 0n : BigInt(claims.repository_id),
    sourceOwnerId: free ? 0n : BigInt(claims.repository_owner_id),
    sourceCommit: (free ? `0x${"0".repeat(40)}` : `0x${claims.sha}`) as Hex,
    runnerTier: free ? 1 : 2,
    provable: !free,
  };
}

type Change<T> = (honest: T) => T;
export type StepChanges = {
  readonly topology?: Topology;
  /** Contracts that are really somewhere, in place of made-up addresses. */
  readonly contracts?: { readonly permitConsumer: Hex; readonly settlement: Hex };
  readonly policy?: Change<Policy>;
  readonly terms?: Change<OfferTerms>;
  readonly permit?: Change<StepPermit>;
  /** What the run's token, hence its certificate, says. */
  readonly identity?: Change<IdentityClaims>;
  readonly attest?: AttestOverrides;
  /** When the attestation is made and logged. */
  readonly attestedAt?: number;
  readonly observation?: Change<ObservedFacts>;
  readonly observationSigner?: PrivateKeyAccount;
  /** Adds an observation of the ended run. */
  readonly finalObservation?: Change<FinalFacts>;
  readonly finalSigner?: PrivateKeyAccount;
  readonly receipt?: Change<Receipt>;
  readonly receiptSigner?: PrivateKeyAccount;
  readonly permitSigner?: PrivateKeyAccount;
  readonly result?: Change<Result>;
  readonly nextTokens?: Change<NextTokens>;
  readonly certificate?: Change<Certificate>;
  readonly claim?: Change<StepClaim>;
  /** The attested payload. */
  readonly statement?: Change<Uint8Array>;
  /** Swaps files after everything was made. */
  readonly parts?: Change<CapsuleParts>;
  /** What the chain says, where it differs from what the capsule states. */
  readonly chain?: Change<StepExpectation>;
  /** What the capsule states and the chain says. */
  readonly expectation?: Change<StepExpectation>;
};

const same = <T>(value: T): T => value;

export type MintedStep = {
  readonly parts: CapsuleParts;
  readonly expectation: StepExpectation;
  readonly claim: StepClaim;
};

export async function mintStep(changes: StepChanges = {}): Promise<MintedStep> {
  const { permitConsumer, settlement } = changes.contracts ?? elsewhere;
  const honestClaims = claimsIn(changes.topology ?? "neutral");
  const pins = pinsIn(changes.topology ?? "neutral", honestClaims);
  const path = (ref: string) => ref.split("@")[0] ?? "";
  const policy = (changes.policy ?? same)({
    v: 1,
    title: "Word statistics",
    description: "",
    chainId,
    permitConsumer,
    gateway: lower(gateway.address),
    workload: { repository: "atelier/workloads", commit: "9".repeat(40), entry: "digest.mjs" },
    workflows: { signer: path(honestClaims.job_workflow_ref), caller: path(honestClaims.workflow_ref) },
    runsOn: "ubuntu-24.04",
    limits: {
      permitWaitSeconds: 600,
      stepSeconds: 600,
      memoryBytes: 268_435_456,
      inputBytes: 65_536,
      resultBytes: 65_536,
      stateBytes: 1_048_576,
    },
    restore: "fail_closed",
    tools: ["node"],
    network: { mode: "none" },
  });
  const policyFile = policyBytes(policy);
  const terms = (changes.terms ?? same)({
    seller: `0x${"c1".repeat(20)}`,
    token: zeroAddress,
    price: 1_000n,
    maxSteps: 10,
    maxPending: 4,
    validUntil: openedAt + 1_000_000,
    entitlementTtl: 1_000_000,
    stepTimeout: 86_400,
    disputeWindow: 86_400,
    proofWindow: 86_400,
    arbitrationWindow: 86_400,
    conductBond: 0n,
    arbiterFee: 0n,
    gateway: lower(gateway.address),
    verifier: `0x${"c2".repeat(20)}`,
    observer: lower(observer.address),
    arbiter: `0x${"c3".repeat(20)}`,
    policyHash: policyHashOf(policyFile),
    salt: word("5"),
    ...pins,
  });
  const domain = { chainId, permitConsumer };
  const run = {
    repositoryId: BigInt(honestClaims.repository_id),
    runId: BigInt(honestClaims.run_id),
    runAttempt: Number(honestClaims.run_attempt),
  };
  const observation = observationBytes({
    facts: (changes.observation ?? same)(observedIn(honestClaims, policy)),
    raw: { run: new Uint8Array([1]), jobs: new Uint8Array([2]) },
  });
  const permit = (changes.permit ?? same)({
    entitlement: word("e"),
    epoch: 0,
    step: 2,
    gateway: lower(gateway.address),
    ...run,
    sourceCommit: `0x${honestClaims.sha}`,
    signerCommit: terms.signerCommit,
    policyHash: terms.policyHash,
    inputHash: word("6"),
    workerKey: word("7"),
    resultKey: zeroHash,
    parentStateCommitment: word("8"),
    parentNetCommitment: word("9"),
    observationHash: terms.runnerTier === 2 ? sha256Hex(observation) : zeroHash,
    salt: word("a"),
    deadline: BigInt(openedAt + 60),
  });
  const P = permitHash(permit, domain);
  const observationSignature = await (changes.observationSigner ?? observer).sign({
    hash: observationDigest({ runKey: runKeyOf({ ...permit }), observationHash: permit.observationHash }, domain),
  });
  const permitSignature = await (changes.permitSigner ?? buyer).signTypedData({
    domain: permitConsumerDomain(domain),
    types: stepPermitTypes,
    primaryType: "StepPermit",
    message: permit,
  });

  const result = encodeResult((changes.result ?? same)({ v: 1, salt: word("b"), payload: { words: 3 } }));
  const stateBundle = new TextEncoder().encode("sealed state");
  const outputs = { resultHash: sha256Hex(result), bundleHash: sha256Hex(stateBundle) };
  const next = { nextStateCommitment: word("c"), nextNetCommitment: word("d") };
  const nextTokens = encodeNextTokens(
    (changes.nextTokens ?? same)({
      v: 1,
      entitlement: permit.entitlement,
      step: permit.step,
      permitHash: P,
      ...next,
    }),
  );
  const receiptBody = (changes.receipt ?? same)({ permitHash: P, ...outputs, at: openedAt + 500 });
  const receipt = encodeReceipt({
    v: 1,
    ...receiptBody,
    signature: await (changes.receiptSigner ?? gateway).sign({ hash: receiptDigest(receiptBody, domain) }),
  });
  const transcript = createTranscript({ clock: () => openedAt + 100, random: systemRandom });
  transcript.append("permitted", { permitHash: P });
  const closed = transcript.close({
    ...outputs,
    nextTokensHash: sha256Hex(nextTokens),
    receiptHash: sha256Hex(receipt),
    ...next,
  });
  const certificate = encodeCertificate(
    (changes.certificate ?? same)({
      v: 1,
      chainId,
      permitConsumer,
      settlement,
      entitlement: permit.entitlement,
      step: permit.step,
      permitHash: P,
      run: {
        repository: honestClaims.repository,
        repositoryId: honestClaims.repository_id,
        runId: honestClaims.run_id,
        runAttempt: Number(honestClaims.run_attempt),
        checkRunId: honestClaims.check_run_id,
        sha: honestClaims.sha,
        workflowRef: honestClaims.workflow_ref,
        workflowSha: honestClaims.workflow_sha,
        jobWorkflowRef: honestClaims.job_workflow_ref,
        jobWorkflowSha: honestClaims.job_workflow_sha,
      },
      runner: { os: "Linux", arch: "X64", name: "GitHub Actions 7", isolation: "process+network-namespace" },
      policyHash: permit.policyHash,
      inputHash: permit.inputHash,
      workerKey: permit.workerKey,
      parentStateCommitment: permit.parentStateCommitment,
      parentNetCommitment: permit.parentNetCommitment,
      ...outputs,
      nextTokensHash: sha256Hex(nextTokens),
      ...next,
      transcriptRoot: closed.root,
      receiptHash: sha256Hex(receipt),
      usage: {
        inputBytes: 120,
        resultBytes: result.length,
        stateBytes: 4096,
        workloadMilliseconds: 1500,
        memoryBytes: 50_000_000,
        tools: ["node"],
      },
      restoreMode: permit.parentStateCommitment === zeroHash ? "genesis" : "restored",
      finishedAt: openedAt + 550,
      replay: { nonce: word("f"), expiresAt: claimDeadline },
    }),
  );
  const claim = (changes.claim ?? same)({
    chainId,
    settlement,
    entitlement: permit.entitlement,
    step: permit.step,
    permitHash: P,
    certificateHash: sha256Hex(certificate),
    ...outputs,
    ...next,
    transcriptRoot: closed.root,
  });
  const claimFile = encodeClaim(claim);
  clock = changes.attestedAt ?? attestedAt;
  const bundle = sigstore.attest({
    payload: (changes.statement ?? same)(
      statementBytes({ claimHash: sha256Hex(claimFile), certificateHash: sha256Hex(certificate), ...outputs }),
    ),
    claims: (changes.identity ?? same)(honestClaims),
    ...(changes.attest && { overrides: changes.attest }),
  });
  const expectation = (changes.expectation ?? same)({
    chainId,
    permitConsumer,
    settlement,
    terms,
    permit,
    openedAt,
    claimDeadline,
    parents: { stateCommitment: word("8"), netCommitment: word("9") },
  });
  const final = changes.finalObservation?.(endedRunOf(honestClaims, policy));
  const finalObservation =
    final &&
    encodeFinalObservation({
      ...final,
      signature: await (changes.finalSigner ?? observer).sign({
        hash: finalObservationDigest(final, runKeyOf({ ...permit }), domain),
      }),
    });
  const parts = (changes.parts ?? same)({
    bundle: new TextEncoder().encode(JSON.stringify(bundle)),
    claim: claimFile,
    certificate,
    result,
    nextTokens,
    policy: policyFile,
    receipt,
    trade: encodeTrade({ expectation, permitSignature, observationSignature }),
    stateBundle,
    transcript: closed.bytes,
    observation,
    ...(finalObservation && { finalObservation }),
  });
  return { parts, claim, expectation: (changes.chain ?? same)(expectation) };
}

/** Another attestation of what a step's bundle attests, by the run of other claims. */
export function attestAgain(statement: Uint8Array, identity: Change<IdentityClaims>): Uint8Array {
  clock = attestedAt;
  const bundle = sigstore.attest({ payload: statement, claims: identity(claimsIn("neutral")) });
  return new TextEncoder().encode(JSON.stringify(bundle));
}

export async function verifyChanged(changes: StepChanges = {}, options: Partial<StepOptions> = {}) {
  const { parts, expectation } = await mintStep(changes);
  return verifyStep(parts, expectation, trust, { now: attestedAt + 3600, ...options });
}

/** `check: CODE` of everything that failed. */
export function failures(report: Awaited<ReturnType<typeof verifyStep>>): readonly string[] {
  return report.checks.flatMap(({ name, status, code }) => (status === "failed" ? [`${name}: ${code}`] : []));
}

/** Flips the lowest bit. */
export function flip<H extends Hex>(hex: H): Hex {
  const bytes = hexToBytes(hex);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/** Canonical JSON of a changed document. */
export function rewrite(bytes: Uint8Array, change: (document: Record<string, unknown>) => void): Uint8Array {
  const document: Record<string, unknown> = JSON.parse(Buffer.from(bytes).toString("utf8"));
  change(document);
  return canonicalBytes(document);
}

function observedIn(claims: IdentityClaims, policy: Policy): ObservedFacts {
  return {
    repository: claims.repository,
    repositoryId: claims.repository_id,
    runId: claims.run_id,
    runAttempt: Number(claims.run_attempt),
    checkRunId: claims.check_run_id,
    sha: claims.sha,
    event: claims.event_name,
    workflowPath: ".github/workflows/step.yml",
    calledCommit: claims.job_workflow_ref === claims.workflow_ref ? null : claims.job_workflow_sha,
    status: "in_progress",
    runnerName: "GitHub Actions 7",
    runnerGroupId: 0,
    runnerGroupName: "GitHub Actions",
    labels: [policy.runsOn],
    observedAt: openedAt - 30,
  };
}

function endedRunOf(claims: IdentityClaims, policy: Policy): FinalFacts {
  return {
    v: 1,
    repository: claims.repository,
    repositoryId: claims.repository_id,
    runId: claims.run_id,
    runAttempt: Number(claims.run_attempt),
    sha: claims.sha,
    event: claims.event_name,
    totalJobs: 1,
    jobs: [
      {
        checkRunId: claims.check_run_id,
        status: "completed",
        conclusion: "success",
        runnerName: "GitHub Actions 7",
        runnerGroupId: 0,
        runnerGroupName: "GitHub Actions",
        labels: [policy.runsOn],
        startedAt: openedAt - 60,
        completedAt: attestedAt + 20,
      },
    ],
    observedAt: attestedAt + 120,
    runHash: word("1"),
    jobsHash: word("2"),
  };
}

function lower(address: Hex): Hex {
  return `0x${address.slice(2).toLowerCase()}`;
}
