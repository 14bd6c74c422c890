import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { basicConstraints, caCertificate, keyUsage, ORGANISATION, ROOT_NAME, spki } from "./authority.ts";
import * as der from "./der.ts";

/**
 * A timestamp authority (RFC 3161) with a root of its own. Its tokens carry no certificates, as Sigstore's do not.
 */
export type TimestampAuthority = {
  /** The entry of a trusted root. */
  readonly entry: {
    readonly subject: object;
    readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] };
    readonly validFor: { readonly start: string; readonly end?: string };
  };
  /** DER of the answer to a request over these bytes. */
  readonly stamp: (data: Uint8Array, at: number) => Uint8Array;
};

const NAME = der.organisationName(ORGANISATION, "pawl-sandbox-timestamps");
const OID = {
  signedData: "1.2.840.113549.1.7.2",
  info: "1.2.840.113549.1.9.16.1.4",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  sha256: "2.16.840.1.101.3.4.2.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  policy: "1.3.6.1.4.1.57264.2",
} as const;

/** @param validFor unix seconds: since when the certificates are valid, and the trusted root's word on from and until */
export function createTimestampAuthority(validFor: {
  readonly notBefore: number;
  readonly start: number;
  readonly end?: number;
}): TimestampAuthority {
  const root = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const leaf = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serial = Uint8Array.from([0x40, ...randomBytes(15)]);
  const common = { signer: root.privateKey, notBefore: validFor.notBefore };
  const usage: der.Extension = {
    oid: "2.5.29.37",
    critical: true,
    value: der.sequence(der.objectIdentifier(OID.timeStamping)),
  };
  const chain = [
    caCertificate({ ...common, serial, subject: NAME, publicKey: spki(leaf.publicKey), extensions: [usage] }),
    caCertificate({
      ...common,
      serial: Uint8Array.of(0x40, 1),
      subject: ROOT_NAME,
      publicKey: spki(root.publicKey),
      extensions: [keyUsage, basicConstraints(0)],
    }),
  ];
  const iso = (at: number) => new Date(at * 1000).toISOString();
  return {
    entry: {
      subject: { organization: ORGANISATION, commonName: "pawl-sandbox-timestamps" },
      certChain: { certificates: chain.map((bytes) => ({ rawBytes: Buffer.from(bytes).toString("base64") })) },
      validFor: { start: iso(validFor.start), ...(validFor.end !== undefined && { end: iso(validFor.end) }) },
    },
    stamp(data, at) {
      const sha256 = der.sequence(der.objectIdentifier(OID.sha256));
      const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
      const info = der.sequence(
        der.unsignedInteger(Uint8Array.of(1)),
        der.objectIdentifier(OID.policy),
        der.sequence(sha256, der.octetString(digest(data))),
        der.unsignedInteger(Uint8Array.of(1)),
        der.tlv(0x18, Buffer.from(iso(at).replace(/[-:T]|\.\d+/g, ""), "latin1")),
      );
      const attributes = [
        der.sequence(der.objectIdentifier(OID.contentType), der.set(der.objectIdentifier(OID.info))),
        der.sequence(der.objectIdentifier(OID.messageDigest), der.set(der.octetString(digest(info)))),
      ];
      const signer = der.sequence(
        der.unsignedInteger(Uint8Array.of(1)),
        der.sequence(ROOT_NAME, der.unsignedInteger(serial)),
        sha256,
        der.explicit(0, Buffer.concat(attributes)),
        der.sequence(der.objectIdentifier(OID.ecdsaWithSha256)),
        der.octetString(sign("sha256", der.set(...attributes), leaf.privateKey)),
      );
      const signedData = der.sequence(
        der.unsignedInteger(Uint8Array.of(3)),
        der.set(sha256),
        der.sequence(der.objectIdentifier(OID.info), der.explicit(0, der.octetString(info))),
        der.set(signer),
      );
      return der.sequence(
        der.sequence(der.unsignedInteger(Uint8Array.of(0))),
        der.sequence(der.objectIdentifier(OID.signedData), der.explicit(0, signedData)),
      );
    },
  };
}
