import { sha256, stringToHex } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createIndexer } from "#lib/market/indexer.ts";
import { createMarket } from "#lib/market/market.ts";
import { blocks, entitlements, events, offers, runs } from "#lib/market/tables.ts";
import { openStore, type Store } from "#lib/store/store.ts";
import { MAX_STATEMENT, publishedStatement } from "../../../app/_components/statement.ts";
import { arbiter, buyer, createFakeChain, deployment, entitlementOf, offerOf, seller } from "./chain.fixture.ts";

const NOW = 1_800_000_050;
let store: Store;

beforeAll(async () => {
  store = await openStore("memory", "lib/store/migrations");
});
beforeEach(async () => {
  for (const table of [blocks, events, offers, entitlements, runs]) await store.db.delete(table);
});
afterAll(() => store.close());

function start() {
  const chain = createFakeChain();
  const clock = () => NOW;
  const indexer = createIndexer({ db: store.db, client: chain.client, deployment, clock });
  return { chain, indexer, market: createMarket({ db: store.db, clock }) };
}

describe("the indexer", () => {
  it("folds a trade from publication to payment", async () => {
    const { chain, indexer, market } = start();
    const offer = offerOf();
    const right = entitlementOf(offer.id);
    chain.mine(offer.published);
    chain.mine(right.purchased(3));
    chain.mine(...right.opened(1, "a"));
    await indexer.sync();
    expect((await market.entitlement(right.id)).steps).toMatchObject([
      { step: 1, status: "open", run: { runId: "4242", permitSigner: buyer } },
    ]);
    chain.mine(right.claimed(1, "a"));
    await indexer.sync();
    expect((await market.entitlement(right.id)).steps[0]?.status).toBe("claimed");
    chain.mine(right.paid(1, "a"), right.refunded(1));
    await indexer.sync();
    expect(await market.entitlement(right.id)).toMatchObject({
      bought: 2,
      opened: 1,
      settled: 1,
      refunded: 1,
      unopened: 1,
      status: "active",
      steps: [{ status: "paid", run: { sellerAmount: 1000n } }],
    });
    expect(await market.offer(offer.id)).toMatchObject({ stepsPaid: 1, entitlementsSold: 1, status: "live" });
  });

  it("keeps a statement whole in any script, and bounds what a stranger writes", async () => {
    const { chain, indexer, market } = start();
    const offer = offerOf();
    const right = entitlementOf(offer.id);
    const { statementLocator } = publishedStatement("\u8a3c".repeat(MAX_STATEMENT));
    chain.mine(offer.published, right.purchased(2), ...right.opened(1, "a"), right.claimed(1, "a"));
    chain.mine(right.challenged(1, "a", statementLocator));
    chain.mine(...right.opened(2, "b"), right.claimed(2, "b"), right.challenged(2, "b", "x".repeat(100_000)));
    await indexer.sync();
    const { steps } = await market.entitlement(right.id);
    expect(steps[0]?.run?.statementLocator).toBe(statementLocator);
    expect(steps[1]?.run?.statementLocator).toHaveLength(4096);
  });

  it("gives a step that timed out a second run, and keeps the first as voided", async () => {
    const { chain, indexer, market } = start();
    const offer = offerOf();
    const right = entitlementOf(offer.id);
    chain.mine(offer.published, right.purchased(1), ...right.opened(1, "a"));
    chain.mine(right.timedOut(1, "a"), ...right.opened(1, "b"));
    await indexer.sync();
    const [step] = (await market.entitlement(right.id)).steps;
    expect(step?.run?.runKey).toBe(right.runKeyOf("b"));
    expect(step?.voided).toMatchObject([{ runKey: right.runKeyOf("a"), status: "timed-out" }]);
  });

  it("voids every later pending step when one is rejected", async () => {
    const { chain, indexer, market } = start();
    const offer = offerOf();
    const right = entitlementOf(offer.id);
    chain.mine(offer.published, right.purchased(3), ...right.opened(1, "a"), right.claimed(1, "a"));
    chain.mine(...right.opened(2, "b"), right.claimed(2, "b"), right.challenged(1, "a"));
    await indexer.sync();
    expect(await market.arbiterQueue(arbiter)).toMatchObject([{ run: { step: 1 } }]);
    chain.mine(...right.rejected(1, "a"));
    await indexer.sync();
    expect(await market.entitlement(right.id)).toMatchObject({ opened: 0, generation: 1, epoch: 1, unopened: 3 });
    expect((await market.entitlement(right.id)).steps.map(({ voided }) => voided[0]?.status)).toEqual([
      "rejected",
      "voided",
    ]);
    expect(await market.arbiterQueue(arbiter)).toEqual([]);
  });

  it("reads nothing twice, and changes nothing when it has to", async () => {
    const { chain, indexer, market } = start();
    const offer = offerOf();
    const right = entitlementOf(offer.id);
    chain.mine(offer.published, right.purchased(3), right.refunded(1));
    await indexer.sync();
    const calls = chain.getLogsCalls;
    await indexer.sync();
    expect(chain.getLogsCalls).toBe(calls);
    // A second process that starts from the same store at the same time re-reads the same blocks.
    const other = createIndexer({
      db: store.db,
      client: chain.client,
      deployment: { ...deployment },
      clock: () => NOW,
    });
    chain.mine(right.refunded(1));
    await Promise.all([indexer.sync(), other.sync()]);
    expect((await market.entitlement(right.id)).bought).toBe(1);
    expect(await market.activity({})).toHaveLength(4);
  });

  it("takes back what a reorganisation removed, and folds what replaced it", async () => {
    const { chain, indexer, market } = start();
    const offer = offerOf();
    const other = offerOf({ title: "Other", price: 5n });
    const right = entitlementOf(offer.id);
    chain.mine(offer.published);
    const kept = chain.mine(right.purchased(3));
    chain.mine(...right.opened(1, "a"));
    chain.mine(right.claimed(1, "a"), other.published);
    await indexer.sync();
    chain.fork(kept);
    chain.mine(right.refunded(2));
    chain.mine();
    chain.mine();
    await indexer.sync();
    expect(await market.entitlement(right.id)).toMatchObject({ bought: 1, opened: 0, refunded: 2, steps: [] });
    expect((await market.listOffers()).map(({ id }) => id)).toEqual([offer.id]);
    expect((await market.activity({})).map(({ name }) => name)).toEqual(["Refunded", "Purchased", "OfferPublished"]);
  });

  it("follows a chain that became shorter", async () => {
    const { chain, indexer, market } = start();
    const offer = offerOf();
    chain.mine(offer.published);
    chain.mine(entitlementOf(offer.id).purchased(1));
    chain.mine();
    await indexer.sync();
    chain.fork(1);
    await indexer.sync();
    expect(await market.entitlementsOf(buyer)).toEqual([]);
    expect(await market.progress()).toMatchObject({ blockNumber: 1 });
  });

  it("starts over on a chain that shares no block with the last one", async () => {
    const { chain, indexer, market } = start();
    const offer = offerOf();
    chain.mine(offer.published);
    await indexer.sync();
    chain.fork(0);
    const fresh = offerOf({ title: "Fresh" });
    chain.mine(fresh.published);
    await indexer.sync();
    expect((await market.listOffers()).map(({ title }) => title)).toEqual(["Fresh"]);
  });

  it("goes on past offers whose policies no reader can take", async () => {
    const { chain, indexer, market } = start();
    const hostile = ['"\\ud800"', `${"[".repeat(8000)}${"]".repeat(8000)}`, '{"v":1e999}'].map((text) => {
      const { published } = offerOf({ policyHash: sha256(stringToHex(text)) });
      return { ...published, args: { ...published.args, policy: stringToHex(text) } };
    });
    const good = offerOf();
    chain.mine(...hostile);
    chain.mine(good.published);
    await indexer.sync();
    const listed = await market.listOffers();
    expect(listed).toHaveLength(hostile.length + 1);
    expect(listed.filter(({ policy }) => policy !== null).map(({ id }) => id)).toEqual([good.id]);
  });

  it("reports a failed pass and tries again", async () => {
    const chain = createFakeChain();
    const failures: string[] = [];
    const stop = new AbortController();
    const indexer = createIndexer({
      db: store.db,
      client: chain.client,
      deployment,
      clock: () => NOW,
      report: ({ code }) => {
        failures.push(code);
        stop.abort();
      },
    });
    // There is no block yet.
    await indexer.run(stop.signal);
    expect(failures).toEqual(["INDEX_FAILED"]);
  });
});

describe("the market", () => {
  it("finds offers by words of title and seller, and takes wildcards literally", async () => {
    const { chain, indexer, market } = start();
    chain.mine(offerOf({ title: "Ledger" }).published, offerOf({ title: "100% digest" }).published);
    await indexer.sync();
    expect((await market.listOffers({ search: "ledg" })).map(({ title }) => title)).toEqual(["Ledger"]);
    expect((await market.listOffers({ search: "100%" })).map(({ title }) => title)).toEqual(["100% digest"]);
    expect(await market.listOffers({ search: "%" })).toHaveLength(1);
    expect(await market.listOffers({ search: seller.slice(0, 10) })).toHaveLength(2);
  });

  it("lists only what can be bought when asked, and sorts by price within a token", async () => {
    const { chain, indexer, market } = start();
    const ended = offerOf({ title: "Ended", validUntil: NOW - 1, price: 1n });
    const retired = offerOf({ title: "Retired", price: 2n });
    const dear = offerOf({ title: "Dear", price: 10n ** 24n });
    const cheap = offerOf({ title: "Cheap", price: 3n });
    chain.mine(ended.published, retired.published, dear.published, cheap.published);
    chain.mine({ name: "OfferRetired", args: { offerId: retired.id, seller } });
    await indexer.sync();
    const titles = async (live: boolean) =>
      (await market.listOffers({ live, sort: "cheapest" })).map(({ title }) => title);
    expect(await titles(true)).toEqual(["Cheap", "Dear"]);
    expect(await titles(false)).toEqual(["Ended", "Retired", "Cheap", "Dear"]);
  });

  it("shows an offer whose policy nobody can read, without a title", async () => {
    const { chain, indexer, market } = start();
    const offer = offerOf();
    chain.mine({ name: "OfferPublished", args: { ...offer.published.args, policy: "0x00ff7b" } });
    await indexer.sync();
    expect(await market.offer(offer.id)).toMatchObject({ policy: null, title: "" });
  });

  it("calls an open step lapsed once its claim deadline has passed", async () => {
    const { chain, indexer } = start();
    const offer = offerOf();
    const right = entitlementOf(offer.id);
    chain.mine(offer.published, right.purchased(1), ...right.opened(1, "a"));
    await indexer.sync();
    const statusAt = async (now: number) =>
      (await createMarket({ db: store.db, clock: () => now }).entitlement(right.id)).steps[0]?.status;
    expect(await statusAt(1_800_000_999)).toBe("open");
    expect(await statusAt(1_800_001_000)).toBe("lapsed");
  });

  it("refuses what it has not seen", async () => {
    const { market } = start();
    await expect(market.offer(offerOf().id)).rejects.toMatchObject({ code: "OFFER_UNKNOWN" });
    await expect(market.entitlement(offerOf().id)).rejects.toMatchObject({ code: "ENTITLEMENT_UNKNOWN" });
  });
});
