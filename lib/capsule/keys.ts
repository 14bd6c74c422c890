import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { bytesToBigInt, type Hex, numberToBytes } from "viem";
import { z } from "zod";
import { sha256Of } from "./digest.ts";
import { capsuleError } from "./errors.ts";

/** A public key that a capsule or an allowlist may be signed with: Ed25519 (RFC 8032), or P-256 with SHA-256. */
export type CapsuleKey = {
  readonly algorithm: "ed25519" | "p256";
  /** DER SubjectPublicKeyInfo (RFC 5280). */
  readonly spki: Uint8Array;
  /** SHA-256 of the DER. */
  readonly fingerprint: Hex;
  readonly object: KeyObject;
};

/** Signs bytes with one key; wraps a local key or a KMS. */
export type CapsuleSigner = {
  readonly key: CapsuleKey;
  /** Ed25519: 64 bytes. P-256: r ‖ s of 32 bytes each, with the smaller of the two possible s. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
};

/** Canonical base64 with padding (RFC 4648). */
export const base64 = z.custom<string>(
  (value) => typeof value === "string" && value !== "" && Buffer.from(value, "base64").toString("base64") === value,
  { message: "expected canonical base64" },
);

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "expected 32 bytes of base64url");
export const publicKeySchema = z.union([
  z.strictObject({ spki: base64 }),
  z.strictObject({
    jwk: z.union([
      z.strictObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: coordinate }),
      z.strictObject({ kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate }),
    ]),
  }),
]);
/** A public key in JSON: base64 of its DER, or a JWK (RFC 7517). */
export type PublicKeyJson = z.output<typeof publicKeySchema>;

/** @throws CAPSULE_KEY_UNSUPPORTED */
export function readPublicKey(json: PublicKeyJson): CapsuleKey {
  return "spki" in json
    ? publicKeyOf(
        () => createPublicKey({ key: Buffer.from(json.spki, "base64"), format: "der", type: "spki" }),
        json.spki,
      )
    : publicKeyOf(() => createPublicKey({ key: json.jwk, format: "jwk" }));
}

/** @param pem PEM of a public key @throws CAPSULE_KEY_UNSUPPORTED */
export function readPublicPem(pem: string): CapsuleKey {
  // A private key would be taken too, and its public half derived: whoever passes one has made a mistake.
  if (!pem.includes("-----BEGIN PUBLIC KEY-----"))
    throw capsuleError("CAPSULE_KEY_UNSUPPORTED", { problem: "not a public key in PEM" });
  return publicKeyOf(() => createPublicKey(pem));
}

/** @param pem PEM of an unencrypted PKCS #8 private key @throws CAPSULE_KEY_UNSUPPORTED */
export function localSigner(pem: string): CapsuleSigner {
  let secret: KeyObject;
  try {
    secret = createPrivateKey(pem);
  } catch (cause) {
    throw capsuleError("CAPSULE_KEY_UNSUPPORTED", { problem: "not a private key in PEM" }, cause);
  }
  const key = publicKeyOf(() => createPublicKey(secret));
  return {
    key,
    sign: async (bytes) =>
      key.algorithm === "ed25519"
        ? new Uint8Array(sign(null, bytes, secret))
        : withSmallerS(sign("sha256", bytes, { key: secret, dsaEncoding: "ieee-p1363" })),
  };
}

/** Each signature has one spelling: of the two that ECDSA would take, only the one with the smaller s. */
export function isSignedBy(key: CapsuleKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  if (key.algorithm === "ed25519") return verify(null, bytes, key.object, signature);
  if (Buffer.compare(withSmallerS(signature), signature) !== 0) return false;
  return verify("sha256", bytes, { key: key.object, dsaEncoding: "ieee-p1363" }, signature);
}

/** Order of P-256 (FIPS 186-4, D.1.2.3). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function withSmallerS(signature: Uint8Array): Uint8Array {
  const s = bytesToBigInt(signature.subarray(32));
  if (s <= P256_ORDER / 2n || s >= P256_ORDER) return new Uint8Array(signature);
  return new Uint8Array(Buffer.concat([signature.subarray(0, 32), numberToBytes(P256_ORDER - s, { size: 32 })]));
}

/** @param spelling the base64 that the key must be the canonical form of */
function publicKeyOf(read: () => KeyObject, spelling?: string): CapsuleKey {
  let object: KeyObject;
  let spki: Uint8Array;
  try {
    object = read();
    spki = new Uint8Array(object.export({ format: "der", type: "spki" }));
  } catch (cause) {
    throw capsuleError("CAPSULE_KEY_UNSUPPORTED", { problem: "not a public key" }, cause);
  }
  const algorithm = algorithmOf(object);
  if (algorithm === undefined) {
    throw capsuleError("CAPSULE_KEY_UNSUPPORTED", { actual: object.asymmetricKeyType });
  }
  if (spelling !== undefined && Buffer.from(spki).toString("base64") !== spelling) {
    throw capsuleError("CAPSULE_KEY_UNSUPPORTED", { problem: "not the canonical form of its key" });
  }
  return { algorithm, spki, fingerprint: sha256Of(spki), object };
}

function algorithmOf(key: KeyObject): CapsuleKey["algorithm"] | undefined {
  if (key.asymmetricKeyType === "ed25519") return "ed25519";
  const isP256 = key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
  return isP256 ? "p256" : undefined;
}
