import type { Figures } from "./figures.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/**
 * The bounds of the protocol. No public deployment may have others: a rollup's sequencer can be down or censor for half a
 * day, and every window outlasts that.
 */
export const production: Pick<Figures, "limits" | "minBond" | "proofGas"> = {
  limits: {
    minStepTimeout: 24 * HOUR,
    maxStepTimeout: 30 * DAY,
    minDisputeWindow: 24 * HOUR,
    maxDisputeWindow: 14 * DAY,
    minProofWindow: 24 * HOUR,
    maxProofWindow: 7 * DAY,
    minArbitrationWindow: 3 * DAY,
    maxArbitrationWindow: 30 * DAY,
    minEntitlementTtl: DAY,
    maxEntitlementTtl: 365 * DAY,
    maxConductBond: 10n ** 18n,
  },
  minBond: 10n ** 15n,
  proofGas: 1_200_000n,
};

/** Least seconds between queueing a root of evidence and its first use: whoever watches has two days to object. */
export const MIN_ROOT_DELAY = 48 * HOUR;
