import type { Hex } from "viem";
import { type ArchiveFile, type ArchiveLimits, packArchive, unpackArchive } from "../state/archive.ts";
import { digestOf, type FileDigest, sha256Of } from "./digest.ts";
import { capsuleError } from "./errors.ts";
import {
  DECRYPTION,
  type EvidencePart,
  evidenceFiles,
  isCapsuleFile,
  lastFiles,
  MANIFEST,
  MAX_CAPSULE_FILES,
  mostKeptBytes,
  type optionalParts,
  SEALED_CONTENT,
  SIGNERS,
} from "./layout.ts";
import {
  type CapsuleAnchors,
  checkIndex,
  EVIDENCE_NAMESPACE,
  encodeManifest,
  type Manifest,
  parseManifest,
} from "./manifest.ts";
import { type Decryption, encodeDecryption, parseDecryption, type SealedPart } from "./sealed.ts";
import { type CapsuleSignature, encodeSigners, parseSigners } from "./signatures.ts";
import { readSkills, type Skill, skillContents } from "./skills.ts";

/**
 * The evidence capsule: one deterministic archive of everything a step can be checked with, and a manifest over it.
 * Nothing in a capsule is trusted for being in it.
 */
type OptionalPart = (typeof optionalParts)[number];
export type CapsuleParts = { readonly [P in Exclude<EvidencePart, OptionalPart>]: Uint8Array } & {
  readonly [P in OptionalPart]?: Uint8Array;
};
/** The parts as a verifier needs them: of the state bundle, its hash is enough. */
export type StepEvidence = Omit<CapsuleParts, "stateBundle"> & { readonly stateBundle?: Uint8Array | FileDigest };

/** What a capsule holds beside the evidence. */
export type CapsuleDetails = {
  readonly anchors: CapsuleAnchors;
  /** What the capsule calls itself; `evidence` unless said, and nothing else verifies as evidence. */
  readonly namespace?: string;
  readonly skills?: readonly Skill[];
  readonly sealed?: SealedPart;
};

/** A capsule whose form holds: known files only, none missing, each as the manifest lists it. */
export type Capsule<Parts = CapsuleParts> = {
  readonly manifest: Manifest;
  /** What signatures cover. */
  readonly manifestBytes: Uint8Array;
  readonly parts: Parts;
  readonly signatures: readonly CapsuleSignature[];
  readonly skills: readonly Skill[];
  readonly decryption: Decryption | undefined;
};

/** A capsule that is read into memory; larger ones are read from disk. */
const MAX_CAPSULE_BYTES = 268_435_456;

const limits: ArchiveLimits = { maxFiles: MAX_CAPSULE_FILES, maxBytes: MAX_CAPSULE_BYTES, last: lastFiles };

/**
 * Packs a capsule. The same parts, details and signatures always give the same bytes, hence the same
 * {@link evidenceHash}.
 *
 * @throws SCHEMA_MISMATCH
 */
export async function packCapsule(parts: CapsuleParts, details: CapsuleDetails): Promise<Uint8Array> {
  const files = [...evidenceOf(parts), ...extrasOf(details)];
  const index = new Map(files.map(({ name, bytes }) => [name, digestOf(bytes)]));
  return packArchive([...files, manifestOf(index, details)], lastFiles);
}

/**
 * Opens a capsule.
 *
 * @throws CAPSULE_*, ARCHIVE_*, JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN
 */
export async function openCapsule(bytes: Uint8Array): Promise<Capsule> {
  const files = await filesOf(bytes);
  const index = new Map(files.map((file) => [file.name, digestOf(file.bytes)]));
  const contents = new Map(files.map((file) => [file.name, file.bytes]));
  const stateBundle = contents.get(evidenceFiles.stateBundle);
  const { parts, ...capsule } = assembleCapsule(index, contents);
  const { stateBundle: _digest, ...others } = parts;
  return { ...capsule, parts: { ...others, ...(stateBundle && { stateBundle }) } };
}

/** The sealed part of a capsule in memory. @throws CAPSULE_SEALED_ABSENT and as {@link openCapsule} */
export async function sealedPart(bytes: Uint8Array): Promise<SealedPart> {
  const { decryption } = await openCapsule(bytes);
  const content = (await filesOf(bytes)).find(({ name }) => name === SEALED_CONTENT)?.bytes;
  if (!decryption || !content) throw capsuleError("CAPSULE_SEALED_ABSENT");
  return { decryption, content };
}

/** The same capsule with one more signature. Its bytes, and so its {@link evidenceHash}, change; its manifest does not. */
export async function addSignature(bytes: Uint8Array, signature: CapsuleSignature): Promise<Uint8Array> {
  const { signatures } = await openCapsule(bytes);
  const files = (await filesOf(bytes)).filter(({ name }) => name !== SIGNERS);
  return packArchive([...files, { name: SIGNERS, bytes: encodeSigners([...signatures, signature]) }], lastFiles);
}

/** SHA-256 of the capsule's bytes: what a verifier's approval names. */
export function evidenceHash(capsule: Uint8Array): Hex {
  return sha256Of(capsule);
}

/**
 * Makes a capsule of files that were read, in memory or from a stream.
 *
 * @param index every file
 * @param contents those that were kept: all but state bundle and sealed content
 * @throws CAPSULE_*, JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN
 */
export function assembleCapsule(
  index: ReadonlyMap<string, FileDigest>,
  contents: ReadonlyMap<string, Uint8Array>,
): Capsule<StepEvidence> {
  const required = (name: string): Uint8Array => {
    const found = contents.get(name);
    if (!found) throw capsuleError("CAPSULE_FILE_MISSING", { name });
    return found;
  };
  const manifestBytes = required(MANIFEST);
  const manifest = parseManifest(manifestBytes);
  const signers = contents.get(SIGNERS);
  const content = new Map([...index].filter(([name]) => !lastFiles.includes(name)));
  checkIndex(manifest, content);
  if (content.has(DECRYPTION) !== content.has(SEALED_CONTENT)) {
    throw capsuleError("CAPSULE_FILE_MISSING", { name: content.has(DECRYPTION) ? SEALED_CONTENT : DECRYPTION });
  }
  const decryption = contents.get(DECRYPTION);
  const { stateBundle, transcript, observation, finalObservation, ...needed } = evidenceFiles;
  const optional = <P extends OptionalPart>(part: P, found: Uint8Array | FileDigest | undefined) =>
    found === undefined ? {} : { [part]: found };
  const parts = {
    ...Object.fromEntries(Object.entries(needed).map(([part, name]) => [part, required(name)])),
    ...optional("stateBundle", index.get(stateBundle)),
    ...optional("transcript", contents.get(transcript)),
    ...optional("observation", contents.get(observation)),
    ...optional("finalObservation", contents.get(finalObservation)),
  } as StepEvidence;
  return {
    manifest,
    manifestBytes,
    parts,
    signatures: signers ? parseSigners(signers) : [],
    skills: readSkills(manifest, contents),
    decryption: decryption && parseDecryption(decryption),
  };
}

/**
 * Refuses a file of a capsule before it is read.
 *
 * @throws CAPSULE_FILE_UNKNOWN, CAPSULE_TOO_LARGE
 */
export function checkAnnounced(name: string, size: number): void {
  if (!isCapsuleFile(name)) throw capsuleError("CAPSULE_FILE_UNKNOWN", { name });
  const maxBytes = mostKeptBytes(name);
  if (maxBytes !== undefined && size > maxBytes)
    throw capsuleError("CAPSULE_TOO_LARGE", { name, bytes: size, maxBytes });
}

/** The manifest over files. @throws SCHEMA_MISMATCH */
export function manifestOf(index: ReadonlyMap<string, FileDigest>, details: CapsuleDetails): ArchiveFile {
  const { anchors, namespace = EVIDENCE_NAMESPACE, skills = [] } = details;
  const declared = skills.map(({ id, namespace: of, tier }) => ({ id, namespace: of, tier }));
  return { name: MANIFEST, bytes: encodeManifest(index, { anchors, namespace, skills: declared }) };
}

/** The files of skills and sealed part. */
export function extrasOf({ skills = [], sealed }: CapsuleDetails): readonly ArchiveFile[] {
  const files: ArchiveFile[] = skills.flatMap(skillContents);
  if (sealed) {
    files.push({ name: DECRYPTION, bytes: encodeDecryption(sealed.decryption) });
    files.push({ name: SEALED_CONTENT, bytes: sealed.content });
  }
  return files;
}

function evidenceOf(parts: CapsuleParts): readonly ArchiveFile[] {
  const files: ArchiveFile[] = [];
  for (const [part, name] of Object.entries(evidenceFiles) as [EvidencePart, string][]) {
    const bytes = parts[part];
    if (bytes !== undefined) files.push({ name, bytes });
  }
  return files;
}

async function filesOf(bytes: Uint8Array): Promise<readonly ArchiveFile[]> {
  if (bytes.length > MAX_CAPSULE_BYTES) {
    throw capsuleError("CAPSULE_TOO_LARGE", { bytes: bytes.length, maxBytes: MAX_CAPSULE_BYTES });
  }
  const files = await unpackArchive(bytes, limits);
  for (const { name, bytes: content } of files) checkAnnounced(name, content.length);
  return files;
}
