import { openCapsule } from "#lib/capsule/capsule.ts";
import { readCapsuleFile } from "#lib/capsule/capsuleFile.ts";
import type { VerificationReport } from "#lib/evidence/report.ts";
import type { TrustPolicy } from "#lib/evidence/trustedRoot.ts";
import { verifyStep } from "#lib/evidence/verify.ts";
import { progressOf } from "./progress.ts";
import { signerTrustOf } from "./signerTrust.ts";
import type { SignerTrustOptions } from "./signerTrustOptions.ts";

/**
 * The report of a capsule: of one on disk, which is read in pieces whatever its size, or of bytes.
 *
 * @param source path, or the whole capsule
 */
export async function verifyCapsule(
  source: string | Uint8Array,
  options: SignerTrustOptions & { readonly requireFinalObservation?: boolean },
  trust: TrustPolicy,
  now: number,
): Promise<VerificationReport> {
  const capsule = typeof source === "string" ? await readLarge(source) : await openCapsule(source);
  const { allowlist } = await signerTrustOf(options);
  const expected = { capsule, allowlist, principals: options.principal };
  const { requireFinalObservation = false } = options;
  return verifyStep(capsule.parts, undefined, trust, { now, capsule: expected, requireFinalObservation });
}

async function readLarge(file: string) {
  const { progress, done } = progressOf("reading");
  const { capsule } = await readCapsuleFile(file, { progress }).finally(done);
  return capsule;
}
