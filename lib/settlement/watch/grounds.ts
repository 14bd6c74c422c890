import type { StepCheck } from "../../evidence/checks.ts";
import type { VerificationReport } from "../../evidence/report.ts";

/**
 * Checks that a proof on-chain repeats. An evidence challenge demands nothing but that proof: where one of these fails,
 * the same evidence cannot answer it. Where only others fail, it answers all the same and the bond is lost for certain;
 * those are for the arbiter.
 */
const repeatedByProof: ReadonlySet<StepCheck["name"]> = new Set([
  "bundle",
  "signing-certificate",
  "signing-time",
  "certificate-chain",
  "transparency-log",
  "signature",
  "issuer",
  "signer-workflow",
  "signer-commit",
  "caller-workflow",
  "source-repository",
  "source-owner",
  "source-commit",
  "run",
  "trigger",
  "runner-environment",
  "visibility",
  "log-time",
  "claim",
  "statement",
]);

/** Failures of such a check that a proof does not notice: it reads the log's promise, not its tree. */
const unseenByProof: ReadonlySet<string> = new Set(["LOG_INCLUSION_INVALID", "LOG_PROOF_INCONSISTENT"]);

/** Why a claim is doubted: a check's name and its code. */
export type Reason = { readonly check: string; readonly code: string };

/** What failed, and whether a proof must fail with it. */
export type Grounds = Reason & { readonly proofFails: boolean };

/** The failed check that weighs most; undefined where nothing failed. */
export function groundsOf({ checks, verdict }: VerificationReport): Grounds | undefined {
  const failed = checks.filter(({ status }) => status === "failed");
  const decisive = failed.find(
    ({ name, code }) => (repeatedByProof as ReadonlySet<string>).has(name) && !unseenByProof.has(code ?? ""),
  );
  const first = decisive ?? failed[0];
  if (first !== undefined) {
    return { check: first.name, code: first.code ?? "VERIFICATION_FAILED", proofFails: decisive !== undefined };
  }
  // A check that had to run and did not: nothing that a proof would fail by.
  return verdict === "passed" ? undefined : { check: "verdict", code: "VERIFICATION_FAILED", proofFails: false };
}
