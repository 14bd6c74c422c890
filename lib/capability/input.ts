import { z } from "zod";
import { base64url } from "../core/encoding.ts";
import type { Json } from "../core/json.ts";

const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]),
);

/**
 * input.json: what the step works on. The salt keeps a guessable input from being confirmed by its public hash.
 */
export const inputSchema = z.strictObject({ v: z.literal(1), salt: base64url(32), payload: json });
export type StepInput = z.output<typeof inputSchema>;
