import type { Hex } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { sha256Hex } from "../core/hash.ts";
import { canonicalBytes, type Json, parseCanonical } from "../core/json.ts";
import { type AttestationCheck, attestationChecks, type StepCheck, stepChecks } from "./checks.ts";

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
  readonly v: 1;
  readonly kind: ReportKind;
  readonly verdict: "passed" | "failed";
  readonly checks: readonly Check[];
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

export const reportSchema = z
  .strictObject({
    v: z.literal(1),
    kind: z.enum(["attestation", "step"]),
    verdict: z.enum(["passed", "failed"]),
    checks: z.array(checkSchema).max(64),
    facts: z.record(z.string(), z.json()),
    hashes: z.record(z.string(), bytes32),
  })
  .refine((report) => report.verdict === verdictOf(report.kind, report.checks), {
    message: "the verdict does not follow from the checks",
    path: ["verdict"],
  });

const MAX_REPORT_BYTES = 262_144;

/**
 * The verdict follows from the checks alone: each check of the kind is there once and in order, none failed, and all
 * that are not optional passed. No list of checks that is empty or incomplete can pass.
 */
export function verdictOf(kind: ReportKind, checks: readonly Check[]): "passed" | "failed" {
  const definitions: readonly (AttestationCheck | StepCheck)[] = kind === "step" ? stepChecks : attestationChecks;
  const complete =
    definitions.length > 0 &&
    checks.length === definitions.length &&
    definitions.every(({ name, optional }, index) => {
      const check = checks[index];
      return check?.name === name && (check.status === "passed" || (optional && check.status === "not applicable"));
    });
  return complete ? "passed" : "failed";
}

export function reportBytes(report: VerificationReport): Uint8Array {
  return canonicalBytes(report);
}

/** SHA-256 of the canonical report: what a verifier signs along with the claim. */
export function reportHash(report: VerificationReport): Hex {
  return sha256Hex(reportBytes(report));
}

/** Reads a stored report; its verdict must follow from its checks. @throws JSON_*, SCHEMA_MISMATCH */
export function parseReport(bytes: Uint8Array): VerificationReport {
  return parseCanonical(bytes, reportSchema, { what: "verification report", maxBytes: MAX_REPORT_BYTES });
}
