import { createHash } from "node:crypto";
import type { Json } from "../core/json.ts";
import { attestationFacts, attestationHashes, checkBundle } from "./attestation.ts";
import type { ParsedBundle } from "./bundle.ts";
import { Checklist } from "./checklist.ts";
import { evidenceError } from "./errors.ts";
import type { LeafFacts } from "./extensions.ts";
import { checkIssuer, checkSignerName, type ExpectedIdentity, expectEqual, parseWorkflowUri } from "./identity.ts";
import {
  type ArtifactDigest,
  checkStatedRun,
  checkSubject,
  type InTotoStatement,
  readStatement,
  statedRun,
} from "./inToto.ts";
import type { VerificationReport } from "./report.ts";
import type { TrustPolicy } from "./trustedRoot.ts";

/** A bundle and, where there is one, what it is said to be about. */
export type Attestation = {
  /** The bundle file's bytes. */
  readonly bundle: Uint8Array;
  /** The artifact's bytes; a bundle that signs an artifact directly cannot be checked without it or its digest. */
  readonly artifact?: Uint8Array;
  /** Instead of the artifact. */
  readonly digest?: ArtifactDigest;
};

/**
 * Verifies any Sigstore bundle of GitHub Actions, offline. It never throws for evidence, however broken: every failure
 * is a named check of the report.
 *
 * @param expected.identity who should have signed; parts left out are reported as not applicable
 * @param expected.predicate whether a provenance predicate that names another run than the certificate is refused
 * (default) or not looked at
 * @param now unix seconds
 */
export function verifyAttestation(
  attestation: Attestation,
  expected: {
    readonly trust: TrustPolicy;
    readonly identity?: ExpectedIdentity;
    readonly predicate?: "must agree" | "ignored";
  },
  now: number,
): VerificationReport {
  const { trust, identity = {}, predicate = "must agree" } = expected;
  const checks = new Checklist("attestation");
  const read = checkBundle(checks, attestation.bundle, attestation, trust, now);
  const { parsed, facts } = read;
  const statement = parsed && facts && checkContent(checks, parsed, facts, attestation, predicate);
  if (facts) checkIdentity(checks, facts, identity, trust);
  return checks.report(
    {
      trust: { profile: trust.profile, issuer: trust.issuer },
      attestation: attestationFacts(read),
      statement: statement ? statementFacts(statement) : null,
    },
    attestationHashes(attestation.bundle, read, trust),
  );
}

function checkContent(
  checks: Checklist,
  parsed: ParsedBundle,
  facts: LeafFacts,
  { artifact, digest }: Attestation,
  predicate: "must agree" | "ignored",
): InTotoStatement | undefined {
  const digests = artifact === undefined ? (digest ? [digest] : []) : digestsOf(artifact);
  const { content } = parsed;
  if (content.kind === "artifact") {
    checks.skip("statement", "The bundle signs an artifact directly and carries no statement.");
    checks.skip("predicate", "The bundle carries no statement.");
    if (digests.length === 0) checks.skip("artifact", "No artifact was given to compare with.");
    else checks.run("artifact", () => checkMessageDigest(content, digests));
    return undefined;
  }
  const statement = checks.run("statement", () => readStatement(content));
  if (!statement) return undefined;
  if (digests.length === 0) checks.skip("artifact", "No artifact was given to compare with.");
  else checks.run("artifact", () => checkSubject(statement, digests));
  const stated = statedRun(statement);
  if (predicate === "ignored") checks.skip("predicate", "The predicate was not looked at.");
  else if (stated === null) checks.skip("predicate", "The predicate names no run.");
  else checks.run("predicate", () => checkStatedRun(stated, facts));
  return statement;
}

function checkIdentity(checks: Checklist, facts: LeafFacts, expected: ExpectedIdentity, trust: TrustPolicy): void {
  checks.run("issuer", () => checkIssuer(facts, trust.issuer));
  const { san, signerWorkflow, signerCommit, sourceRepositoryId } = expected;
  if (san === undefined) {
    const named = checks.prepare("identity", () => checkSignerName(facts));
    if (named) checks.skip("identity", "No identity was expected: this holds for whoever signed.");
  } else {
    checks.run("identity", () => {
      checkSignerName(facts);
      expectEqual("SIGNER_IDENTITY_MISMATCH", "subject alternative name", san, facts.san);
    });
  }
  if (signerWorkflow === undefined) checks.skip("signer-workflow", "No signer workflow was expected.");
  else {
    checks.run("signer-workflow", () => {
      const signer = parseWorkflowUri(facts.signerUri, trust.serverUrl);
      expectEqual("SIGNER_WORKFLOW_MISMATCH", "signer workflow", signerWorkflow, signer?.path);
    });
  }
  if (signerCommit === undefined) checks.skip("signer-commit", "No signer commit was expected.");
  else {
    checks.run("signer-commit", () =>
      expectEqual("SIGNER_COMMIT_MISMATCH", "signer commit", signerCommit, facts.signerDigest),
    );
  }
  if (sourceRepositoryId === undefined) checks.skip("source-repository", "No source repository was expected.");
  else {
    checks.run("source-repository", () =>
      expectEqual("SOURCE_REPOSITORY_MISMATCH", "repository id", sourceRepositoryId, facts.sourceRepositoryId),
    );
  }
}

export function checkMessageDigest(
  content: { readonly algorithm: string; readonly digest: string },
  digests: readonly ArtifactDigest[],
): void {
  const named = content.algorithm === "SHA2_256" ? "sha256" : content.algorithm === "SHA2_512" ? "sha512" : undefined;
  if (digests.some(({ algorithm, value }) => algorithm === named && value === content.digest)) return;
  throw evidenceError("SUBJECT_MISMATCH", {
    expected: digests.map(({ algorithm, value }) => `${algorithm}:${value}`).join(" or "),
    actual: `${content.algorithm}:${content.digest}`,
  });
}

export function digestsOf(artifact: Uint8Array): readonly ArtifactDigest[] {
  return (["sha256", "sha512"] as const).map((algorithm) => ({
    algorithm,
    value: createHash(algorithm).update(artifact).digest("hex"),
  }));
}

function statementFacts({ predicateType, subjects }: InTotoStatement): Json {
  return { predicateType, subjects: subjects.map(({ name, digest }) => ({ name, digest: { ...digest } })) };
}
