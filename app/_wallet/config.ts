import { connectorsForWallets, type Wallet } from "@rainbow-me/rainbowkit";
import { injectedWallet, walletConnectWallet } from "@rainbow-me/rainbowkit/wallets";
import { QueryClient } from "@tanstack/react-query";
import type { Address } from "viem";
import { type Config, createConfig, createConnector, http } from "wagmi";
import { injected } from "wagmi/connectors";
import { chainOf } from "#lib/chain/clients.ts";
import type { Runtime } from "../_components/runtime.ts";
import { createSandboxProvider } from "./sandboxProvider.ts";

let made: { readonly config: Config; readonly queries: QueryClient } | undefined;

/** One wallet state for the page, however many panels show it. The deployment never changes while a page is open. */
export function walletState(runtime: Runtime): { readonly config: Config; readonly queries: QueryClient } {
  made ??= { config: makeConfig(runtime), queries: new QueryClient() };
  return made;
}

function makeConfig(runtime: Runtime): Config {
  const rpcUrl = `${window.location.origin}/rpc`;
  const { chainId } = runtime.deployment;
  const known = chainOf(chainId, rpcUrl);
  // Wallets that do not know the chain add it with this address; the browser itself reads through the same one.
  const chain = { ...known, rpcUrls: { default: { http: [rpcUrl] } } };
  const projectId = runtime.walletConnectProjectId;
  const sandbox = runtime.sandboxAccounts.map(({ role, address }) => sandboxWallet(`Sandbox ${role}`, address));
  // Wallets that announce themselves are listed without this one, and nothing answers it where there is none.
  const own = [...("ethereum" in window ? [injectedWallet] : []), ...(projectId ? [walletConnectWallet] : [])];
  const groups = [
    { groupName: "Sandbox: play money, no password", wallets: sandbox },
    { groupName: "Your wallets", wallets: own },
  ].filter(({ wallets }) => wallets.length > 0);
  return createConfig({
    chains: [chain],
    // RainbowKit refuses to make a list of nothing.
    connectors: groups.length > 0 ? connectorsForWallets(groups, { appName: "Pawl", projectId: projectId ?? "" }) : [],
    transports: { [chain.id]: http(rpcUrl) },
    pollingInterval: sandbox.length > 0 ? 500 : 4000,
    ssr: false,
  });

  function sandboxWallet(name: string, address: Address): () => Wallet {
    const provider = createSandboxProvider({ address, chainId, rpcUrl, storage: window.localStorage });
    const id = name.toLowerCase().replace(" ", "-");
    return () => ({
      id,
      name,
      iconUrl: badge(name.split(" ")[1]?.[0] ?? "S"),
      iconBackground: "#f0c174",
      installed: true,
      createConnector: (details) =>
        createConnector((config) => ({
          ...injected({ target: () => ({ id, name, provider: provider as never }) })(config),
          ...details,
        })),
    });
  }
}

function badge(letter: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><rect width="28" height="28" fill="#f0c174"/><text x="14" y="20" font-family="sans-serif" font-size="16" font-weight="700" text-anchor="middle" fill="#3a2600">${letter}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
