import { type Address, type EIP1193Parameters, type EIP1193Provider, numberToHex } from "viem";
import { z } from "zod";

const rpcAnswerSchema = z.union([
  z.object({ result: z.unknown() }),
  z.object({ error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }) }),
]);

/**
 * JSON-RPC's "method not found". viem tries `wallet_sendTransaction` after a refused `eth_sendTransaction`, and reports
 * the first refusal only when the second is of this code; after EIP-1193's 4200 it would report the second.
 */
const NO_SUCH_METHOD = -32_601;

/** An error as EIP-1193 wants it. */
class ProviderError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(message: string, code: number, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/**
 * A wallet without keys: the local node signs for its own unlocked account. It remembers over a reload that its owner
 * let the page in, and answers `eth_accounts` with nothing before.
 */
export function createSandboxProvider(options: {
  readonly address: Address;
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}): EIP1193Provider {
  const { address, chainId, rpcUrl, storage } = options;
  const memory = `pawl.sandbox.${address}`;
  const listeners = new Map<string, Set<(...values: unknown[]) => void>>();
  const isOpen = () => storage.getItem(memory) === "connected";

  async function request({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
    switch (method) {
      case "eth_requestAccounts":
        storage.setItem(memory, "connected");
        return [address];
      case "eth_accounts":
        return isOpen() ? [address] : [];
      case "eth_chainId":
        return numberToHex(chainId);
      case "wallet_requestPermissions":
        storage.setItem(memory, "connected");
        return [{ parentCapability: "eth_accounts" }];
      case "wallet_revokePermissions":
        storage.removeItem(memory);
        return null;
      case "wallet_switchEthereumChain": {
        const [wanted] = z.tuple([z.object({ chainId: z.string() })]).parse(params);
        if (Number(wanted.chainId) !== chainId) throw new ProviderError("the sandbox wallet knows one chain", 4902);
        return null;
      }
      default:
        if (method.startsWith("wallet_"))
          throw new ProviderError(`the sandbox wallet has no ${method}`, NO_SUCH_METHOD);
        return forward(method, params);
    }
  }

  async function forward(method: string, params: unknown): Promise<unknown> {
    const response = await fetch(rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: params ?? [] }),
    });
    const answer = rpcAnswerSchema.parse(await response.json());
    if ("error" in answer) throw new ProviderError(answer.error.message, answer.error.code, answer.error.data);
    return answer.result;
  }

  const provider = {
    request: (parameters: EIP1193Parameters) => request(parameters),
    on(event: string, listener: (...values: unknown[]) => void) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    removeListener(event: string, listener: (...values: unknown[]) => void) {
      listeners.get(event)?.delete(listener);
    },
  };
  // The overloads of EIP1193Provider name every method's types; here the methods are data.
  return provider as unknown as EIP1193Provider;
}
