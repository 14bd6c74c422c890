import { createPublicKey } from "node:crypto";
import { p256 } from "@noble/curves/nist";
import { type SignedEntity, type TrustMaterial, toSignedEntity, VerificationError, Verifier } from "@sigstore/verify";
import { rememberEncoding } from "./authorities.ts";
import type { ArtifactContent, BundleLogEntry, UnsignedBundle } from "./bundle.ts";
import { evidenceError } from "./errors.ts";
import type { Leaf } from "./leaf.ts";
import { checkLogEntry } from "./logEntry.ts";
import type { Thresholds } from "./trustedRoot.ts";

/**
 * The cryptographic checks of a bundle. The library judges the whole once, by its own order and rules. What it accepts
 * has passed every stage below, and only what it does not look at is checked beside it. What it refuses is given to it
 * again one aspect at a time, so that the failure has the name and code of its own check.
 */

/** A signed time, unix seconds: from a log's promise, or from a timestamp authority. */
export type SignedTime = { readonly source: "log" | "authority"; readonly at: number };

/** A bundle before the library, and whether the library accepts it as a whole under this material and these limits. */
export type Judged = {
  readonly entity: SignedEntity;
  readonly logEntries: readonly BundleLogEntry[];
  /** DER of the key that signed. */
  readonly publicKey: Uint8Array;
  /** DER of what a log entry must name as the signer: the certificate, or the key where there is none. */
  readonly signer: Uint8Array;
  readonly material: TrustMaterial;
  readonly limits: Thresholds;
  readonly accepted: boolean;
};

const CLOCK_SKEW_SECONDS = 300;

/**
 * Reads the bundle into the library's form. Without the artifact, a signature over it is judged by the digest that the
 * bundle states; whether that is the right digest is another question.
 *
 * @throws ATTESTATION_FIELD_INVALID
 */
export function toEntity({ bundle, content }: UnsignedBundle, artifact: Uint8Array | undefined): SignedEntity {
  try {
    const entity = toSignedEntity(bundle, Buffer.from(artifact ?? []));
    if (entity.key.$case === "certificate") rememberEncoding(entity.key.certificate);
    if (content.kind === "statement" || artifact !== undefined) return entity;
    return { ...entity, signature: overDigest(entity.signature, content) };
  } catch (cause) {
    throw evidenceError("ATTESTATION_FIELD_INVALID", { problem: "a timestamp or certificate is unreadable" }, cause);
  }
}

/**
 * The library re-encodes the certificate before it verifies it; both readings must be the same bytes, or what was
 * judged is not what was signed.
 *
 * @throws LEAF_NOT_DER
 */
export function checkSameReading(entity: SignedEntity, leaf: Leaf): void {
  const read = entity.key.$case === "certificate" ? entity.key.certificate.tbsCertificate.toDER() : undefined;
  if (read === undefined || Buffer.compare(read, leaf.signedBytes) !== 0) {
    throw evidenceError("LEAF_NOT_DER", { problem: "two readings of the certificate differ" });
  }
}

/** Has the library judge the whole. */
export function judge(bundle: Omit<Judged, "accepted">): Judged {
  const { entity, material, limits } = bundle;
  try {
    verifierOf(material, limits, 1).verify(entity);
    return { ...bundle, accepted: true };
  } catch {
    // Why is found out by the stages, each under its own name.
    return { ...bundle, accepted: false };
  }
}

/** @throws TIMESTAMP_INVALID, TIMESTAMP_IN_FUTURE, LOG_TIME_UNSIGNED */
export function verifyTimes(
  { entity, logEntries, publicKey, material, accepted }: Judged,
  now: number,
): readonly SignedTime[] {
  for (const entry of logEntries) {
    if (entry.integratedTime !== null && !entry.hasPromise) {
      throw evidenceError("LOG_TIME_UNSIGNED", { actual: entry.integratedTime });
    }
  }
  if (!accepted) {
    stage("TIMESTAMP_INVALID", () =>
      verifierOf(signerKey(material, publicKey), { logEntries: 0, certificateLogs: 0 }, 1).verify({
        ...entity,
        key: { $case: "public-key", hint: "" },
        tlogEntries: [],
        signature: acceptAnySigner(entity),
      }),
    );
  }
  const times = entity.timestamps.map((timestamp): SignedTime => {
    if (timestamp.$case === "transparency-log")
      return { source: "log", at: Number(timestamp.tlogEntry.integratedTime) };
    return { source: "authority", at: Math.floor(timestamp.timestamp.signingTime.getTime() / 1000) };
  });
  for (const { at } of times) {
    if (!Number.isSafeInteger(at)) throw evidenceError("TIMESTAMP_INVALID", { actual: at });
    if (at > now + CLOCK_SKEW_SECONDS) throw evidenceError("TIMESTAMP_IN_FUTURE", { expected: now, actual: at });
  }
  return times;
}

/** @throws CHAIN_INVALID */
export function verifyChain({ entity, material, accepted }: Judged): true {
  if (accepted) return true;
  stage("CHAIN_INVALID", () => {
    try {
      verifySigner(entity, material, 0);
    } catch (cause) {
      // An invalid SCT also fails here; it has a check of its own.
      if (!isAboutCertificateLog(cause)) throw cause;
    }
  });
  return true;
}

/** @throws TRANSPARENCY_INVALID */
export function verifyCertificateLog({ entity, material, limits, accepted }: Judged): void {
  if (!accepted) stage("TRANSPARENCY_INVALID", () => verifySigner(entity, material, limits.certificateLogs));
}

/** @throws LOG_* */
export function verifyLogEntries(
  { entity, logEntries, publicKey, signer, material, limits, accepted }: Judged,
  times: readonly SignedTime[],
): void {
  if (limits.logEntries === 0) {
    if (logEntries.length > 0) throw evidenceError("LOG_ENTRY_UNEXPECTED", { actual: logEntries.length });
    return;
  }
  if (logEntries.length === 0) throw evidenceError("LOG_ENTRY_MISSING");
  for (const entry of logEntries) {
    checkLogEntry(entry, signer);
    checkLogKey(entry, material, times);
  }
  if (accepted) return;
  try {
    verifierOf(signerKey(material, publicKey), limits, 0).verify({
      ...entity,
      key: { $case: "public-key", hint: "" },
      timestamps: [],
      signature: acceptAnySigner(entity),
    });
  } catch (cause) {
    const about = cause instanceof VerificationError ? cause.code : undefined;
    const code = about === "TLOG_BODY_ERROR" ? "LOG_ENTRY_MISMATCH" : "LOG_INCLUSION_INVALID";
    throw evidenceError(code, { problem: messageOf(cause) }, cause);
  }
}

/**
 * The signature under the leaf's key.
 *
 * @param sound every other check has passed: what the library refuses as a whole then fails here, whatever its reason
 * @throws ATTESTATION_SIGNATURE_INVALID
 */
export function verifySignature({ entity, publicKey, material, limits, accepted }: Judged, sound: boolean): void {
  if (accepted) return;
  stage("ATTESTATION_SIGNATURE_INVALID", () => {
    verifierOf(signerKey(material, publicKey), { logEntries: 0, certificateLogs: 0 }, 0).verify({
      ...entity,
      key: { $case: "public-key", hint: "" },
      timestamps: [],
      tlogEntries: [],
    });
    if (sound) verifierOf(material, limits, 1).verify(entity);
  });
}

/** The log's key must have been valid whenever the bundle says that the entry was made. */
function checkLogKey(entry: BundleLogEntry, material: TrustMaterial, times: readonly SignedTime[]): void {
  const logs = material.tlogs.filter((log) => log.logID.equals(Buffer.from(entry.logId)));
  if (logs.length === 0) {
    throw evidenceError("LOG_ENTRY_MISSING", { problem: "the log is not in the trusted root" });
  }
  const valid = logs.some(({ validFor }) =>
    times.every(({ at }) => validFor.start.getTime() <= at * 1000 && at * 1000 <= validFor.end.getTime()),
  );
  if (!valid) throw evidenceError("LOG_KEY_EXPIRED", { actual: times.map(({ at }) => at).join() });
}

function verifySigner(entity: SignedEntity, material: TrustMaterial, certificateLogs: 0 | 1): void {
  verifierOf(material, { logEntries: 0, certificateLogs }, 1).verify({
    ...entity,
    tlogEntries: [],
    signature: acceptAnySigner(entity),
  });
}

/** The library hashes the artifact itself; this takes the hash instead. Only SHA-256 under a P-256 key is known. */
function overDigest(signature: SignedEntity["signature"], content: ArtifactContent): SignedEntity["signature"] {
  return {
    ...delegated(signature),
    verifySignature: (key) => {
      const { x, y, crv } = key.export({ format: "jwk" });
      if (content.algorithm !== "SHA2_256" || crv !== "P-256") return false;
      const point = Buffer.concat([
        Uint8Array.of(4),
        Buffer.from(x ?? "", "base64url"),
        Buffer.from(y ?? "", "base64url"),
      ]);
      try {
        return p256.verify(signature.signature, content.digest, point, { format: "der", lowS: false, prehash: false });
      } catch {
        // Bytes that are no signature at all are nobody's signature.
        return false;
      }
    },
  };
}

/** The real signature for whatever is compared with it, without judging whose it is. */
function acceptAnySigner({ signature }: SignedEntity): SignedEntity["signature"] {
  return { ...delegated(signature), verifySignature: () => true };
}

/** Everything of a signature but its verification. */
function delegated(signature: SignedEntity["signature"]) {
  return {
    signature: signature.signature,
    compareSignature: (other: Buffer) => signature.compareSignature(other),
    compareDigest: (digest: Buffer) => signature.compareDigest(digest),
    compareSignedDigest: (digest: Buffer) => signature.compareSignedDigest(digest),
  };
}

/** Trust material for what does not ask who signed: the signer's key, without a chain. */
export function signerKey(material: TrustMaterial, publicKey: Uint8Array): TrustMaterial {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
  return { ...material, publicKey: () => ({ publicKey: key, validFor: () => true }) };
}

function verifierOf(material: TrustMaterial, limits: Thresholds, timestamps: 0 | 1): Verifier {
  return new Verifier(material, {
    tlogThreshold: limits.logEntries,
    ctlogThreshold: limits.certificateLogs,
    timestampThreshold: timestamps,
  });
}

type StageCode = "TIMESTAMP_INVALID" | "CHAIN_INVALID" | "TRANSPARENCY_INVALID" | "ATTESTATION_SIGNATURE_INVALID";

function stage(code: StageCode, verify: () => unknown): void {
  try {
    verify();
  } catch (cause) {
    throw evidenceError(code, { problem: messageOf(cause) }, cause);
  }
}

/** The library has one code for chain and SCT; its messages tell them apart. */
function isAboutCertificateLog(cause: unknown): boolean {
  return cause instanceof VerificationError && /\bSCTs?\b/.test(cause.message);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : "unknown";
}
