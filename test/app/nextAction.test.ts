import { hexToBytes } from "viem";
import { describe, expect, it } from "vitest";
import type { InboxEntry } from "#lib/gateway/wire.ts";
import type { MarketRun, MarketStep } from "#lib/market/market.ts";
import { parsePolicy } from "#lib/offers/policy.ts";
import { nextAction } from "../../app/_wallet/nextAction.ts";
import { account, offerOf, word } from "../lib/market/chain.fixture.ts";
import { askOf, permit } from "./inbox.fixture.ts";

const { terms, published } = offerOf();
const policy = parsePolicy(hexToBytes(published.args.policy as `0x${string}`));
const waitSeconds = policy.limits.permitWaitSeconds;
const now = 1_800_000_100;

const runOf = (change: Partial<MarketRun>) =>
  ({ repositoryId: "77", runId: "1", runAttempt: 1, permitHash: word("other permit"), ...change }) as MarketRun;
const stepOf = (step: number, status: MarketStep["status"], voided: readonly MarketRun[] = []): MarketStep => ({
  step,
  status,
  run: status === "unopened" ? undefined : runOf({ runId: `90${step}` }),
  voided,
});

type Situation = {
  readonly steps?: readonly MarketStep[];
  readonly opened?: number;
  readonly settled?: number;
  readonly unopened?: number;
  readonly asks?: readonly InboxEntry[];
  readonly started?: { readonly step: number; readonly runId: string };
  readonly gateway?: `0x${string}`;
  readonly now?: number;
};
const decide = ({ asks = [], started, gateway = terms.gateway, now: at = now, ...ledger }: Situation) =>
  nextAction(
    { steps: [], opened: 0, settled: 0, unopened: 2, offer: { terms, policy }, ...ledger },
    { asks, started, gateway, now: at },
  );

const asking = askOf({ step: 1, proposal: { ...permit, step: 1 } });
const permitted = askOf({ step: 1, permitHash: word("permit"), proposal: null });

describe("the next step", () => {
  it("can be requested when no run of it is known", () => {
    expect(decide({})).toEqual({ at: "request", step: 1, hasWaited: false });
  });

  it("waits for the run that was started here until that run asks", () => {
    const started = { step: 1, runId: asking.facts.runId };
    expect(decide({ started })).toEqual({ at: "waiting", ...started });
    expect(decide({ started, asks: [asking] }).at).toBe("permit");
  });

  it("is permitted until the index shows its run", () => {
    expect(decide({ asks: [permitted] })).toEqual({ at: "permitted", step: 1, runId: permitted.facts.runId });
    expect(decide({ asks: [{ ...permitted, consumeTransaction: word("consumed") }] }).at).toBe("permitted");
  });

  it("can be requested anew after its run was voided, whatever the inbox still holds", () => {
    const ended: readonly Partial<MarketRun>[] = [
      { permitHash: word("permit") },
      { runId: permitted.facts.runId, repositoryId: permitted.facts.repositoryId },
    ];
    for (const run of ended) {
      const steps = [stepOf(1, "unopened", [runOf({ status: "rejected", ...run })])];
      const started = { step: 1, runId: permitted.facts.runId };
      expect(decide({ steps, asks: [permitted], started })).toEqual({ at: "request", step: 1, hasWaited: false });
    }
  });

  it("shows the permit of a second attempt of a run whose first one was voided", () => {
    const { runId, repositoryId } = asking.facts;
    const steps = [stepOf(1, "unopened", [runOf({ runId, repositoryId, runAttempt: 1 })])];
    const second = { ...asking, facts: { ...asking.facts, runAttempt: 2 } };
    expect(decide({ steps, asks: [second] }).at).toBe("permit");
  });

  it("is not asked for by runs of other steps", () => {
    expect(decide({ asks: [{ ...asking, step: 2 }] }).at).toBe("request");
  });

  it("can be requested again once the wait for a permit is over, and says so", () => {
    const at = asking.createdAt + waitSeconds;
    const started = { step: 1, runId: asking.facts.runId };
    expect(decide({ asks: [asking], started, now: at }).at).toBe("permit");
    for (const ask of [asking, { ...asking, proposal: null }, permitted]) {
      expect(decide({ asks: [ask], started, now: at + 1 })).toEqual({ at: "request", step: 1, hasWaited: true });
    }
  });

  it("does not speak of a wait that a later run of the step has outlived", () => {
    const old = { ...asking, askId: word("old"), facts: { ...asking.facts, runId: "5" } };
    const steps = [stepOf(1, "unopened", [runOf({ permitHash: word("permit") })])];
    const asks = [permitted, old];
    expect(decide({ steps, asks, now: asking.createdAt + waitSeconds + 1 })).toMatchObject({ hasWaited: false });
  });

  it("shows the run that asks now, and not one whose wait is over", () => {
    const old = { ...asking, askId: word("old"), createdAt: asking.createdAt - waitSeconds - 200 };
    expect(decide({ asks: [asking, old] })).toMatchObject({ at: "permit", ask: { askId: asking.askId } });
  });

  it("waits for a run that was started anew, though an earlier one holds a permit", () => {
    expect(decide({ asks: [permitted], started: { step: 1, runId: "5" } }).at).toBe("waiting");
  });

  it("has to wait while a run has a step, claimed or not", () => {
    for (const status of ["open", "lapsed"] as const) {
      expect(decide({ steps: [stepOf(1, status)], opened: 1, asks: [asking] })).toEqual({ at: "none" });
    }
  });

  it("has to wait while a claim is challenged", () => {
    expect(decide({ steps: [stepOf(1, "claimed"), stepOf(2, "challenged")], opened: 2 })).toEqual({
      at: "challenged",
      step: 2,
    });
  });

  it("has to wait for payment when as many steps are pending as the offer allows", () => {
    expect(decide({ opened: terms.maxPending })).toEqual({ at: "too-many-pending" });
    expect(decide({ opened: terms.maxPending, settled: 1 }).at).toBe("request");
  });

  it("is another server's where the offer names another gateway", () => {
    expect(decide({ gateway: account("d") })).toEqual({ at: "other-gateway" });
  });

  it("does not exist once every step was opened", () => {
    expect(decide({ unopened: 0, opened: 2, settled: 1 })).toEqual({ at: "all-opened" });
    expect(decide({ unopened: 0, opened: 2, settled: 2 })).toEqual({ at: "none" });
  });
});
