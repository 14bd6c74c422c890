import { z } from "zod";
import type { StatementContent } from "./bundle.ts";
import { evidenceError } from "./errors.ts";
import type { LeafFacts } from "./extensions.ts";
import { parseUnambiguousJson } from "./jsonText.ts";
import { STATEMENT_PAYLOAD_TYPE } from "./statement.ts";

/**
 * In-toto statements as other tools make them. A step's own statement is never parsed, only compared; this is for
 * looking at any attestation. Source: in-toto/attestation `spec/v1/statement.md`.
 */
export type InTotoStatement = {
  readonly predicateType: string;
  readonly predicate: unknown;
  readonly subjects: readonly { readonly name: string; readonly digest: Readonly<Record<string, string>> }[];
};

const MAX_DEPTH = 32;
/** Predicates may be long lists; these are still read in milliseconds. */
const MAX_VALUES = 8192;
const MAX_SUBJECTS = 8;
/** A subject names its digest under a few algorithms at most. */
const MAX_DIGESTS = 8;

const few = (value: unknown) => typeof value === "object" && value !== null && Object.keys(value).length <= MAX_DIGESTS;
const digests = z
  .unknown()
  .refine(few, `expected at most ${MAX_DIGESTS} digests`)
  .pipe(z.record(z.string(), z.string().regex(/^[0-9a-f]{8,128}$/, "expected lower-case hex")));

const statementSchema = z.strictObject({
  _type: z.enum(["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"]),
  subject: z
    .array(
      z.object({
        name: z.string().optional(),
        uri: z.string().optional(),
        digest: digests,
      }),
    )
    .min(1)
    .max(MAX_SUBJECTS),
  predicateType: z.string().min(1),
  predicate: z.unknown().optional(),
});

/** @throws STATEMENT_PAYLOAD_TYPE_UNKNOWN, STATEMENT_MALFORMED, JSON_KEY_REPEATED, JSON_TOO_DEEP */
export function readStatement(content: StatementContent): InTotoStatement {
  // Exact: a payload type that only looks like this one was not meant as a statement.
  if (content.payloadType !== STATEMENT_PAYLOAD_TYPE) {
    throw evidenceError("STATEMENT_PAYLOAD_TYPE_UNKNOWN", {
      expected: STATEMENT_PAYLOAD_TYPE,
      actual: content.payloadType,
    });
  }
  const parsed = statementSchema.safeParse(readPayload(content.payload));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw evidenceError("STATEMENT_MALFORMED", { field: issue?.path.join("."), problem: issue?.message });
  }
  const { subject, predicateType, predicate } = parsed.data;
  return {
    predicateType,
    predicate,
    subjects: subject.map(({ name, uri, digest }) => ({ name: name ?? uri ?? "", digest })),
  };
}

function readPayload(payload: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
  } catch (cause) {
    throw evidenceError("STATEMENT_MALFORMED", { problem: "not UTF-8" }, cause);
  }
  try {
    return parseUnambiguousJson(text, MAX_DEPTH, MAX_VALUES);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw evidenceError("STATEMENT_MALFORMED", { problem: "not JSON" }, cause);
    throw cause;
  }
}

/** A digest to look for among the subjects, lower-case hex. */
export type ArtifactDigest = { readonly algorithm: "sha256" | "sha512"; readonly value: string };

/** One subject must have one of the digests, under the same algorithm. @throws SUBJECT_MISMATCH */
export function checkSubject(statement: InTotoStatement, digests: readonly ArtifactDigest[]): void {
  const found = statement.subjects.some(({ digest }) =>
    digests.some(({ algorithm, value }) => Object.hasOwn(digest, algorithm) && digest[algorithm] === value),
  );
  if (found) return;
  const [first] = statement.subjects;
  throw evidenceError("SUBJECT_MISMATCH", {
    expected: digests.map(({ algorithm, value }) => `${algorithm}:${value}`).join(" or "),
    actual:
      first &&
      Object.entries(first.digest)
        .map(([algorithm, value]) => `${algorithm}:${value}`)
        .join(),
  });
}

const SLSA_PROVENANCE = "https://slsa.dev/provenance/v1";
const invocation = z.object({
  runDetails: z.object({ metadata: z.object({ invocationId: z.string() }) }),
});

/**
 * The run that a provenance predicate names, or null. A predicate is the signer's own text: it is compared with the
 * certificate and never believed.
 */
export function statedRun(statement: InTotoStatement): string | null {
  if (statement.predicateType !== SLSA_PROVENANCE) return null;
  const parsed = invocation.safeParse(statement.predicate);
  return parsed.success ? parsed.data.runDetails.metadata.invocationId : null;
}

/** @throws PREDICATE_CONTRADICTS_CERTIFICATE */
export function checkStatedRun(stated: string, facts: LeafFacts): void {
  if (stated !== facts.runInvocationUri) {
    throw evidenceError("PREDICATE_CONTRADICTS_CERTIFICATE", { expected: facts.runInvocationUri, actual: stated });
  }
}
