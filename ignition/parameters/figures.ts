import { readFileSync } from "node:fs";
import { z } from "zod";
import { address } from "#lib/core/encoding.ts";

/** Ignition writes whole numbers beyond 2^53 as text that ends in `n`. */
const bigint = z
  .string()
  .regex(/^(0|[1-9]\d*)n$/)
  .transform((text) => BigInt(text.slice(0, -1)));
const seconds = z.int().min(1).max(0xffff_ffff);

const parametersSchema = z.strictObject({
  Pawl: z.strictObject({
    limits: z.strictObject({
      minStepTimeout: seconds,
      maxStepTimeout: seconds,
      minDisputeWindow: seconds,
      maxDisputeWindow: seconds,
      minProofWindow: seconds,
      maxProofWindow: seconds,
      minArbitrationWindow: seconds,
      maxArbitrationWindow: seconds,
      minEntitlementTtl: seconds,
      maxEntitlementTtl: seconds,
      maxConductBond: bigint,
    }),
    /** Least bond of an evidence challenge, wei. */
    minBond: bigint,
    /** Gas of a claim's proof on-chain: the measured million (snapshots/onchain.json), and room for longer certificates. */
    proofGas: bigint,
    /** Uniswap's Permit2; 0 refuses payments through it. */
    permit2: address,
  }),
  Evidence: z.strictObject({
    /** Appends roots of evidence. On a public chain a contract that takes several people to act; 0 until it is named. */
    governor: address,
    /** Revokes them, at once. */
    guardian: address,
    /** Seconds between queueing a root and its first use. */
    delay: seconds,
  }),
});

/** What a network's contracts are built with, but for what depends on the deployer and on the trusted root. */
export type Figures = z.output<typeof parametersSchema>["Pawl"] & {
  readonly evidence: z.output<typeof parametersSchema>["Evidence"];
};

/**
 * The parameters of a network, as `hardhat ignition deploy --parameters` takes them too.
 *
 * @param text of a file in this folder
 */
export function parseParameters(text: string): Figures {
  const { Pawl, Evidence } = parametersSchema.parse(JSON.parse(text));
  return { ...Pawl, evidence: Evidence };
}

function read(file: string): Figures {
  return parseParameters(readFileSync(new URL(file, import.meta.url), "utf8"));
}

/** `local` is the same protocol with windows short enough to watch a whole trade; its Permit2 is deployed with it. */
export const figures = { local: read("local.json"), baseSepolia: read("baseSepolia.json") } as const;
