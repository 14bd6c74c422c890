import "server-only";
import type { Address } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { localKey } from "#lib/config/server.ts";
import type { Runtime, SandboxRole } from "../_components/runtime.ts";
import { LOCAL_CHAIN_ID } from "../_components/runtime.ts";
import { getService } from "./service.ts";

const SANDBOX_ROLES: readonly { readonly role: SandboxRole; readonly index: number }[] = [
  { role: "Seller", index: 1 },
  { role: "Buyer", index: 2 },
  { role: "Arbiter", index: 3 },
];

/** What pages and wallets need to know of this deployment. Handed down as props, so that one build serves any chain. */
export async function getRuntime(): Promise<Runtime> {
  const { config, deployment } = await getService();
  const isLocal = config.PAWL_MODE === "local" && deployment.chainId === LOCAL_CHAIN_ID;
  return {
    deployment,
    isSandbox: config.PAWL_TRUST_PROFILE === "sandbox",
    gateway: addressOf(config.PAWL_GATEWAY_KEY),
    verifier: addressOf(config.PAWL_VERIFIER_KEY),
    walletConnectProjectId: config.PAWL_WALLETCONNECT_PROJECT_ID ?? null,
    sandboxAccounts: isLocal
      ? SANDBOX_ROLES.map(({ role, index }) => ({ role, address: addressOf(localKey(index)) }))
      : [],
  };
}

function addressOf(key: `0x${string}`): Address {
  return privateKeyToAccount(key).address.toLowerCase() as Address;
}
