import { z } from "zod";
import { address, bytes32, decimal } from "../core/encoding.ts";
import { canonicalBytes, parseCanonical, parseJsonBytes, parseSchema } from "../core/json.ts";
import type { FileDigest } from "./digest.ts";
import { capsuleError } from "./errors.ts";
import { isCapsuleFile, lastFiles, MANIFEST, MAX_CAPSULE_FILES, MAX_SKILLS, SKILL_ID } from "./layout.ts";

const MAX_MANIFEST_BYTES = 65_536;
const VERSION = 2;

/** What a signer may be trusted for: lower-case words with dots, compared whole. */
export const namespace = z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/, "expected a lower-case namespace");
/** The namespace of a step's evidence where nothing else is said. */
export const EVIDENCE_NAMESPACE = "evidence";

const anchorsSchema = z.strictObject({
  chainId: z.int().min(1),
  permitConsumer: address,
  settlement: address,
  entitlement: bytes32,
  step: z.int().min(1),
  permitHash: bytes32,
  /** SHA-256 of the claim blob. */
  claimHash: bytes32,
  /** Commitments of the last accepted claim; 32 zero bytes each before the first. */
  parents: z.strictObject({ stateCommitment: bytes32, netCommitment: bytes32 }),
  /** The block that the trade's record was read at, where whoever packed knew it. Nothing here compares it. */
  block: z.strictObject({ number: decimal, hash: bytes32 }).optional(),
});
/** Where on which chain the step stands that a capsule is evidence of. */
export type CapsuleAnchors = z.output<typeof anchorsSchema>;

const fileSchema = z.strictObject({
  name: z.string().refine((name) => isCapsuleFile(name) && !lastFiles.includes(name), "not a name of this format"),
  sha256: bytes32,
  size: z.int().min(0),
});

/** Whom a list trusts for evidence, it does not trust for instructions: a skill is for another namespace. */
export const skillNamespace = namespace.refine((name) => name !== EVIDENCE_NAMESPACE, "no skill is evidence");

const skillSchema = z.strictObject({
  id: z.string().regex(SKILL_ID, "expected a lower-case skill id"),
  namespace: skillNamespace,
  /** What the skill claims to be; what it is follows from who signed. */
  tier: z.enum(["signed", "unsigned"]),
});
export type DeclaredSkill = z.output<typeof skillSchema>;

const manifestSchema = z.strictObject({
  v: z.literal(VERSION),
  namespace,
  anchors: anchorsSchema,
  skills: z.array(skillSchema).max(MAX_SKILLS),
  /** The content index: every file but the manifest and its signatures, sorted by name. */
  files: z.array(fileSchema).max(MAX_CAPSULE_FILES),
});
/** `manifest.json`, version 2: what a signature over a capsule covers, and through it every file. */
export type Manifest = z.output<typeof manifestSchema>;

/** @throws SCHEMA_MISMATCH */
export function encodeManifest(
  index: ReadonlyMap<string, FileDigest>,
  about: { readonly namespace: string; readonly anchors: CapsuleAnchors; readonly skills: readonly DeclaredSkill[] },
): Uint8Array {
  const files = [...index].map(([name, digest]) => ({ name, ...digest }));
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  const skills = [...about.skills].sort((a, b) => (a.id < b.id ? -1 : 1));
  const manifest = { v: VERSION, namespace: about.namespace, anchors: about.anchors, skills, files };
  return canonicalBytes(parseSchema(manifestSchema, manifest, MANIFEST));
}

/** @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN, CAPSULE_VERSION_UNKNOWN, CAPSULE_MALFORMED */
export function parseManifest(bytes: Uint8Array): Manifest {
  const options = { what: MANIFEST, maxBytes: MAX_MANIFEST_BYTES };
  const { v } = parseJsonBytes(bytes, z.object({ v: z.unknown() }), options);
  if (v !== VERSION) throw capsuleError("CAPSULE_VERSION_UNKNOWN", { expected: VERSION, actual: String(v) });
  const manifest = parseCanonical(bytes, manifestSchema, options);
  requireAscending(manifest.files.map(({ name }) => name));
  requireAscending(manifest.skills.map(({ id }) => id));
  return manifest;
}

function requireAscending(names: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    const previous = names[index - 1];
    if (previous !== undefined && previous >= name) {
      throw capsuleError("CAPSULE_MALFORMED", { name, problem: "the manifest is not sorted, or repeats an entry" });
    }
  }
}

/**
 * Holds the content index against the files that are there.
 *
 * @throws CAPSULE_FILE_MISSING, CAPSULE_FILE_UNKNOWN, CAPSULE_FILE_MISMATCH
 */
export function checkIndex(manifest: Manifest, present: ReadonlyMap<string, FileDigest>): void {
  const listed = new Set<string>();
  for (const { name, sha256, size } of manifest.files) {
    const file = present.get(name);
    if (!file) throw capsuleError("CAPSULE_FILE_MISSING", { name });
    if (file.sha256 !== sha256 || file.size !== size) {
      throw capsuleError("CAPSULE_FILE_MISMATCH", { name, expected: sha256, actual: file.sha256 });
    }
    listed.add(name);
  }
  for (const name of present.keys()) {
    if (!listed.has(name))
      throw capsuleError("CAPSULE_FILE_UNKNOWN", { name, problem: "the manifest does not list it" });
  }
}
