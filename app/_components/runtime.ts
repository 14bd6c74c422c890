import type { Address } from "viem";
import type { Deployment } from "#lib/chain/deployment.ts";

/** Chain id of `hardhat node`. */
export const LOCAL_CHAIN_ID = 31_337;

export type SandboxRole = "Seller" | "Buyer" | "Arbiter";

/** What the browser knows of the deployment it talks to. */
export type Runtime = {
  readonly deployment: Deployment;
  /** The stand-ins for GitHub and Sigstore are in use. */
  readonly isSandbox: boolean;
  /** This server's gateway and verifier accounts. */
  readonly gateway: Address;
  readonly verifier: Address;
  readonly walletConnectProjectId: string | null;
  /** Unlocked accounts of the local node; empty on every other chain. */
  readonly sandboxAccounts: readonly { readonly role: SandboxRole; readonly address: Address }[];
};
