import type { Hex } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { sha256Hex } from "../core/hash.ts";
import { canonicalBytes, parseCanonical } from "../core/json.ts";
import { type ArchiveFile, packArchive, unpackArchive } from "../state/archive.ts";
import { evidenceError } from "./errors.ts";

/**
 * The evidence capsule: one deterministic archive of everything a step can be checked with, and a manifest over it.
 * Nothing in a capsule is trusted for being in it.
 */
export const capsuleFiles = {
  bundle: "bundle.sigstore.json",
  claim: "pawl-claim",
  certificate: "certificate.json",
  result: "result.json",
  nextTokens: "next-tokens.json",
  policy: "policy.json",
  receipt: "receipt.json",
  trade: "trade.json",
  /** May be left out where it is too large to carry; its hash is in certificate and claim. */
  stateBundle: "state.bundle",
  transcript: "transcript.jsonl",
  observation: "observation.json",
  /** The run looked at again after it had ended. */
  finalObservation: "final-observation.json",
} as const;

type CapsulePart = keyof typeof capsuleFiles;
type OptionalPart = "stateBundle" | "transcript" | "observation" | "finalObservation";
export type CapsuleParts = { readonly [P in Exclude<CapsulePart, OptionalPart>]: Uint8Array } & {
  readonly [P in OptionalPart]?: Uint8Array;
};

const MANIFEST = "manifest.json";
const MAX_MANIFEST_BYTES = 16_384;
/** A capsule as a whole; state bundles larger than this travel on their own. */
const MAX_CAPSULE_BYTES = 268_435_456;

const manifestSchema = z.strictObject({
  v: z.literal(1),
  files: z
    .array(z.strictObject({ name: z.string(), sha256: bytes32, size: z.int().min(0) }))
    .max(Object.keys(capsuleFiles).length),
});

/** Packs a capsule. The same parts always give the same bytes, hence the same {@link evidenceHash}. */
export async function packCapsule(parts: CapsuleParts): Promise<Uint8Array> {
  const files: ArchiveFile[] = [];
  for (const [part, name] of Object.entries(capsuleFiles) as [CapsulePart, string][]) {
    const bytes = parts[part];
    if (bytes !== undefined) files.push({ name, bytes });
  }
  return packArchive([...files, { name: MANIFEST, bytes: manifestBytes(files) }]);
}

/**
 * Opens a capsule: known names only, none missing, each file as the manifest says.
 *
 * @throws CAPSULE_TOO_LARGE, CAPSULE_MALFORMED, CAPSULE_FILE_MISSING, ARCHIVE_*, JSON_*, SCHEMA_MISMATCH
 */
export async function unpackCapsule(bytes: Uint8Array): Promise<CapsuleParts> {
  if (bytes.length > MAX_CAPSULE_BYTES) {
    throw evidenceError("CAPSULE_TOO_LARGE", { bytes: bytes.length, maxBytes: MAX_CAPSULE_BYTES });
  }
  const maxFiles = Object.keys(capsuleFiles).length + 1;
  const files = await unpackArchive(bytes, { maxFiles, maxBytes: MAX_CAPSULE_BYTES });
  const manifest = files.find((file) => file.name === MANIFEST);
  if (!manifest) throw evidenceError("CAPSULE_FILE_MISSING", { name: MANIFEST });
  const content = files.filter((file) => file !== manifest);
  parseCanonical(manifest.bytes, manifestSchema, { what: MANIFEST, maxBytes: MAX_MANIFEST_BYTES });
  // The manifest is a function of the files, so there is exactly one right manifest to compare with.
  if (Buffer.compare(manifest.bytes, manifestBytes(content)) !== 0) {
    throw evidenceError("CAPSULE_MALFORMED", { problem: "the manifest does not describe the files" });
  }
  const byName = new Map(content.map((file) => [file.name, file.bytes]));
  const required = (part: CapsulePart): Uint8Array => {
    const found = take(part);
    if (found === undefined) throw evidenceError("CAPSULE_FILE_MISSING", { name: capsuleFiles[part] });
    return found;
  };
  const take = (part: CapsulePart): Uint8Array | undefined => {
    const name = capsuleFiles[part];
    const found = byName.get(name);
    byName.delete(name);
    return found;
  };
  const [stateBundle, transcript] = [take("stateBundle"), take("transcript")];
  const [observation, finalObservation] = [take("observation"), take("finalObservation")];
  const parts: CapsuleParts = {
    bundle: required("bundle"),
    claim: required("claim"),
    certificate: required("certificate"),
    result: required("result"),
    nextTokens: required("nextTokens"),
    policy: required("policy"),
    receipt: required("receipt"),
    trade: required("trade"),
    ...(stateBundle && { stateBundle }),
    ...(transcript && { transcript }),
    ...(observation && { observation }),
    ...(finalObservation && { finalObservation }),
  };
  const [unknown] = byName.keys();
  if (unknown !== undefined) throw evidenceError("CAPSULE_MALFORMED", { problem: "unknown file", name: unknown });
  return parts;
}

/** SHA-256 of the capsule's bytes: what a verifier's approval names. */
export function evidenceHash(capsule: Uint8Array): Hex {
  return sha256Hex(capsule);
}

function manifestBytes(files: readonly ArchiveFile[]): Uint8Array {
  const entries = files.map(({ name, bytes }) => ({ name, sha256: sha256Hex(bytes), size: bytes.length }));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return canonicalBytes({ v: 1, files: entries });
}
