import { z } from "zod";
import { canonicalBytes, parseCanonical, parseSchema } from "../core/json.ts";
import { capsuleError } from "./errors.ts";
import { SKILL_ID, skillFiles } from "./layout.ts";
import { type DeclaredSkill, type Manifest, skillNamespace } from "./manifest.ts";
import { type CheckedSignature, judgeSigners, type SignerTrust, trustedPrincipals } from "./signatures.ts";
import { frameUntrusted } from "./untrusted.ts";

/** Instructions that travel in a capsule: what a model may be told to follow only when somebody trusted signed them. */
const MAX_METADATA_BYTES = 4096;
const MAX_TEXT_BYTES = 65_536;

const metadataSchema = z.strictObject({
  v: z.literal(1),
  id: z.string().regex(SKILL_ID, "expected a lower-case skill id"),
  namespace: skillNamespace,
  title: z.string().min(1).max(100),
});

export type Skill = DeclaredSkill & {
  readonly title: string;
  /** `SKILL.md`. */
  readonly text: string;
};

/** A skill's two files, by name. @throws SCHEMA_MISMATCH */
export function skillContents(skill: Skill): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const { id, namespace, title, text } = skill;
  const metadata = parseSchema(metadataSchema, { v: 1, id, namespace, title }, "skill.json");
  const names = skillFiles(id);
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > MAX_TEXT_BYTES) throw capsuleError("CAPSULE_MALFORMED", { name: names.text, bytes: bytes.length });
  return [
    { name: names.metadata, bytes: canonicalBytes(metadata) },
    { name: names.text, bytes },
  ];
}

/**
 * The declared skills with their files.
 *
 * @throws CAPSULE_FILE_MISSING, CAPSULE_FILE_UNKNOWN for a skill that is not declared, CAPSULE_MALFORMED, JSON_*,
 *   SCHEMA_MISMATCH
 */
export function readSkills({ skills }: Manifest, files: ReadonlyMap<string, Uint8Array>): readonly Skill[] {
  const declared = new Set(skills.flatMap(({ id }) => Object.values(skillFiles(id))));
  for (const name of files.keys()) {
    if (name.startsWith("skills/") && !declared.has(name)) {
      throw capsuleError("CAPSULE_FILE_UNKNOWN", { name, problem: "no skill of this name is declared" });
    }
  }
  return skills.map((skill) => {
    const names = skillFiles(skill.id);
    const take = (name: string): Uint8Array => {
      const found = files.get(name);
      if (!found) throw capsuleError("CAPSULE_FILE_MISSING", { name });
      return found;
    };
    const metadata = parseCanonical(take(names.metadata), metadataSchema, {
      what: names.metadata,
      maxBytes: MAX_METADATA_BYTES,
    });
    if (metadata.id !== skill.id || metadata.namespace !== skill.namespace) {
      throw capsuleError("CAPSULE_MALFORMED", { name: names.metadata, problem: "the manifest declares another skill" });
    }
    return { ...skill, title: metadata.title, text: utf8(take(names.text), names.text) };
  });
}

function utf8(bytes: Uint8Array, name: string): string {
  if (bytes.length > MAX_TEXT_BYTES) throw capsuleError("CAPSULE_MALFORMED", { name, bytes: bytes.length });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw capsuleError("CAPSULE_MALFORMED", { name, problem: "not UTF-8" }, cause);
  }
}

export type SkillStanding = {
  readonly skill: Skill;
  /** `signed` only when declared so and signed by a principal that the allowlist trusts for the skill's namespace. */
  readonly tier: DeclaredSkill["tier"];
  readonly signedBy: readonly string[];
};

/**
 * What each skill of a capsule is, which is never what it says of itself alone.
 *
 * @param checked the capsule's signatures, verified once for all skills
 */
export function classifySkills(
  skills: readonly Skill[],
  checked: readonly CheckedSignature[],
  trust: Pick<SignerTrust, "now" | "allowlist">,
): readonly SkillStanding[] {
  const isIntact = checked.every(({ signature }) => signature === "valid");
  return skills.map((skill) => {
    const results = judgeSigners(checked, skill.namespace, trust);
    const signedBy = skill.tier === "signed" && isIntact ? trustedPrincipals(results) : [];
    return { skill, tier: signedBy.length > 0 ? "signed" : "unsigned", signedBy };
  });
}

/** A skill's text as it may be handed to a model or shown: as it is when signed, else in a frame. */
export function skillText({ skill, tier }: SkillStanding): string {
  return tier === "signed" ? skill.text : frameUntrusted(skill.text, `the capsule's skill ${skill.id}`);
}
