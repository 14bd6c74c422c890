import { createPublicKey } from "node:crypto";
import { parseKeyedBundle } from "./bundle.ts";
import { evidenceError } from "./errors.ts";

import { checkSubject, readStatement } from "./inToto.ts";
import { judge, signerKey, toEntity, verifyLogEntries, verifySignature, verifyTimes } from "./sigstore.ts";
import { type TrustPolicy, thresholds } from "./trustedRoot.ts";
import { type Attestation, checkMessageDigest, digestsOf } from "./verifyAttestation.ts";

/**
 * Verifies a bundle against a key that the caller holds, as tools for other signatures do. It makes no report and no
 * evidence: a key does not say which workflow signed, where it ran or on what. `parseBundle`, and with it everything
 * that judges a run, refuses such a bundle.
 *
 * @param key public key in PEM
 * @param now unix seconds
 * @throws ATTESTATION_*, TIMESTAMP_*, LOG_*, STATEMENT_*, SUBJECT_MISMATCH, JSON_*
 */
export function verifyKeyedBundle(
  { bundle, artifact, digest }: Attestation & ({ artifact: Uint8Array } | { digest: object }),
  { key, trust }: { readonly key: string; readonly trust: TrustPolicy },
  now: number,
): void {
  const parsed = parseKeyedBundle(bundle);
  const publicKey = readKey(key);
  const judged = judge({
    entity: toEntity(parsed, artifact),
    logEntries: parsed.logEntries,
    publicKey,
    signer: publicKey,
    material: signerKey(trust.root.material, publicKey),
    limits: thresholds[trust.profile],
  });
  const times = verifyTimes(judged, now);
  verifyLogEntries(judged, times);
  verifySignature(judged, true);
  const digests = artifact === undefined ? (digest ? [digest] : []) : digestsOf(artifact);
  const { content } = parsed;
  if (content.kind === "artifact") checkMessageDigest(content, digests);
  else checkSubject(readStatement(content), digests);
}

/** DER of the key. */
function readKey(pem: string): Uint8Array {
  try {
    return createPublicKey(pem).export({ type: "spki", format: "der" });
  } catch (cause) {
    throw evidenceError("ATTESTATION_KEY_MALFORMED", {}, cause);
  }
}
