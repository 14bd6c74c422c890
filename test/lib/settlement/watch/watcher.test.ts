import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HttpRequestError } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { evidenceError } from "#lib/evidence/errors.ts";
import type { ObserveConduct } from "#lib/settlement/watch/conduct.ts";
import { createJudge, type Judge, type JudgeDependencies } from "#lib/settlement/watch/judge.ts";
import type { Claimed, Entitlement } from "../../../contracts/world.ts";
import { addressOf, RULING } from "../../../contracts/world.ts";
import { trust } from "../../evidence/step.fixture.ts";
import { createWatchWorld, limits, type MadeClaim, PROOF, SERVICE, type WatchWorld, WINDOW } from "./watch.fixture.ts";

/**
 * a watcher over real contracts
 * ├── an honest claim: looked at once, left alone
 * ├── a false claim: challenged at once; then rejected once nobody proved it, and the bond comes home
 * ├── missing evidence: looked for again, challenged late, of the buyer's own entitlements only
 * ├── money: one budget over all claims; a lost bond stays counted; also after the journal is lost
 * ├── a crash: between record and send, and between send and anything else, one challenge comes of it
 * ├── a block that takes nothing: the same bytes again, then one replacement under the same nonce
 * ├── others: a second watcher, a challenge by a stranger, a proof
 * └── the chain: forks, voided steps, entitlements found by their buyer
 */

let world: WatchWorld;
let offer: Awaited<ReturnType<WatchWorld["publish"]>>;
let entitlement: Entitlement;

beforeAll(async () => {
  world = await createWatchWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  offer = await world.publish();
  entitlement = await world.buy(offer);
});

const FALSE = "claim CLAIM_MISMATCH";
const BOND = 10n ** 17n;
/** What one challenge puts at risk: the bond with its room to rise, and fees. */
const ONE = BOND + BOND / 4n;
const allowing = (bonds: bigint, perDay = bonds) => ({
  ...limits,
  // Fees here are far below a tenth of a bond.
  budget: { total: bonds * ONE + BOND / 10n, perDay: perDay * ONE + BOND / 10n },
});
const own = () => ({ own: [entitlement.id] });
const prove = async (claim: Claimed) =>
  world.w.send("seller", "settlement", "prove", [
    claim.opened.entitlement.terms,
    await world.w.provenClaim(claim),
    claim.ref.windowEnd,
  ]);
const ours = () => [{ challenger: world.watcherAddress, bond: BOND }];
const rpc = (method: string, ...params: unknown[]) => world.w.connection.provider.request({ method, params });
const noncesOf = async () => world.client.getTransactionCount({ address: world.watcherAddress });

describe("an honest claim", () => {
  it("is looked at once and left alone", async () => {
    const claim = await world.claim(offer, entitlement);
    const guard = world.watch(own());
    for (let time = 0; time < 3; time++) await guard.pass();
    await world.w.pass(WINDOW - 500);
    await guard.pass();
    expect(guard.said()).toEqual(["claim 1", "evidence passed"]);
    expect(await world.challengesOf(claim)).toEqual([]);
    await world.w.pass(500);
    await world.w.finalize(claim);
    // A payment that could still fork away ends nothing.
    expect(await guard.pass()).toMatchObject({ open: 1 });
    await world.settle();
    expect(await guard.pass()).toMatchObject({ open: 0, alarms: [] });
    expect(guard.said().at(-1)).toBe("closed: not challenged");
    guard.close();
  });
});

describe("a false claim", () => {
  it("is challenged at once, and rejected when nobody proves it", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    const guard = world.watch(own());
    for (let time = 0; time < 3; time++) await guard.pass();
    expect(guard.said()).toEqual(["claim 1", `evidence failed: ${FALSE}`, `challenge signed (${FALSE})`]);
    expect(await world.challengesOf(claim)).toEqual(ours());
    // The reason is recorded: the contract takes no words.
    const lines = readFileSync(join(guard.folder, "journal.jsonl"), "utf8").trim().split("\n");
    const attempt = lines.map((line) => JSON.parse(line)).find(({ is }) => is === "attempt");
    expect(attempt.reason).toEqual({ check: "claim", code: "CLAIM_MISMATCH" });

    await world.w.pass(PROOF);
    const before = await world.w.read.credit("0x0000000000000000000000000000000000000000", "delegate");
    await guard.pass();
    await world.settle();
    await guard.pass();
    expect(guard.said().slice(3)).toEqual(["reject signed", "closed: bond returned"]);
    const after = await world.w.read.credit("0x0000000000000000000000000000000000000000", "delegate");
    expect(after - before).toBe(BOND);
    expect((await world.w.read.entitlement(entitlement.id)).opened).toBe(0);
    guard.close();
  });

  it("of another's entitlement is challenged too", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    const guard = world.watch({ foreign: [entitlement.id] });
    await guard.pass();
    expect(guard.said()[0]).toBe("claim 1 of another");
    expect(await world.challengesOf(claim)).toEqual(ours());
    guard.close();
  });

  it("whose capsule cannot be opened, or is another claim's, is challenged", async () => {
    const other = await world.claim(offer, await world.buy(offer));
    for (const [bytes, grounds] of [
      [new TextEncoder().encode("no capsule"), "capsule ARCHIVE_"],
      [other.capsule, "capsule WATCH_CAPSULE_OTHER_CLAIM"],
    ] as const) {
      const bought = await world.buy(offer);
      const claim = await world.claim(offer, bought, { bytes });
      const guard = world.watch({ own: [bought.id] });
      await guard.pass();
      expect(guard.said()[2]).toContain(`challenge signed (${grounds}`);
      expect(await world.challengesOf(claim)).toEqual(ours());
      guard.close();
    }
  });

  it("whose evidence breaks only rules that no proof looks at is for a person, and no bond", async () => {
    const claim = await world.claim(offer, entitlement, {
      changes: {
        certificate: (honest) => ({ ...honest, usage: { ...honest.usage, workloadMilliseconds: 3_600_000_000 } }),
      },
    });
    const guard = world.watch(own());
    expect(await guard.pass()).toMatchObject({ alarms: ["conduct"] });
    expect(guard.said().slice(1)).toEqual(["evidence failed: policy-rules POLICY_RULE_BROKEN", "alarm: conduct"]);
    expect(await world.challengesOf(claim)).toEqual([]);
    guard.close();
  });

  it("of an offer that is not provable is for a person", async () => {
    offer = await world.publish({ provable: false });
    entitlement = await world.buy(offer);
    const claim = await world.falseClaim(offer, entitlement);
    const guard = world.watch(own());
    expect(await guard.pass()).toMatchObject({ alarms: ["offer not provable"] });
    expect(await world.challengesOf(claim)).toEqual([]);
    guard.close();
  });
});

describe("what this side cannot judge", () => {
  const failing = async () => {
    throw new HttpRequestError({ url: "http://127.0.0.1", status: 503 });
  };
  const judges = (): readonly (readonly [string, Partial<JudgeDependencies>, string])[] => [
    [
      "a root that is too old",
      { trust: () => Promise.reject(evidenceError("TRUSTED_ROOT_STALE")) },
      "TRUSTED_ROOT_STALE",
    ],
    [
      "an endpoint that does not answer about the permit",
      { client: { ...world.client, getLogs: failing } as never },
      "CHAIN_UNREACHABLE",
    ],
    [
      "an endpoint that does not answer about a signature",
      { client: { ...world.client, verifyHash: failing } as never },
      "CHAIN_UNREACHABLE",
    ],
  ];

  it("is never held against the evidence, also late, nor against an honest seller", async () => {
    for (const [, how, code] of judges()) {
      const bought = await world.buy(offer);
      const claim = await world.claim(offer, bought);
      const source = { services: [SERVICE], fetch: world.fetcher };
      const { client, deployment } = world;
      const judge = createJudge({ client, deployment, source, trust: async () => trust, ...how });
      const guard = world.watch({ own: [bought.id] }, { judge });
      expect(await guard.pass()).toMatchObject({ alarms: ["not judged"] });
      expect(guard.said()[1]).toBe(`evidence unjudged: ${code}`);
      await world.w.pass(WINDOW - 500);
      await guard.pass();
      expect(await world.challengesOf(claim)).toEqual([]);
      guard.close();
    }
  });
});

describe("a run that GitHub no longer shows as it was attested", () => {
  const run = {
    ...{ repository: "o/r", repositoryId: "1", runId: "2", runAttempt: 1, checkRunId: "3", sha: "a".repeat(40) },
    ...{ event: "workflow_dispatch", workflowPath: ".github/workflows/a.yml", calledCommit: null },
    runsOn: "ubuntu-24.04",
  };
  const judge: Judge = async () => ({ status: "passed", run });

  it("is a ground for a conduct challenge, which is reported once and never made", async () => {
    const claim = await world.claim(offer, entitlement);
    let looks = 0;
    const observe: ObserveConduct = async () => {
      looks++;
      return looks === 1 ? { status: "as attested" } : { status: "grounds", code: "WATCH_RUN_GONE" };
    };
    const guard = world.watch(own(), { judge, observe });
    expect(await guard.pass()).toMatchObject({ alarms: [] });
    await world.w.pass(WINDOW / 2);
    for (let time = 0; time < 3; time++) expect(await guard.pass()).toMatchObject({ alarms: ["conduct"] });
    expect(looks).toBe(2);
    expect(guard.said().filter((line) => line === "alarm: conduct")).toHaveLength(1);
    expect(await world.challengesOf(claim)).toEqual([]);
    expect((await world.w.read.run(claim.ref.runKey)).conduct).toBe(0);
    guard.close();
  });

  it("is none of one to which nobody looks", async () => {
    await world.claim(offer, entitlement);
    const guard = world.watch(own(), { judge });
    expect(await guard.pass()).toMatchObject({ alarms: [], failures: 0 });
    guard.close();
  });
});

describe("missing evidence", () => {
  it("is challenged in the last quarter of the window, after one more look, and not before", async () => {
    const claim = await world.claim(offer, entitlement, { unserved: true });
    const guard = world.watch(own());
    await guard.pass();
    await world.w.pass(WINDOW / 2);
    await guard.pass();
    expect(await world.challengesOf(claim)).toEqual([]);
    await world.w.pass(WINDOW / 4);
    await guard.pass();
    const look = "evidence missing: WATCH_CAPSULE_UNREACHABLE";
    const challenge = "challenge signed (evidence WATCH_CAPSULE_UNREACHABLE)";
    expect(guard.said()).toEqual(["claim 1", look, look, look, challenge]);
    expect(await world.challengesOf(claim)).toEqual(ours());
    guard.close();
  });

  it("that turns up is judged", async () => {
    const claim = await world.claim(offer, entitlement, { unserved: true });
    const guard = world.watch(own());
    await guard.pass();
    world.served.set(claim.url, claim.capsule);
    await world.w.pass(WINDOW - 100);
    await guard.pass();
    expect(guard.said().at(-1)).toBe("evidence passed");
    expect(await world.challengesOf(claim)).toEqual([]);
    guard.close();
  });

  it("of another's entitlement is never challenged", async () => {
    const claim = await world.claim(offer, entitlement, { unserved: true });
    const guard = world.watch({ foreign: [entitlement.id] });
    await world.w.pass(WINDOW - 100);
    expect(await guard.pass()).toMatchObject({ alarms: ["evidence missing elsewhere"] });
    expect(await world.challengesOf(claim)).toEqual([]);
    guard.close();
  });

  it("is also where one byte differs from what the verifier approved", async () => {
    const claim = await world.claim(offer, entitlement);
    const flipped = Uint8Array.from(claim.capsule);
    flipped[700] = (flipped[700] ?? 0) ^ 1;
    world.served.set(claim.url, flipped);
    const guard = world.watch(own());
    await guard.pass();
    expect(guard.said()[1]).toBe("evidence missing: WATCH_CAPSULE_OTHER_BYTES");
    expect(await world.challengesOf(claim)).toEqual([]);
    guard.close();
  });
});

describe("the budget", () => {
  it("stops challenges when it is used up, loudly, and goes on when a bond comes home", async () => {
    const bought = [entitlement, await world.buy(offer)];
    const claims: MadeClaim[] = [];
    for (const each of bought) claims.push(await world.falseClaim(offer, each));
    const made = async () => (await Promise.all(claims.map(world.challengesOf))).map(({ length }) => length);
    const guard = world.watch({ own: bought.map(({ id }) => id) }, { limits: allowing(1n) });
    for (let time = 0; time < 2; time++) expect(await guard.pass()).toMatchObject({ alarms: ["budget total"] });
    expect(guard.said().filter((line) => line === "alarm: budget total")).toHaveLength(1);
    expect((await made()).sort()).toEqual([0, 1]);
    await world.w.pass(PROOF);
    await guard.pass();
    await world.settle();
    for (let time = 0; time < 2; time++) await guard.pass();
    expect(await made()).toEqual([1, 1]);
    guard.close();
  });

  it("of a day is free again the day after", async () => {
    const lasting = await world.publish({ disputeWindow: 200_000, proofWindow: 400_000 });
    const bought = [await world.buy(lasting), await world.buy(lasting)];
    const claims: MadeClaim[] = [];
    for (const each of bought) claims.push(await world.falseClaim(lasting, each));
    const made = async () => (await Promise.all(claims.map(world.challengesOf))).map(({ length }) => length);
    const guard = world.watch({ own: bought.map(({ id }) => id) }, { limits: allowing(2n, 1n) });
    expect(await guard.pass()).toMatchObject({ alarms: ["budget of the day"] });
    await world.w.pass(86_000);
    expect(await guard.pass()).toMatchObject({ alarms: ["budget of the day"] });
    await world.w.pass(400);
    await guard.pass();
    expect(await made()).toEqual([1, 1]);
    guard.close();
  });

  it("keeps a bond counted that a proof took", async () => {
    const bait = await world.claim(offer, entitlement, { unserved: true });
    const guard = world.watch(own(), { limits: allowing(1n) });
    await world.w.pass(WINDOW - 300);
    await guard.pass();
    expect(await world.challengesOf(bait)).toEqual(ours());
    await prove(bait);
    await world.w.pass(WINDOW);
    await world.w.finalize(bait);
    await world.settle();
    const { exposure } = await guard.pass();
    expect(guard.said().at(-1)).toBe("closed: bond lost");
    expect(exposure.total).toBeGreaterThanOrEqual(BOND);
    const next = await world.claim(offer, entitlement, { parent: bait, unserved: true });
    await world.w.pass(WINDOW - 300);
    expect(await guard.pass()).toMatchObject({ alarms: ["budget total"] });
    expect(await world.challengesOf(next)).toEqual([]);
    guard.close();
  });

  it("is not made whole by losing the journal", async () => {
    const first = await world.falseClaim(offer, entitlement);
    const other = await world.buy(offer);
    const before = world.watch(own(), { limits: allowing(1n) });
    await before.pass();
    before.close();
    const second = await world.falseClaim(offer, other);
    const after = world.watch({ own: [entitlement.id, other.id] }, { limits: allowing(1n) });
    expect(await after.pass()).toMatchObject({ alarms: ["budget total"], exposure: { total: BOND } });
    expect(await world.challengesOf(first)).toEqual(ours());
    expect(await world.challengesOf(second)).toEqual([]);
    after.close();
  });

  it("is asked for at the price of a transaction: nodes that run calls for nothing name too small a bond", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    const real = world.client;
    const call = (parameters: Parameters<typeof real.call>[0]) =>
      parameters.maxFeePerGas === undefined
        ? Promise.resolve({ data: `0x${"1".padStart(64, "0")}` })
        : real.call(parameters);
    const guard = world.watch(own(), { client: { ...real, call } as never });
    await guard.pass();
    expect(await world.challengesOf(claim)).toEqual(ours());
    guard.close();
  });

  it("is no reason to fail when the account is empty", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    const guard = world.watch(own());
    await rpc("hardhat_setBalance", world.watcherAddress, "0x0");
    expect(await guard.pass()).toMatchObject({ alarms: ["no funds"], failures: 0 });
    await rpc("hardhat_setBalance", world.watcherAddress, "0x21e19e0c9bab2400000");
    await guard.pass();
    expect(await world.challengesOf(claim)).toEqual(ours());
    guard.close();
  });
});

describe("a crash", () => {
  const crashing = (send: () => Promise<unknown>) => ({
    ...world.client,
    sendRawTransaction: async () => {
      await send();
      throw new Error("the process ends here");
    },
  });

  it("between the record and the send costs nothing: the same bytes are sent after the restart", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    const first = world.watch(own(), { client: crashing(async () => undefined) as never });
    await first.pass();
    first.close();
    expect(await world.challengesOf(claim)).toEqual([]);
    const nonce = await noncesOf();
    const second = world.watch(own(), { folder: first.folder });
    for (let time = 0; time < 3; time++) await second.pass();
    expect(second.said()).toEqual(["claim 1", `challenge sent again (${FALSE})`]);
    expect(await world.challengesOf(claim)).toEqual(ours());
    expect(await noncesOf()).toBe(nonce + 1);
    expect([...second.journal.state.claims.values()][0]?.attempts).toHaveLength(1);
    second.close();
  });

  it("between the send and anything else costs nothing either", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    const real = world.client;
    const client = {
      ...real,
      sendRawTransaction: async (parameters: Parameters<typeof real.sendRawTransaction>[0]) => {
        await real.sendRawTransaction(parameters);
        throw new Error("the process ends here");
      },
    };
    const first = world.watch(own(), { client: client as never });
    await first.pass();
    first.close();
    const nonce = await noncesOf();
    const second = world.watch(own(), { folder: first.folder });
    for (let time = 0; time < 3; time++) await second.pass();
    expect(second.said()).toEqual(["claim 1"]);
    expect(await world.challengesOf(claim)).toEqual(ours());
    expect(await noncesOf()).toBe(nonce);
    second.close();
  });

  it("after which the claim was proven sends nothing more", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    const first = world.watch(own(), { client: crashing(async () => undefined) as never });
    await first.pass();
    first.close();
    await prove(claim);
    const nonce = await noncesOf();
    const second = world.watch(own(), { folder: first.folder });
    await second.pass();
    expect(await noncesOf()).toBe(nonce);
    expect(second.said()).toEqual(["claim 1", "alarm: conduct"]);
    second.close();
  });
});

describe("a transaction that no block takes", () => {
  it("is sent again with the same bytes, then replaced under the same nonce, and challenges once", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    const guard = world.watch(own());
    const nonce = await noncesOf();
    await rpc("evm_setAutomine", false);
    try {
      await guard.pass();
      const dropped = () => [...guard.journal.state.claims.values()].flatMap(({ attempts }) => attempts).at(-1)?.hash;
      await rpc("hardhat_dropTransaction", dropped());
      await rpc("hardhat_mine", "0x5");
      await guard.pass();
      await rpc("hardhat_dropTransaction", dropped());
      await rpc("hardhat_mine", "0x1e");
      await guard.pass();
      expect(guard.said().slice(2)).toEqual([
        `challenge signed (${FALSE})`,
        `challenge sent again (${FALSE})`,
        `challenge replaced (${FALSE})`,
      ]);
      await rpc("hardhat_mine", "0x1");
    } finally {
      await rpc("evm_setAutomine", true);
    }
    await guard.pass();
    expect(await world.challengesOf(claim)).toEqual(ours());
    expect(await noncesOf()).toBe(nonce + 1);
    const attempts = [...guard.journal.state.claims.values()].flatMap((entry) => entry.attempts);
    expect(attempts.map((attempt) => attempt.nonce)).toEqual([nonce, nonce]);
    guard.close();
  });

  it("of two claims at once has a nonce of its own", async () => {
    const first = await world.falseClaim(offer, entitlement);
    const second = await world.falseClaim(offer, entitlement, first);
    const guard = world.watch(own());
    await rpc("evm_setAutomine", false);
    try {
      expect(await guard.pass()).toMatchObject({ inFlight: 2 });
      await rpc("hardhat_mine", "0x1");
    } finally {
      await rpc("evm_setAutomine", true);
    }
    expect([await world.challengesOf(first), await world.challengesOf(second)]).toEqual([ours(), ours()]);
    guard.close();
  });
});

describe("others", () => {
  it("may watch the same claim: the contract takes one challenge, and the other watcher goes on", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    const guards = [world.watch(own()), world.watch(own(), { role: "observer" })];
    const summaries = await Promise.all(guards.map((guard) => guard.pass()));
    for (const guard of guards) await guard.pass();
    expect(summaries.map(({ failures }) => failures)).toEqual([0, 0]);
    expect(await world.challengesOf(claim)).toHaveLength(1);
    for (const guard of guards) guard.close();
  });

  it("may have challenged already: the buyer's own claim is rejected all the same", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    await world.w.challengeEvidence(claim);
    await world.w.pass(PROOF);
    const guard = world.watch(own());
    await guard.pass();
    expect(guard.said()).toEqual(["claim 1", "reject signed"]);
    expect((await world.w.read.entitlement(entitlement.id)).opened).toBe(0);
    guard.close();
  });

  it("cannot share a journal", async () => {
    const guard = world.watch(own());
    expect(() => world.watch(own(), { folder: guard.folder })).toThrow(
      expect.objectContaining({ code: "WATCH_JOURNAL_LOCKED" }),
    );
    guard.close();
  });
});

describe("the chain", () => {
  it("can take a claim back: nothing is challenged, and the claim's return is noticed", async () => {
    const back = await world.w.snapshot();
    const gone = await world.claim(offer, entitlement, { unserved: true });
    const guard = world.watch(own());
    await guard.pass();
    await back();
    await world.settle();
    expect(await guard.pass()).toMatchObject({ failures: 0 });
    const again = await world.falseClaim(offer, entitlement);
    expect(again.ref.claimHash).not.toBe(gone.ref.claimHash);
    await guard.pass();
    expect(await world.challengesOf(again)).toEqual(ours());
    guard.close();
  });

  it("can void a challenged claim by an earlier one: the bond is fetched", async () => {
    const first: MadeClaim = await world.claim(offer, entitlement);
    const second = await world.falseClaim(offer, entitlement, first);
    const guard = world.watch(own());
    await guard.pass();
    expect(await world.challengesOf(second)).toEqual(ours());
    await world.w.challengeConduct(first);
    await world.w.settle("arbiter", "rule", first, [RULING.rejected, 0n]);
    await guard.pass();
    await world.settle();
    await guard.pass();
    expect(guard.said()).toContain("reclaim signed");
    expect(guard.said().filter((line) => line === "closed: bond returned")).toHaveLength(1);
    guard.close();
  });

  it("names a buyer's entitlements, and those he buys later", async () => {
    const guard = world.watch({ buyers: [addressOf("buyer").toLowerCase() as `0x${string}`] });
    await guard.pass();
    const bought = await world.buy(offer);
    const claim = await world.falseClaim(offer, bought);
    await guard.pass();
    expect(await world.challengesOf(claim)).toEqual(ours());
    guard.close();
  });

  it("shows a proven claim: what it published is still looked at, for the arbiter", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    await prove(claim);
    const guard = world.watch(own());
    await guard.pass();
    expect(guard.said()).toEqual(["claim 1", `evidence failed: ${FALSE}`, "alarm: conduct"]);
    guard.close();
  });

  it("that lags behind this machine's clock is said once", async () => {
    const at = await world.w.now();
    const guard = world.watch(own(), { clock: () => at + 301 });
    for (let time = 0; time < 2; time++) await guard.pass();
    expect(guard.said()).toEqual(["failure: WATCH_CHAIN_LATE"]);
    guard.close();
  });
});

describe("the loop", () => {
  it("ends with the signal, after the pass that runs", async () => {
    const claim = await world.falseClaim(offer, entitlement);
    const guard = world.watch(own());
    const stop = new AbortController();
    const waits: number[] = [];
    await guard.run({
      signal: stop.signal,
      everyMilliseconds: 1_000,
      pause: async (milliseconds) => {
        waits.push(milliseconds);
        if (waits.length === 2) stop.abort();
      },
    });
    expect(waits).toEqual([1_000, 1_000]);
    expect(await world.challengesOf(claim)).toEqual(ours());
    guard.close();
  });

  it("goes on, more slowly, while the endpoint fails", async () => {
    const stop = new AbortController();
    const failing = {
      ...world.client,
      getBlock: async () => {
        throw new Error("no answer");
      },
    };
    const guard = world.watch(own(), { client: failing as never });
    const waits: number[] = [];
    await guard.run({
      signal: stop.signal,
      everyMilliseconds: 1_000,
      pause: async (milliseconds) => {
        waits.push(milliseconds);
        if (waits.length === 3) stop.abort();
      },
    });
    expect(waits).toEqual([2_000, 4_000, 8_000]);
    expect(guard.said()).toEqual(Array.from({ length: 3 }, () => "failure: CHAIN_CALL_FAILED"));
    guard.close();
  });
});
