import fc from "fast-check";
import { zeroAddress, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { stepChecks } from "#lib/evidence/checks.ts";
import type { FinalFacts } from "#lib/evidence/finalObservation.ts";
import { reportHash } from "#lib/evidence/report.ts";
import { encodeTrade, parseTrade } from "#lib/evidence/trade.ts";
import { verifyStep } from "#lib/evidence/verify.ts";
import type { IdentityClaims } from "#lib/sandbox/claims.ts";
import { text } from "#lib/sandbox/leaf.ts";
import { tried } from "../../properties.ts";
import {
  attestedAt,
  buyer,
  claimDeadline,
  failures,
  flip,
  gateway,
  mintStep,
  observer,
  openedAt,
  rewrite,
  type StepChanges,
  stranger,
  topologies,
  trust,
  verifyChanged,
} from "./step.fixture.ts";

const OTHER = "1".repeat(40);
const FULCIO = "1.3.6.1.4.1.57264.1.";

describe("honest evidence of a step", () => {
  for (const topology of topologies) {
    it(`passes in topology ${topology}`, async () => {
      const report = await verifyChanged({ topology });
      expect(failures(report)).toEqual([]);
      expect(report.verdict).toBe("passed");
      expect(report.checks.map(({ name }) => name)).toEqual(stepChecks.map(({ name }) => name));
    });
  }

  it("passes for the first step, which has no parent", async () => {
    const genesis = { parentStateCommitment: zeroHash, parentNetCommitment: zeroHash };
    const report = await verifyChanged({
      permit: (permit) => ({ ...permit, ...genesis, step: 1 }),
      expectation: (e) => ({ ...e, parents: { stateCommitment: zeroHash, netCommitment: zeroHash } }),
    });
    expect(failures(report)).toEqual([]);
  });

  it("passes with a gateway's observation where the offer names no observer", async () => {
    const terms: StepChanges["terms"] = (honest) => ({ ...honest, observer: zeroAddress });
    expect(failures(await verifyChanged({ terms, observationSigner: gateway }))).toEqual([]);
    expect(failures(await verifyChanged({ terms, observationSigner: observer }))).toEqual([
      "observation: OBSERVATION_SIGNER_MISMATCH",
    ]);
  });

  it("passes with the run looked at again after it had ended, by the observer, or the gateway where there is none", async () => {
    const report = await verifyChanged({ finalObservation: (f) => f });
    expect(failures(report)).toEqual([]);
    expect(report.checks).toContainEqual(expect.objectContaining({ name: "final-observation", status: "passed" }));
    const terms: StepChanges["terms"] = (honest) => ({ ...honest, observer: zeroAddress });
    const changes = { terms, observationSigner: gateway, finalObservation: (f: FinalFacts) => f };
    expect(failures(await verifyChanged({ ...changes, finalSigner: gateway }))).toEqual([]);
  });

  it("fails without a look at the ended run only where its verifier demands one", async () => {
    const { parts, expectation } = await mintStep({ finalObservation: (f) => f });
    const { finalObservation: _left, ...stripped } = parts;
    const at = { now: attestedAt + 3600 };
    const demanding = { ...at, requireFinalObservation: true };
    expect((await verifyStep(parts, expectation, trust, demanding)).verdict).toBe("passed");
    expect((await verifyStep(stripped, expectation, trust, at)).verdict).toBe("passed");
    expect(failures(await verifyStep(stripped, expectation, trust, demanding))).toEqual([
      "final-observation: FINAL_OBSERVATION_MISSING",
    ]);
  });

  it("passes at both ends of the log time's window", async () => {
    for (const at of [openedAt - 1800, claimDeadline - 1]) {
      expect(failures(await verifyChanged({ attestedAt: at }, { now: claimDeadline }))).toEqual([]);
    }
  });

  it("passes without the state bundle's bytes, whose hash certificate, claim and statement hold", async () => {
    const { parts, expectation } = await mintStep();
    const { stateBundle: _, ...rest } = parts;
    const report = await verifyStep(rest, expectation, trust, { now: attestedAt });
    expect(failures(report)).toEqual([]);
    expect(report.hashes).not.toHaveProperty("stateBundle");
  });

  it("gives the same report hash whenever and however often it is verified", async () => {
    const { parts, expectation } = await mintStep();
    const hashes = await Promise.all(
      [attestedAt, attestedAt + 1, attestedAt + 10_000_000].map(async (now) =>
        reportHash(await verifyStep(parts, expectation, trust, { now })),
      ),
    );
    expect(new Set(hashes).size).toBe(1);
  });

  it("says so where nothing was compared with the chain or the keys", async () => {
    const { parts } = await mintStep();
    const report = await verifyStep(parts, undefined, trust, { now: attestedAt });
    expect(report.verdict).toBe("passed");
    const open = report.checks.filter(({ status }) => status === "not applicable").map(({ name }) => name);
    expect(open).toEqual([
      "permit-signature",
      "final-observation",
      "ratchet",
      "capsule-anchors",
      "capsule-signatures",
      "capsule-signers",
      "chain-record",
    ]);
  });

  it("compares with the ratchet where the keys are", async () => {
    const { claim } = await mintStep();
    const { nextStateCommitment, nextNetCommitment } = claim;
    const right = { nextStateCommitment, nextNetCommitment };
    expect(failures(await verifyChanged({}, { ratchet: right }))).toEqual([]);
    for (const wrong of [
      { ...right, nextStateCommitment: flip(nextStateCommitment) },
      { ...right, nextNetCommitment: flip(nextNetCommitment) },
    ]) {
      expect(failures(await verifyChanged({}, { ratchet: wrong }))).toEqual(["ratchet: RATCHET_MISMATCH"]);
    }
  });
});

/** One thing wrong, and everything that must fail for it. */
type Case = readonly [name: string, changes: StepChanges, failed: readonly string[]];

const identity = (changes: Partial<IdentityClaims>): ((honest: IdentityClaims) => IdentityClaims) => {
  return (honest) => ({ ...honest, ...changes });
};

const identityCases: readonly Case[] = [
  [
    "another issuer",
    { identity: identity({ iss: "https://token.actions.githubusercontent.com/octo" }) },
    ["issuer: ISSUER_MISMATCH"],
  ],
  [
    "an issuer with a slash at the end",
    { identity: identity({ iss: "https://oidc.sandbox.pawl.invalid/" }) },
    ["issuer: ISSUER_MISMATCH"],
  ],
  [
    "another workflow file at the right commit",
    { identity: identity({ job_workflow_ref: `pawl/pawl/.github/workflows/other.yml@${"5".repeat(40)}` }) },
    ["signer-workflow: SIGNER_WORKFLOW_MISMATCH", "certificate: CERTIFICATE_MISMATCH"],
  ],
  [
    "the right file in a fork",
    { identity: identity({ job_workflow_ref: `mallory/pawl/.github/workflows/pawl-step.yml@${"5".repeat(40)}` }) },
    ["signer-workflow: SIGNER_WORKFLOW_MISMATCH", "certificate: CERTIFICATE_MISMATCH"],
  ],
  [
    "the right file by a branch, at the right commit",
    { identity: identity({ job_workflow_ref: "pawl/pawl/.github/workflows/pawl-step.yml@refs/heads/main" }) },
    ["signer-commit: SIGNER_UNPINNED", "certificate: CERTIFICATE_MISMATCH"],
  ],
  [
    "a branch named like the commit",
    {
      identity: identity({
        job_workflow_ref: `pawl/pawl/.github/workflows/pawl-step.yml@refs/heads/${"5".repeat(40)}`,
      }),
    },
    ["signer-commit: SIGNER_UNPINNED", "certificate: CERTIFICATE_MISMATCH"],
  ],
  [
    "the right file at another commit",
    { identity: identity({ job_workflow_sha: OTHER }) },
    [
      "signer-commit: SIGNER_COMMIT_MISMATCH",
      "certificate: CERTIFICATE_MISMATCH",
      "observation: OBSERVATION_CONTRADICTS_RUN",
    ],
  ],
  [
    "the right workflow called by another one",
    { identity: identity({ workflow_ref: "pawl-neutral/steps/.github/workflows/evil.yml@refs/heads/main" }) },
    ["caller-workflow: CALLER_WORKFLOW_MISMATCH", "certificate: CERTIFICATE_MISMATCH"],
  ],
  [
    "another repository id",
    { identity: identity({ repository_id: "810000003" }) },
    ["source-repository: SOURCE_REPOSITORY_MISMATCH"],
  ],
  [
    "another repository than the permitted one, where the terms leave it to the permit",
    { topology: "hosted", identity: identity({ repository_id: "810000003" }) },
    ["source-repository: SOURCE_REPOSITORY_MISMATCH"],
  ],
  [
    "another source commit than the permitted one, where the terms leave it to the permit",
    { topology: "hosted", identity: identity({ sha: OTHER }) },
    ["source-commit: SOURCE_COMMIT_MISMATCH", "certificate: CERTIFICATE_MISMATCH"],
  ],
  [
    "another owner id",
    { identity: identity({ repository_owner_id: "9200003" }) },
    ["source-owner: SOURCE_OWNER_MISMATCH"],
  ],
  [
    "another source commit",
    { identity: identity({ sha: OTHER }) },
    ["source-commit: SOURCE_COMMIT_MISMATCH", "certificate: CERTIFICATE_MISMATCH"],
  ],
  [
    "another commit of the started workflow",
    { identity: identity({ workflow_sha: OTHER }) },
    ["source-commit: SOURCE_COMMIT_MISMATCH", "certificate: CERTIFICATE_MISMATCH"],
  ],
  ["another run", { identity: identity({ run_id: "17000000002" }) }, ["run: RUN_MISMATCH"]],
  ["another attempt", { identity: identity({ run_attempt: "2" }) }, ["run: RUN_MISMATCH"]],
  ["a run id with a leading zero", { identity: identity({ run_id: "017000000001" }) }, ["run: RUN_MISMATCH"]],
  [
    "a run in another repository",
    { identity: identity({ repository: "mallory/steps" }) },
    ["certificate: CERTIFICATE_MISMATCH"],
  ],
  ...["pull_request_target", "workflow_run", "schedule", "push"].map(
    (event): Case => [`trigger ${event}`, { identity: identity({ event_name: event }) }, ["trigger: TRIGGER_MISMATCH"]],
  ),
  ...["self-hosted", "", "github-hosted "].map(
    (environment): Case => [
      `runner environment "${environment}"`,
      { identity: identity({ runner_environment: environment }) },
      ["runner-environment: RUNNER_ENVIRONMENT_MISMATCH"],
    ],
  ),
  ...["private", "internal"].map(
    (visibility): Case => [
      `visibility ${visibility}`,
      { identity: identity({ repository_visibility: visibility }) },
      ["visibility: VISIBILITY_MISMATCH"],
    ],
  ),
  ["a deployment environment", { identity: identity({ environment: "prod" }) }, ["visibility: ENVIRONMENT_UNEXPECTED"]],
  [
    "a run's address in another repository than the source",
    {
      attest: {
        extensions: (honest) =>
          honest.map((extension) =>
            extension.oid === `${FULCIO}21`
              ? text(21, "https://github.com/pawl-neutral/stepz/actions/runs/17000000001/attempts/1")
              : extension,
          ),
      },
    },
    ["run: RUN_MISMATCH"],
  ],
  [
    "an alternative name that is not the signer's workflow",
    {
      attest: {
        extensions: (honest) =>
          honest.map((extension) =>
            extension.oid === `${FULCIO}9`
              ? text(9, `https://github.com/pawl/pawl/.github/workflows/pawl-step.yml@${OTHER}`)
              : extension,
          ),
      },
    },
    [
      "signer-workflow: SIGNER_IDENTITY_MISMATCH",
      "signer-commit: SIGNER_UNPINNED",
      "certificate: CERTIFICATE_MISMATCH",
    ],
  ],
  [
    "direct: the source at another commit than the workflow in it",
    { topology: "direct", identity: identity({ sha: OTHER }) },
    [
      "signer-commit: SIGNER_COMMIT_MISMATCH",
      "source-commit: SOURCE_COMMIT_MISMATCH",
      "certificate: CERTIFICATE_MISMATCH",
    ],
  ],
  [
    "direct: the started workflow at another commit than it signed with",
    { topology: "direct", identity: identity({ workflow_sha: OTHER }) },
    [
      "signer-commit: SIGNER_COMMIT_MISMATCH",
      "source-commit: SOURCE_COMMIT_MISMATCH",
      "certificate: CERTIFICATE_MISMATCH",
    ],
  ],
];

function withJob(change: Partial<FinalFacts["jobs"][number]>): (honest: FinalFacts) => FinalFacts {
  return (honest) => ({ ...honest, jobs: honest.jobs.map((job) => ({ ...job, ...change })) });
}

const tradeCases: readonly Case[] = [
  [
    "terms that pin another repository than the permitted one",
    { terms: (t) => ({ ...t, sourceRepositoryId: 1n }) },
    ["source-repository: SOURCE_REPOSITORY_MISMATCH", "permit: PERMIT_TERMS_MISMATCH"],
  ],
  [
    "terms that pin another source commit than the permitted one",
    { terms: (t) => ({ ...t, sourceCommit: `0x${OTHER}` }) },
    ["source-commit: SOURCE_COMMIT_MISMATCH", "permit: PERMIT_TERMS_MISMATCH"],
  ],
  [
    "a next commitment of zero, which would let the next step begin afresh",
    {
      nextTokens: (n) => ({ ...n, nextStateCommitment: zeroHash }),
      certificate: (c) => ({ ...c, nextStateCommitment: zeroHash }),
      claim: (c) => ({ ...c, nextStateCommitment: zeroHash }),
    },
    ["next-tokens: NEXT_TOKENS_MISMATCH", "transcript: TRANSCRIPT_MISMATCH"],
  ],
  ["evidence older than the step", { attestedAt: openedAt - 1801 }, ["log-time: LOG_TIME_OUTSIDE_WINDOW"]],
  ["evidence logged at the claim deadline", { attestedAt: claimDeadline }, ["log-time: LOG_TIME_OUTSIDE_WINDOW"]],
  [
    "a permit for another gateway",
    { permit: (p) => ({ ...p, gateway: "0x00000000000000000000000000000000000000ff" }) },
    ["permit: PERMIT_TERMS_MISMATCH"],
  ],
  [
    "a permit for another signer commit",
    { permit: (p) => ({ ...p, signerCommit: `0x${OTHER}` }) },
    ["permit: PERMIT_TERMS_MISMATCH"],
  ],
  [
    "a permit for another policy",
    { permit: (p) => ({ ...p, policyHash: flip(p.policyHash) }) },
    ["permit: PERMIT_TERMS_MISMATCH"],
  ],
  [
    "a permit that had expired when the step was opened",
    { permit: (p) => ({ ...p, deadline: BigInt(openedAt - 1) }) },
    ["permit: PERMIT_TERMS_MISMATCH"],
  ],
  [
    "a parent that is not the last accepted claim's",
    { expectation: (e) => ({ ...e, parents: { ...e.parents, stateCommitment: flip(e.parents.stateCommitment) } }) },
    ["parents: PARENT_MISMATCH"],
  ],
  [
    "a network parent that is not the last accepted claim's",
    { expectation: (e) => ({ ...e, parents: { ...e.parents, netCommitment: flip(e.parents.netCommitment) } }) },
    ["parents: PARENT_MISMATCH"],
  ],
  [
    "a later step that begins afresh",
    {
      permit: (p) => ({ ...p, parentStateCommitment: zeroHash, parentNetCommitment: zeroHash }),
      expectation: (e) => ({ ...e, parents: { stateCommitment: zeroHash, netCommitment: zeroHash } }),
    },
    ["parents: PARENT_MISMATCH", "policy-rules: COLD_START_REFUSED"],
  ],
  [
    "another policy's bytes",
    { parts: (p) => ({ ...p, policy: rewrite(p.policy, (policy) => Object.assign(policy, { title: "Else" })) }) },
    ["policy: POLICY_MISMATCH", "observation: OBSERVATION_MISSING"],
  ],
  [
    "a policy of another deployment",
    { policy: (p) => ({ ...p, chainId: 1 }) },
    ["policy: POLICY_WRONG_DEPLOYMENT", "observation: OBSERVATION_MISSING"],
  ],
  [
    "a certificate of a weaker isolation than the policy's",
    {
      parts: (p) => ({
        ...p,
        certificate: rewrite(p.certificate, (c) => Object.assign(c.runner ?? {}, { isolation: "process" })),
      }),
    },
    ["policy-rules: ISOLATION_TOO_WEAK", "claim: CLAIM_MISMATCH", "statement: STATEMENT_MISMATCH"],
  ],
  [
    "a certificate changed after it was attested",
    {
      parts: (p) => ({
        ...p,
        certificate: rewrite(p.certificate, (c) => Object.assign(c, { finishedAt: openedAt + 551 })),
      }),
    },
    ["claim: CLAIM_MISMATCH", "statement: STATEMENT_MISMATCH"],
  ],
  [
    "an unknown critical field deep in the certificate",
    {
      parts: (p) => ({
        ...p,
        certificate: rewrite(p.certificate, (c) => Object.assign(c.run ?? {}, { critical_x: 1 })),
      }),
    },
    [
      "certificate: CRITICAL_FIELD_UNKNOWN",
      "observation: OBSERVATION_MISSING",
      "claim: CLAIM_MISMATCH",
      "statement: STATEMENT_MISMATCH",
    ],
  ],
  [
    "a certificate without replay protection",
    {
      parts: (p) => ({
        ...p,
        certificate: rewrite(p.certificate, (c) => {
          delete c.replay;
        }),
      }),
    },
    [
      "certificate: SCHEMA_MISMATCH",
      "observation: OBSERVATION_MISSING",
      "claim: CLAIM_MISMATCH",
      "statement: STATEMENT_MISMATCH",
    ],
  ],
  [
    "a certificate that had expired when it was attested",
    { certificate: (c) => ({ ...c, replay: { ...c.replay, expiresAt: attestedAt - 1 } }) },
    ["replay: REPLAY_WINDOW_CLOSED"],
  ],
  [
    "a certificate with an empty nonce",
    { certificate: (c) => ({ ...c, replay: { ...c.replay, nonce: zeroHash } }) },
    ["replay: REPLAY_WINDOW_CLOSED"],
  ],
  [
    "another check run than the observed one",
    { certificate: (c) => ({ ...c, run: { ...c.run, checkRunId: "61000000002" } }) },
    ["observation: OBSERVATION_CONTRADICTS_RUN"],
  ],
  ...(
    ["inputHash", "workerKey", "policyHash", "permitHash", "nextTokensHash", "receiptHash", "transcriptRoot"] as const
  ).map(
    (field): Case => [
      `a certificate with another ${field}`,
      { certificate: (c) => ({ ...c, [field]: flip(c[field]) }) },
      field === "nextTokensHash" || field === "receiptHash"
        ? ["certificate: CERTIFICATE_MISMATCH", "transcript: TRANSCRIPT_MISMATCH"]
        : ["certificate: CERTIFICATE_MISMATCH"],
    ],
  ),
  [
    "a certificate that restored nothing",
    { certificate: (c) => ({ ...c, restoreMode: "genesis" }) },
    ["certificate: CERTIFICATE_MISMATCH", "policy-rules: COLD_START_REFUSED"],
  ],
  [
    "a workload that took more memory than its policy allows",
    { certificate: (c) => ({ ...c, usage: { ...c.usage, memoryBytes: 268_435_457 } }) },
    ["policy-rules: POLICY_RULE_BROKEN"],
  ],
  [
    "a workload that was given another tool",
    { certificate: (c) => ({ ...c, usage: { ...c.usage, tools: ["node", "curl"] } }) },
    ["policy-rules: POLICY_RULE_BROKEN"],
  ],
  [
    "another result",
    { parts: (p) => ({ ...p, result: rewrite(p.result, (r) => Object.assign(r, { payload: { words: 4 } })) }) },
    ["result: RESULT_MISMATCH", "claim: CLAIM_MISMATCH", "statement: STATEMENT_MISMATCH"],
  ],
  [
    "an open result where the permit asks for a sealed one",
    { permit: (p) => ({ ...p, resultKey: `0x${"31".repeat(32)}` }) },
    ["result: RESULT_MISMATCH"],
  ],
  [
    "another state bundle",
    { parts: (p) => ({ ...p, stateBundle: new TextEncoder().encode("Sealed state") }) },
    ["state-bundle: STATE_BUNDLE_MISMATCH", "claim: CLAIM_MISMATCH", "statement: STATEMENT_MISMATCH"],
  ],
  [
    "next tokens that commit to something else",
    { nextTokens: (n) => ({ ...n, nextStateCommitment: flip(n.nextStateCommitment) }) },
    ["next-tokens: NEXT_TOKENS_MISMATCH"],
  ],
  [
    "a transcript with an event changed",
    {
      parts: (p) => ({
        ...p,
        transcript: Buffer.from(
          Buffer.from(p.transcript ?? p.claim)
            .toString("utf8")
            .replace(/"at":[0-9]+/, '"at":1'),
        ),
      }),
    },
    ["transcript: TRANSCRIPT_BROKEN"],
  ],
  [
    "the transcript of another run",
    { parts: (p) => ({ ...p, transcript: otherTranscript }) },
    ["transcript: TRANSCRIPT_MISMATCH"],
  ],
  ["a receipt by a stranger", { receiptSigner: stranger }, ["receipt: RECEIPT_SIGNER_MISMATCH"]],
  [
    "a receipt for another result",
    { receipt: (r) => ({ ...r, resultHash: flip(r.resultHash) }) },
    ["receipt: RECEIPT_MISMATCH"],
  ],
  [
    "a receipt for another permit",
    { receipt: (r) => ({ ...r, permitHash: flip(r.permitHash) }) },
    ["receipt: RECEIPT_MISMATCH"],
  ],
  [
    "no observation at tier 2",
    {
      parts: (p) => {
        const { observation: _, ...rest } = p;
        return rest;
      },
    },
    ["observation: OBSERVATION_MISSING"],
  ],
  [
    "a permit without observation hash at tier 2",
    { permit: (p) => ({ ...p, observationHash: zeroHash }) },
    ["observation: OBSERVATION_MISSING"],
  ],
  ["an observation by a stranger", { observationSigner: stranger }, ["observation: OBSERVATION_SIGNER_MISMATCH"]],
  [
    "another observation than the permitted one",
    {
      parts: (p) => ({
        ...p,
        observation: rewrite(p.observation ?? p.claim, (o) => Object.assign(o, { observedAt: openedAt - 29 })),
      }),
    },
    ["observation: OBSERVATION_CONTRADICTS_RUN"],
  ],
  ...(
    [
      ["a runner group of somebody's own", { runnerGroupId: 1 }],
      ["a runner group of another name", { runnerGroupName: "Default" }],
      ["a runner of another name", { runnerName: "GitHub Actions 7b" }],
      ["other labels", { labels: ["ubuntu-24.04", "custom"] }],
      ["a job that had ended", { status: "completed" }],
      ["another run", { runId: "17000000002" }],
      ["another attempt", { runAttempt: 2 }],
      ["another check run", { checkRunId: "61000000002" }],
      ["another commit", { sha: OTHER }],
      ["another event", { event: "push" }],
      ["another called commit", { calledCommit: OTHER }],
      ["no called commit", { calledCommit: null }],
      ["a time after the opening", { observedAt: openedAt + 301 }],
      ["a time before the job can have begun", { observedAt: openedAt - 21_601 }],
    ] as const
  ).map(
    ([name, change]): Case => [
      `an observation of ${name}`,
      { observation: (o) => ({ ...o, ...change }) },
      ["observation: OBSERVATION_CONTRADICTS_RUN"],
    ],
  ),
  [
    "a final observation by a stranger",
    { finalObservation: (f) => f, finalSigner: stranger },
    ["final-observation: FINAL_OBSERVATION_SIGNER_MISMATCH"],
  ],
  ...(
    [
      ["another run", (f) => ({ ...f, runId: "17000000002" })],
      ["another attempt", (f) => ({ ...f, runAttempt: 2 })],
      ["another commit", (f) => ({ ...f, sha: OTHER })],
      ["another repository", (f) => ({ ...f, repositoryId: "810000003" })],
      ["another event", (f) => ({ ...f, event: "push" })],
      ["two jobs", (f) => ({ ...f, totalJobs: 2, jobs: [...f.jobs, ...f.jobs] })],
      ["a job that is counted and not shown", (f) => ({ ...f, totalJobs: 2 })],
      ["a job that is shown and not counted", (f) => ({ ...f, jobs: [...f.jobs, ...f.jobs] })],
      ["another check run", withJob({ checkRunId: "61000000002" })],
      ["a job that still runs", withJob({ status: "in_progress" })],
      ["a job that failed", withJob({ conclusion: "failure" })],
      ["another runner than the certificate's", withJob({ runnerName: "GitHub Actions 8" })],
      ["a runner group of somebody's own", withJob({ runnerGroupId: 1 })],
      ["a runner group of another name", withJob({ runnerGroupName: "Default" })],
      ["other labels", withJob({ labels: ["self-hosted"] })],
      ["a job that ended before it was attested", withJob({ completedAt: attestedAt - 301 })],
      ["a job that began after it was attested", withJob({ startedAt: attestedAt + 301 })],
      ["a time before the job had ended", (f) => ({ ...f, observedAt: attestedAt + 19 })],
    ] as const satisfies readonly (readonly [string, NonNullable<StepChanges["finalObservation"]>])[]
  ).map(
    ([name, finalObservation]): Case => [
      `a final observation of ${name}`,
      { finalObservation },
      ["final-observation: FINAL_OBSERVATION_CONTRADICTS_RUN"],
    ],
  ),
  ...(["entitlement", "permitHash", "certificateHash", "settlement"] as const).map(
    (field): Case => [
      `a claim with another ${field}`,
      { claim: (c) => ({ ...c, [field]: flip(c[field]) }) },
      field === "entitlement" || field === "permitHash"
        ? ["claim: CLAIM_MISMATCH", "next-tokens: NEXT_TOKENS_MISMATCH"]
        : ["claim: CLAIM_MISMATCH"],
    ],
  ),
  [
    "a claim of another step",
    { claim: (c) => ({ ...c, step: 3 }) },
    ["claim: CLAIM_MISMATCH", "next-tokens: NEXT_TOKENS_MISMATCH"],
  ],
  ["a claim on another chain", { claim: (c) => ({ ...c, chainId: 1 }) }, ["claim: CLAIM_MISMATCH"]],
  [
    "a claim with another next commitment than the certificate",
    { claim: (c) => ({ ...c, nextStateCommitment: flip(c.nextStateCommitment) }) },
    ["certificate: CERTIFICATE_MISMATCH", "next-tokens: NEXT_TOKENS_MISMATCH"],
  ],
  [
    "a claim blob that is cut off",
    { parts: (p) => ({ ...p, claim: p.claim.subarray(0, 383) }) },
    ["claim: CLAIM_MALFORMED", "statement: STATEMENT_MISMATCH"],
  ],
  [
    "a payload of another type",
    { attest: { payloadType: "application/vnd.in-toto+jsön" } },
    ["statement: STATEMENT_PAYLOAD_TYPE_UNKNOWN"],
  ],
  ...(
    [
      [
        "subjects in another order",
        (t: string) => t.replace(/(\{"name":"pawl-claim".*?\}\}),(\{"name":"certificate.json".*?\}\})/, "$2,$1"),
      ],
      [
        "a decoy subject first",
        (t: string) => t.replace('"subject":[', `"subject":[{"name":"x","digest":{"sha256":"${"0".repeat(64)}"}},`),
      ],
      ["another predicate type", (t: string) => t.replace("urn:pawl:step:v1", "urn:pawl:step:v2")],
      ["another predicate", (t: string) => t.replace('"v":1', '"v":2')],
      ["another statement type", (t: string) => t.replace("Statement/v1", "Statement/v0.1")],
      ["another digest algorithm", (t: string) => t.replace('"sha256"', '"sha512"')],
      ["upper-case digests", (t: string) => t.replace(/[0-9a-f]{64}/g, (hex) => hex.toUpperCase())],
      ["white space", (t: string) => t.replace(",", ", ")],
      ["a repeated key", (t: string) => t.replace('{"_type"', '{"_type":"https://in-toto.io/Statement/v1","_type"')],
      ["no subjects", (t: string) => t.replace(/"subject":\[.*\],"pre/, '"subject":[],"pre')],
    ] as const
  ).map(
    ([name, change]): Case => [
      `a statement with ${name}`,
      { statement: (bytes) => Buffer.from(change(Buffer.from(bytes).toString("utf8"))) },
      ["statement: STATEMENT_MISMATCH"],
    ],
  ),
  [
    "another trade than the chain records",
    { chain: (e) => ({ ...e, claimDeadline: e.claimDeadline + 1 }) },
    ["chain-record: TRADE_MISMATCH"],
  ],
  [
    "terms that are not the chain's",
    { chain: (e) => ({ ...e, terms: { ...e.terms, signerCommit: `0x${OTHER}` } }) },
    ["signer-commit: SIGNER_COMMIT_MISMATCH", "permit: PERMIT_TERMS_MISMATCH", "chain-record: TRADE_MISMATCH"],
  ],
];

describe("evidence with one thing wrong is refused", () => {
  for (const [name, changes, failed] of [...identityCases, ...tradeCases]) {
    it(name, async () => {
      const report = await verifyChanged(changes, { now: claimDeadline });
      expect(report.verdict).toBe("failed");
      expect([...failures(report)].sort()).toEqual([...failed].sort());
    });
  }

  it("a permit that neither buyer nor delegate signed", async () => {
    const permitSigners = [buyer.address];
    const chain: StepChanges["chain"] = (e) => ({ ...e, permitSigners });
    expect(failures(await verifyChanged({ chain }))).toEqual([]);
    expect(failures(await verifyChanged({ chain, permitSigner: stranger }))).toEqual([
      "permit-signature: PERMIT_SIGNER_MISMATCH",
    ]);
  });

  it("a bundle that signs a bare artifact", async () => {
    const { parts, expectation } = await mintStep();
    const bundle = JSON.parse(Buffer.from(parts.bundle).toString("utf8"));
    const { dsseEnvelope, ...rest } = bundle;
    const digest = Buffer.alloc(32).toString("base64");
    const messageSignature = {
      messageDigest: { algorithm: "SHA2_256", digest },
      signature: dsseEnvelope.signatures[0].sig,
    };
    const changed = new TextEncoder().encode(JSON.stringify({ ...rest, messageSignature }));
    const report = await verifyStep({ ...parts, bundle: changed }, expectation, trust, { now: attestedAt });
    expect(failures(report)).toContain("statement: ATTESTATION_NOT_A_STATEMENT");
  });

  it("the evidence of one step presented for another", async () => {
    const { parts } = await mintStep();
    const other = await mintStep({ permit: (p) => ({ ...p, step: 3, salt: flip(p.salt) }) });
    const report = await verifyStep(parts, other.expectation, trust, { now: attestedAt });
    expect(failures(report)).toEqual(
      expect.arrayContaining(["claim: CLAIM_MISMATCH", "chain-record: TRADE_MISMATCH", "receipt: RECEIPT_MISMATCH"]),
    );
  });

  it("a trade that cannot be read, with or without the chain's record", async () => {
    const { parts, expectation } = await mintStep();
    const broken = { ...parts, trade: new TextEncoder().encode("{}") };
    for (const record of [expectation, undefined]) {
      const report = await verifyStep(broken, record, trust, { now: attestedAt });
      expect(report.verdict).toBe("failed");
      expect(failures(report)).toContain("chain-record: SCHEMA_MISMATCH");
    }
  });

  it("any single flipped bit of any file, each time by a typed failure", async () => {
    const { parts, expectation } = await mintStep();
    const signed = { ...expectation, permitSigners: [buyer.address] };
    const lowered = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1").toLowerCase();
    const files = Object.entries(parts).flatMap(([part, bytes]) => (bytes === undefined ? [] : [{ part, bytes }]));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.nat(), fc.nat(7), async ({ part, bytes }, at, bit) => {
        const changed = Uint8Array.from(bytes);
        const place = at % bytes.length;
        changed[place] = (changed[place] ?? 0) ^ (1 << bit);
        // Addresses mean the same in either case, so a letter of another case is no other trade.
        fc.pre(part !== "trade" || lowered(changed) !== lowered(bytes));
        const report = await verifyStep({ ...parts, [part]: changed }, signed, trust, { now: attestedAt });
        expect(report.verdict, `${part}, byte ${place}`).toBe("failed");
        expect(failures(report).join()).not.toContain("EVIDENCE_UNREADABLE");
      }),
      tried("a step's evidence refuses any flipped bit", 40),
    );
  });

  it("garbage in place of any file, each time by a typed failure", async () => {
    const { parts, expectation } = await mintStep();
    for (const part of Object.keys(parts)) {
      for (const garbage of ["", "{", '{"__proto__":1}', "[".repeat(50_000), "\ud800", "null"]) {
        const changed = { ...parts, [part]: new TextEncoder().encode(garbage) };
        const report = await verifyStep(changed, expectation, trust, { now: attestedAt });
        expect(report.verdict, `${part} = ${garbage.slice(0, 20)}`).toBe("failed");
      }
    }
  });
});

describe("trade.json", () => {
  it("reads back what was written, addresses in lower case", async () => {
    const { parts, expectation } = await mintStep();
    const { expectation: read } = parseTrade(parts.trade);
    expect(read).toEqual(expectation);
    const shouting = { ...expectation, settlement: `0x${"BB".repeat(20)}` as const };
    expect(parseTrade(encodeTrade({ expectation: shouting })).expectation.settlement).toBe(`0x${"bb".repeat(20)}`);
  });
});

const otherTranscript = (await mintStep()).parts.transcript ?? new Uint8Array();
