/** The names that a capsule's files may have. Whatever else stands in an archive makes it no capsule. */

/** The evidence of one step. */
export const evidenceFiles = {
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

export type EvidencePart = keyof typeof evidenceFiles;
export const optionalParts = [
  "stateBundle",
  "transcript",
  "observation",
  "finalObservation",
] as const satisfies readonly EvidencePart[];

export const MANIFEST = "manifest.json";
export const SIGNERS = "signers.json";
/** These stand last, so that a capsule is made and checked in one pass, and signing one only adds to its end. */
export const lastFiles: readonly string[] = [MANIFEST, SIGNERS];

/** The sealed part: what it is sealed with is typed data, never instructions, so no third file has a name here. */
export const SEALED_CONTENT = "sealed/content.hpke";
export const DECRYPTION = "sealed/decryption.json";

/** `skills/<id>/…`. */
export const skillFiles = (id: string) => ({ metadata: `skills/${id}/skill.json`, text: `skills/${id}/SKILL.md` });
/** How to decrypt is never a skill: text for a reader who is about to use a private key. */
export const SKILL_ID = /^(?!decryption$)[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
export const MAX_SKILLS = 32;

const SKILL_FILE = /^skills\/(?<id>[^/]+)\/(?:skill\.json|SKILL\.md)$/;
const fixedNames: ReadonlySet<string> = new Set([
  ...Object.values(evidenceFiles),
  MANIFEST,
  SIGNERS,
  SEALED_CONTENT,
  DECRYPTION,
]);
export const MAX_CAPSULE_FILES = fixedNames.size + 2 * MAX_SKILLS;

export function isCapsuleFile(name: string): boolean {
  const id = SKILL_FILE.exec(name)?.groups?.id;
  return fixedNames.has(name) || (id !== undefined && SKILL_ID.test(id));
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The largest content of a file that is kept in memory to be read; undefined for those of which a hash is enough. */
export function mostKeptBytes(name: string): number | undefined {
  if (name === evidenceFiles.stateBundle || name === SEALED_CONTENT) return undefined;
  return name === evidenceFiles.result || name === evidenceFiles.transcript ? 64 * MIB : MIB;
}
