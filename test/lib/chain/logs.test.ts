import { HttpRequestError, LimitExceededRpcError } from "viem";
import { describe, expect, it } from "vitest";
import { findLastLog, type LogRange, readAllLogs } from "#lib/chain/logs.ts";

const START = 1_000;
const HEAD = 41_000n;

/** A provider that serves ranges of at most `widest` blocks and holds a log in each of the given blocks. */
function provider(logs: readonly number[], widest: bigint, refuse: () => Error = tooWide) {
  const asked: LogRange[] = [];
  const read = async (range: LogRange) => {
    asked.push(range);
    const toBlock = range.toBlock === "latest" ? HEAD : range.toBlock;
    if (toBlock - range.fromBlock + 1n > widest) throw refuse();
    return logs.filter((block) => BigInt(block) >= range.fromBlock && BigInt(block) <= toBlock);
  };
  const find = () => findLastLog({ getBlockNumber: async () => HEAD }, { startBlock: START }, read);
  return { asked, find, read };
}

const tooWide = () => new LimitExceededRpcError(new Error("block range is too wide"));
const tooLarge = () => new HttpRequestError({ url: "http://127.0.0.1", status: 413 });

describe("the newest log", () => {
  it("takes one request where the provider serves the whole range", async () => {
    const { asked, find } = provider([1_500, 30_000, 30_001], 1_000_000n);
    expect(await find()).toBe(30_001);
    expect(asked).toEqual([{ fromBlock: 1_000n, toBlock: "latest" }]);
  });

  for (const [name, refuse] of [
    ["in JSON-RPC", tooWide],
    ["in HTTP", tooLarge],
  ] as const) {
    it(`is found behind a provider that refuses wide ranges ${name}`, async () => {
      for (const block of [START, START + 1, 20_999, 21_000, Number(HEAD) - 1, Number(HEAD)]) {
        const { find } = provider([START, block], 10_000n, refuse);
        expect(await find()).toBe(block);
      }
    });
  }

  it("is looked for in every block once, newest first", async () => {
    const { asked, find } = provider([], 10_000n);
    expect(await find()).toBeUndefined();
    const served = asked.filter(({ fromBlock, toBlock }) => toBlock !== "latest" && toBlock - fromBlock < 10_000n);
    let next: bigint = HEAD;
    for (const { fromBlock, toBlock } of served) {
      expect(toBlock).toBe(next);
      next = fromBlock - 1n;
    }
    expect(next).toBe(BigInt(START) - 1n);
  });

  it("gives up on a provider that refuses every range", async () => {
    const { asked, find } = provider([2_000], 0n);
    await expect(find()).rejects.toMatchObject({ code: "CHAIN_CALL_FAILED" });
    expect(asked.length).toBeLessThan(20);
  });

  it("does not ask a dead endpoint again", async () => {
    const { asked, find } = provider([2_000], 0n, () => new HttpRequestError({ url: "http://127.0.0.1", status: 503 }));
    await expect(find()).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
    expect(asked).toHaveLength(1);
  });

  it("is nothing on a chain that has no block after the deployment", async () => {
    const { find } = provider([], 0n);
    expect(await findLastLog({ getBlockNumber: async () => 0n }, { startBlock: START }, reject)).toBeUndefined();
    await expect(find()).rejects.toThrow();
  });
});

const reject = async (): Promise<never> => {
  throw tooWide();
};

describe("all logs of a range", () => {
  const range = { fromBlock: BigInt(START), toBlock: HEAD };
  const blocks = [START, START + 1, 20_999, 21_000, 21_001, Number(HEAD) - 1, Number(HEAD)];

  it("take one request where the provider serves the whole range", async () => {
    const { asked, read } = provider(blocks, 1_000_000n);
    expect(await readAllLogs(range, read)).toEqual(blocks);
    expect(asked).toEqual([range]);
  });

  it("are read once each, oldest first, behind a provider that refuses wide ranges", async () => {
    for (const refuse of [tooWide, tooLarge]) {
      const { read } = provider(blocks, 777n, refuse);
      expect(await readAllLogs(range, read)).toEqual(blocks);
    }
  });

  it("are given up on a provider that refuses every range, or is down", async () => {
    const { asked, read } = provider(blocks, 0n);
    await expect(readAllLogs(range, read)).rejects.toMatchObject({ code: "CHAIN_CALL_FAILED" });
    expect(asked.length).toBeLessThan(20);
    const down = provider(blocks, 0n, () => new HttpRequestError({ url: "http://127.0.0.1", status: 503 }));
    await expect(readAllLogs(range, down.read)).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
    expect(down.asked).toHaveLength(1);
  });
});
