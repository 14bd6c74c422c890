"use server";

import { headers } from "next/headers";
import { bytes32 } from "#lib/core/encoding.ts";
import { type ErrorJson, findPawlError } from "#lib/core/error.ts";
import { coreError } from "#lib/core/errors.ts";
import { parseSchema } from "#lib/core/json.ts";
import { readReport, type VerificationReport } from "#lib/evidence/report.ts";
import type { PreparedProof } from "#lib/settlement/proof.ts";
import { getService } from "./service.ts";

type Prepared<Kind extends PreparedProof["kind"]> = Extract<PreparedProof, { readonly kind: Kind }>;
/** A prepared proof without what the browser has: the contract's address and its interface. */
export type OfferedProof =
  | { readonly kind: "settles"; readonly args: Prepared<"settles">["call"]["args"] }
  | { readonly kind: "answers"; readonly args: Prepared<"answers">["call"]["args"] };

/** Errors are values: what is thrown from an action reaches the browser without its message. */
export type ProveOutcome =
  | { readonly ok: true; readonly proof: OfferedProof }
  | { readonly ok: false; readonly error: ErrorJson; readonly report: VerificationReport | null };

/** Collects a finished run's evidence, verifies it and prepares its proof, for the visitor's wallet to price and send. */
export async function proveStep(permitHash: string): Promise<ProveOutcome> {
  const { claims, log, pageLimit } = await getService();
  try {
    await pageLimit.take(await headers());
    const { kind, call } = await claims.prove(parseSchema(bytes32, permitHash, "permit hash"));
    return { ok: true, proof: { kind, args: call.args } as OfferedProof };
  } catch (thrown) {
    const error = findPawlError(thrown) ?? coreError("INTERNAL", {}, thrown);
    if (error.kind === "backend") log.error({ code: error.code, err: thrown }, error.message);
    const isRejected = error.code === "EVIDENCE_REJECTED";
    const row = isRejected ? await claims.report(parseSchema(bytes32, permitHash, "permit hash")) : undefined;
    return { ok: false, error: error.toJSON(), report: row ? readReport(row.report) : null };
  }
}
