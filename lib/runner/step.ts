import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bytesToHex, type Hex, stringToBytes, zeroHash } from "viem";
import { workerKeyPair } from "../capability/hpke.ts";
import { inputSchema } from "../capability/input.ts";
import { type StepKeys, stepKeys, stepOutcome } from "../capability/keySchedule.ts";
import { sha256Hex } from "../core/hash.ts";
import { canonicalBytes, parseCanonical } from "../core/json.ts";
import { encodeCertificate } from "../evidence/certificate.ts";
import { encodeClaim } from "../evidence/claim.ts";
import { encodeNextTokens } from "../evidence/nextTokens.ts";
import { encodeReceipt } from "../evidence/receipt.ts";
import { checksumsText } from "../evidence/statement.ts";
import { parsePolicy } from "../offers/policy.ts";
import { contextKind, type StepContext } from "../permits/stepContext.ts";
import { stepPermitJson } from "../permits/stepPermit.ts";
import { sealBundle } from "../state/bundle.ts";
import { TRANSCRIPT_FILE } from "../transcript/event.ts";
import { createTranscript } from "../transcript/writer.ts";
import { ask, waitForPermit, waitForRelease } from "./asking.ts";
import { openCapabilities } from "./capabilities.ts";
import { deliver, sealResult } from "./delivery.ts";
import type { StepDependencies } from "./dependencies.ts";
import { runnerError } from "./errors.ts";
import { execute } from "./execute.ts";
import type { OwnClaims } from "./idToken.ts";
import { requireIsolation } from "./isolation.ts";
import { checkPermit } from "./permitCheck.ts";
import { restoreParent } from "./restore.ts";

/**
 * One step, from ask to artifacts. Everything received is checked against what the run knows of itself before it is
 * used; nothing that the workload leaves behind is trusted. Writes into `<workspace>/pawl-out`.
 *
 * @returns the certificate's hash
 */
export async function runStep(
  dependencies: StepDependencies,
): Promise<{ readonly certificateHash: Hex; readonly folder: string }> {
  const { environment, random, log } = dependencies;
  const context: StepContext = {
    chainId: environment.PAWL_CHAIN_ID,
    permitConsumer: environment.PAWL_PERMIT_CONSUMER,
    entitlement: environment.PAWL_ENTITLEMENT,
  };
  const step = environment.PAWL_STEP;
  // First of all: a run that could not execute its workload must not use up a permit.
  const isolation = await dependencies.isolate();
  const worker = await workerKeyPair(random(32));
  const asked = await ask(dependencies, context, step, worker);
  log(`asked for step ${step}; waiting for the buyer's permit`);

  const permitted = await waitForPermit(dependencies, asked);
  const policyFile = new Uint8Array(Buffer.from(permitted.policy, "base64url"));
  const policy = parsePolicy(policyFile, permitted.permit.policyHash);
  requireIsolation(isolation, policy);
  const P = checkPermit(dependencies, context, permitted.permit, policy, asked.claims, worker);
  log("permit checked; proving to the gateway that this run is alive");

  const release = await waitForRelease(dependencies, asked, context, step, worker, P);
  const caps = await openCapabilities(release, permitted.permit, policy, context, P, worker);
  log("capabilities released to this run");
  if (sha256Hex(caps.input) !== permitted.permit.inputHash) {
    throw runnerError("INPUT_NOT_PERMITTED", { expected: permitted.permit.inputHash, actual: sha256Hex(caps.input) });
  }
  const input = parseCanonical(caps.input, inputSchema, { what: "input.json", maxBytes: policy.limits.inputBytes });

  const transcript = createTranscript({ clock: dependencies.clock, random });
  transcript.append("permitted", { permitHash: P, policyHash: permitted.permit.policyHash });
  const restored = await restoreParent(dependencies, asked, release.parent, caps, permitted.permit, policy, context);
  transcript.append("restored", { parentBundleHash: restored.bundleHash, files: restored.files.length });
  log(
    restored.bundleHash === zeroHash ? "first step: no earlier state" : `restored ${restored.files.length} state files`,
  );

  const work = await execute(dependencies, policy, input, restored.files, isolation);
  transcript.append("executed", {
    repository: policy.workload.repository,
    commit: policy.workload.commit,
    entry: policy.workload.entry,
    isolation: isolation.name,
    log: work.logHash,
  });
  log("workload finished; sealing its state");

  const result = await sealResult(work.payload, permitted.permit, context, P, random);
  const keys: { readonly state: StepKeys; readonly net: StepKeys } = {
    state: stepKeys(caps.state.share, caps.state.chain, context, step, contextKind.state),
    net: stepKeys(caps.net.share, caps.net.chain, context, step, contextKind.net),
  };
  const bundle = await sealBundle(
    work.state,
    keys.state.seal,
    {
      context,
      step,
      policyHash: permitted.permit.policyHash,
      permitHash: P,
      parentBundleHash: restored.bundleHash,
    },
    random,
  );
  const outputs = { permitHash: P, resultHash: sha256Hex(result), bundleHash: bundle.hash };
  const { nextStateCommitment, nextNetCommitment } = stepOutcome(keys, outputs, context, step);
  const nextTokens = encodeNextTokens({
    v: 1,
    entitlement: context.entitlement,
    step,
    permitHash: P,
    nextStateCommitment,
    nextNetCommitment,
  });

  const receipt = await deliver(dependencies, asked, policy, result, bundle.bytes, outputs);
  log("outputs delivered to the gateway's store");
  const receiptFile = encodeReceipt({ v: 1, ...receipt });
  const closed = transcript.close({
    resultHash: outputs.resultHash,
    bundleHash: outputs.bundleHash,
    nextTokensHash: sha256Hex(nextTokens),
    receiptHash: sha256Hex(receiptFile),
    nextStateCommitment,
    nextNetCommitment,
  });
  const certificate = encodeCertificate({
    v: 1,
    chainId: context.chainId,
    permitConsumer: context.permitConsumer,
    settlement: permitted.settlement,
    entitlement: context.entitlement,
    step,
    permitHash: P,
    run: runIdentity(asked.claims),
    runner: {
      os: environment.RUNNER_OS,
      arch: environment.RUNNER_ARCH,
      name: environment.RUNNER_NAME,
      isolation: isolation.name,
    },
    policyHash: permitted.permit.policyHash,
    inputHash: permitted.permit.inputHash,
    workerKey: worker.publicKey,
    parentStateCommitment: permitted.permit.parentStateCommitment,
    parentNetCommitment: permitted.permit.parentNetCommitment,
    resultHash: outputs.resultHash,
    bundleHash: outputs.bundleHash,
    nextTokensHash: sha256Hex(nextTokens),
    nextStateCommitment,
    nextNetCommitment,
    transcriptRoot: closed.root,
    receiptHash: sha256Hex(receiptFile),
    usage: {
      inputBytes: caps.input.length,
      resultBytes: result.length,
      stateBytes: work.state.reduce((sum, { bytes }) => sum + bytes.length, 0),
      workloadMilliseconds: work.used.milliseconds,
      memoryBytes: work.used.memoryBytes,
      tools: [...policy.tools],
    },
    restoreMode: restored.bundleHash === zeroHash ? "genesis" : "restored",
    finishedAt: dependencies.clock(),
    replay: { nonce: bytesToHex(random(32)), expiresAt: release.envelopes.state.header.expiresAt },
  });
  const claim = encodeClaim({
    chainId: context.chainId,
    settlement: permitted.settlement,
    entitlement: context.entitlement,
    step,
    permitHash: P,
    certificateHash: sha256Hex(certificate),
    resultHash: outputs.resultHash,
    bundleHash: outputs.bundleHash,
    nextStateCommitment,
    nextNetCommitment,
    transcriptRoot: closed.root,
  });
  const folder = await writeArtifacts(environment.GITHUB_WORKSPACE, {
    // The attest action keeps the order of these lines: they become the statement's subjects.
    "checksums.txt": stringToBytes(
      checksumsText({
        claimHash: sha256Hex(claim),
        certificateHash: sha256Hex(certificate),
        resultHash: outputs.resultHash,
        bundleHash: outputs.bundleHash,
      }),
    ),
    "pawl-claim": claim,
    "certificate.json": certificate,
    "result.json": result,
    "state.bundle": bundle.bytes,
    "next-tokens.json": nextTokens,
    "policy.json": policyFile,
    [TRANSCRIPT_FILE]: closed.bytes,
    "receipt.json": receiptFile,
    "permit.json": canonicalBytes({
      permit: stepPermitJson(permitted.permit),
      signature: permitted.signature,
    }),
    ...(permitted.observation === null
      ? {}
      : { "observation.json": new Uint8Array(Buffer.from(permitted.observation, "base64url")) }),
  });
  return { certificateHash: sha256Hex(certificate), folder };
}

async function writeArtifacts(workspace: string, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const folder = join(workspace, "pawl-out");
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return folder;
}

function runIdentity(claims: OwnClaims) {
  return {
    repository: claims.repository,
    repositoryId: claims.repository_id,
    runId: claims.run_id,
    runAttempt: Number(claims.run_attempt),
    checkRunId: claims.check_run_id,
    sha: claims.sha,
    workflowRef: claims.workflow_ref,
    workflowSha: claims.workflow_sha,
    jobWorkflowRef: claims.job_workflow_ref,
    jobWorkflowSha: claims.job_workflow_sha,
  };
}
