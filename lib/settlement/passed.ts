import type { VerificationReport } from "../evidence/report.ts";
import { settlementError } from "./errors.ts";

/** Nothing is settled on evidence that does not hold. @throws EVIDENCE_REJECTED with the first failed check */
export function requirePassed(report: VerificationReport): void {
  if (report.verdict === "passed") return;
  const failed = report.checks.find((check) => check.status === "failed");
  throw settlementError("EVIDENCE_REJECTED", {
    check: failed?.name,
    checkCode: failed?.code,
    sentence: failed?.sentence,
    expected: failed?.expected,
    actual: failed?.actual,
  });
}
