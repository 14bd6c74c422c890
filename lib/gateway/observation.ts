import { type Hex, isAddressEqual, zeroAddress } from "viem";
import { sha256Hex } from "../core/hash.ts";
import { encodeFinalObservation, finalObservationDigest } from "../evidence/finalObservation.ts";
import { type Observation, parseObservation } from "../evidence/observation.ts";
import type { PublishedOffer } from "../offers/published.ts";
import type { OfferTerms } from "../offers/terms.ts";
import { runKeyOf } from "../permits/entitlement.ts";
import type { AskFacts } from "./ask.ts";
import type { GatewayDependencies, ObserveRun } from "./dependencies.ts";
import { gatewayError } from "./errors.ts";

/** Tier 2 looks at the job when it asks, right before its step opens, and after its end. Below tier 2 nothing is seen. */
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

/** Whether the holder of a key is who looks at the runs of an offer after their end: its observer at tier 2. */
export function observesEnd(
  { runnerTier, observer, gateway }: Pick<OfferTerms, "runnerTier" | "observer" | "gateway">,
  address: Hex,
): boolean {
  return runnerTier >= OBSERVED_TIER && isAddressEqual(observer === zeroAddress ? gateway : observer, address);
}

/**
 * The third look, at the run that has ended: signed bytes of `final-observation.json`. Undefined below tier 2, and where
 * the offer names an observer whose key is not here.
 *
 * @throws what the observation itself refuses: a run that ended otherwise has no evidence worth collecting
 */
export async function observeAtEnd(
  { observeEnd, signer, deployment }: Pick<GatewayDependencies, "observeEnd" | "signer" | "deployment">,
  { terms, policy }: PublishedOffer,
  facts: AskFacts,
): Promise<Uint8Array | undefined> {
  if (!observesEnd(terms, signer.address)) return undefined;
  const seen = await observeEnd({ facts, runsOn: policy.runsOn });
  const runKey = runKeyOf({
    gateway: terms.gateway,
    repositoryId: BigInt(facts.repositoryId),
    runId: BigInt(facts.runId),
    runAttempt: facts.runAttempt,
  });
  const signature = await signer.signDigest(finalObservationDigest(seen, runKey, deployment));
  return encodeFinalObservation({ ...seen, signature });
}
