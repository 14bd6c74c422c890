import { stringToBytes } from "viem";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "#lib/core/hash.ts";
import { describe as described } from "../../app/_components/exampleInput.ts";
import { statementOf } from "../../app/_components/statement.ts";
import { durationWords, relativeWords } from "../../app/_components/words.ts";
import { hasRememberedWallet } from "../../app/_wallet/rememberedWallet.ts";
import { refusedMethod, rpcRequestSchema } from "../../app/rpc/allowlist.ts";

const call = (method: string) => ({ jsonrpc: "2.0" as const, id: 1, method, params: [] });

describe("the browser's way to the chain", () => {
  it("forwards reads and signed transactions", () => {
    for (const method of ["eth_call", "eth_getLogs", "eth_sendRawTransaction"]) {
      expect(refusedMethod(call(method), false)).toBeUndefined();
    }
  });

  it("lets the node sign on the local chain only", () => {
    for (const method of ["eth_sendTransaction", "eth_signTypedData_v4", "eth_accounts", "personal_sign"]) {
      expect(refusedMethod(call(method), true)).toBeUndefined();
      expect(refusedMethod(call(method), false)).toBe(method);
    }
  });

  it("refuses to steer the node, alone or within a batch", () => {
    for (const method of ["evm_revert", "hardhat_setBalance", "debug_traceTransaction", "eth_sign", "eth_newFilter"]) {
      expect(refusedMethod(call(method), true)).toBe(method);
      expect(refusedMethod([call("eth_call"), call(method)], true)).toBe(method);
    }
  });

  it("takes well-formed calls and batches of bounded size", () => {
    expect(rpcRequestSchema.safeParse([]).success).toBe(false);
    expect(rpcRequestSchema.safeParse(Array.from({ length: 51 }, () => call("eth_call"))).success).toBe(false);
    expect(rpcRequestSchema.safeParse({ ...call("eth_call"), url: "http://elsewhere" }).success).toBe(false);
  });
});

describe("words", () => {
  it("say durations in two units at most, and moments in one", () => {
    expect(durationWords(90_061)).toBe("1 day 1 hour");
    expect(durationWords(0)).toBe("no time");
    expect(relativeWords(604_790, 0)).toBe("in 7 days");
    expect(relativeWords(0, 65)).toBe("1 minute ago");
    expect(relativeWords(5, 5)).toBe("now");
  });

  it("take the example of an input out of a description", () => {
    expect(described('Draws. Example input: {"generations":20}')).toEqual({
      text: "Draws.",
      example: '{\n  "generations": 20\n}',
    });
    expect(described("Takes {anything} at all.")).toEqual({ text: "Takes {anything} at all.", example: undefined });
  });
});

describe("a buyer's statement", () => {
  const text = "Wrong totals & no state";
  const statementLocator = `data:text/plain,${encodeURIComponent(text)}`;

  it("is authentic when it hashes to what is on the chain", () => {
    expect(statementOf({ statementLocator, statementHash: sha256Hex(stringToBytes(text)) })).toEqual({
      text,
      isAuthentic: true,
    });
  });

  it("is shown, but not believed, otherwise", () => {
    const statementHash = sha256Hex(stringToBytes("other"));
    expect(statementOf({ statementLocator, statementHash }).isAuthentic).toBe(false);
    expect(statementOf({ statementLocator: "https://elsewhere.example/", statementHash })).toEqual({
      text: "https://elsewhere.example/",
      isAuthentic: false,
    });
    expect(statementOf({ statementLocator: "data:text/plain,%", statementHash }).text).toBe("%");
  });
});

describe("the wallet stack", () => {
  const storage = (value: string | null) => ({ getItem: () => value });

  it("is fetched by itself only where a wallet was connected", () => {
    expect(hasRememberedWallet(storage(null))).toBe(false);
    expect(hasRememberedWallet(storage("not json"))).toBe(false);
    expect(hasRememberedWallet(storage('{"state":{"connections":{"value":[]},"current":null}}'))).toBe(false);
    expect(hasRememberedWallet(storage('{"state":{"current":"a1b2"}}'))).toBe(true);
  });
});
