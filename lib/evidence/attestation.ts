import type { Hex } from "viem";
import { sha256Hex } from "../core/hash.ts";
import type { Json } from "../core/json.ts";
import { type ParsedBundle, parseBundle } from "./bundle.ts";
import type { Checklist } from "./checklist.ts";
import { evidenceError } from "./errors.ts";
import { type LeafFacts, readSigningCertificate } from "./extensions.ts";
import {
  checkSameReading,
  judge,
  type SignedTime,
  toEntity,
  verifyCertificateLog,
  verifyChain,
  verifyLogEntries,
  verifySignature,
  verifyTimes,
} from "./sigstore.ts";
import { type TrustPolicy, thresholds } from "./trustedRoot.ts";

/** What was read of an attestation. Parts are undefined where a check failed; nothing unverified is in `verified`. */
export type ReadAttestation = {
  readonly parsed: ParsedBundle | undefined;
  readonly facts: LeafFacts | undefined;
  readonly times: readonly SignedTime[] | undefined;
};

/**
 * The checks that hold for every bundle. One function for real bundles and those of a trade: only the trust policy, and
 * afterwards the expected identity, differ.
 *
 * @param about the artifact, or that its digest is compared elsewhere; needed where the bundle signs an artifact directly
 * @param now unix seconds; times in the future are refused
 */
export function checkBundle(
  checks: Checklist,
  bundle: Uint8Array,
  about: { readonly artifact?: Uint8Array; readonly digest?: unknown },
  trust: TrustPolicy,
  now: number,
): ReadAttestation {
  const limits = thresholds[trust.profile];
  const { material } = trust.root;
  const parsed = checks.run("bundle", () => parseBundle(bundle));
  if (!parsed) return { parsed, facts: undefined, times: undefined };
  const read = checks.prepare("signing-certificate", () => readSigningCertificate(parsed.leaf));
  if (!read) return { parsed, facts: undefined, times: undefined };
  const { leaf, facts } = read;
  const entity = checks.prepare("signing-time", () => toEntity(parsed, about.artifact));
  if (!entity) return { parsed, facts, times: undefined };
  checks.run("signing-certificate", () => checkSameReading(entity, leaf));

  const judged = judge({
    entity,
    logEntries: parsed.logEntries,
    publicKey: leaf.publicKey,
    signer: parsed.leaf,
    material,
    limits,
  });
  const times = checks.run("signing-time", () => verifyTimes(judged, now));
  const chained = times && checks.run("certificate-chain", () => verifyChain(judged));
  if (limits.certificateLogs === 0) {
    checks.skip("certificate-log", "Certificates of this instance are not published in a certificate log.");
  } else if (chained) checks.run("certificate-log", () => verifyCertificateLog(judged));
  if (limits.logEntries === 0 && parsed.logEntries.length === 0) {
    checks.skip("transparency-log", "Signatures of this instance are time-stamped and not published in a log.");
  } else if (times) checks.run("transparency-log", () => verifyLogEntries(judged, times));
  const sound = !checks.hasFailed();
  checks.run("signature", () => {
    if (parsed.content.kind === "artifact" && !about.artifact && !about.digest) {
      throw evidenceError("ARTIFACT_REQUIRED");
    }
    verifySignature(judged, sound);
  });
  return { parsed, facts, times };
}

/** The facts of an attestation as a report shows them. */
export function attestationFacts({ parsed, facts, times }: ReadAttestation): Record<string, Json> | null {
  if (!parsed) return null;
  return {
    mediaType: parsed.mediaType,
    content: parsed.content.kind,
    certificate: facts ? { ...facts } : null,
    run: facts ? runOf(facts) : null,
    times: (times ?? []).map(({ source, at }) => ({ source, at })),
    logEntries: parsed.logEntries.map((entry) => ({
      kind: `${entry.kind} ${entry.version}`,
      logId: `0x${Buffer.from(entry.logId).toString("hex")}`,
      logIndex: entry.logIndex.toString(),
      integratedTime: entry.integratedTime,
    })),
  };
}

/** The digests of an attestation as a report shows them. */
export function attestationHashes(bundle: Uint8Array, { parsed }: ReadAttestation, trust: TrustPolicy) {
  const payload = parsed?.content.kind === "statement" ? sha256Hex(parsed.content.payload) : undefined;
  return {
    attestation: sha256Hex(bundle),
    trustedRoot: trust.root.hash,
    ...(parsed && { signingCertificate: sha256Hex(parsed.leaf) }),
    ...(payload && { payload }),
  } satisfies Record<string, Hex>;
}

export type Run = { readonly runId: string; readonly runAttempt: string };

/** Run and attempt of .21, which must begin with .12; null where the certificate names no run in that form. */
export function runOf(facts: LeafFacts): Run | null {
  const { runInvocationUri, sourceRepositoryUri } = facts;
  if (runInvocationUri === null || sourceRepositoryUri === null) return null;
  if (!runInvocationUri.startsWith(`${sourceRepositoryUri}/`)) return null;
  const groups = /^actions\/runs\/(?<runId>[1-9][0-9]{0,19})\/attempts\/(?<runAttempt>[1-9][0-9]{0,9})$/.exec(
    runInvocationUri.slice(sourceRepositoryUri.length + 1),
  )?.groups;
  return groups?.runId && groups.runAttempt ? { runId: groups.runId, runAttempt: groups.runAttempt } : null;
}
