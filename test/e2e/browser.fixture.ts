import chromium from "@sparticuz/chromium";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { createWalletClient, type Hex, http, type LocalAccount, numberToHex } from "viem";
import { z } from "zod";
import { chainOf } from "#lib/chain/clients.ts";

// The package's own list of flags hides things: it turns web security off and runs everything in one process.
const FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

export async function openBrowser(): Promise<Browser> {
  return playwright.launch({ executablePath: await chromium.executablePath(), headless: true, args: FLAGS });
}

export type TestWallet = {
  /** Refuses the next request of this method, as a person who closes the wallet's window does. */
  rejectNext(method: string): void;
  readonly requests: readonly string[];
};

const transactionSchema = z.object({
  to: z.string().transform((value) => value as Hex),
  data: z
    .string()
    .transform((value) => value as Hex)
    .optional(),
  value: z.string().optional(),
  gas: z.string().optional(),
});

/**
 * Puts a wallet into every page of a context, announced by EIP-6963 like any browser wallet. It holds one account,
 * signs here, and answers `eth_accounts` with nothing until it was asked to connect.
 */
export async function installWallet(
  page: Page,
  options: { readonly name: string; readonly account: LocalAccount; readonly rpcUrl: string; readonly chainId: number },
): Promise<TestWallet> {
  const { name, account, rpcUrl, chainId } = options;
  const wallet = createWalletClient({ account, chain: chainOf(chainId, rpcUrl), transport: http(rpcUrl) });
  const rejected = new Set<string>();
  const requests: string[] = [];
  let isConnected = false;

  const answer = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    requests.push(method);
    if (rejected.delete(method)) return { rejected: true };
    switch (method) {
      case "eth_requestAccounts":
        isConnected = true;
        return [account.address];
      case "eth_accounts":
        return isConnected ? [account.address] : [];
      case "eth_chainId":
        return numberToHex(chainId);
      case "wallet_requestPermissions":
        isConnected = true;
        return [{ parentCapability: "eth_accounts" }];
      case "wallet_revokePermissions":
        isConnected = false;
        return null;
      case "eth_sendTransaction": {
        const { to, data, value, gas } = transactionSchema.parse(params[0]);
        return wallet.sendTransaction({
          to,
          ...(data === undefined ? {} : { data }),
          ...(value === undefined ? {} : { value: BigInt(value) }),
          ...(gas === undefined ? {} : { gas: BigInt(gas) }),
        });
      }
      case "eth_signTypedData_v4": {
        const typed = z
          .object({
            domain: z.record(z.string(), z.unknown()),
            types: z.record(z.string(), z.array(z.object({ name: z.string(), type: z.string() }))),
            primaryType: z.string(),
            message: z.record(z.string(), z.unknown()),
          })
          .parse(JSON.parse(z.string().parse(params[1])));
        return account.signTypedData(typed);
      }
      default:
        return wallet.request({ method, params } as never);
    }
  };

  await page.exposeFunction("pawlTestWallet", async (method: string, params: readonly unknown[]) => {
    try {
      return { result: await answer(method, params) };
    } catch (thrown) {
      return { error: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  });
  await page.addInitScript(
    ({ walletName }) => {
      type Ask = (method: string, params: readonly unknown[]) => Promise<{ result?: unknown; error?: string }>;
      const ask = (window as unknown as { pawlTestWallet: Ask }).pawlTestWallet;
      const provider = {
        request: async ({ method, params }: { method: string; params?: readonly unknown[] }) => {
          const { result, error } = await ask(method, params ?? []);
          if (error !== undefined) throw Object.assign(new Error(error), { code: -32_603 });
          if (typeof result === "object" && result !== null && "rejected" in result) {
            throw Object.assign(new Error("User rejected the request."), { code: 4001 });
          }
          return result;
        },
        on: () => undefined,
        removeListener: () => undefined,
      };
      const announce = () =>
        window.dispatchEvent(
          new CustomEvent("eip6963:announceProvider", {
            detail: Object.freeze({
              info: {
                uuid: "5f0c1f5e-0c9a-4d2e-9a77-2b0c7d5c7a11",
                name: walletName,
                icon: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E",
                rdns: "test.pawl.wallet",
              },
              provider,
            }),
          }),
        );
      window.addEventListener("eip6963:requestProvider", announce);
      announce();
    },
    { walletName: name },
  );
  return { rejectNext: (method) => void rejected.add(method), requests };
}
