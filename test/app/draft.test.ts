import { hexToBytes } from "viem";
import { describe, expect, it } from "vitest";
import { parsePolicy } from "#lib/offers/policy.ts";
import { offerIdOf } from "#lib/offers/terms.ts";
import { buildOffer, type Draft } from "../../app/publish/draft.ts";
import { draftLike, emptyDraft } from "../../app/publish/startingDraft.ts";
import { account, deployment, offerOf, seller, word } from "../lib/market/chain.fixture.ts";

const model = offerOf();
const policy = parsePolicy(hexToBytes(model.published.args.policy as `0x${string}`));
const draft: Draft = { ...draftLike(model.terms, policy, 18), title: "Mine", stateMebibytes: "1" };
const context = { deployment, seller, salt: word("salt"), decimals: 18, now: 1_800_000_000 };

describe("an offer's draft", () => {
  it("becomes terms whose policy is pinned by its hash", () => {
    const built = buildOffer(draft, context);
    if (!built.ok) throw new Error(JSON.stringify(built.problems));
    expect(parsePolicy(built.offer.policyBytes, built.offer.terms.policyHash).title).toBe("Mine");
    expect(built.offer.terms).toMatchObject({
      seller,
      price: 1000n,
      arbiter: model.terms.arbiter,
      sourceRepositoryId: 77n,
    });
    expect(offerIdOf(built.offer.terms)).toMatch(/^0x[0-9a-f]{64}$/);
  });

  const wrong: readonly [Partial<Draft>, string][] = [
    [{ title: " " }, "title"],
    [{ price: "0" }, "price"],
    [{ price: "1e3" }, "price"],
    [{ price: "0.0000000000000000001" }, "price"],
    [{ maxPending: "9" }, "maxPending"],
    [{ gateway: "0x12" }, "gateway"],
    [{ arbiter: "" }, "arbiter"],
    [{ verifier: "" }, "verifier"],
    [{ arbiterFee: "1" }, "arbiterFee"],
    [{ arbitrationWindow: "0" }, "arbitrationWindow"],
    [{ signerCommit: "main" }, "signerCommit"],
    [{ signerWorkflow: "pawl/pawl/step.yml" }, "signerWorkflow"],
    [{ workloadEntry: "../up.mjs" }, "workloadEntry"],
    [{ runnerTier: "2", sourceCommit: "" }, "sourceCommit"],
  ];
  it.each(wrong)("names the field of %o", (change, field) => {
    const built = buildOffer({ ...draft, ...change }, context);
    expect(built.ok ? [] : Object.keys(built.problems)).toEqual([field]);
  });

  it("refuses a run that may last longer than its claim deadline", () => {
    const built = buildOffer({ ...draft, stepTimeout: "60", stepSeconds: "60" }, context);
    expect(built.ok ? null : built.refusal?.code).toBe("TERMS_INCONSISTENT");
  });

  it("takes a price of no more decimals than the token has", () => {
    const built = buildOffer({ ...draft, price: "2.5555555" }, { ...context, decimals: 6 });
    expect(built.ok ? [] : Object.keys(built.problems)).toEqual(["price"]);
  });

  it("starts empty with this server's own accounts, and asks for what is missing", () => {
    const built = buildOffer(emptyDraft({ gateway: account("5"), verifier: account("9") }), context);
    expect(built.ok ? [] : Object.keys(built.problems)).toEqual(["title", "signerCommit", "workloadCommit"]);
  });
});
