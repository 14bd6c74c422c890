import { createPublicClient, custom, type Hex, numberToHex, RpcRequestError } from "viem";
import { hardhat } from "viem/chains";
import { describe, expect, it } from "vitest";
import { bondWithRoom, readEvidenceBond } from "#lib/settlement/evidenceBond.ts";

/**
 * A node in miniature, which runs a call as the common ones do: at the block's base fee where it names a price, and at
 * none where it names none. The nodes of the other tests run every call at none.
 */

const SETTLEMENT = `0x${"5e".repeat(20)}` as const;
const ACCOUNT = `0x${"ac".repeat(20)}` as const;
const LEAST = 100n;
const AT_BASE_FEE = 1_000n;
const fees = { maxFeePerGas: 200n, maxPriorityFeePerGas: 1n };

type Call = { readonly from?: Hex; readonly to: Hex; readonly gas?: Hex; readonly maxFeePerGas?: Hex };
type Refusal = { readonly code: number; readonly message: string };

function node({ refuses, answers }: { readonly refuses?: Refusal; readonly answers?: Hex } = {}) {
  const calls: Call[] = [];
  const request = async ({ method, params }: { method: string; params: readonly [Call] }) => {
    if (method !== "eth_call") throw new Error(`unexpected ${method}`);
    const [call] = params;
    calls.push(call);
    const isPriced = call.maxFeePerGas !== undefined;
    if (isPriced && refuses) throw new RpcRequestError({ body: {}, url: "", error: refuses });
    return answers ?? numberToHex(isPriced ? AT_BASE_FEE : LEAST, { size: 32 });
  };
  const transport = custom({ request: request as never }, { retryCount: 0 });
  const client = createPublicClient({ chain: hardhat, transport });
  return { calls, bond: () => readEvidenceBond(client, SETTLEMENT, ACCOUNT, fees) };
}

describe("the bond of an evidence challenge", () => {
  it("is asked for at a price, by the account that would pay it", async () => {
    const { bond, calls } = node();
    expect(await bond()).toBe(AT_BASE_FEE);
    expect(calls).toEqual([
      expect.objectContaining({ from: ACCOUNT, to: SETTLEMENT, maxFeePerGas: numberToHex(200n) }),
    ]);
  });

  it("is asked for without a price where the account could not pay for the question", async () => {
    const { bond, calls } = node({ refuses: { code: -32_000, message: "insufficient funds for gas * price + value" } });
    expect(await bond()).toBe(LEAST);
    expect(calls.map(({ maxFeePerGas }) => maxFeePerGas)).toEqual([numberToHex(200n), undefined]);
  });

  it("is not guessed where the node refuses for another reason", async () => {
    const { bond, calls } = node({ refuses: { code: -32_603, message: "internal error" } });
    await expect(bond()).rejects.toMatchObject({ code: "CHAIN_CALL_FAILED" });
    expect(calls).toHaveLength(1);
  });

  it("is no bond where the answer is not one word", async () => {
    for (const answers of ["0x", `0x${"00".repeat(31)}`, `0x${"00".repeat(64)}`] as const) {
      await expect(node({ answers }).bond()).rejects.toMatchObject({ code: "CHAIN_CALL_FAILED" });
    }
  });

  it("is sent with room for a base fee that rises by the most that a block can, an eighth", () => {
    expect(bondWithRoom(AT_BASE_FEE)).toBe(1_250n);
    expect(bondWithRoom(64n)).toBeGreaterThanOrEqual((64n * 9n) / 8n);
  });
});
