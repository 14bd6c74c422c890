import type { Hex } from "viem";
import { z } from "zod";
import type { SignerResult } from "../capsule/signatures.ts";
import { bytes32 } from "../core/encoding.ts";
import { sha256Hex } from "../core/hash.ts";
import { canonicalBytes, type Json, parseCanonical, parseJsonBytes, parseSchema } from "../core/json.ts";
import { mayBeLeftOut } from "./applicability.ts";
import { type AttestationCheck, attestationChecks, type StepCheck, stepChecks } from "./checks.ts";
import { evidenceError } from "./errors.ts";

/**
 * The verifier's verdict: one named result per check, never a bare boolean. A report always shows every check of its
 * kind, in a fixed order, and holds nothing that depends on when or where it was made.
 */
type CheckStatus = "passed" | "failed" | "not applicable";

export type Check = {
  readonly name: string;
  readonly status: CheckStatus;
  /** Stable error code of a failure. */
  readonly code: string | null;
  /** For a person. */
  readonly sentence: string;
  readonly expected: string | null;
  readonly actual: string | null;
};

/** `attestation`: a Sigstore bundle of GitHub Actions on its own. `step`: a step of a trade. */
export type ReportKind = "attestation" | "step";

export type VerificationReport = {
  readonly v: 2;
  readonly kind: ReportKind;
  readonly verdict: "passed" | "failed";
  readonly checks: readonly Check[];
  /** Everybody who signed the capsule; trusted only by an allowlist that the verifier gave. */
  readonly signers: readonly SignerResult[];
  /** What the evidence says, as far as it could be read. */
  readonly facts: Readonly<Record<string, Json>>;
  /** Digests of what was checked. */
  readonly hashes: Readonly<Record<string, Hex>>;
};

const checkSchema = z.strictObject({
  name: z.string(),
  status: z.enum(["passed", "failed", "not applicable"]),
  code: z.string().nullable(),
  sentence: z.string(),
  expected: z.string().nullable(),
  actual: z.string().nullable(),
});

const signerSchema = z
  .strictObject({
    fingerprint: bytes32,
    kind: z.enum(["key", "sigstore"]),
    identity: z.strictObject({ issuer: z.string(), san: z.string() }).nullable(),
    principal: z.string().nullable(),
    signature: z.enum(["valid", "invalid", "unchecked"]),
    trusted: z.boolean(),
    code: z.string().nullable(),
  })
  .refine((signer) => signer.trusted === (signer.code === null) && (!signer.trusted || isTrustworthy(signer)), {
    message: "only a valid signature of a named principal is trusted, and whatever is not trusted has a reason",
    path: ["trusted"],
  });

function isTrustworthy({ signature, principal }: Pick<SignerResult, "signature" | "principal">): boolean {
  return signature === "valid" && principal !== null;
}

const VERSION = 2;

export const reportSchema = z
  .strictObject({
    v: z.literal(VERSION),
    kind: z.enum(["attestation", "step"]),
    verdict: z.enum(["passed", "failed"]),
    checks: z.array(checkSchema).max(64),
    signers: z.array(signerSchema).max(16),
    facts: z.record(z.string(), z.json()),
    hashes: z.record(z.string(), bytes32),
  })
  .refine((report) => report.checks.every((check) => isConsistent(report.kind, check)), {
    message: "only a failed check has a code and values, and a passed one says what the list of checks says",
    path: ["checks"],
  })
  .refine((report) => report.verdict === verdictOf(report), {
    message: "the verdict does not follow from the checks",
    path: ["verdict"],
  });

function definitionsOf(kind: ReportKind): readonly (AttestationCheck | StepCheck)[] {
  return kind === "step" ? stepChecks : attestationChecks;
}

/** A reader of a stored report believes its words: they follow from its statuses. */
function isConsistent(kind: ReportKind, check: Check): boolean {
  if (check.status === "failed") return check.code !== null;
  const definition = definitionsOf(kind).find(({ name }) => name === check.name);
  const silent = check.code === null && check.expected === null && check.actual === null;
  return silent && (check.status !== "passed" || check.sentence === definition?.sentence);
}

const MAX_REPORT_BYTES = 262_144;

/**
 * The verdict follows from the checks: each check of the kind is there once and in order, none failed, and all that are
 * not optional passed, nor is one left out that profile or tier demand by the report's own facts. No list of checks that is empty or incomplete can pass, nor one beside a signature that
 * is not valid.
 */
export function verdictOf({
  kind,
  checks,
  signers,
  facts,
}: Pick<VerificationReport, "kind" | "checks" | "signers" | "facts">): "passed" | "failed" {
  const definitions = definitionsOf(kind);
  const complete =
    definitions.length > 0 &&
    checks.length === definitions.length &&
    definitions.every(({ name, optional }, index) => {
      const check = checks[index];
      return (
        check?.name === name &&
        (check.status === "passed" || (optional && check.status === "not applicable" && mayBeLeftOut(name, facts)))
      );
    });
  const signed = signers.every(({ signature }) => signature === "valid");
  return complete && signed ? "passed" : "failed";
}

export function reportBytes(report: VerificationReport): Uint8Array {
  return canonicalBytes(report);
}

/** SHA-256 of the canonical report: what a verifier signs along with the claim. */
export function reportHash(report: VerificationReport): Hex {
  return sha256Hex(reportBytes(report));
}

/**
 * Reads a stored report; its verdict must follow from its checks. Reports of version 1 named fewer checks and no signers,
 * so they cannot be read as ones of today.
 *
 * @throws JSON_*, SCHEMA_MISMATCH, REPORT_VERSION_UNKNOWN
 */
export function parseReport(bytes: Uint8Array): VerificationReport {
  refuseOtherVersion(parseJsonBytes(bytes, versionSchema, { what: "verification report", maxBytes: MAX_REPORT_BYTES }));
  return parseCanonical(bytes, reportSchema, { what: "verification report", maxBytes: MAX_REPORT_BYTES });
}

/** As {@link parseReport}, for a report that a store gives back as a value. @throws SCHEMA_MISMATCH, REPORT_VERSION_UNKNOWN */
export function readReport(value: unknown): VerificationReport {
  refuseOtherVersion(parseSchema(versionSchema, value, "stored report"));
  return parseSchema(reportSchema, value, "stored report");
}

const versionSchema = z.object({ v: z.unknown() });

function refuseOtherVersion({ v }: { readonly v?: unknown }): void {
  if (v !== VERSION) throw evidenceError("REPORT_VERSION_UNKNOWN", { expected: VERSION, actual: String(v) });
}
