import { zeroHash } from "viem";
import type { StepEvidence } from "../capsule/capsule.ts";
import { fileHash } from "../capsule/digest.ts";
import { sha256Hex } from "../core/hash.ts";
import type { Json } from "../core/json.ts";
import { attestationFacts, attestationHashes, checkBundle, type ReadAttestation } from "./attestation.ts";
import type { ParsedBundle } from "./bundle.ts";
import { type CapsuleExpectation, checkCapsule } from "./capsuleChecks.ts";
import { identityVerifier } from "./capsuleIdentity.ts";
import { parseCertificate } from "./certificate.ts";
import { Checklist } from "./checklist.ts";
import { decodeClaim } from "./claim.ts";
import { evidenceError } from "./errors.ts";
import { evaluatePolicy, type RuleOutcome, requirePolicyKept } from "./policyRules.ts";
import type { VerificationReport } from "./report.ts";
import { checkRun } from "./runChecks.ts";
import { STATEMENT_PAYLOAD_TYPE, statementBytes } from "./statement.ts";
import { encodeTrade, normaliseExpectation, parseTrade, type StepExpectation, type Trade } from "./trade.ts";
import {
  checkCertificate,
  checkClaim,
  checkFinalObservation,
  checkNextTokens,
  checkObservation,
  checkParents,
  checkPermit,
  checkPermitSignature,
  checkPolicy,
  checkRatchet,
  checkReceipt,
  checkReplay,
  checkResult,
  checkStateBundle,
  checkTranscript,
  permitHashOf,
  type RatchetOutcome,
  type VerifyDigest,
  verifyDigestOfKey,
} from "./tradeChecks.ts";
import type { TrustPolicy } from "./trustedRoot.ts";
import { type Attestation, verifyAttestation } from "./verifyAttestation.ts";

export type StepOptions = {
  /** Unix seconds. */
  readonly now: number;
  /** The next commitments as the holder of the keys computed them; without, that check is not applicable. */
  readonly ratchet?: RatchetOutcome;
  /** Verifies signatures of contract accounts as well; without, only keys sign. */
  readonly verifyDigest?: VerifyDigest;
  /** The capsule that the evidence came in; without, only the evidence itself is checked. */
  readonly capsule?: CapsuleExpectation;
  /**
   * Fails evidence without a look at the ended run. Whoever holds a capsule can leave that file out, so a reader who
   * knows that there was such a look asks for it.
   */
  readonly requireFinalObservation?: boolean;
};

/**
 * Verifies the evidence of a trade's step. However broken the evidence, it never throws: every failure is
 * a named check of the report.
 *
 * @param evidence the parts of a capsule, as bytes
 * @param expectation what the chain says of the step. Without it the capsule's own statement is used, and the report
 * says that nothing was compared with the chain: who relies on a report for money gives it.
 */
export async function verifyStep(
  evidence: StepEvidence,
  expectation: StepExpectation | undefined,
  trust: TrustPolicy,
  options: StepOptions,
): Promise<VerificationReport> {
  const checks = new Checklist("step");
  const trade = checks.prepare("chain-record", () => parseTrade(evidence.trade));
  if (expectation === undefined && trade) {
    checks.skip("chain-record", "Nothing was compared with the chain: this is what the capsule itself states.");
  } else if (expectation && trade) checks.run("chain-record", () => checkTrade(trade.expectation, expectation));

  const read = checkBundle(checks, evidence.bundle, {}, trust, options.now);
  const stated = expectation ?? trade?.expectation;
  const held = stated && normaliseExpectation(stated);
  const rules = held && (await checkStep(checks, read, evidence, held, trade, trust, options));
  const attest = (attestation: Attestation) => verifyAttestation(attestation, { trust }, options.now);
  const signers = checkCapsule(checks, evidence, options.capsule, {
    now: options.now,
    verifyIdentity: identityVerifier(attest, trust),
  });
  return checks.report(
    {
      trust: { profile: trust.profile, issuer: trust.issuer },
      attestation: attestationFacts(read),
      step: held ? stepFacts(held) : null,
      policy: rules ? rules.map((outcome) => ({ ...outcome })) : null,
    },
    { ...attestationHashes(evidence.bundle, read, trust), ...stepHashes(evidence, held) },
    signers,
  );
}

/** @returns the rules of the policy and whether each was kept, as far as policy and certificate could be read */
async function checkStep(
  checks: Checklist,
  { parsed, facts, times }: ReadAttestation,
  evidence: StepEvidence,
  expectation: StepExpectation,
  trade: Trade | undefined,
  trust: TrustPolicy,
  options: StepOptions,
): Promise<readonly RuleOutcome[] | undefined> {
  const { permit, terms, permitSigners } = expectation;
  const verify = options.verifyDigest ?? verifyDigestOfKey;
  if (facts) checkRun(checks, facts, times, expectation, trust);
  checks.run("permit", () => checkPermit(expectation));
  if (permitSigners === undefined) {
    checks.skip("permit-signature", "The chain checked it when the permit was consumed; the signers were not given.");
  } else {
    await checks.runAsync("permit-signature", () =>
      checkPermitSignature(expectation, permitSigners, trade?.permitSignature, verify),
    );
  }
  checks.run("parents", () => checkParents(expectation));
  const policy = checks.run("policy", () => checkPolicy(evidence.policy, expectation));
  const claim = checks.prepare("claim", () => decodeClaim(evidence.claim));
  if (claim) checks.run("claim", () => checkClaim(claim, evidence, expectation));
  const certificate = checks.prepare("certificate", () => parseCertificate(evidence.certificate));
  if (claim && certificate && facts) {
    checks.run("certificate", () =>
      checkCertificate(certificate, facts, claim, evidence, expectation, trust.serverUrl),
    );
  }
  const rules = certificate && policy && evaluatePolicy(policy, certificate, { resultBytes: evidence.result.length });
  if (rules) checks.run("policy-rules", () => requirePolicyKept(rules));
  if (certificate && times) checks.run("replay", () => checkReplay(certificate, times));
  if (claim && policy) checks.run("result", () => checkResult(evidence.result, claim, policy, permit.resultKey));
  if (claim && certificate) {
    checks.run("state-bundle", () => checkStateBundle(evidence.stateBundle, certificate, claim));
  }
  if (claim) checks.run("next-tokens", () => checkNextTokens(evidence.nextTokens, claim));
  const { transcript } = evidence;
  if (transcript === undefined) checks.skip("transcript", "The capsule carries no transcript.");
  else if (claim && certificate) {
    checks.run("transcript", () => checkTranscript(transcript, certificate, claim));
  }
  if (claim) {
    await checks.runAsync("receipt", () => checkReceipt(evidence.receipt, claim, expectation, verify));
  }
  if (terms.runnerTier < 2 && permit.observationHash === zeroHash) {
    checks.skip("observation", "The offer asks for no observation of the live run.");
  } else {
    // Its prerequisites have checks of their own; a tier that demands an observation must never end as not applicable.
    await checks.runAsync("observation", async () => {
      if (!certificate || !facts || !policy)
        throw evidenceError("OBSERVATION_MISSING", { problem: "nothing to compare with" });
      const signature = trade?.observationSignature;
      await checkObservation(evidence.observation, signature, certificate, facts, policy, expectation, verify);
    });
  }
  const { finalObservation } = evidence;
  if (finalObservation === undefined && options.requireFinalObservation) {
    checks.run("final-observation", () => {
      throw evidenceError("FINAL_OBSERVATION_MISSING");
    });
  } else if (finalObservation === undefined) {
    checks.skip(
      "final-observation",
      "No look at the run after its end is here; whoever held the files may have left it out.",
    );
  } else if (certificate && times && policy) {
    await checks.runAsync("final-observation", () =>
      checkFinalObservation(finalObservation, certificate, times, policy, expectation, verify),
    );
  }
  if (parsed) checks.run("statement", () => checkStatement(parsed, evidence));
  const { ratchet } = options;
  if (ratchet === undefined) checks.skip("ratchet", "Only the gateway holds the keys that this is computed from.");
  else {
    checks.run("ratchet", () => {
      if (!claim) throw evidenceError("RATCHET_MISMATCH", { problem: "no claim to compare with" });
      checkRatchet(ratchet, claim);
    });
  }
  return rules;
}

/** The payload is rebuilt from the files in hand and compared as bytes. */
function checkStatement({ content }: ParsedBundle, evidence: StepEvidence): void {
  if (content.kind !== "statement") throw evidenceError("ATTESTATION_NOT_A_STATEMENT");
  if (content.payloadType !== STATEMENT_PAYLOAD_TYPE) {
    throw evidenceError("STATEMENT_PAYLOAD_TYPE_UNKNOWN", {
      expected: STATEMENT_PAYLOAD_TYPE,
      actual: content.payloadType,
    });
  }
  const expected = statementBytes({
    claimHash: sha256Hex(evidence.claim),
    certificateHash: sha256Hex(evidence.certificate),
    resultHash: sha256Hex(evidence.result),
    // Left out of the capsule, the bundle is the one that the claim names.
    bundleHash: evidence.stateBundle ? fileHash(evidence.stateBundle) : decodeClaim(evidence.claim).bundleHash,
  });
  if (Buffer.compare(expected, content.payload) !== 0) {
    throw evidenceError("STATEMENT_MISMATCH", { expected: sha256Hex(expected), actual: sha256Hex(content.payload) });
  }
}

/** The capsule's statement and the chain's record, compared whole. */
function checkTrade(stated: StepExpectation, recorded: StepExpectation): void {
  const [a, b] = [encodeTrade({ expectation: stated }), encodeTrade({ expectation: recorded })];
  if (Buffer.compare(a, b) !== 0) {
    throw evidenceError("TRADE_MISMATCH", { expected: sha256Hex(b), actual: sha256Hex(a) });
  }
}

function stepFacts(expectation: StepExpectation): Json {
  const { chainId, permitConsumer, settlement, permit, terms, openedAt, claimDeadline } = expectation;
  const { entitlement, step, gateway, observationHash } = permit;
  const { runnerTier } = terms;
  return {
    ...{ chainId, permitConsumer, settlement, entitlement, step, gateway, openedAt, claimDeadline },
    ...{ runnerTier, observationHash },
  };
}

function stepHashes(evidence: StepEvidence, expectation: StepExpectation | undefined) {
  return {
    claim: sha256Hex(evidence.claim),
    certificate: sha256Hex(evidence.certificate),
    policy: sha256Hex(evidence.policy),
    result: sha256Hex(evidence.result),
    nextTokens: sha256Hex(evidence.nextTokens),
    receipt: sha256Hex(evidence.receipt),
    ...(evidence.stateBundle && { stateBundle: fileHash(evidence.stateBundle) }),
    ...(evidence.transcript && { transcript: sha256Hex(evidence.transcript) }),
    ...(evidence.observation && { observation: sha256Hex(evidence.observation) }),
    ...(evidence.finalObservation && { finalObservation: sha256Hex(evidence.finalObservation) }),
    ...(expectation && { permit: permitHashOf(expectation) }),
  };
}
