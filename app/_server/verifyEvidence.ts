"use server";

import { headers } from "next/headers";
import { systemClock } from "#lib/core/effects.ts";
import { type ErrorJson, findPawlError } from "#lib/core/error.ts";
import { coreError } from "#lib/core/errors.ts";
import type { VerificationReport } from "#lib/evidence/report.ts";
import { loadTrust } from "#lib/evidence/trust.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";
import { pageError } from "../_wallet/errorCatalogue.ts";
import { readEvidenceFile } from "./evidenceFile.ts";
import { getService } from "./service.ts";

const MAX_FILE_BYTES = 60 * 1024 * 1024;

export type VerifyOutcome =
  | {
      readonly ok: true;
      readonly what: "capsule" | "bundle";
      readonly report: VerificationReport;
      readonly isSandbox: boolean;
    }
  | { readonly ok: false; readonly error: ErrorJson };

/**
 * Verifies an uploaded file: an evidence capsule against what the chain says, or any Sigstore bundle of GitHub Actions
 * against a trust root. Evidence that does not hold is a report, not an error.
 *
 * @param form `evidence`: the file; `artifact`: optionally what a bundle is about; `root`: `own` or `public`
 */
export async function verifyEvidence(form: FormData): Promise<VerifyOutcome> {
  const { claims, config, log, pageLimit } = await getService();
  const isOwnSandbox = config.PAWL_TRUST_PROFILE === "sandbox";
  try {
    await pageLimit.take(await headers());
    const evidence = await fileIn(form, "evidence");
    if (!evidence) throw coreError("SCHEMA_MISMATCH", { what: "upload", field: "evidence", problem: "choose a file" });
    const file = readEvidenceFile(evidence);
    if (file.what === "neither") throw pageError("EVIDENCE_UNKNOWN", { bytes: evidence.length });
    if (file.what === "capsule") {
      const { report } = await claims.verify(file.bytes, { signers: true });
      return { ok: true, what: "capsule", report, isSandbox: isOwnSandbox };
    }
    const isPublic = form.get("root") === "public";
    const trust = await (isPublic
      ? loadTrust({ root: "production", profile: "public-good" })
      : loadTrust({
          root: config.PAWL_TRUST_ROOT,
          profile: config.PAWL_TRUST_PROFILE,
          issuer: config.PAWL_OIDC_ISSUER,
        }));
    const artifact = await fileIn(form, "artifact");
    const report = verifyAttestation(
      { bundle: file.bytes, ...(artifact ? { artifact } : {}) },
      { trust },
      systemClock(),
    );
    return { ok: true, what: "bundle", report, isSandbox: !isPublic && isOwnSandbox };
  } catch (thrown) {
    const error = findPawlError(thrown) ?? coreError("INTERNAL", {}, thrown);
    if (error.kind === "backend") log.error({ code: error.code, err: thrown }, error.message);
    return { ok: false, error: error.toJSON() };
  }
}

async function fileIn(form: FormData, name: string): Promise<Uint8Array | undefined> {
  const value = form.get(name);
  if (!(value instanceof File) || value.size === 0) return undefined;
  if (value.size > MAX_FILE_BYTES) throw coreError("BODY_TOO_LARGE", { bytes: value.size, maxBytes: MAX_FILE_BYTES });
  return new Uint8Array(await value.arrayBuffer());
}
