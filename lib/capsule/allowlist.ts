import type { Hex } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { findPawlError } from "../core/error.ts";
import { canonicalBytes, parseCanonical, parseSchema } from "../core/json.ts";
import { sha256Of } from "./digest.ts";
import { openEnvelope, payloadTypes, sealEnvelope } from "./dsse.ts";
import { type CapsuleErrorCode, capsuleError } from "./errors.ts";
import { type CapsuleKey, type CapsuleSigner, publicKeySchema, readPublicKey } from "./keys.ts";
import { namespace } from "./manifest.ts";

/**
 * `capsule-signers.json`: whom a host trusts to sign capsules, for what and when, signed by the host's root keys as a
 * DSSE envelope. The one source of trust in signers; a capsule cannot vouch for its own.
 */
export const MAX_ALLOWLIST_BYTES = 262_144;
const MAX_SIGNERS = 500;

const time = z.int().min(0);
const common = {
  /** Who this is, for people and for expectations. */
  principal: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._@:/+-]{0,99}$/, "expected a name of printable ASCII"),
  namespaces: z.array(namespace).min(1).max(32),
  /** Unix seconds; `notAfter` is exclusive. */
  notBefore: time,
  notAfter: time,
  /** From when on nothing of this signer counts any more. */
  revokedAt: time.optional(),
  reason: z.string().max(200).optional(),
};
const signerSchema = z.union([
  z.strictObject({ ...common, key: publicKeySchema }),
  z.strictObject({
    ...common,
    identity: z.strictObject({ issuer: z.string().min(1).max(512), san: z.string().min(1).max(1024) }),
  }),
]);
export type ListedSigner = z.output<typeof signerSchema>;

const listSchema = z.strictObject({
  v: z.literal(1),
  /** Whose list this is, so that one host's list is not another's under a shared root. */
  host: z.string().regex(/^[a-z0-9.:[\]-]{1,255}$/, "expected a host in lower case"),
  issuedAt: time,
  expiresAt: time,
  signers: z.array(signerSchema).max(MAX_SIGNERS),
});
export type SignerList = z.output<typeof listSchema>;

/** A list whose signature, age and host were checked, ready to look signers up in. */
export type Allowlist = {
  readonly list: SignerList;
  /** SHA-256 of the file, as DNS names it. */
  readonly digest: Hex;
  /** Fingerprint of the root key that signed. */
  readonly root: Hex;
  readonly byKey: ReadonlyMap<Hex, ListedSigner>;
  readonly byIdentity: ReadonlyMap<string, ListedSigner>;
};

/** The newest list of a host that was accepted before. */
export const seenListSchema = z.strictObject({ v: z.literal(1), host: z.string(), issuedAt: time, digest: bytes32 });
export type SeenList = z.output<typeof seenListSchema>;

/** @throws SCHEMA_MISMATCH, ALLOWLIST_AMBIGUOUS, CAPSULE_KEY_UNSUPPORTED */
export async function signAllowlist(list: unknown, roots: readonly CapsuleSigner[]): Promise<Uint8Array> {
  const parsed = parseSchema(listSchema, list, "capsule-signers.json");
  indexOf(parsed);
  return sealEnvelope(payloadTypes.signers, canonicalBytes(parsed), roots);
}

/** Reads a list without believing it: for a server that passes one on. @throws as {@link verifyAllowlist}, for its form */
export function readAllowlist(bytes: Uint8Array): SignerList {
  const { payload } = openEnvelope(bytes, payloadTypes.signers, [], MAX_ALLOWLIST_BYTES);
  return listOf(payload);
}

/**
 * Verifies a list.
 *
 * @param trust.roots the host's root keys, one of which must have signed; known out of band
 * @param trust.host whose list it must be, where the verifier knows
 * @param trust.seen the newest list of the host so far: refuses one of another host, an older one, or another of the
 * same time
 * @param trust.now unix seconds
 * @throws JSON_*, SCHEMA_MISMATCH, CAPSULE_KEY_UNSUPPORTED, ALLOWLIST_*
 */
export function verifyAllowlist(
  bytes: Uint8Array,
  trust: {
    readonly roots: readonly CapsuleKey[];
    readonly now: number;
    readonly host?: string | undefined;
    readonly seen?: SeenList | undefined;
  },
): Allowlist {
  const { payload, signedBy } = openEnvelope(bytes, payloadTypes.signers, trust.roots, MAX_ALLOWLIST_BYTES);
  const [root] = signedBy;
  // Nothing that a root key has not signed is looked at.
  if (!root) throw capsuleError("ALLOWLIST_UNTRUSTED", { roots: trust.roots.length });
  const list = listOf(payload);
  const { host, issuedAt, expiresAt } = list;
  const { seen } = trust;
  if (trust.host !== undefined && host !== trust.host) {
    throw capsuleError("ALLOWLIST_HOST_MISMATCH", { expected: trust.host, actual: host });
  }
  // One root may sign for several hosts: what was seen of one says nothing of another's list.
  if (seen && seen.host !== host) {
    throw capsuleError("ALLOWLIST_HOST_MISMATCH", { expected: seen.host, actual: host });
  }
  if (trust.now < issuedAt) throw capsuleError("ALLOWLIST_NOT_YET_VALID", { issuedAt, now: trust.now });
  if (trust.now >= expiresAt) throw capsuleError("ALLOWLIST_EXPIRED", { expiresAt, now: trust.now });
  const digest = sha256Of(bytes);
  if (seen && (issuedAt < seen.issuedAt || (issuedAt === seen.issuedAt && digest !== seen.digest))) {
    throw capsuleError("ALLOWLIST_ROLLED_BACK", {
      expected: seen.issuedAt,
      actual: issuedAt,
      seen: seen.digest,
      digest,
    });
  }
  return { list, digest, root: root.fingerprint, ...indexOf(list) };
}

/** What to remember of an accepted list. */
export function seenOf({ list, digest }: Allowlist): SeenList {
  return { v: 1, host: list.host, issuedAt: list.issuedAt, digest };
}

/**
 * Why a listed signer is not trusted, or null.
 *
 * @param signedAt when a trusted log or authority saw the signature. Without one the signature may be of any time, so
 * the signer must be valid now and not revoked at all.
 */
export function standingOf(
  { namespaces, notBefore, notAfter, revokedAt }: ListedSigner,
  wanted: string,
  now: number,
  signedAt: number | undefined,
): CapsuleErrorCode | null {
  const at = signedAt ?? now;
  if (revokedAt !== undefined && (signedAt === undefined || signedAt >= revokedAt)) return "CAPSULE_SIGNER_REVOKED";
  if (at < notBefore) return "CAPSULE_SIGNER_NOT_YET_VALID";
  if (at >= notAfter) return "CAPSULE_SIGNER_EXPIRED";
  return namespaces.includes(wanted) ? null : "CAPSULE_NAMESPACE_REFUSED";
}

/** An identity as a key of a map. */
export function identityKey(issuer: string, san: string): string {
  return JSON.stringify([issuer, san]);
}

function listOf(payload: Uint8Array): SignerList {
  try {
    const list = parseCanonical(payload, listSchema, { what: "capsule-signers.json", maxBytes: MAX_ALLOWLIST_BYTES });
    indexOf(list);
    return list;
  } catch (cause) {
    const code = findPawlError(cause)?.code;
    if (code === "ALLOWLIST_AMBIGUOUS" || code === "CAPSULE_KEY_UNSUPPORTED") throw cause;
    throw capsuleError("ALLOWLIST_MALFORMED", { problem: code, ...findPawlError(cause)?.values }, cause);
  }
}

function indexOf(list: SignerList): Pick<Allowlist, "byKey" | "byIdentity"> {
  const byKey = new Map<Hex, ListedSigner>();
  const byIdentity = new Map<string, ListedSigner>();
  for (const signer of list.signers) {
    if ("key" in signer) addOnce(byKey, readPublicKey(signer.key).fingerprint, signer);
    else addOnce(byIdentity, identityKey(signer.identity.issuer, signer.identity.san), signer);
  }
  return { byKey, byIdentity };
}

function addOnce<K extends string>(index: Map<K, ListedSigner>, key: K, signer: ListedSigner): void {
  if (index.has(key)) throw capsuleError("ALLOWLIST_AMBIGUOUS", { signer: key, principal: signer.principal });
  index.set(key, signer);
}
