import { z } from "zod";
import type { Json } from "../core/json.ts";
import { thresholds } from "./trustedRoot.ts";

/** What a report's facts say of whether a check had to run. Whatever is missing lets nothing be left out. */
const factsSchema = z.object({
  trust: z
    .object({ profile: z.enum(["public-good", "github-private", "sandbox"]) })
    .nullish()
    .catch(null),
  attestation: z.object({ content: z.string() }).nullish().catch(null),
  step: z.object({ runnerTier: z.int(), observationHash: z.string() }).nullish().catch(null),
});

/**
 * Whether an optional check may be not applicable in a report that passes, as far as the report's own facts decide it:
 * the profile says what an instance gives, the content whether there is a statement, the terms whether a run was to be
 * observed. Every other optional check depends on what its verifier was given.
 */
export function mayBeLeftOut(check: string, facts: Readonly<Record<string, Json>>): boolean {
  const { trust, attestation, step } = factsSchema.parse(facts);
  const needs = trust && thresholds[trust.profile];
  switch (check) {
    case "certificate-log":
      return needs?.certificateLogs === 0;
    case "transparency-log":
      return needs?.logEntries === 0;
    case "statement":
      return attestation?.content === "artifact";
    case "observation":
      return step ? step.runnerTier < 2 && /^0x0{64}$/.test(step.observationHash) : false;
    default:
      return true;
  }
}
