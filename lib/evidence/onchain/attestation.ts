import { createHash } from "node:crypto";
import { p256, p384 } from "@noble/curves/nist";
import { bytesToHex, type Hex, keccak256 } from "viem";
import { z } from "zod";
import { type BundleLogEntry, type ParsedBundle, parseBundle } from "../bundle.ts";
import { derTag, expectTag, readDer, readDerList } from "../der.ts";
import { evidenceError } from "../errors.ts";
import { STATEMENT_PAYLOAD_TYPE } from "../statement.ts";
import { generatorKey, type P384Tables, p384Hints, p384KeyId, p384Tables } from "./p384.ts";
import type { CoveredRoots, IssuerKey, LogKey } from "./roots.ts";

/**
 * What a Sigstore bundle becomes before `SigstoreVerifier`: the arguments of its proof, by the names and types of
 * `ISigstoreVerifier.Attestation`. Nothing here is verified: the contract does that. What it cannot verify is refused
 * here with a code that says why.
 */
export type OnchainAttestation = {
  readonly certificate: Hex;
  readonly signature: Hex;
  readonly issuerKeyId: Hex;
  readonly issuerValidFrom: number;
  readonly issuerValidUntil: number;
  readonly issuerHints: Hex;
  readonly log: { readonly x: Hex; readonly y: Hex; readonly validFrom: number; readonly validUntil: number };
  readonly envelopeHash: Hex;
  readonly integratedTime: bigint;
  readonly logIndex: bigint;
  readonly promiseR: bigint;
  readonly promiseS: bigint;
};

export type PreparedAttestation = {
  readonly attestation: OnchainAttestation;
  readonly payload: Hex;
  /** The roots that the attestation names. */
  readonly issuer: IssuerKey;
  readonly log: LogKey;
};

/** The keys under which an attestation may be proven. */
export type KnownRoots = Pick<CoveredRoots, "issuers" | "logs">;

/**
 * When the log says that it took a bundle's signature, unix seconds.
 *
 * @throws ATTESTATION_*, PROOF_*
 */
export function logTimeOf(bundle: Uint8Array): number {
  return coveredEntry(parseBundle(bundle)).integratedTime;
}

/**
 * @param bundle the bundle file's bytes
 * @param roots those that the chain may know; the certificate's authority and the entry's log must be among them
 * @param options.byName also takes an authority whose name the certificate bears though its key did not sign it: then
 *   the contract is what refuses it, and can be asked why
 * @throws ATTESTATION_*, LEAF_NOT_DER, PROOF_*
 */
export function prepareAttestation(
  bundle: Uint8Array,
  roots: KnownRoots,
  { byName = false }: { readonly byName?: boolean } = {},
): PreparedAttestation {
  const parsed = parseBundle(bundle);
  const { content } = parsed;
  const entry = coveredEntry(parsed);
  if (content.kind !== "statement" || content.payloadType !== STATEMENT_PAYLOAD_TYPE) {
    throw evidenceError("PROOF_CONTENT_UNSUPPORTED", {
      expected: STATEMENT_PAYLOAD_TYPE,
      actual: content.kind === "statement" ? content.payloadType : "a bare signature",
    });
  }
  const leaf = issuanceOf(parsed.leaf);
  const issuer = issuerOf(leaf, roots, { logTime: entry.integratedTime, byName });
  const log = logOf(entry, roots);
  const promise = wordsOf(promiseOf(parsed));
  return {
    payload: bytesToHex(content.payload),
    issuer,
    log,
    attestation: {
      certificate: bytesToHex(parsed.leaf),
      signature: bytesToHex(signatureOf(parsed)),
      issuerKeyId: p384KeyId(issuer.key),
      issuerValidFrom: issuer.validFrom,
      issuerValidUntil: issuer.validUntil,
      issuerHints: hintsOf(leaf, issuer),
      log: { x: log.x, y: log.y, validFrom: log.validFrom, validUntil: log.validUntil },
      envelopeHash: envelopeHashOf(entry),
      integratedTime: BigInt(entry.integratedTime),
      logIndex: entry.logIndex,
      promiseR: promise.r,
      promiseS: promise.s,
    },
  };
}

type CoveredEntry = BundleLogEntry & { readonly integratedTime: number };

/** The one log entry of a form that the contract rebuilds, with the log's word on its time. */
function coveredEntry({ logEntries, timestamps }: ParsedBundle): CoveredEntry {
  const [entry] = logEntries;
  if (entry === undefined) throw evidenceError("PROOF_LOG_MISSING", { timestamps });
  const { hasPromise, integratedTime } = entry;
  const kind = `${entry.kind} ${entry.version}`;
  if (!hasPromise || integratedTime === null) throw evidenceError("PROOF_LOG_TIME_MISSING", { actual: kind });
  if (logEntries.length > 1 || kind !== "dsse 0.0.1") {
    throw evidenceError("PROOF_LOG_ENTRY_UNSUPPORTED", { expected: "one entry of dsse 0.0.1", actual: kind });
  }
  return { ...entry, integratedTime };
}

/** What an authority signed, its signature (DER), and its name (DER). */
export type Issuance = {
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuer: Uint8Array;
};

/** Index of the authority's name among a certificate's signed fields. */
const ISSUER = 3;

/** @throws LEAF_NOT_DER */
export function issuanceOf(certificate: Uint8Array): Issuance {
  const [signed, , signature] = readDerList(readDer(certificate, derTag.sequence).content);
  const { content, whole } = expectTag(signed, derTag.sequence);
  return {
    signedBytes: whole,
    // The first byte says how many bits of the last are unused.
    signature: expectTag(signature, derTag.bitString).content.subarray(1),
    issuer: expectTag(readDerList(content)[ISSUER], derTag.sequence).whole,
  };
}

function issuerOf(
  leaf: Issuance,
  { issuers }: KnownRoots,
  { logTime, byName }: { readonly logTime: number; readonly byName: boolean },
): IssuerKey {
  const nameHash = keccak256(leaf.issuer);
  const named = issuers.filter((candidate) => candidate.nameHash === nameHash);
  // Two authorities of one name: the one whose key fits.
  const fitting = named.filter((candidate) => hasIssued(candidate, leaf));
  const issuer = covering(fitting.length === 0 && byName ? named : fitting, logTime);
  if (!issuer) throw evidenceError("PROOF_ISSUER_UNKNOWN", { issuerName: bytesToHex(leaf.issuer) });
  return issuer;
}

function hasIssued({ key }: IssuerKey, leaf: Issuance): boolean {
  const point = Uint8Array.of(4, ...Buffer.from(key.slice(2), "hex"));
  try {
    const options = { format: "der", lowS: false, prehash: false } as const;
    return p384.verify(leaf.signature, digestOf(leaf), point, options);
  } catch {
    // Bytes that are no signature at all are nobody's signature.
    return false;
  }
}

function logOf({ logId, integratedTime }: CoveredEntry, { logs }: KnownRoots): LogKey {
  const log = covering(
    logs.filter((candidate) => candidate.logId === bytesToHex(logId)),
    integratedTime,
  );
  if (!log) throw evidenceError("PROOF_LOG_UNKNOWN", { logId: bytesToHex(logId) });
  return log;
}

/**
 * A key whose validity changed is two roots, and both may count. The contract takes only one that was valid at the log's
 * time; where none was, its refusal says so.
 */
function covering<Root extends IssuerKey | LogKey>(roots: readonly Root[], logTime: number): Root | undefined {
  return roots.find(({ validFrom, validUntil }) => validFrom <= logTime && logTime <= validUntil) ?? roots[0];
}

/** The inverse and the slopes for the authority's signature; none where only the slow way can judge it. */
function hintsOf(leaf: Issuance, { key }: IssuerKey): Hex {
  const numbers = numbersIn(p384, leaf.signature);
  // What is no signature needs no hints to be refused.
  if (numbers === undefined) return "0x";
  const { r, s } = numbers;
  const hints = p384Hints({ generator: tablesOf(generatorKey), key: tablesOf(key), digest: digestHexOf(leaf), r, s });
  return hints ?? "0x";
}

/** Tables take a tenth of a second, and there are as many keys as roots. */
const knownTables = new Map<Hex, P384Tables>();
function tablesOf(key: Hex): P384Tables {
  const tables = knownTables.get(key) ?? p384Tables(key);
  knownTables.set(key, tables);
  return tables;
}

function digestOf({ signedBytes }: Issuance): Uint8Array {
  return new Uint8Array(createHash("sha384").update(signedBytes).digest());
}

function digestHexOf(leaf: Issuance): Hex {
  return bytesToHex(digestOf(leaf));
}

export type SignatureNumbers = { readonly r: bigint; readonly s: bigint };

/** The two numbers of a signature in DER; nothing where the bytes are none. */
export function signatureNumbers(curve: "P-256" | "P-384", signature: Uint8Array): SignatureNumbers | undefined {
  return numbersIn(curve === "P-256" ? p256 : p384, signature);
}

function numbersIn({ Signature }: typeof p256, signature: Uint8Array): SignatureNumbers | undefined {
  try {
    return Signature.fromDER(signature);
  } catch {
    // The library throws whatever its reader of DER throws.
    return undefined;
  }
}

function wordsOf(signature: Uint8Array): SignatureNumbers {
  const numbers = numbersIn(p256, signature);
  if (!numbers) throw evidenceError("PROOF_LOG_TIME_MISSING", { problem: "the log's promise is not a signature" });
  return numbers;
}

function promiseOf({ bundle }: ParsedBundle): Uint8Array {
  return bundle.verificationMaterial.tlogEntries[0]?.inclusionPromise?.signedEntryTimestamp ?? new Uint8Array();
}

function signatureOf({ bundle }: ParsedBundle): Uint8Array {
  const envelope = bundle.content.$case === "dsseEnvelope" ? bundle.content.dsseEnvelope : undefined;
  return envelope?.signatures[0]?.sig ?? new Uint8Array();
}

const entryBody = z.object({
  spec: z.object({ envelopeHash: z.object({ algorithm: z.literal("sha256"), value: z.string().length(64) }) }),
});

function envelopeHashOf({ body }: BundleLogEntry): Hex {
  const parsed = entryBody.safeParse(JSON.parse(new TextDecoder().decode(body)));
  if (!parsed.success) throw evidenceError("PROOF_LOG_ENTRY_UNSUPPORTED", { problem: "no hash of the envelope" });
  return `0x${parsed.data.spec.envelopeHash.value}`;
}
