/** Seconds and wei that each network's contracts are built with. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type Figures = {
  readonly limits: {
    readonly minStepTimeout: number;
    readonly maxStepTimeout: number;
    readonly minDisputeWindow: number;
    readonly maxDisputeWindow: number;
    readonly minProofWindow: number;
    readonly maxProofWindow: number;
    readonly minArbitrationWindow: number;
    readonly maxArbitrationWindow: number;
    readonly minEntitlementTtl: number;
    readonly maxEntitlementTtl: number;
    readonly maxConductBond: bigint;
  };
  /** Least bond of an evidence challenge, wei. */
  readonly minBond: bigint;
  /** Gas of a claim's proof on-chain: the measured 1.3 million, and room for longer certificates. */
  readonly proofGas: bigint;
};

/** The bounds of the protocol. */
const production: Figures = {
  limits: {
    minStepTimeout: DAY,
    maxStepTimeout: 30 * DAY,
    minDisputeWindow: DAY,
    maxDisputeWindow: 14 * DAY,
    minProofWindow: DAY,
    maxProofWindow: 7 * DAY,
    minArbitrationWindow: 3 * DAY,
    maxArbitrationWindow: 30 * DAY,
    minEntitlementTtl: DAY,
    maxEntitlementTtl: 365 * DAY,
    maxConductBond: 10n ** 18n,
  },
  minBond: 10n ** 15n,
  proofGas: 2_500_000n,
};

/** The same protocol with windows short enough to watch a whole trade. */
const local: Figures = {
  ...production,
  limits: {
    ...production.limits,
    minStepTimeout: 1,
    minDisputeWindow: 1,
    minProofWindow: 1,
    minArbitrationWindow: 1,
    minEntitlementTtl: 1,
  },
};

export const figures = { local, baseSepolia: production } as const;
