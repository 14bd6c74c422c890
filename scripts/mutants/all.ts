import { capsuleMutants } from "./capsule.ts";
import { configMutants } from "./config.ts";
import { escrowMutants } from "./escrow.ts";
import { evidenceMutants } from "./evidence.ts";
import { gatewayMutants } from "./gateway.ts";
import type { Mutant } from "./mutant.ts";
import { offerRegistryMutants } from "./offerRegistry.ts";
import { onchainMutants } from "./onchain.ts";
import { permitConsumerMutants } from "./permitConsumer.ts";
import { proofStagesMutants } from "./proofStages.ts";
import { runnerMutants } from "./runner.ts";
import { settlementMutants } from "./settlement.ts";
import { sigstoreMutants } from "./sigstore.ts";
import { stateMutants } from "./state.ts";
import { transcriptMutants } from "./transcript.ts";
import { trustRootsMutants } from "./trustRoots.ts";
import { verifierMutants } from "./verifier.ts";
import { watchMutants } from "./watch.ts";

/** Each group has a page of its own under docs/results. */
export const mutantGroups: Readonly<Record<"contracts" | "onchain" | "library", readonly Mutant[]>> = {
  contracts: [...offerRegistryMutants, ...permitConsumerMutants, ...settlementMutants, ...escrowMutants],
  onchain: [...onchainMutants, ...sigstoreMutants, ...trustRootsMutants],
  library: [
    ...gatewayMutants,
    ...runnerMutants,
    ...stateMutants,
    ...evidenceMutants,
    ...capsuleMutants,
    ...configMutants,
    ...transcriptMutants,
    ...verifierMutants,
    ...watchMutants,
    ...proofStagesMutants,
  ],
};
export type MutantGroup = keyof typeof mutantGroups;

export const allMutants: readonly Mutant[] = Object.values(mutantGroups).flat();

/** A few whose tests take seconds: they show, in every run of the tests, that the machinery notices. */
const SAMPLE: ReadonlySet<string> = new Set([
  "identity/signer-by-tag",
  "archive/case-collision",
  "ratchet/one-context-for-all-kinds",
  "report/verdict-of-some",
  "config/issuer-keys",
]);
export const sampleMutants: readonly Mutant[] = allMutants.filter(({ name }) => SAMPLE.has(name));
