import { createHash } from "node:crypto";
import type { IdentityClaims } from "./claims.ts";
import * as der from "./der.ts";

/**
 * The leaf certificate as Fulcio lays it out for GitHub Actions: which extensions, in which order, encoded how.
 * Source: sigstore/fulcio `docs/oid-info.md` and `config/identity/config.yaml`; compared byte for byte with a real
 * certificate in the tests.
 */

/** Seconds a leaf lives. */
export const LEAF_LIFETIME = 600;

const FULCIO_ARC = "1.3.6.1.4.1.57264.1";
export const SCT_EXTENSION = "1.3.6.1.4.1.11129.2.4.2";
export const ECDSA_WITH_SHA384 = der.sequence(der.objectIdentifier("1.2.840.10045.4.3.3"));

// Fulcio's template writes GitHub's public address, whatever host the token names.
const GITHUB = "https://github.com/";

export type LeafFields = {
  /** Big-endian serial number. */
  readonly serial: Uint8Array;
  /** DER Name of the issuing authority. */
  readonly issuerName: Uint8Array;
  /** SHA-1 of the issuer's public key bits. */
  readonly issuerKeyId: Uint8Array;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** DER SubjectPublicKeyInfo of the leaf. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly der.Extension[];
};

/** DER of the TBSCertificate. The subject is empty: the identity stands in the alternative name alone. */
export function leafTbs(fields: LeafFields): Uint8Array {
  return der.sequence(
    der.explicit(0, der.unsignedInteger(Uint8Array.of(2))),
    der.unsignedInteger(fields.serial),
    ECDSA_WITH_SHA384,
    fields.issuerName,
    der.sequence(der.time(fields.notBefore), der.time(fields.notAfter)),
    der.sequence(),
    fields.publicKey,
    der.explicit(3, der.sequence(...fields.extensions.map(der.encodeExtension))),
  );
}

/** All extensions but the SCT, which is computed over them and stands last. */
export function leafExtensions(
  claims: IdentityClaims,
  keys: { readonly publicKey: Uint8Array; readonly issuerKeyId: Uint8Array },
): der.Extension[] {
  const signer = `${GITHUB}${claims.job_workflow_ref}`;
  const repository = `${GITHUB}${claims.repository}`;
  return [
    { oid: "2.5.29.15", critical: true, value: der.bitString(Uint8Array.of(0x80), 7) },
    { oid: "2.5.29.37", value: der.sequence(der.objectIdentifier("1.3.6.1.5.5.7.3.3")) },
    { oid: "2.5.29.14", value: der.octetString(keyId(keys.publicKey)) },
    { oid: "2.5.29.35", value: der.sequence(der.implicit(0, keys.issuerKeyId)) },
    { oid: "2.5.29.17", critical: true, value: der.sequence(der.implicit(6, Buffer.from(signer, "latin1"))) },
    raw(1, claims.iss),
    raw(2, claims.event_name),
    raw(3, claims.sha),
    raw(4, claims.workflow),
    raw(5, claims.repository),
    raw(6, claims.ref),
    text(8, claims.iss),
    text(9, signer),
    text(10, claims.job_workflow_sha),
    text(11, claims.runner_environment),
    text(12, repository),
    text(13, claims.sha),
    text(14, claims.ref),
    text(15, claims.repository_id),
    text(16, `${GITHUB}${claims.repository_owner}`),
    text(17, claims.repository_owner_id),
    text(18, `${GITHUB}${claims.workflow_ref}`),
    text(19, claims.workflow_sha),
    text(20, claims.event_name),
    text(21, `${repository}/actions/runs/${claims.run_id}/attempts/${claims.run_attempt}`),
    text(22, claims.repository_visibility),
    ...(claims.environment === undefined ? [] : [text(23, claims.environment)]),
  ];
}

/** Fulcio's first six extensions hold bare text, without a DER string around it. */
export function raw(number: number, value: string): der.Extension {
  return { oid: `${FULCIO_ARC}.${number}`, value: Buffer.from(value, "utf8") };
}

/** Fulcio's extensions from .8 on hold a UTF8String. */
export function text(number: number, value: string): der.Extension {
  return { oid: `${FULCIO_ARC}.${number}`, value: der.utf8String(value) };
}

/** SHA-1 of the public key's bit string content (RFC 5280 section 4.2.1.2, method 1). */
export function keyId(publicKey: Uint8Array): Uint8Array {
  return createHash("sha1").update(publicKeyBits(publicKey)).digest();
}

/** The content of the BIT STRING that ends a SubjectPublicKeyInfo, without the count of unused bits. */
function publicKeyBits(publicKey: Uint8Array): Uint8Array {
  const outer = content(publicKey, 0);
  const algorithm = content(publicKey, outer.start);
  const bits = content(publicKey, algorithm.end);
  return publicKey.subarray(bits.start + 1, bits.end);
}

function content(bytes: Uint8Array, at: number): { start: number; end: number } {
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const width = first & 0x7f;
  let length = 0;
  for (let i = 0; i < width; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
  return { start: at + 2 + width, end: at + 2 + width + length };
}
