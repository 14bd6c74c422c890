import { setImmediate as turn } from "node:timers/promises";
import { type Hex, WaitForTransactionReceiptTimeoutError } from "viem";
import { describe, expect, it } from "vitest";
import { escrowAbi } from "#lib/chain/generated/abis.ts";
import { type Transactor, transact } from "#lib/chain/transact.ts";

const address = `0x${"11".repeat(20)}` as const;
const call = { address, abi: escrowAbi, functionName: "withdraw", args: [address, address] } as const;
const hashOf = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;

/** An account whose node takes transactions when told to; receipts follow at once unless `receipt` says otherwise. */
function scripted(
  receipt: (hash: Hex) => Promise<unknown> = async (hash) => ({ status: "success", transactionHash: hash }),
) {
  const sends: { accept(): void; refuse(): void }[] = [];
  const wallet = {
    account: { address },
    writeContract: () =>
      new Promise<Hex>((resolve, reject) => {
        const hash = hashOf(sends.length + 1);
        sends.push({ accept: () => resolve(hash), refuse: () => reject(new Error("node refused")) });
      }),
  };
  const client = {
    simulateContract: async () => ({ request: {} }),
    waitForTransactionReceipt: ({ hash }: { hash: Hex }) => receipt(hash),
  };
  return { transactor: { client, wallet } as unknown as Transactor, sends };
}
const settle = async () => {
  for (let n = 0; n < 10; n++) await turn();
};

describe("transactions of one account", () => {
  it("are sent one after the other, so that none holds a number behind one that failed", async () => {
    const { transactor, sends } = scripted();
    const first = transact(transactor, call);
    const refused = expect(first).rejects.toMatchObject({ code: "CHAIN_CALL_FAILED" });
    const second = transact(transactor, call);
    await settle();
    expect(sends).toHaveLength(1);
    sends[0]?.refuse();
    await refused;
    await settle();
    expect(sends).toHaveLength(2);
    sends[1]?.accept();
    expect(await second).toMatchObject({ transactionHash: hashOf(2) });
  });

  it("do not wait for each other's blocks", async () => {
    const { transactor, sends } = scripted(() => new Promise(() => undefined));
    void transact(transactor, call);
    void transact(transactor, call);
    await settle();
    sends[0]?.accept();
    await settle();
    expect(sends).toHaveLength(2);
  });
});

describe("a transaction that was sent", () => {
  it("is said to be unconfirmed, with its hash, when no block shows it in time", async () => {
    const { transactor, sends } = scripted((hash) =>
      Promise.reject(new WaitForTransactionReceiptTimeoutError({ hash })),
    );
    const sent = transact(transactor, call);
    const unconfirmed = expect(sent).rejects.toMatchObject({
      code: "TRANSACTION_UNCONFIRMED",
      values: { transaction: hashOf(1) },
    });
    await settle();
    sends[0]?.accept();
    await unconfirmed;
  });

  it("is said to have reverted when its block says so", async () => {
    const { transactor, sends } = scripted(async () => ({ status: "reverted" }));
    const reverted = expect(transact(transactor, call)).rejects.toMatchObject({ code: "TRANSACTION_REVERTED" });
    await settle();
    sends[0]?.accept();
    await reverted;
  });
});

describe("a payment", () => {
  it("of more than the account has is refused before anything is asked of the wallet", async () => {
    const { transactor, sends } = scripted();
    const poor = { ...transactor, client: { ...transactor.client, getBalance: async () => 4n } } as Transactor;
    await expect(transact(poor, { ...call, value: 5n })).rejects.toMatchObject({
      code: "CHAIN_FUNDS_INSUFFICIENT",
      values: { required: "5", balance: "4" },
    });
    expect(sends).toHaveLength(0);
    const enough = transact(poor, { ...call, value: 4n });
    await settle();
    sends[0]?.accept();
    await enough;
  });
});
