import { type Hex, keccak256, LimitExceededRpcError, stringToBytes } from "viem";
import { describe, expect, it } from "vitest";
import type { Deployment } from "#lib/chain/deployment.ts";
import type { WatchTargets } from "#lib/settlement/watch/claim.ts";
import { createFollower } from "#lib/settlement/watch/follow.ts";
import { createMemory, type JournalRecord } from "#lib/settlement/watch/journal.ts";

/**
 * following the chain
 * ├── what is found: claims of named entitlements and of a buyer's, now and later; our own challenges of them
 * ├── where it goes on: after its mark; from the start for other targets, or when the mark forked away
 * └── endpoints: that refuse wide ranges, that cap filters, that have not seen the newest blocks
 */

const word = (name: string): Hex => keccak256(stringToBytes(name));
const account = (digit: string): Hex => `0x${digit.repeat(40)}`;
const START = 10;
const deployment: Deployment = {
  ...{ chainId: 31_337, startBlock: START, offerRegistry: account("1"), escrow: account("2") },
  ...{ permitConsumer: account("3"), settlement: account("4") },
};
const BUYER = account("7");
const WATCHER = account("8");

type Event = { readonly name: string; readonly block: number; readonly args: Record<string, unknown> };
type Asked = { readonly name: string; readonly from: number; readonly to: number; readonly entitlements: number };

const purchased = (name: string, block: number, buyer = BUYER): Event => ({
  ...{ name: "Purchased", block },
  args: { entitlement: word(name), buyer },
});
const claimed = (name: string, block: number, claim = name): Event => ({
  ...{ name: "StepClaimed", block },
  args: {
    ...{ entitlement: word(name), step: 1, claimHash: word(`claim ${claim}`), runKey: word(`run ${claim}`) },
    ...{ parentHead: word("parent"), claim: { permitHash: word("permit") }, evidenceHash: word("evidence") },
    ...{ windowEnd: 1_000, evidenceLocator: "/x" },
  },
});
const challenged = (name: string, block: number, challenger = WATCHER): Event => ({
  ...{ name: "EvidenceChallenged", block },
  args: { entitlement: word(name), runKey: word(`run ${name}`), challenger, bond: 7n },
});

/** A chain that answers as an endpoint does, with the filters it was asked by. */
function createChain(events: Event[], head: number, endpoint: { widest?: number; knows?: number } = {}) {
  const asked: Asked[] = [];
  const chain = { head, branch: "first", forkedFrom: Number.POSITIVE_INFINITY, ...endpoint };
  const hashAt = (block: number) => word(`${block >= chain.forkedFrom ? chain.branch : "trunk"} ${block}`);
  const client = {
    getBlock: async ({ blockNumber }: { blockNumber: bigint }) => ({
      hash: hashAt(Number(blockNumber)),
      timestamp: blockNumber * 2n,
    }),
    getLogs: async (filter: {
      event: { name: string };
      args: { entitlement?: Hex[]; buyer?: Hex };
      fromBlock: bigint;
      toBlock: bigint;
    }) => {
      const { event, args } = filter;
      const [from, to] = [Number(filter.fromBlock), Number(filter.toBlock)];
      asked.push({ name: event.name, from, to, entitlements: args.entitlement?.length ?? 0 });
      if (to - from + 1 > (chain.widest ?? Number.POSITIVE_INFINITY)) {
        throw new LimitExceededRpcError(new Error("too wide"));
      }
      return events
        .filter(({ name, block }) => name === event.name && block >= from && block <= Math.min(to, chain.knows ?? to))
        .filter(({ args: found }) => args.entitlement?.includes(found.entitlement as Hex) ?? found.buyer === args.buyer)
        .map(({ block, args: found }) => ({ args: found, blockNumber: BigInt(block), blockHash: hashAt(block) }));
    },
  };
  return { chain, asked, client: client as never };
}

function followerOf(
  client: never,
  targets: Partial<WatchTargets>,
  { state, remember } = createMemory(),
  records: JournalRecord[] = [],
) {
  const append = (record: JournalRecord) => {
    records.push(record);
    remember(record);
  };
  const journal = { state, append, close: () => undefined };
  const all = { buyers: [], own: [], foreign: [], ...targets };
  const follower = createFollower({ client, deployment, journal, targets: all, watcher: WATCHER });
  const claims = () => [...state.claims.values()].map(({ claim }) => claim.claimHash);
  return { ...follower, records, claims, state, memory: { state, remember } };
}

describe("following the chain", () => {
  it("finds the claims of the named entitlements, and no others", async () => {
    const { client } = createChain([claimed("a", 20), claimed("b", 21), claimed("c", 22)], 100);
    const { follow, claims, isOwn } = followerOf(client, { own: [word("a")], foreign: [word("b")] });
    await follow(100);
    expect(claims()).toEqual([word("claim a"), word("claim b")]);
    expect([isOwn(word("a")), isOwn(word("b")), isOwn(word("c"))]).toEqual([true, false, false]);
  });

  it("finds what a buyer has and will buy, as his own", async () => {
    const events = [purchased("a", 20), claimed("a", 30), purchased("b", 40, account("9")), claimed("b", 41)];
    const { client } = createChain(events, 100);
    const { follow, claims, isOwn } = followerOf(client, { buyers: [BUYER] });
    await follow(100);
    expect(claims()).toEqual([word("claim a")]);
    events.push(purchased("c", 110), claimed("c", 111));
    await follow(120);
    expect(claims()).toEqual([word("claim a"), word("claim c")]);
    expect([isOwn(word("a")), isOwn(word("b")), isOwn(word("c"))]).toEqual([true, false, true]);
  });

  it("writes a claim down once, and again when it stands in another block", async () => {
    const { chain, client } = createChain([claimed("a", 20)], 100);
    const { follow, records } = followerOf(client, { own: [word("a")] });
    for (let time = 0; time < 3; time++) await follow(100);
    expect(records).toHaveLength(1);
    chain.forkedFrom = 20;
    await follow(100);
    expect(records.map((record) => record.is)).toEqual(["claim", "claim"]);
  });

  it("finds challenges by its own key that it does not know, once, and no strangers'", async () => {
    const events = [claimed("a", 20), claimed("b", 21), challenged("a", 30), challenged("b", 31, account("9"))];
    const { client } = createChain(events, 100);
    const { follow, records } = followerOf(client, { own: [word("a"), word("b")] });
    for (let time = 0; time < 2; time++) await follow(100);
    expect(records.filter(({ is }) => is === "adopted")).toEqual([
      { is: "adopted", claim: word("claim a"), bond: 7n, at: 60 },
    ]);
  });

  it("goes on after its mark, over a part that is read again", async () => {
    const { client, asked } = createChain([], 100_000);
    const first = followerOf(client, { own: [word("a")] });
    await first.follow(120_000);
    expect(asked.filter(({ name }) => name === "StepClaimed").map(({ from, to }) => [from, to])).toEqual([
      [START, 50_009],
      [50_010, 100_009],
      [100_010, 120_000],
    ]);
    asked.length = 0;
    const second = followerOf(client, { own: [word("a")] }, first.memory);
    await second.follow(120_001);
    expect(asked[0]).toMatchObject({ from: 120_000 - 128 + 1, to: 120_001 });
    expect(first.records.filter(({ is }) => is === "scanned").length).toBeLessThan(5);
  });

  it("begins anew for other targets, and when its mark is on another fork or above the head", async () => {
    const { chain, client, asked } = createChain([], 5_000);
    const { follow, memory } = followerOf(client, { own: [word("a")] });
    const beginsAt = async (run: () => Promise<void>) => {
      asked.length = 0;
      await run();
      return asked[0]?.from;
    };
    await follow(5_000);
    expect(await beginsAt(() => follow(5_000))).toBeGreaterThan(4_000);
    expect(await beginsAt(() => followerOf(client, { own: [word("b")] }, memory).follow(5_000))).toBe(START);
    await follow(5_000);
    chain.forkedFrom = 4_000;
    expect(await beginsAt(() => follow(5_000))).toBe(START);
    expect(await beginsAt(() => follow(3_000))).toBe(START);
  });

  it("finds a claim later that an endpoint which lags did not show", async () => {
    const { chain, client } = createChain([claimed("a", 4_990)], 5_000, { knows: 4_980 });
    const { follow, claims } = followerOf(client, { own: [word("a")] });
    await follow(5_000);
    expect(claims()).toEqual([]);
    chain.knows = 5_010;
    await follow(5_010);
    expect(claims()).toEqual([word("claim a")]);
  });

  it("asks in parts for ranges and for entitlements that an endpoint does not take at once", async () => {
    const names = Array.from({ length: 250 }, (_, index) => `e${index}`);
    const { client, asked } = createChain(
      names.map((name, index) => claimed(name, 20 + index * 30)),
      9_000,
      {
        widest: 1_000,
      },
    );
    const { follow, claims } = followerOf(client, { own: names.map(word) });
    await follow(9_000);
    expect(claims()).toHaveLength(250);
    expect(Math.max(...asked.map(({ entitlements }) => entitlements))).toBe(100);
  });

  it("keeps no locator that is longer than any address", async () => {
    const long = claimed("a", 20);
    const { client } = createChain([{ ...long, args: { ...long.args, evidenceLocator: "x".repeat(5_000) } }], 100);
    const { follow, state } = followerOf(client, { own: [word("a")] });
    await follow(100);
    expect(state.claims.get(word("claim a"))?.claim.evidenceLocator).toBe("");
  });
});
