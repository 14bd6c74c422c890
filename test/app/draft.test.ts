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
    [{ runnerTier: "1", provable: "yes", sourceCommit: "" }, "sourceCommit"],
  ];
  it.each(wrong)("names the field of %o", (change, field) => {
    const built = buildOffer({ ...draft, ...change }, context);
    expect(built.ok ? [] : Object.keys(built.problems)).toEqual([field]);
  });

  const most = "79228162514.264337593543950335";
  const beyond: readonly [Partial<Draft>, string][] = [
    [{ price: "79228162514.264337593543950336" }, "price"],
    [{ price: "9".repeat(60) }, "price"],
    [{ conductBond: "9".repeat(23) }, "conductBond"],
    [{ arbiterFee: "9".repeat(23) }, "arbiterFee"],
  ];
  it.each(beyond)("says how much the contract can hold for %o", (change, field) => {
    const built = buildOffer({ ...draft, ...change }, context);
    expect(built.ok ? {} : built.problems).toEqual({ [field]: `Enter at most ${most}: the contract holds no more.` });
  });

  it("can cost as much as the contract can hold", () => {
    expect(buildOffer({ ...draft, price: most }, context).ok).toBe(true);
  });

  it("names the bounds of a number, however long it is", () => {
    for (const maxPending of ["9", "9".repeat(23), "one", "1.5", ""]) {
      const built = buildOffer({ ...draft, maxPending }, context);
      expect(built.ok ? {} : built.problems).toEqual({ maxPending: "Enter a whole number from 1 to 8." });
    }
  });

  it("names every wrong field at once", () => {
    const built = buildOffer({ ...draft, title: "", workloadEntry: "", maxPending: "9", gateway: "0x" }, context);
    const named = built.ok ? [] : Object.keys(built.problems);
    expect(named.sort()).toEqual(["gateway", "maxPending", "title", "workloadEntry"]);
  });

  it("may use the limits of the policy to the full", () => {
    const numbers = {
      permitWaitSeconds: ["10", "3600"],
      stepSeconds: ["1", "21600"],
      memoryMebibytes: ["16", "16384"],
    };
    const sizes = { inputBytes: ["1", "1048576"], resultBytes: ["1", "16777216"], stateMebibytes: ["1", "1024"] };
    for (const end of [0, 1]) {
      const limits = Object.entries({ ...numbers, ...sizes }).map(([field, ends]) => [field, ends[end]]);
      const built = buildOffer({ ...draft, ...Object.fromEntries(limits), stepTimeout: "200000" }, context);
      expect(built.ok ? {} : built.problems).toEqual({});
    }
  });

  it("promises the network policy that was chosen", () => {
    for (const mode of ["none", "runner"] as const) {
      const built = buildOffer({ ...draft, network: mode }, context);
      expect(built.ok && built.offer.policy.network).toEqual({ mode });
    }
  });

  it("does not mind spaces around what was typed", () => {
    const padded = Object.fromEntries(Object.entries(draft).map(([field, value]) => [field, ` ${value} `])) as Draft;
    const { runnerTier, provable, network } = draft;
    const choices = { runnerTier, provable, network };
    expect(buildOffer({ ...padded, ...choices }, context)).toEqual(buildOffer(draft, context));
  });

  const refused: readonly Partial<Draft>[] = [
    { title: "a\u0007b" },
    { title: "" },
    { description: "a\nb" },
    { description: "x".repeat(1001) },
    { workloadRepository: "" },
    { workloadCommit: "main" },
    { workloadEntry: "" },
    { workloadEntry: "x".repeat(201) },
    { signerWorkflow: "" },
    { callerWorkflow: "" },
    { runsOn: "" },
    { runsOn: "x".repeat(61) },
    { sourceCommit: "main" },
    { runnerTier: "3" },
  ];
  it.each(refused)("speaks to a seller, not in a schema's words, of %o", (change) => {
    const built = buildOffer({ ...draft, ...change }, context);
    const sentences = Object.values(built.ok ? {} : built.problems);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(/^(Give|Write|Enter|Choose) .*\.$/);
    expect(sentences[0]).not.toMatch(/expected|Too (small|big)|Invalid/i);
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
    expect(built.ok ? [] : Object.keys(built.problems)).toEqual([
      "title",
      "signerWorkflow",
      "signerCommit",
      "callerWorkflow",
      "workloadRepository",
      "workloadCommit",
      "workloadEntry",
    ]);
  });
});
