import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Clock, RandomBytes } from "../core/effects.ts";
import type { IdentityClaims } from "./claims.ts";
import * as der from "./der.ts";
import { ECDSA_WITH_SHA384, keyId, LEAF_LIFETIME, leafExtensions, leafTbs, SCT_EXTENSION } from "./leaf.ts";

/** The certificate authority: a P-384 root and intermediate, and a certificate transparency log of its own. */

export const ORGANISATION = "sandbox.pawl.invalid";
export const ROOT_NAME = der.organisationName(ORGANISATION, "pawl-sandbox");
const INTERMEDIATE_NAME = der.organisationName(ORGANISATION, "pawl-sandbox-intermediate");
const TEN_YEARS = 10 * 365 * 86_400;

/** What is kept between starts. Keys are PKCS #8 PEM, certificates base64 DER. */
export type AuthorityState = {
  readonly createdAt: number;
  readonly intermediateKey: string;
  readonly ctKey: string;
  readonly rootCertificate: string;
  readonly intermediateCertificate: string;
};

/** How a leaf departs from an honest one. Every field left out is as Fulcio does it. */
export type LeafOverrides = {
  /** Rewrites the extensions before the SCT is computed: add, drop, repeat, reorder, re-encode. */
  readonly extensions?: (honest: readonly der.Extension[]) => readonly der.Extension[];
  /** Unix seconds. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** `none` leaves the SCT out; `foreign` signs it with a key that no trusted log has. */
  readonly sct?: "none" | "foreign";
  /** `foreign` signs the leaf with a key that is not the intermediate's. */
  readonly issuer?: "foreign";
};

export type LeafRequest = {
  /** DER SubjectPublicKeyInfo of a P-256 key. */
  readonly publicKey: Uint8Array;
  readonly claims: IdentityClaims;
  readonly overrides?: LeafOverrides;
};

export type Authority = {
  readonly rootCertificate: Uint8Array;
  readonly intermediateCertificate: Uint8Array;
  /** DER SubjectPublicKeyInfo of the certificate transparency log. */
  readonly ctPublicKey: Uint8Array;
  /** Issues a leaf for the claims and returns its DER. The caller has already checked the token. */
  readonly issueLeaf: (request: LeafRequest) => Uint8Array;
};

/** Makes the keys and both CA certificates. The root key signs once and is not kept. */
export function createAuthorityState(clock: Clock, random: RandomBytes): AuthorityState {
  const root = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const intermediate = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const ct = generateKeyPairSync("ec", { namedCurve: "P-256" });
  // An hour of margin, so that a clock set back a little still finds the authority valid.
  const createdAt = clock() - 3_600;
  const rootSpki = spki(root.publicKey);
  const intermediateSpki = spki(intermediate.publicKey);
  const authorityKeyId: der.Extension = { oid: "2.5.29.35", value: der.sequence(der.implicit(0, keyId(rootSpki))) };
  const rootCertificate = caCertificate({
    serial: serialNumber(random),
    subject: ROOT_NAME,
    publicKey: rootSpki,
    signer: root.privateKey,
    notBefore: createdAt,
    extensions: [keyUsage, basicConstraints(1), subjectKeyId(rootSpki), authorityKeyId],
  });
  const intermediateCertificate = caCertificate({
    serial: serialNumber(random),
    subject: INTERMEDIATE_NAME,
    publicKey: intermediateSpki,
    signer: root.privateKey,
    notBefore: createdAt,
    extensions: [keyUsage, codeSigning, basicConstraints(0), subjectKeyId(intermediateSpki), authorityKeyId],
  });
  return {
    createdAt,
    intermediateKey: privatePem(intermediate.privateKey),
    ctKey: privatePem(ct.privateKey),
    rootCertificate: Buffer.from(rootCertificate).toString("base64"),
    intermediateCertificate: Buffer.from(intermediateCertificate).toString("base64"),
  };
}

export function createAuthority(state: AuthorityState, clock: Clock, random: RandomBytes): Authority {
  const intermediateKey = createPrivateKey(state.intermediateKey);
  const issuerPublicKey = spki(createPublicKey(intermediateKey));
  const issuerKeyId = keyId(issuerPublicKey);
  const ctKey = createPrivateKey(state.ctKey);
  const ctPublicKey = spki(createPublicKey(ctKey));

  return {
    rootCertificate: Buffer.from(state.rootCertificate, "base64"),
    intermediateCertificate: Buffer.from(state.intermediateCertificate, "base64"),
    ctPublicKey,
    issueLeaf({ publicKey, claims, overrides = {} }) {
      const now = clock();
      const honest = leafExtensions(claims, { publicKey, issuerKeyId });
      const extensions = overrides.extensions?.(honest) ?? honest;
      const fields = {
        serial: serialNumber(random),
        issuerName: INTERMEDIATE_NAME,
        issuerKeyId,
        notBefore: overrides.notBefore ?? now,
        notAfter: overrides.notAfter ?? (overrides.notBefore ?? now) + LEAF_LIFETIME,
        publicKey,
      };
      const withSct =
        overrides.sct === "none"
          ? extensions
          : [
              ...extensions,
              sctExtension({
                preCertificate: leafTbs({ ...fields, extensions }),
                issuerPublicKey,
                key: overrides.sct === "foreign" ? foreignKey("P-256") : ctKey,
                logId: createHash("sha256").update(ctPublicKey).digest(),
                at: now,
              }),
            ];
      const tbs = leafTbs({ ...fields, extensions: withSct });
      return certificate(tbs, overrides.issuer === "foreign" ? foreignKey("P-384") : intermediateKey);
    },
  };
}

/** The extension with one signed certificate timestamp (RFC 6962 section 3.2 and 3.3, TLS encoding). */
function sctExtension(input: {
  readonly preCertificate: Uint8Array;
  readonly issuerPublicKey: Uint8Array;
  readonly key: KeyObject;
  readonly logId: Uint8Array;
  readonly at: number;
}): der.Extension {
  const timestamp = Buffer.alloc(8);
  timestamp.writeBigUInt64BE(BigInt(input.at) * 1000n);
  const noExtensions = Buffer.alloc(2);
  const signed = Buffer.concat([
    Uint8Array.of(0, 0), // v1, certificate_timestamp
    timestamp,
    Uint8Array.of(0, 1), // precert_entry
    createHash("sha256").update(input.issuerPublicKey).digest(),
    sized(3, input.preCertificate),
    noExtensions,
  ]);
  const signature = sign("sha256", signed, input.key);
  const sct = Buffer.concat([
    Uint8Array.of(0),
    input.logId,
    timestamp,
    noExtensions,
    Uint8Array.of(4, 3), // SHA-256, ECDSA
    sized(2, signature),
  ]);
  return { oid: SCT_EXTENSION, value: der.octetString(sized(2, sized(2, sct))) };
}

/** A TLS vector: big-endian length of `width` bytes, then the bytes. */
function sized(width: number, bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(width);
  length.writeUIntBE(bytes.length, 0, width);
  return Buffer.concat([length, bytes]);
}

export const keyUsage: der.Extension = {
  oid: "2.5.29.15",
  critical: true,
  value: der.bitString(Uint8Array.of(0x06), 1),
};
const codeSigning: der.Extension = {
  oid: "2.5.29.37",
  value: der.sequence(der.objectIdentifier("1.3.6.1.5.5.7.3.3")),
};

export function basicConstraints(pathLength: number): der.Extension {
  const value = der.sequence(der.boolean(true), der.unsignedInteger(Uint8Array.of(pathLength)));
  return { oid: "2.5.29.19", critical: true, value };
}

function subjectKeyId(publicKey: Uint8Array): der.Extension {
  return { oid: "2.5.29.14", value: der.octetString(keyId(publicKey)) };
}

export function caCertificate(input: {
  readonly serial: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly signer: KeyObject;
  readonly notBefore: number;
  readonly extensions: readonly der.Extension[];
}): Uint8Array {
  const tbs = der.sequence(
    der.explicit(0, der.unsignedInteger(Uint8Array.of(2))),
    der.unsignedInteger(input.serial),
    ECDSA_WITH_SHA384,
    ROOT_NAME,
    der.sequence(der.time(input.notBefore), der.time(input.notBefore + TEN_YEARS)),
    input.subject,
    input.publicKey,
    der.explicit(3, der.sequence(...input.extensions.map(der.encodeExtension))),
  );
  return certificate(tbs, input.signer);
}

function certificate(tbs: Uint8Array, signer: KeyObject): Uint8Array {
  return der.sequence(tbs, ECDSA_WITH_SHA384, der.bitString(sign("sha384", tbs, signer)));
}

/** 20 bytes, the first below 0x80 and not 0: always positive, always of one length. */
function serialNumber(random: RandomBytes): Uint8Array {
  const serial = random(20);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

export function spki(key: KeyObject): Uint8Array {
  return key.export({ type: "spki", format: "der" });
}

export function privatePem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

export function foreignKey(namedCurve: "P-256" | "P-384"): KeyObject {
  return generateKeyPairSync("ec", { namedCurve }).privateKey;
}
