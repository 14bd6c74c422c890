import { zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { stageNames } from "#lib/settlement/stages/stage.ts";
import { canAppear } from "../../app/_components/canAppear.ts";
import { stakeWords, verifierWords } from "../../app/_components/offerWords.ts";
import { outlookWords, proofBringsWords, proofNote } from "../../app/_components/proofWords.ts";
import { endingWords, paymentWords, rulingWords } from "../../app/_components/runWords.ts";
import { stageWords } from "../../app/_components/stageWords.ts";
import { eventSentence, utcWords } from "../../app/_components/words.ts";
import { arbiter, word } from "../lib/market/chain.fixture.ts";

const token = { symbol: "ETH", decimals: 3 };

describe("the words for a ruling", () => {
  const claim = { conductChallenge: null, sellerShare: null };
  const split = { conductChallenge: "split" as const, sellerShare: 500n };

  it("name the shares of a split, before and in the payment", () => {
    expect(rulingWords(split, 2000n, token)).toMatch(/0\.5 ETH to the seller, 1\.5 ETH back to the buyer/);
    expect(paymentWords(split, 2000n, token)).toBe("pays 0.5 ETH to the seller and 1.5 ETH back to the buyer");
  });

  it("give the whole price to the seller otherwise", () => {
    expect(rulingWords({ ...claim, conductChallenge: "upheld" }, 2000n, token)).toMatch(/upheld/);
    expect(rulingWords(claim, 2000n, token)).toBeUndefined();
    expect(paymentWords(claim, 2000n, token)).toBe("pays 2 ETH to the seller");
  });
});

describe("the words for a run that came to nothing", () => {
  it("give the cause", () => {
    expect(endingWords({ status: "timed-out", rejection: null })).toMatch(/not claimed in time/);
    expect(endingWords({ status: "voided", rejection: null })).toMatch(/earlier step/);
    expect(endingWords({ status: "rejected", rejection: "unproven" })).toMatch(/no proof/);
    expect(endingWords({ status: "rejected", rejection: "ruled" })).toMatch(/by the arbiter/);
    expect(endingWords({ status: "rejected", rejection: "unruled" })).toMatch(/silent/);
  });
});

describe("the words for an event", () => {
  it("say how a claim was rejected or ruled on", () => {
    const causes = [0, 1, 2].map((cause) => eventSentence({ name: "ClaimRejected", args: { cause } }));
    expect(causes).toEqual([
      expect.stringMatching(/no proof/),
      expect.stringMatching(/arbiter ruled/),
      expect.stringMatching(/silent/),
    ]);
    const rulings = [0, 1, 2].map((ruling) => eventSentence({ name: "ConductRuled", args: { ruling } }));
    expect(rulings).toEqual([
      expect.stringMatching(/upheld/),
      expect.stringMatching(/split/),
      expect.stringMatching(/rejected/),
    ]);
  });

  it("fall back to the contract's name", () => {
    expect(eventSentence({ name: "ClaimRejected", args: { cause: 9 } })).toBe("A claim was rejected");
    expect(eventSentence({ name: "Other", args: {} })).toBe("Other");
  });
});

describe("the words for an offer", () => {
  it("speak of proof only where claims can be proven", () => {
    const unprovable = { provable: false, arbiter };
    expect(stakeWords(unprovable)).not.toMatch(/pro(of|ven)/);
    expect(stakeWords(unprovable)).toMatch(/arbiter/);
    expect(verifierWords(unprovable)).toMatch(/cannot be proven/);
    expect(stakeWords({ provable: true, arbiter: zeroAddress })).not.toMatch(/arbiter/);
    expect(verifierWords({ provable: true })).toMatch(/Anyone can demand/);
  });
});

describe("a date", () => {
  it("is written in UTC", () => {
    expect(utcWords(1_795_249_758)).toBe("2026-11-21 08:29:18 UTC");
  });
});

describe("an address where nothing is", () => {
  it("may get a page only when it names an offer or entitlement by a whole id", () => {
    expect(canAppear(`/offers/${word("offer")}`)).toBe(true);
    expect(canAppear(`/entitlements/${word("entitlement")}`)).toBe(true);
    for (const path of ["/offers/0x12", "/offers/%E0%A4%A", "/nothing", `/other/${word("offer")}`, "/"]) {
      expect(canAppear(path)).toBe(false);
    }
  });
});

describe("the words for a proof on-chain", () => {
  const noArbiter = { endsWindow: true, disputeWindow: 86_400 };
  const withArbiter = { endsWindow: false, disputeWindow: 86_400 };
  const outlook = { ...noArbiter, windowEnd: null, demand: null };

  it("promise payment at once only where the offer names no arbiter", () => {
    const settles = { kind: "settles" as const, bond: null };
    expect(proofBringsWords(settles, noArbiter, token)).toMatch(/at once/);
    expect(proofBringsWords(settles, withArbiter, token)).not.toMatch(/at once/);
    expect(proofBringsWords(settles, withArbiter, token)).toMatch(/object .* for 1 day/);
    expect(proofNote(settles, noArbiter)).toMatch(/at once/);
    expect(proofNote(settles, withArbiter)).toMatch(/after 1 day/);
  });

  it("name the bond and who gets it only where somebody demands a proof", () => {
    expect(proofBringsWords({ kind: "answers", bond: 1500n }, withArbiter, token)).toMatch(
      /1\.5 ETH goes to the seller/,
    );
    expect(proofBringsWords({ kind: "answers", bond: null }, withArbiter, token)).not.toMatch(/ETH|bond/);
    expect(proofNote({ kind: "answers", bond: 1500n }, noArbiter)).toMatch(/bond goes to the seller/);
  });

  it("say what becomes of the step", () => {
    expect(outlookWords({ ...outlook, state: "settles" }, token).title).toMatch(/settle the step/);
    expect(outlookWords({ ...outlook, state: "answers" }, token).title).toMatch(/prove the claim/);
    expect(outlookWords({ ...outlook, state: "proven" }, token).title).toMatch(/was proven/);
    expect(outlookWords({ ...outlook, state: "closed" }, token).title).toMatch(/nothing left/);
    const demand = { challenger: arbiter, bond: "1500", end: 1 };
    const demanded = outlookWords({ ...outlook, state: "answers", demand }, token);
    expect(demanded.title).toMatch(/answer the demand/);
    expect(demanded.sentence).toMatch(/1\.5 ETH/);
  });

  it("name each stage, and why it matters", () => {
    expect(Object.keys(stageWords).sort()).toEqual([...stageNames].sort());
    expect(new Set(Object.values(stageWords).map(({ title }) => title)).size).toBe(stageNames.length);
  });
});
