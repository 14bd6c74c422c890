import {
  type DerElement,
  derTag,
  expectTag,
  readBoolean,
  readDer,
  readDerList,
  readObjectIdentifier,
  readTime,
} from "./der.ts";
import { evidenceError } from "./errors.ts";

/** One X.509 extension: the DER inside its OCTET STRING. */
export type LeafExtension = { readonly critical: boolean; readonly value: Uint8Array };

/** A leaf certificate taken apart (RFC 5280 section 4.1). Times are unix seconds. */
export type Leaf = {
  /** The bytes that the authority signed. */
  readonly signedBytes: Uint8Array;
  /** The authority's signature, DER, whatever its algorithm. */
  readonly signature: Uint8Array;
  /** DER of the authority's Name. */
  readonly issuer: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly hasSubject: boolean;
  /** By object identifier. */
  readonly extensions: ReadonlyMap<string, LeafExtension>;
};

const MAX_LEAF_BYTES = 16_384;
/** Fulcio writes 28. */
const MAX_EXTENSIONS = 64;
const P256_ALGORITHM = "301306072a8648ce3d020106082a8648ce3d030107";

/**
 * Takes a leaf apart, strictly.
 *
 * @throws LEAF_NOT_DER, LEAF_EXTENSIONS_TOO_MANY, LEAF_EXTENSION_REPEATED, LEAF_KEY_UNSUPPORTED
 */
export function parseLeaf(bytes: Uint8Array): Leaf {
  if (bytes.length > MAX_LEAF_BYTES) throw evidenceError("LEAF_NOT_DER", { bytes: bytes.length });
  const outer = readDerList(readDer(bytes, derTag.sequence).content);
  const [signed, algorithm, signature] = outer;
  if (outer.length !== 3) throw evidenceError("LEAF_NOT_DER", { problem: "a certificate has three parts" });
  const signatureBits = expectTag(signature, derTag.bitString).content;
  const tbs = expectTag(signed, derTag.sequence);
  const fields = readDerList(tbs.content);
  const [version, serial, innerAlgorithm, issuer, validity, subject, publicKey, extensions] = fields;
  if (fields.length !== 8) throw evidenceError("LEAF_NOT_DER", { problem: "a v3 leaf has eight signed fields" });
  if (hex(expectTag(version, 0xa0).content) !== "020102") throw evidenceError("LEAF_NOT_DER", { problem: "not v3" });
  expectTag(serial, derTag.integer);
  if (hex(expectTag(innerAlgorithm, derTag.sequence).whole) !== hex(expectTag(algorithm, derTag.sequence).whole)) {
    throw evidenceError("LEAF_NOT_DER", { problem: "the two signature algorithms differ" });
  }
  const [notBefore, notAfter, ...more] = readDerList(expectTag(validity, derTag.sequence).content);
  if (!notBefore || !notAfter || more.length > 0) throw evidenceError("LEAF_NOT_DER", { problem: "validity" });
  const keyInfo = expectTag(publicKey, derTag.sequence);
  const [keyAlgorithm] = readDerList(keyInfo.content);
  if (keyAlgorithm === undefined || hex(keyAlgorithm.whole) !== P256_ALGORITHM) {
    throw evidenceError("LEAF_KEY_UNSUPPORTED", { actual: keyAlgorithm && hex(keyAlgorithm.whole) });
  }
  return {
    signedBytes: tbs.whole,
    // The first byte says how many bits of the last are unused.
    signature: signatureBits.subarray(1),
    issuer: expectTag(issuer, derTag.sequence).whole,
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    publicKey: keyInfo.whole,
    hasSubject: expectTag(subject, derTag.sequence).content.length > 0,
    extensions: readExtensions(expectTag(extensions, 0xa3)),
  };
}

function readExtensions(wrapper: DerElement): ReadonlyMap<string, LeafExtension> {
  const found = new Map<string, LeafExtension>();
  const elements = readDerList(readDer(wrapper.content, derTag.sequence).content);
  if (elements.length > MAX_EXTENSIONS) {
    throw evidenceError("LEAF_EXTENSIONS_TOO_MANY", { expected: `at most ${MAX_EXTENSIONS}`, actual: elements.length });
  }
  for (const element of elements) {
    const parts = readDerList(expectTag(element, derTag.sequence).content);
    const [oid, second, third] = parts;
    const hasFlag = parts.length === 3;
    const value = hasFlag ? third : second;
    if (oid === undefined || second === undefined || value === undefined || parts.length > 3) {
      throw evidenceError("LEAF_NOT_DER", { problem: "an extension of a wrong shape" });
    }
    const critical = hasFlag && readBoolean(second);
    // FALSE is the default, and DER leaves defaults out.
    if (hasFlag && !critical) throw evidenceError("LEAF_NOT_DER", { problem: "an explicit default" });
    const id = readObjectIdentifier(oid);
    if (found.has(id)) throw evidenceError("LEAF_EXTENSION_REPEATED", { oid: id });
    found.set(id, { critical, value: expectTag(value, derTag.octetString).content });
  }
  return found;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
