import { z } from "zod";
import { certificateSchema, nodeSchema } from "#lib/evidence/certificate.ts";
import { nextTokensSchema } from "#lib/evidence/nextTokens.ts";
import { reportSchema } from "#lib/evidence/report.ts";
import { resultSchema } from "#lib/evidence/result.ts";
import { policySchema } from "#lib/offers/policy.ts";

/** The documents of a step for which a JSON Schema is published, each made from the schema that the library checks with. */
export const documents = {
  policy: { schema: policySchema, title: "Policy capsule", file: "policy.json", version: 1 },
  certificate: {
    schema: certificateSchema,
    title: "Runner's certificate of a step",
    file: "certificate.json",
    version: 1,
  },
  node: {
    schema: nodeSchema,
    title: "Machine a step ran on, in its certificate",
    file: "certificate.json, runner",
    version: 1,
  },
  result: { schema: resultSchema, title: "Result of a step", file: "result.json", version: 1 },
  "next-tokens": {
    schema: nextTokensSchema,
    title: "Commitments for the next step",
    file: "next-tokens.json",
    version: 1,
  },
  report: { schema: reportSchema, title: "Verification report", file: "report.json", version: 2 },
} as const;

export type DocumentName = keyof typeof documents;

/**
 * The JSON Schema (draft 2020-12) of a document as it is written. It says everything but three things, which only code
 * can: the bytes must be canonical JSON (RFC 8785), base64url must be canonical, and rules between fields.
 */
export function jsonSchemaOf(name: DocumentName): Record<string, unknown> {
  const { schema, title, file, version } = documents[name];
  const { $schema, ...body } = z.toJSONSchema(schema, { io: "input", target: "draft-2020-12" });
  return {
    $schema,
    $id: `urn:pawl:schema:${name}:v${version}`,
    title: `${title} (${file}), version ${version}`,
    ...body,
  };
}
