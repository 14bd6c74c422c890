import { type EvidenceErrorCode, evidenceError } from "./errors.ts";
import type { LeafFacts } from "./extensions.ts";

/** Exact equality, or the code with field, expected and actual value. Null never equals anything. */
export function expectEqual(
  code: EvidenceErrorCode,
  field: string,
  expected: string | number | bigint,
  actual: string | number | bigint | null | undefined,
): void {
  if (actual !== expected) throw evidenceError(code, { field, expected, actual: actual ?? "nothing" });
}

/** A workflow as a certificate names it. */
export type WorkflowUri = {
  /** `owner/repository/.github/workflows/file.yml`. */
  readonly path: string;
  /** What stands after the last `@`: a ref, or a commit. */
  readonly ref: string;
};

/** Takes `<server>/<path>@<ref>` apart; undefined for anything else. */
export function parseWorkflowUri(uri: string | null, serverUrl: string): WorkflowUri | undefined {
  const prefix = `${serverUrl}/`;
  if (uri === null || !uri.startsWith(prefix)) return undefined;
  const at = uri.lastIndexOf("@");
  if (at < prefix.length) return undefined;
  return { path: uri.slice(prefix.length, at), ref: uri.slice(at + 1) };
}

/** Who is expected to have signed. Every part that is given is compared exactly; there are no patterns. */
export type ExpectedIdentity = {
  /** The subject alternative name, whole. */
  readonly san?: string;
  /** `owner/repository/.github/workflows/file.yml`. */
  readonly signerWorkflow?: string;
  /** 40 lower-case hex digits. */
  readonly signerCommit?: string;
  /** Decimal. */
  readonly sourceRepositoryId?: string;
};

/** @throws ISSUER_MISMATCH */
export function checkIssuer(facts: LeafFacts, issuer: string): void {
  expectEqual("ISSUER_MISMATCH", "issuer", issuer, facts.issuer);
}

/** The alternative name is the workflow that signed: two names for one signer must agree. */
export function checkSignerName(facts: LeafFacts): true {
  if (facts.signerUri !== null) {
    expectEqual("SIGNER_IDENTITY_MISMATCH", "subject alternative name", facts.signerUri, facts.san);
  }
  return true;
}
