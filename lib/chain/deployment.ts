import { z } from "zod";
import { address } from "../core/encoding.ts";
import { parseJsonBytes } from "../core/json.ts";

/** Where one set of contracts lives. Addresses are lower case. */
export const deploymentSchema = z.strictObject({
  chainId: z.int().positive(),
  /** Block of the first of the contracts: no event of theirs is older. */
  startBlock: z.int().min(0),
  offerRegistry: address,
  escrow: address,
  permitConsumer: address,
  settlement: address,
  /** What checks evidence on-chain, where it was deployed along. */
  evidence: z
    .strictObject({ trustRoots: address, sigstoreVerifier: address, p384: address, sha384: address })
    .optional(),
  /** The play-money ERC-20 of a local deployment. */
  sandboxToken: address.optional(),
});

export type Deployment = z.output<typeof deploymentSchema>;

const MAX_BYTES = 4096;

/**
 * Parses a deployment file.
 *
 * @throws JSON_TOO_LARGE, JSON_NOT_UTF8, JSON_MALFORMED, SCHEMA_MISMATCH
 */
export function parseDeployment(bytes: Uint8Array): Deployment {
  return parseJsonBytes(bytes, deploymentSchema, { what: "deployment", maxBytes: MAX_BYTES });
}

/** The bytes of a deployment file, the inverse of {@link parseDeployment}. */
export function deploymentBytes(deployment: Deployment): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(deploymentSchema.parse(deployment), null, 2)}\n`);
}
