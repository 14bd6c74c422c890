import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createWalletClient, custom, zeroAddress } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chainOf } from "#lib/chain/clients.ts";
import { createSandboxProvider } from "../../app/_wallet/sandboxProvider.ts";
import { account } from "../lib/market/chain.fixture.ts";

const CHAIN_ID = 31_337;
const address = account("a");

let node: Server;
let rpcUrl: string;
let methods: string[];

beforeEach(async () => {
  methods = [];
  node = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { id, method } = JSON.parse(body) as { id: number; method: string };
    methods.push(method);
    response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message: "the node's own words" } }));
  });
  await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve));
  rpcUrl = `http://127.0.0.1:${(node.address() as AddressInfo).port}`;
});

afterEach(() => new Promise((resolve) => node.close(resolve)));

function provider() {
  const stored = new Map<string, string>();
  const storage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  };
  return createSandboxProvider({ address, chainId: CHAIN_ID, rpcUrl, storage });
}

describe("the sandbox wallet", () => {
  it("names its account only once it was asked to connect, until it is told to forget", async () => {
    const wallet = provider();
    expect(await wallet.request({ method: "eth_accounts" })).toEqual([]);
    expect(await wallet.request({ method: "eth_requestAccounts" })).toEqual([address]);
    expect(await wallet.request({ method: "eth_accounts" })).toEqual([address]);
    await wallet.request({ method: "wallet_revokePermissions", params: [{ eth_accounts: {} }] });
    expect(await wallet.request({ method: "eth_accounts" })).toEqual([]);
  });

  it("refuses what wallets alone can do, without asking the node", async () => {
    const request = provider().request as (call: { method: string }) => Promise<unknown>;
    for (const method of ["wallet_sendTransaction", "wallet_sendCalls", "wallet_getCapabilities"]) {
      await expect(request({ method })).rejects.toMatchObject({ code: -32_601 });
    }
    expect(methods).toEqual([]);
  });

  it("lets the node's refusal of a transaction through to whoever sent it", async () => {
    const wallet = createWalletClient({
      account: address,
      chain: chainOf(CHAIN_ID, rpcUrl),
      transport: custom(provider()),
    });
    const sent = wallet.sendTransaction({ to: zeroAddress, value: 1n });
    await expect(sent).rejects.toThrow("the node's own words");
    expect(methods).toEqual(["eth_sendTransaction"]);
  });
});
