import {
  decodeUtf8,
  derTag,
  expectTag,
  readBoolean,
  readDer,
  readDerList,
  readObjectIdentifier,
  readUtf8String,
} from "./der.ts";
import { evidenceError } from "./errors.ts";
import { type Leaf, type LeafExtension, parseLeaf } from "./leaf.ts";

/**
 * What a Fulcio leaf says about the run that signed. The certificate authority checked these against the run's own
 * token; nothing else in a bundle speaks for who signed. Ids are decimal strings, times unix seconds; null means that
 * the certificate does not say.
 *
 * Source: sigstore/fulcio `docs/oid-info.md`.
 */
export type LeafFacts = {
  /** The one subject alternative name. */
  readonly san: string;
  /** .8 */
  readonly issuer: string;
  /** .9: workflow that defines the job, with its ref. */
  readonly signerUri: string | null;
  /** .10 */
  readonly signerDigest: string | null;
  /** .11 */
  readonly runnerEnvironment: string | null;
  /** .12 */
  readonly sourceRepositoryUri: string | null;
  /** .13 */
  readonly sourceDigest: string | null;
  /** .14 */
  readonly sourceRef: string | null;
  /** .15 */
  readonly sourceRepositoryId: string | null;
  /** .16 */
  readonly ownerUri: string | null;
  /** .17 */
  readonly ownerId: string | null;
  /** .18: workflow that was started, with its ref. */
  readonly buildConfigUri: string | null;
  /** .19 */
  readonly buildConfigDigest: string | null;
  /** .20 */
  readonly trigger: string | null;
  /** .21 */
  readonly runInvocationUri: string | null;
  /** .22 */
  readonly visibility: string | null;
  /** .23: deployment environment. */
  readonly environment: string | null;
  readonly notBefore: number;
  readonly notAfter: number;
};

const FULCIO_ARC = "1.3.6.1.4.1.57264.1.";
const OID = {
  keyUsage: "2.5.29.15",
  extendedKeyUsage: "2.5.29.37",
  subjectKeyId: "2.5.29.14",
  authorityKeyId: "2.5.29.35",
  alternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  sct: "1.3.6.1.4.1.11129.2.4.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
} as const;
const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(OID));

const MAX_LIFETIME_SECONDS = 600;
/** Fulcio's extensions .1 to .6 hold bare text; from .8 on a DER UTF8String. */
const LAST_RAW = 6;
const LAST_KNOWN = 23;
const URI_TAG = 0x86;

/** A leaf read and judged as far as it can be on its own. */
export type ReadLeaf = { readonly leaf: Leaf; readonly facts: LeafFacts };

/**
 * Reads the signing certificate. Everything that makes a leaf unfit, whoever issued it, is refused here; whether it is
 * the expected signer is not asked yet.
 *
 * @throws LEAF_*
 */
export function readSigningCertificate(bytes: Uint8Array): ReadLeaf {
  const leaf = parseLeaf(bytes);
  refuseUnknownExtensions(leaf);
  checkUsage(leaf);
  const lifetime = leaf.notAfter - leaf.notBefore;
  if (lifetime > MAX_LIFETIME_SECONDS || lifetime < 0) {
    throw evidenceError("LEAF_LIFETIME_EXCEEDED", { expected: `at most ${MAX_LIFETIME_SECONDS} s`, actual: lifetime });
  }
  return { leaf, facts: readFacts(leaf) };
}

function readFacts(leaf: Leaf): LeafFacts {
  const text = (number: number): string | null => {
    const extension = leaf.extensions.get(`${FULCIO_ARC}${number}`);
    return extension === undefined ? null : decodeExtension(number, extension);
  };
  // All known ones are decoded, read or not, so that a malformed one never passes unseen.
  for (let number = 1; number <= LAST_KNOWN; number++) if (number !== 7) text(number);
  const issuer = text(8);
  const oldIssuer = text(1);
  if (issuer === null) throw evidenceError("LEAF_ISSUER_MISSING", { actual: oldIssuer });
  if (oldIssuer !== null && oldIssuer !== issuer) {
    throw evidenceError("LEAF_ISSUER_AMBIGUOUS", { expected: issuer, actual: oldIssuer });
  }
  return {
    san: readAlternativeName(leaf),
    issuer,
    signerUri: text(9),
    signerDigest: text(10),
    runnerEnvironment: text(11),
    sourceRepositoryUri: text(12),
    sourceDigest: text(13),
    sourceRef: text(14),
    sourceRepositoryId: text(15),
    ownerUri: text(16),
    ownerId: text(17),
    buildConfigUri: text(18),
    buildConfigDigest: text(19),
    trigger: text(20),
    runInvocationUri: text(21),
    visibility: text(22),
    environment: text(23),
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
  };
}

function decodeExtension(number: number, extension: LeafExtension): string {
  try {
    return number <= LAST_RAW ? decodeUtf8(extension.value) : readUtf8String(readDer(extension.value));
  } catch (cause) {
    throw evidenceError("LEAF_EXTENSION_MALFORMED", { oid: `${FULCIO_ARC}${number}` }, cause);
  }
}

/** Fulcio's arc grows, so its unknown members are ignored while they are not critical; all else must be understood. */
function refuseUnknownExtensions(leaf: Leaf): void {
  for (const [oid, { critical }] of leaf.extensions) {
    if (UNDERSTOOD.has(oid)) continue;
    const number = oid.startsWith(FULCIO_ARC) ? oid.slice(FULCIO_ARC.length) : "";
    if (critical || !/^[1-9][0-9]*$/.test(number)) throw evidenceError("LEAF_EXTENSION_UNKNOWN", { oid, critical });
  }
}

function checkUsage(leaf: Leaf): void {
  const hex = (oid: string) => Buffer.from(leaf.extensions.get(oid)?.value ?? []).toString("hex");
  // BIT STRING, seven unused bits, digitalSignature alone.
  if (hex(OID.keyUsage) !== "03020780") throw evidenceError("LEAF_USAGE_REFUSED", { keyUsage: hex(OID.keyUsage) });
  const usage = leaf.extensions.get(OID.extendedKeyUsage);
  const purposes = usage ? readDerList(readDer(usage.value, derTag.sequence).content).map(readObjectIdentifier) : [];
  if (purposes.join() !== OID.codeSigning) throw evidenceError("LEAF_USAGE_REFUSED", { purposes: purposes.join() });
  const constraints = leaf.extensions.get(OID.basicConstraints);
  if (constraints) {
    const [authority] = readDerList(readDer(constraints.value, derTag.sequence).content);
    if (authority !== undefined && (authority.tag !== derTag.boolean || readBoolean(authority))) {
      throw evidenceError("LEAF_IS_AUTHORITY");
    }
  }
}

function readAlternativeName(leaf: Leaf): string {
  const extension = leaf.extensions.get(OID.alternativeName);
  const names = extension ? readDerList(readDer(extension.value, derTag.sequence).content) : [];
  const [name] = names;
  const problem =
    names.length !== 1 || name?.tag !== URI_TAG
      ? "not exactly one URI"
      : leaf.hasSubject || extension?.critical !== true
        ? "a second place for a name"
        : undefined;
  if (name === undefined || problem !== undefined) {
    throw evidenceError("LEAF_IDENTITY_NOT_ONE_URI", { problem, names: names.length });
  }
  const uri = Buffer.from(expectTag(name, URI_TAG).content);
  // A URI is IA5String: bytes with the high bit set would fold to ASCII in some readers.
  if (uri.some((byte) => byte < 0x21 || byte > 0x7e)) {
    throw evidenceError("LEAF_IDENTITY_NOT_ONE_URI", { problem: "not printable ASCII" });
  }
  return uri.toString("latin1");
}
