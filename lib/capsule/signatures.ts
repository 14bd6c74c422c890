import type { Hex } from "viem";
import { z } from "zod";
import { findPawlError } from "../core/error.ts";
import { canonicalBytes, parseCanonical } from "../core/json.ts";
import { type Allowlist, identityKey, type ListedSigner, standingOf } from "./allowlist.ts";
import { sha256Of } from "./digest.ts";
import { payloadTypes, preAuthEncoding } from "./dsse.ts";
import { type CapsuleErrorCode, capsuleError } from "./errors.ts";
import { base64, type CapsuleSigner, isSignedBy, type PublicKeyJson, readPublicKey } from "./keys.ts";
import { SIGNERS } from "./layout.ts";

/**
 * `signers.json`: signatures over the manifest's bytes, detached. By a key: the signature of a DSSE envelope whose payload
 * is the manifest. By an identity: a Sigstore bundle whose artifact is the manifest.
 */
const MAX_SIGNATURES = 16;
/** Each is a bundle to verify, which costs a hundred times what a key does. */
const MAX_IDENTITIES = 4;
const MAX_SIGNERS_BYTES = 1_048_576;

const signatureSchema = z.union([
  z.strictObject({ kind: z.literal("key"), publicKey: base64, signature: base64 }),
  z.strictObject({ kind: z.literal("sigstore"), bundle: base64 }),
]);
export type CapsuleSignature = z.output<typeof signatureSchema>;

const signersSchema = z.strictObject({
  v: z.literal(1),
  signatures: z.array(signatureSchema).min(1).max(MAX_SIGNATURES),
});

/** What an identity's bundle was found to say. `signedAt`: unix seconds, vouched for by a log or an authority. */
export type VerifiedIdentity = { readonly issuer: string; readonly san: string; readonly signedAt: number };
/** Verifies a Sigstore bundle over an artifact. @throws PawlError with the check that failed */
export type VerifyIdentity = (bundle: Uint8Array, artifact: Uint8Array) => VerifiedIdentity;

/** What is known of one signer. Only an allowlist gives `principal` and `trusted`; a capsule cannot. */
export type SignerResult = {
  /** SHA-256 of the key's SubjectPublicKeyInfo; for an identity, of its bundle. */
  readonly fingerprint: Hex;
  readonly kind: CapsuleSignature["kind"];
  readonly identity: { readonly issuer: string; readonly san: string } | null;
  /** As the allowlist names the signer. */
  readonly principal: string | null;
  readonly signature: "valid" | "invalid" | "unchecked";
  readonly trusted: boolean;
  /** Why the signer is not trusted; null when trusted. */
  readonly code: string | null;
};

/** @throws JSON_*, SCHEMA_MISMATCH, CAPSULE_SIGNERS_MALFORMED, CAPSULE_KEY_UNSUPPORTED */
export function parseSigners(bytes: Uint8Array): readonly CapsuleSignature[] {
  const { signatures } = parseCanonical(bytes, signersSchema, { what: SIGNERS, maxBytes: MAX_SIGNERS_BYTES });
  const identities = signatures.filter(({ kind }) => kind === "sigstore").length;
  if (identities > MAX_IDENTITIES) {
    throw capsuleError("CAPSULE_SIGNERS_MALFORMED", { identities, maxIdentities: MAX_IDENTITIES });
  }
  let previous = "";
  for (const signature of signatures) {
    const fingerprint = fingerprintOf(signature);
    if (fingerprint <= previous) throw capsuleError("CAPSULE_SIGNERS_MALFORMED", { fingerprint });
    previous = fingerprint;
  }
  return signatures;
}

/** `signers.json` of these signatures; one signer's later signature replaces the earlier. @throws SCHEMA_MISMATCH */
export function encodeSigners(signatures: readonly CapsuleSignature[]): Uint8Array {
  const byFingerprint = new Map(signatures.map((signature) => [fingerprintOf(signature), signature]));
  const sorted = [...byFingerprint].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, signature]) => signature);
  const bytes = canonicalBytes({ v: 1, signatures: sorted });
  parseSigners(bytes);
  return bytes;
}

export async function signManifest(manifest: Uint8Array, signer: CapsuleSigner): Promise<CapsuleSignature> {
  const signature = await signer.sign(preAuthEncoding(payloadTypes.manifest, manifest));
  return { kind: "key", publicKey: base64Of(signer.key.spki), signature: base64Of(signature) };
}

/** A signature by an identity: a Sigstore bundle made over the manifest's bytes. */
export function identitySignature(bundle: Uint8Array): CapsuleSignature {
  return { kind: "sigstore", bundle: base64Of(bundle) };
}

export type SignerTrust = {
  /** Unix seconds. */
  readonly now: number;
  /** Without one, nobody is trusted. */
  readonly allowlist?: Allowlist | undefined;
  /** Without it, signatures by identities stay unchecked, which is never valid. */
  readonly verifyIdentity?: VerifyIdentity | undefined;
};

/** What a signature was found to be, before anybody asks what its signer is trusted for. */
export type CheckedSignature = Pick<SignerResult, "fingerprint" | "kind" | "identity" | "signature"> & {
  /** Why it is not valid; null when it is. */
  readonly problem: string | null;
  /** Unix seconds; unknown where nothing vouches for when it was made. */
  readonly signedAt: number | undefined;
};

/** {@link checkSignatures} and {@link judgeSigners} in one, where signers are asked about for one thing alone. */
export function verifySigners(
  manifest: Uint8Array,
  signatures: readonly CapsuleSignature[],
  namespace: string,
  trust: SignerTrust,
): readonly SignerResult[] {
  return judgeSigners(checkSignatures(manifest, signatures, trust.verifyIdentity), namespace, trust);
}

/**
 * Verifies each signature, once. Never throws for what a capsule holds.
 *
 * @param verifyIdentity without it, signatures by identities stay unchecked
 */
export function checkSignatures(
  manifest: Uint8Array,
  signatures: readonly CapsuleSignature[],
  verifyIdentity: VerifyIdentity | undefined,
): readonly CheckedSignature[] {
  return signatures.map((signature) => checkSignature(manifest, signature, verifyIdentity));
}

/** One result per signature: whether its signer is trusted for a namespace. Nothing is verified again for it. */
export function judgeSigners(
  checked: readonly CheckedSignature[],
  namespace: string,
  trust: Pick<SignerTrust, "now" | "allowlist">,
): readonly SignerResult[] {
  return checked.map(({ problem, signedAt, ...found }) => {
    if (problem !== null) return { ...found, principal: null, trusted: false, code: problem };
    const { byKey, byIdentity } = trust.allowlist ?? {};
    const { fingerprint, identity } = found;
    const listed = identity ? byIdentity?.get(identityKey(identity.issuer, identity.san)) : byKey?.get(fingerprint);
    return { ...found, ...standing(listed, namespace, trust, signedAt) };
  });
}

function checkSignature(
  manifest: Uint8Array,
  signature: CapsuleSignature,
  verifyIdentity: VerifyIdentity | undefined,
): CheckedSignature {
  const about = { fingerprint: fingerprintOf(signature), kind: signature.kind, identity: null, signedAt: undefined };
  const refused = (problem: string, validity: SignerResult["signature"] = "invalid"): CheckedSignature => {
    return { ...about, signature: validity, problem };
  };
  if (signature.kind === "key") {
    const key = readPublicKey({ spki: signature.publicKey });
    if (!isSignedBy(key, preAuthEncoding(payloadTypes.manifest, manifest), bytesOf(signature.signature))) {
      return refused("CAPSULE_SIGNATURE_INVALID");
    }
    // Nothing vouches for when a key signed, so what counts is whether it is trusted now.
    return { ...about, signature: "valid", problem: null };
  }
  if (!verifyIdentity) return refused("CAPSULE_IDENTITY_UNCHECKED", "unchecked");
  try {
    const { issuer, san, signedAt } = verifyIdentity(bytesOf(signature.bundle), manifest);
    return { ...about, signature: "valid", identity: { issuer, san }, signedAt, problem: null };
  } catch (cause) {
    return refused(findPawlError(cause)?.code ?? "CAPSULE_SIGNATURE_INVALID");
  }
}

function standing(
  listed: ListedSigner | undefined,
  namespace: string,
  { allowlist, now }: Pick<SignerTrust, "now" | "allowlist">,
  signedAt: number | undefined,
): Pick<SignerResult, "principal" | "trusted" | "code"> {
  const refusal: CapsuleErrorCode | null = !allowlist
    ? "CAPSULE_ALLOWLIST_MISSING"
    : !listed
      ? "CAPSULE_SIGNER_UNKNOWN"
      : standingOf(listed, namespace, now, signedAt);
  return { principal: listed?.principal ?? null, trusted: refusal === null, code: refusal };
}

/** The principals that validly signed and are trusted for a namespace. */
export function trustedPrincipals(results: readonly SignerResult[]): readonly string[] {
  return results.flatMap(({ principal, signature, trusted }) =>
    signature === "valid" && trusted && principal !== null ? [principal] : [],
  );
}

function fingerprintOf(signature: CapsuleSignature): Hex {
  if (signature.kind === "sigstore") return sha256Of(bytesOf(signature.bundle));
  const json: PublicKeyJson = { spki: signature.publicKey };
  return readPublicKey(json).fingerprint;
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function bytesOf(base64Text: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64Text, "base64"));
}
