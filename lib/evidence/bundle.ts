import { X509Certificate } from "node:crypto";
import { type Bundle, bundleFromJSON } from "@sigstore/bundle";
import { z } from "zod";
import { type EvidenceErrorCode, evidenceError } from "./errors.ts";
import { parseUnambiguousJson } from "./jsonText.ts";

/** A Sigstore bundle of which only the form has been checked: nothing in it is verified yet. */
export type ParsedBundle = UnsignedBundle & {
  /** DER of the signing certificate. */
  readonly leaf: Uint8Array;
};

/** A bundle without the part that says who signed it. */
export type UnsignedBundle = {
  readonly mediaType: string;
  /** The library's form of the same bytes. */
  readonly bundle: Bundle;
  readonly content: StatementContent | ArtifactContent;
  readonly logEntries: readonly BundleLogEntry[];
  readonly timestamps: number;
};

export type StatementContent = {
  readonly kind: "statement";
  readonly payloadType: string;
  readonly payload: Uint8Array;
};
/** `algorithm` as the format names it (`SHA2_256`); `digest` in lower-case hex. */
export type ArtifactContent = { readonly kind: "artifact"; readonly algorithm: string; readonly digest: string };

export type BundleLogEntry = {
  readonly logId: Uint8Array;
  readonly logIndex: bigint;
  readonly kind: string;
  readonly version: string;
  /** Unix seconds; null where the entry states none. */
  readonly integratedTime: number | null;
  readonly hasPromise: boolean;
  readonly proof: { readonly logIndex: bigint; readonly treeSize: bigint; readonly rootHash: Uint8Array };
  readonly checkpoint: string;
  readonly body: Uint8Array;
};

const MAX_BUNDLE_BYTES = 1_048_576;
const MAX_DEPTH = 16;
const MAX_PARTS = 8;

const MEDIA_TYPES: ReadonlySet<unknown> = new Set([
  "application/vnd.dev.sigstore.bundle+json;version=0.1",
  "application/vnd.dev.sigstore.bundle+json;version=0.2",
  "application/vnd.dev.sigstore.bundle+json;version=0.3",
  "application/vnd.dev.sigstore.bundle.v0.3+json",
]);

const code = (name: EvidenceErrorCode) => ({ params: { code: name } });

const bytes = z
  .string()
  .refine((value) => value !== "" && Buffer.from(value, "base64").toString("base64") === value, {
    message: "expected canonical base64",
    ...code("ATTESTATION_BASE64_NOT_CANONICAL"),
  })
  .transform((value) => new Uint8Array(Buffer.from(value, "base64")));
/** The longest known, with its authority's whole chain, takes 7,296. Its reader costs more per byte than any other. */
const MAX_TIMESTAMP_CHARACTERS = 10_240;
const timestamp = z.string().max(MAX_TIMESTAMP_CHARACTERS).pipe(bytes);
const count = z.string().regex(/^(0|[1-9][0-9]{0,18})$/, "expected an unsigned decimal");
const list = <S extends z.ZodType>(item: S) =>
  z.array(item).refine((items) => items.length <= MAX_PARTS, code("ATTESTATION_TOO_MANY_PARTS"));

/**
 * What follows the first empty line are signatures. Each costs a verification, and its maker chooses how many there are;
 * a log and its witnesses are a handful.
 */
const checkpoint = z
  .string()
  .max(8192)
  .refine((envelope) => signatureLines(envelope) <= MAX_PARTS, code("ATTESTATION_TOO_MANY_PARTS"));

function signatureLines(envelope: string): number {
  const start = envelope.indexOf("\n\n");
  return start === -1 ? 0 : envelope.slice(start).trim().split("\n").length;
}

const certificate = z.strictObject({ rawBytes: bytes });
const proof = z.strictObject({
  logIndex: count,
  rootHash: bytes,
  treeSize: count,
  hashes: z.array(bytes).max(64).default([]),
  checkpoint: z.strictObject({ envelope: checkpoint }).nullish(),
});
const logEntry = z.strictObject({
  logIndex: count,
  logId: z.strictObject({ keyId: bytes }),
  kindVersion: z.strictObject({ kind: z.string().max(40), version: z.string().max(20) }),
  integratedTime: count.nullish(),
  inclusionPromise: z.strictObject({ signedEntryTimestamp: bytes }).nullish(),
  inclusionProof: proof.nullish(),
  canonicalizedBody: bytes,
});
const publicKey = z.strictObject({ hint: z.string().max(200).nullish() });
const material = z.strictObject({
  certificate: certificate.nullish(),
  x509CertificateChain: z.strictObject({ certificates: list(certificate) }).nullish(),
  publicKey: publicKey.nullish(),
  tlogEntries: list(logEntry).nullish(),
  timestampVerificationData: z
    .strictObject({ rfc3161Timestamps: list(z.strictObject({ signedTimestamp: timestamp })).nullish() })
    .nullish(),
});
const envelope = z.strictObject({
  payload: bytes,
  payloadType: z.string().max(200),
  signatures: z
    .array(z.strictObject({ sig: bytes, keyid: z.string().max(200).nullish() }))
    .refine((signatures) => signatures.length === 1, code("ATTESTATION_SIGNATURE_COUNT")),
});
const messageSignature = z.strictObject({
  messageDigest: z.strictObject({ algorithm: z.string().max(40), digest: bytes }),
  signature: bytes,
});
// Protocol buffers write an absent field as null or not at all; both mean the same.
const bundleSchema = z
  .strictObject({
    mediaType: z.string(),
    verificationMaterial: material,
    dsseEnvelope: envelope.nullish(),
    messageSignature: messageSignature.nullish(),
  })
  .refine((value) => !value.dsseEnvelope !== !value.messageSignature, {
    message: "expected exactly one content",
    ...code("ATTESTATION_CONTENT_AMBIGUOUS"),
  });

/**
 * Reads a bundle strictly: caps, exact media type, no unknown or repeated field, canonical base64, one certificate, one
 * content, one signature, and a proof with every log entry, of which none is there twice.
 *
 * @throws ATTESTATION_*, JSON_KEY_REPEATED, JSON_TOO_DEEP
 */
export function parseBundle(input: Uint8Array): ParsedBundle {
  const { signer, ...rest } = readBundle(input, readLeaf);
  return { ...rest, leaf: signer };
}

/**
 * As {@link parseBundle}, for a bundle that names a key which its reader holds already. Only for looking at signatures
 * of other makers: a key does not say which workflow signed, so no evidence is read this way.
 *
 * @throws ATTESTATION_*, JSON_KEY_REPEATED, JSON_TOO_DEEP
 */
export function parseKeyedBundle(input: Uint8Array): UnsignedBundle {
  return readBundle(input, readHint);
}

function readLeaf(found: z.output<typeof material>): Uint8Array {
  if (found.publicKey) throw evidenceError("ATTESTATION_BARE_KEY");
  const leaves = [found.certificate, found.x509CertificateChain?.certificates[0]].filter((leaf) => !!leaf);
  const [leaf] = leaves;
  if (leaf === undefined || leaves.length !== 1) {
    throw evidenceError("ATTESTATION_FIELD_INVALID", { field: "verificationMaterial", certificates: leaves.length });
  }
  return leaf.rawBytes;
}

/** What follows the leaf in a chain is never used, but a root in it would ask to be: roots are the verifier's own. */
function refuseRoot(certificate: Uint8Array): void {
  const field = "verificationMaterial.x509CertificateChain";
  let names: X509Certificate;
  try {
    names = new X509Certificate(certificate);
  } catch (cause) {
    throw evidenceError("ATTESTATION_FIELD_INVALID", { field, problem: "not a certificate" }, cause);
  }
  if (names.subject === names.issuer) throw evidenceError("ATTESTATION_FIELD_INVALID", { field, problem: "a root" });
}

function readHint(found: z.output<typeof material>): string {
  if (!found.publicKey || found.certificate || found.x509CertificateChain) {
    throw evidenceError("ATTESTATION_FIELD_INVALID", { field: "verificationMaterial", problem: "not a bare key" });
  }
  return found.publicKey.hint ?? "";
}

/** What a bundle says of its signer, and all else that it says. */
function readBundle<Signer>(
  input: Uint8Array,
  readSigner: (found: z.output<typeof material>) => Signer,
): UnsignedBundle & { readonly signer: Signer } {
  if (input.length > MAX_BUNDLE_BYTES) {
    throw evidenceError("ATTESTATION_TOO_LARGE", { bytes: input.length, maxBytes: MAX_BUNDLE_BYTES });
  }
  const json = readJson(input);
  const mediaType = typeof json === "object" && json !== null ? Reflect.get(json, "mediaType") : undefined;
  if (!MEDIA_TYPES.has(mediaType)) throw evidenceError("ATTESTATION_MEDIA_TYPE_UNKNOWN", { actual: String(mediaType) });
  const parsed = readFields(json);
  const { verificationMaterial: found, dsseEnvelope, messageSignature: message } = parsed;
  const signer = readSigner(found);
  const logEntries = (found.tlogEntries ?? []).map(readEntry);
  refuseRepeated(logEntries);
  for (const { rawBytes } of found.x509CertificateChain?.certificates.slice(1) ?? []) refuseRoot(rawBytes);
  return {
    signer,
    mediaType: parsed.mediaType,
    bundle: readWithLibrary(json),
    content: contentOf(dsseEnvelope, message),
    logEntries,
    timestamps: found.timestampVerificationData?.rfc3161Timestamps?.length ?? 0,
  };
}

function contentOf(
  dsse: z.output<typeof envelope> | null | undefined,
  message: z.output<typeof messageSignature> | null | undefined,
): ParsedBundle["content"] {
  if (dsse) return { kind: "statement", payloadType: dsse.payloadType, payload: dsse.payload };
  if (!message) throw evidenceError("ATTESTATION_CONTENT_AMBIGUOUS");
  const { algorithm, digest } = message.messageDigest;
  return { kind: "artifact", algorithm, digest: Buffer.from(digest).toString("hex") };
}

function readEntry(entry: z.output<typeof logEntry>): BundleLogEntry {
  const inclusion = entry.inclusionProof;
  // A proof leads to a root; only the checkpoint says that the log stands by it.
  if (!inclusion?.checkpoint) throw evidenceError("ATTESTATION_PROOF_MISSING");
  const time = Number(entry.integratedTime ?? 0);
  return {
    logId: entry.logId.keyId,
    logIndex: BigInt(entry.logIndex),
    kind: entry.kindVersion.kind,
    version: entry.kindVersion.version,
    integratedTime: time === 0 ? null : time,
    hasPromise: !!entry.inclusionPromise,
    proof: {
      logIndex: BigInt(inclusion.logIndex),
      treeSize: BigInt(inclusion.treeSize),
      rootHash: inclusion.rootHash,
    },
    checkpoint: inclusion.checkpoint.envelope,
    body: entry.canonicalizedBody,
  };
}

/** A log has one entry of a body: another copy shows nothing more and costs as much again. */
function refuseRepeated(entries: readonly BundleLogEntry[]): void {
  const seen = new Set<string>();
  for (const { logId, body } of entries) {
    const entry = [logId, body].map((bytes) => Buffer.from(bytes).toString("base64")).join(" ");
    if (seen.has(entry)) throw evidenceError("ATTESTATION_LOG_ENTRY_REPEATED", { field: "tlogEntries" });
    seen.add(entry);
  }
}

function readJson(input: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input);
  } catch (cause) {
    throw evidenceError("ATTESTATION_JSON_MALFORMED", { problem: "not UTF-8" }, cause);
  }
  try {
    return parseUnambiguousJson(text, MAX_DEPTH);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw evidenceError("ATTESTATION_JSON_MALFORMED", {}, cause);
    throw cause;
  }
}

function readFields(json: unknown): z.output<typeof bundleSchema> {
  const result = bundleSchema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues;
  const named = issues.find((issue) => codeOf(issue) !== undefined);
  const issue = named ?? issues[0];
  throw evidenceError(codeOf(issue) ?? "ATTESTATION_FIELD_INVALID", {
    field: issue?.path.join("."),
    problem: issue?.message,
  });
}

/** Reads the code that a rule of the schema carries. */
function codeOf(issue: z.core.$ZodIssue | undefined): EvidenceErrorCode | undefined {
  const parameters = issue?.code === "custom" ? issue.params : undefined;
  return parameters?.code;
}

function readWithLibrary(json: unknown): Bundle {
  try {
    return bundleFromJSON(json);
  } catch (cause) {
    throw evidenceError("ATTESTATION_FIELD_INVALID", { problem: cause instanceof Error ? cause.message : "" }, cause);
  }
}
