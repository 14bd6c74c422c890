import { configMutants } from "./config.ts";
import { escrowMutants } from "./escrow.ts";
import { evidenceMutants } from "./evidence.ts";
import { gatewayMutants } from "./gateway.ts";
import type { Mutant } from "./mutant.ts";
import { offerRegistryMutants } from "./offerRegistry.ts";
import { permitConsumerMutants } from "./permitConsumer.ts";
import { runnerMutants } from "./runner.ts";
import { settlementMutants } from "./settlement.ts";
import { stateMutants } from "./state.ts";

/** Contracts first: whatever runs after them in the same copy compiles once more, and no oftener. */
export const allMutants: readonly Mutant[] = [
  ...offerRegistryMutants,
  ...escrowMutants,
  ...permitConsumerMutants,
  ...settlementMutants,
  ...gatewayMutants,
  ...runnerMutants,
  ...stateMutants,
  ...evidenceMutants,
  ...configMutants,
];

/** A few whose tests take seconds: they show, in every run of the tests, that the machinery notices. */
const SAMPLE: ReadonlySet<string> = new Set([
  "identity/signer-by-tag",
  "archive/case-collision",
  "ratchet/one-context-for-all-kinds",
  "report/verdict-of-some",
  "config/issuer-keys",
]);
export const sampleMutants: readonly Mutant[] = allMutants.filter(({ name }) => SAMPLE.has(name));
