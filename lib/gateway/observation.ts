import type { Hex } from "viem";
import { sha256Hex } from "../core/hash.ts";
import { type Observation, parseObservation } from "../evidence/observation.ts";
import type { PublishedOffer } from "../offers/published.ts";
import type { AskFacts } from "./ask.ts";
import type { ObserveRun } from "./dependencies.ts";
import { gatewayError } from "./errors.ts";

/** Tier 2 looks at the live job twice: when it asks, and right before its step opens. Below tier 2 nothing is seen. */
const OBSERVED_TIER = 2;

/** When it was looked at, and the answers as sent, which name the moment; everything else is a fact of the run. */
const OF_THE_MOMENT: ReadonlySet<string> = new Set<keyof Observation>(["observedAt", "runHash", "jobsHash"]);

/** The first look; its hash goes into the permit. */
export async function observeAtAsk(
  observe: ObserveRun,
  { terms, policy }: PublishedOffer,
  facts: AskFacts,
): Promise<{ readonly bytes: Uint8Array; readonly hash: Hex } | undefined> {
  if (terms.runnerTier < OBSERVED_TIER) return undefined;
  const bytes = await observe({ facts, terms, runsOn: policy.runsOn });
  return { bytes, hash: sha256Hex(bytes) };
}

/**
 * The second look: the job still runs, on the machine that it asked from.
 *
 * @param asked what the run's token said, and the bytes of the first look
 * @throws OBSERVATION_CHANGED, and what the observation itself refuses
 */
export async function observeAtRelease(
  observe: ObserveRun,
  { terms, policy }: PublishedOffer,
  asked: { readonly facts: AskFacts; readonly observation: Uint8Array | null },
): Promise<void> {
  if (terms.runnerTier < OBSERVED_TIER) return;
  if (asked.observation === null) throw gatewayError("OBSERVATION_CHANGED", { problem: "there was no first one" });
  const before = parseObservation(asked.observation);
  const now = parseObservation(await observe({ facts: asked.facts, terms, runsOn: policy.runsOn }));
  for (const field of Object.keys(before) as (keyof Observation)[]) {
    const [expected, actual] = [String(before[field]), String(now[field])];
    if (!OF_THE_MOMENT.has(field) && actual !== expected) {
      throw gatewayError("OBSERVATION_CHANGED", { field, expected, actual });
    }
  }
}
