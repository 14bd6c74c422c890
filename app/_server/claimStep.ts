"use server";

import { headers } from "next/headers";
import { bytes32 } from "#lib/core/encoding.ts";
import { type ErrorJson, findPawlError } from "#lib/core/error.ts";
import { coreError } from "#lib/core/errors.ts";
import { parseSchema } from "#lib/core/json.ts";
import type { VerificationReport } from "#lib/evidence/report.ts";
import { readReport } from "#lib/evidence/report.ts";
import type { ClaimAnswer } from "#lib/settlement/client.ts";
import { getService } from "./service.ts";

/** A server action's answer. Errors are values: what is thrown from an action reaches the browser without its message. */
export type ClaimOutcome =
  | { readonly ok: true; readonly answer: ClaimAnswer; readonly report: VerificationReport }
  | { readonly ok: false; readonly error: ErrorJson; readonly report: VerificationReport | null };

/** Collects a finished run's evidence, verifies it and, where it holds, has the claim submitted. */
export async function claimStep(permitHash: string): Promise<ClaimOutcome> {
  const { claims, log, pageLimit } = await getService();
  const failed = (thrown: unknown, report: VerificationReport | null): ClaimOutcome => {
    const error = findPawlError(thrown) ?? coreError("INTERNAL", {}, thrown);
    if (error.kind === "backend") log.error({ code: error.code, err: thrown }, error.message);
    return { ok: false, error: error.toJSON(), report };
  };
  let capsule: Uint8Array;
  try {
    await pageLimit.take(await headers());
    capsule = await claims.collect(parseSchema(bytes32, permitHash, "permit hash"));
  } catch (thrown) {
    return failed(thrown, null);
  }
  const storedReport = async () => {
    const row = await claims.report(parseSchema(bytes32, permitHash, "permit hash"));
    return row ? readReport(row.report) : null;
  };
  try {
    const answer = await claims.claim(capsule);
    const report = await storedReport();
    if (!report) throw coreError("INTERNAL", { problem: "the report of a claim is missing" });
    return { ok: true, answer, report };
  } catch (thrown) {
    const isRejected = findPawlError(thrown)?.code === "EVIDENCE_REJECTED";
    return failed(thrown, isRejected ? await storedReport() : null);
  }
}
