import { z } from "zod";
import type { VerifiedIdentity, VerifyIdentity } from "../capsule/signatures.ts";
import { evidenceError } from "./errors.ts";
import type { VerificationReport } from "./report.ts";
import type { TrustPolicy } from "./trustedRoot.ts";

const factsSchema = z.object({
  certificate: z.object({ san: z.string() }),
  times: z.array(z.object({ at: z.int() })).min(1),
});

/** Verifies a bundle over an artifact and reports; {@link verifyAttestation} with the trust filled in. */
type Attest = (attestation: { readonly bundle: Uint8Array; readonly artifact: Uint8Array }) => VerificationReport;

/**
 * An identity's signature over a manifest is a Sigstore bundle about it: whoever the certificate names, as of the time
 * that a log or an authority vouches for. Without such a time it does not count.
 */
export function identityVerifier(attest: Attest, trust: Pick<TrustPolicy, "issuer">): VerifyIdentity {
  return (bundle, artifact): VerifiedIdentity => {
    const report = attest({ bundle, artifact });
    const failed = report.checks.find(({ status }) => status === "failed");
    if (report.verdict !== "passed")
      throw evidenceError("VERIFICATION_FAILED", { check: failed?.name, code: failed?.code });
    // A bundle that was held against no artifact is about anything.
    if (!report.checks.some(({ name, status }) => name === "artifact" && status === "passed")) {
      throw evidenceError("SUBJECT_MISMATCH");
    }
    const { certificate, times } = factsSchema.parse(report.facts.attestation);
    // The check of the issuer passed, so it is the trust policy's.
    return { issuer: trust.issuer, san: certificate.san, signedAt: Math.max(...times.map(({ at }) => at)) };
  };
}
