import type { Hex } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addressOf, expectRefusal, MIN_BOND, PRICE, WINDOWS } from "../world.ts";
import { FIRST_BUILD_MS } from "./local.ts";
import { ATTESTED_AT, createProvenTrade, type ProvenTrade } from "./provenTrade.ts";

/** Claims that the chain itself has verified: real certificates, signatures and log entries behind the real roots. */

const ARBITER = {
  arbiter: addressOf("arbiter"),
  arbitrationWindow: WINDOWS.arbitrationWindow,
  conductBond: 500n,
  arbiterFee: 200n,
} as const;

let trade: ProvenTrade;
let restore: () => Promise<void>;
beforeAll(async () => {
  trade = await createProvenTrade();
}, FIRST_BUILD_MS);
beforeEach(async () => {
  restore = await trade.w.snapshot();
  await trade.w.nextAt(ATTESTED_AT - 1_000);
});
afterEach(() => restore());
afterAll(() => trade.close());

const send = (from: Parameters<ProvenTrade["w"]["send"]>[0], name: string, args: readonly unknown[]) =>
  trade.w.send(from, "settlement", name, args);

/** An entitlement with its first step open, and the claim that its run attests. */
async function opened(overrides: Parameters<ProvenTrade["publish"]>[0] = {}) {
  const entitlement = await trade.w.buy(await trade.publish(overrides), 4);
  return { entitlement, terms: entitlement.terms, claimed: await trade.open(entitlement) };
}

describe("a claim by its attestation", () => {
  it("is paid at once where the offer names no arbiter, whoever sends it", async () => {
    const { w } = trade;
    const { terms, claimed, entitlement } = await opened();
    await send("stranger", "claimWithProof", [terms, trade.provenClaim(claimed)]);
    const landed = await w.landed(claimed);
    await w.finalize(landed);
    expect(await w.read.earnings(entitlement.offerId)).toBe(PRICE);
    expect((await w.read.run(claimed.ref.runKey)).proven).toBe(true);
  });

  it("waits for the arbiter's window where the offer names one", async () => {
    const { w } = trade;
    const { terms, claimed } = await opened(ARBITER);
    await send("stranger", "claimWithProof", [terms, trade.provenClaim(claimed)]);
    const landed = await w.landed(claimed);
    expect(landed.ref.windowEnd).toBe((await w.now()) + WINDOWS.disputeWindow);
    await expectRefusal(w.finalize(landed), "WINDOW_OPEN");
  });

  it("is continued by the next step's claim", async () => {
    const { w } = trade;
    const { terms, claimed, entitlement } = await opened();
    await send("stranger", "claimWithProof", [terms, trade.provenClaim(claimed)]);
    const second = await trade.open(entitlement, await w.landed(claimed));
    await send("stranger", "claimWithProof", [terms, trade.provenClaim(second)]);
    await w.finalize(await w.landed(claimed));
    await w.finalize(await w.landed(second));
    expect(await w.read.earnings(entitlement.offerId)).toBe(2n * PRICE);
  });

  it("cannot be challenged for its evidence", async () => {
    const { w } = trade;
    const { terms, claimed } = await opened(ARBITER);
    await send("stranger", "claimWithProof", [terms, trade.provenClaim(claimed)]);
    await expectRefusal(w.challengeEvidence(await w.landed(claimed)), "ALREADY_PROVEN");
  });

  it("is taken once: the same proof again opens nothing", async () => {
    const { terms, claimed } = await opened();
    const proven = trade.provenClaim(claimed);
    await send("stranger", "claimWithProof", [terms, proven]);
    await expectRefusal(send("stranger", "claimWithProof", [terms, proven]), "STEP_NOT_OPEN");
  });
});

describe("a demand for proof", () => {
  it("is answered by the same proof, and its bond goes to the seller", async () => {
    const { w } = trade;
    const { terms, claimed } = await opened({ maxPending: 2 });
    const signed = await w.claim(claimed.opened, claimed.claim);
    await w.challengeEvidence(signed);
    const before = await w.read.credit("0x0000000000000000000000000000000000000000", "seller");
    await send("stranger", "prove", [terms, trade.provenClaim(signed), signed.ref.windowEnd]);
    const after = await w.read.credit("0x0000000000000000000000000000000000000000", "seller");
    expect(after - before).toBe(MIN_BOND);
    await w.finalize(await w.landed(signed));
  });

  it("is lost when the proof comes too late", async () => {
    const { w } = trade;
    const { terms, claimed } = await opened();
    const signed = await w.claim(claimed.opened, claimed.claim);
    await w.challengeEvidence(signed);
    await w.pass(WINDOWS.proofWindow);
    const proof = [terms, trade.provenClaim(signed), signed.ref.windowEnd];
    await expectRefusal(send("stranger", "prove", proof), "CHALLENGE_TIME_OVER");
    await send("stranger", "rejectUnproven", [terms, signed.ref]);
  });
});

describe("a proof of something else", () => {
  it("is refused for another entitlement of the same offer, with the same run", async () => {
    const { w } = trade;
    const { entitlement, terms, claimed } = await opened();
    const other = await w.buy(entitlement.terms, 4, { buyer: addressOf("delegate") });
    const theirs = trade.provenClaim(claimed);
    const copied = { ...theirs, buyer: other.buyer, salt: other.salt };
    await expectRefusal(send("stranger", "claimWithProof", [terms, copied]), "PERMIT_HASH_MISMATCH");
  });

  it("is refused with another permit hash in the claim, which the attestation does not name", async () => {
    const { w } = trade;
    const { entitlement, terms, claimed } = await opened();
    const { claimed: other } = await opened();
    const copied = { ...trade.provenClaim(other), proof: trade.provenClaim(claimed).proof };
    await expectRefusal(send("stranger", "claimWithProof", [other.opened.entitlement.terms, copied]), "FACT_MISMATCH");
    expect(await w.read.run(claimed.ref.runKey)).toMatchObject({ proven: false });
    expect(entitlement.terms).toBe(terms);
  });

  it("is refused with outputs that were not attested", async () => {
    const { terms, claimed } = await opened();
    const honest = trade.provenClaim(claimed);
    for (const field of [
      "resultHash",
      "bundleHash",
      "certificateHash",
      "nextStateCommitment",
      "transcriptRoot",
    ] as const) {
      const changed = { ...honest, claim: { ...honest.claim, [field]: `0x${"42".repeat(32)}` as Hex } };
      await expectRefusal(send("stranger", "claimWithProof", [terms, changed]), "STATEMENT_SIGNATURE_INVALID");
    }
  });

  it("is refused on another chain's contracts: the claim names chain and settlement", async () => {
    const elsewhere = await createProvenTrade();
    try {
      // The same authority and log would not help: what was attested is another claim.
      const { terms, claimed } = await opened();
      const foreign = { ...trade.provenClaim(claimed), proof: elsewhere.provenClaim(claimed).proof };
      await expectRefusal(send("stranger", "claimWithProof", [terms, foreign]), "KEY_NOT_REGISTERED");
    } finally {
      await elsewhere.close();
    }
  });

  it("is refused for a run of another repository, attempt or commit", async () => {
    for (const change of [{ repository_id: "810000003" }, { run_attempt: "2" }, { sha: "8".repeat(40) }]) {
      const { terms, claimed } = await opened();
      const proven = trade.provenClaim(claimed, (identity) => ({ ...identity, ...change }));
      await expectRefusal(send("stranger", "claimWithProof", [terms, proven]), "FACT_MISMATCH");
    }
  });

  it("is refused when it was logged before the step could have run, or after its deadline", async () => {
    const { w } = trade;
    await w.nextAt(ATTESTED_AT + 3_600);
    const late = await opened();
    const early = trade.provenClaim(late.claimed);
    await expectRefusal(send("stranger", "claimWithProof", [late.terms, early]), "EVIDENCE_TIME_OUTSIDE");
  });

  it("is refused without the verifier's address, or by an unknown one", async () => {
    const { terms, claimed } = await opened();
    const honest = trade.provenClaim(claimed);
    for (const [proof, code] of [
      ["0x", "PROOF_NAMES_NO_VERIFIER"],
      [`0x${"ff".repeat(12)}${honest.proof.slice(26)}`, "PROOF_NAMES_NO_VERIFIER"],
      [`0x${"00".repeat(12)}${"11".repeat(20)}${honest.proof.slice(66)}`, "ROOT_UNKNOWN"],
      [honest.proof.slice(0, 66), "ATTESTATION_MALFORMED"],
    ] as const) {
      await expectRefusal(send("stranger", "claimWithProof", [terms, { ...honest, proof }]), code);
    }
  });
});
