import { zeroHash } from "viem";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { offerIdOf } from "#lib/offers/terms.ts";
import { headOf } from "#lib/permits/entitlement.ts";
import { figures } from "../../ignition/parameters/figures.ts";
import {
  addressOf,
  type Claimed,
  CONDUCT,
  createWorld,
  EVIDENCE,
  expectRefusal,
  MIN_BOND,
  NATIVE,
  POLICY,
  PRICE,
  RULING,
  refusalOf,
  WINDOWS,
  type World,
} from "./world.ts";

let w: World;
let restore: () => Promise<void>;
beforeAll(async () => {
  w = await createWorld();
});
beforeEach(async () => {
  restore = await w.snapshot();
});
afterEach(async () => {
  await restore();
});

/** A native offer, an entitlement of four steps, and its first `count` steps claimed. */
async function claimedSteps(count: number, overrides: Parameters<World["publish"]>[0] = {}) {
  const entitlement = await w.buy(await w.publish(overrides), 8);
  const claims: Claimed[] = [];
  for (let index = 0; index < count; index++) {
    claims.push(await w.claim(await w.open(entitlement, claims.at(-1))));
  }
  const at = (index: number): Claimed => {
    const claimed = claims.at(index);
    if (claimed === undefined) throw new RangeError(`no claim ${index}`);
    return claimed;
  };
  return { entitlement, claims, at };
}

async function ledger(id: `0x${string}`) {
  const { bought, opened, settled, challenged } = await w.read.entitlement(id);
  return { bought, opened, settled, challenged };
}

/** Runs `act` at each offset from `end`, each time from the same state, and returns what came of it. */
async function around(end: number, act: () => Promise<unknown>): Promise<readonly string[]> {
  const outcomes: string[] = [];
  for (const offset of [-1, 0, 1]) {
    const back = await w.snapshot();
    await w.nextAt(end + offset);
    outcomes.push(
      await act().then(
        () => "done",
        () => "refused",
      ),
    );
    await back();
  }
  return outcomes;
}
const UNTIL_END = ["done", "refused", "refused"];
const FROM_END = ["refused", "done", "done"];

describe("a whole trade", () => {
  it("pays every step in order and gives the rest back", async () => {
    const { entitlement, claims, at } = await claimedSteps(2);
    await w.pass(WINDOWS.disputeWindow);
    await expectRefusal(w.finalize(at(1)), "STEP_NOT_NEXT");
    for (const claimed of claims) await w.finalize(claimed);
    expect(await w.read.earnings(entitlement.offerId)).toBe(2n * PRICE);
    await w.send("buyer", "escrow", "refund", [entitlement.terms, entitlement.buyer, entitlement.salt, 6]);
    expect(await w.read.credit(NATIVE, "buyer")).toBe(6n * PRICE);
    await w.send("buyer", "escrow", "withdraw", [NATIVE, addressOf("stranger")]);
    await w.send("seller", "escrow", "withdrawEarnings", [entitlement.terms, addressOf("seller")]);
    expect(await w.client.getBalance({ address: w.deployment.escrow })).toBe(0n);
    await expectRefusal(w.send("buyer", "escrow", "withdraw", [NATIVE, addressOf("buyer")]), "NOTHING_TO_WITHDRAW");
  });

  it("trades in an ERC-20, pulled from the payer for the named buyer", async () => {
    const double = await w.deployDouble("HostileToken");
    const offer = await w.publish({ token: double.address });
    await double.write("stranger", "mint", [addressOf("stranger"), 10n * PRICE]);
    await double.write("stranger", "approve", [w.deployment.escrow, 10n * PRICE]);
    const entitlement = await w.buy(offer, 5, { payer: "stranger" });
    const claimed = await w.claim(await w.open(entitlement));
    await w.pass(WINDOWS.disputeWindow);
    await w.finalize(claimed);
    await w.send("seller", "escrow", "withdrawEarnings", [offer, addressOf("seller")]);
    expect(await double.read("balanceOf", [addressOf("seller")])).toBe(PRICE);
    expect(await double.read("balanceOf", [w.deployment.escrow])).toBe(4n * PRICE);
    await w.send("buyer", "escrow", "refund", [offer, entitlement.buyer, entitlement.salt, 4]);
    const withdrawTo = (to: string) => w.send("buyer", "escrow", "withdraw", [double.address, to]);
    await expectRefusal(withdrawTo(w.deployment.escrow), "RECEIVER_MISSING");
    await withdrawTo(addressOf("buyer"));
    expect(await double.read("balanceOf", [addressOf("buyer")])).toBe(4n * PRICE);
  });

  it("takes no native money along with an ERC-20", async () => {
    const double = await w.deployDouble("HostileToken");
    const offer = await w.publish({ token: double.address });
    await double.write("buyer", "mint", [addressOf("buyer"), PRICE]);
    await double.write("buyer", "approve", [w.deployment.escrow, PRICE]);
    const purchase = (value: bigint) =>
      w.send("buyer", "escrow", "purchase", [offer, addressOf("buyer"), w.fresh("salt"), 1], value);
    await expectRefusal(purchase(1n), "WRONG_PAYMENT");
    await purchase(0n);
  });

  it("pays a batch of entitlements of one offer", async () => {
    const offer = await w.publish();
    const [first, second] = [await w.buy(offer), await w.buy(offer)];
    const permits = [w.permit(undefined), w.permit(undefined)] as const;
    await w.send("gateway", "permitConsumer", "consumeBatch", [
      offer,
      [await w.consumption(first, permits[0]), await w.consumption(second, permits[1])],
    ]);
    const claims = [w.claimOf(w.openedOf(first, permits[0])), w.claimOf(w.openedOf(second, permits[1]))];
    await w.send("stranger", "settlement", "claimBatch", [
      offer,
      await Promise.all(claims.map((c) => w.signedClaim(c))),
    ]);
    const landed = await Promise.all(claims.map((c) => w.landed(c)));
    await w.pass(WINDOWS.disputeWindow);
    await w.send("stranger", "escrow", "finalizeBatch", [landed.map(({ ref }) => ref), first.offerId]);
    expect(await w.read.earnings(first.offerId)).toBe(2n * PRICE);
  });
});

describe("row 1 and 2: publish and retire", () => {
  it("sells until retired, and serves what was sold after that (invariants 6 and 8)", async () => {
    const offer = await w.publish();
    await expectRefusal(w.send("seller", "offerRegistry", "publish", [offer, POLICY]), "OFFER_ALREADY_PUBLISHED");
    const entitlement = await w.buy(offer);
    await expectRefusal(w.send("stranger", "offerRegistry", "retire", [entitlement.offerId]), "NOT_SELLER");
    await w.send("seller", "offerRegistry", "retire", [entitlement.offerId]);
    await expectRefusal(w.send("seller", "offerRegistry", "retire", [entitlement.offerId]), "OFFER_NOT_LIVE");
    await expectRefusal(w.buy(offer), "OFFER_NOT_LIVE");
    await expectRefusal(
      w.send("buyer", "escrow", "topUp", [offer, entitlement.buyer, entitlement.salt, 1], PRICE),
      "OFFER_NOT_LIVE",
    );
    const claimed = await w.claim(await w.open(entitlement));
    await w.pass(WINDOWS.disputeWindow);
    await w.finalize(claimed);
  });

  it.each([
    ["price", { price: 0n }],
    ["maxSteps", { maxSteps: 0 }],
    ["maxPending", { maxPending: 0 }],
    ["maxPending", { maxPending: 9 }],
    ["validUntil", { validUntil: 1 }],
    ["entitlementTtl", { entitlementTtl: 0 }],
    ["stepTimeout", { stepTimeout: 31 * 86_400 }],
    ["disputeWindow", { disputeWindow: 0 }],
    ["proofWindow", { proofWindow: 8 * 86_400 }],
    ["arbitrationWindow", { arbitrationWindow: 0 }],
    ["arbitrationWindow", { arbiter: NATIVE, conductBond: 0n, arbiterFee: 0n }],
    ["conductBond", { conductBond: 10n ** 18n + 1n }],
    ["conductBond", { arbiter: NATIVE, arbitrationWindow: 0 }],
    ["arbiterFee", { arbiterFee: 501n }],
    ["runnerTier", { runnerTier: 3 }],
    ["gateway", { gateway: NATIVE }],
    ["arbiter", { provable: false, arbiter: NATIVE, arbitrationWindow: 0, conductBond: 0n, arbiterFee: 0n }],
    ["verifier", { provable: false, verifier: NATIVE }],
    ["signerWorkflow", { signerWorkflow: zeroHash }],
    ["signerCommit", { signerCommit: NATIVE }],
    ["sourceCommit", { runnerTier: 2 }],
  ] as const)("refuses a bad %s and names the term: %o", async (term, overrides) => {
    const refusal = await refusalOf(w.publish(overrides));
    expect(["TERM_OUT_OF_BOUNDS", "TERM_MISSING"]).toContain(refusal.code);
    expect(refusal.values.term).toBe(term);
  });
});

describe("rows 3 to 5: purchase, top-up, refund", () => {
  it("sells until validUntil, exclusive", async () => {
    const validUntil = (await w.now()) + 1_000;
    const offer = await w.publish({ validUntil });
    expect(await around(validUntil, () => w.buy(offer))).toEqual(UNTIL_END);
    const entitlement = await w.buy(offer);
    const topUp = () => w.send("stranger", "escrow", "topUp", [offer, entitlement.buyer, entitlement.salt, 1], PRICE);
    expect(await around(validUntil, topUp)).toEqual(UNTIL_END);
  });

  it("tops up until expiry, without moving it, and never above maxSteps", async () => {
    const offer = await w.publish({ maxSteps: 5 });
    const entitlement = await w.buy(offer, 3);
    const { expiresAt } = await w.read.entitlement(entitlement.id);
    const topUp = (steps: number) => () =>
      w.send("stranger", "escrow", "topUp", [offer, entitlement.buyer, entitlement.salt, steps], PRICE * BigInt(steps));
    expect(await around(expiresAt, topUp(1))).toEqual(UNTIL_END);
    await expectRefusal(topUp(3)(), "STEPS_OUT_OF_RANGE");
    await topUp(2)();
    expect(await w.read.entitlement(entitlement.id)).toMatchObject({ bought: 5, expiresAt });
  });

  it("refunds the buyer at any time and lets anyone refund him from expiry on", async () => {
    const offer = await w.publish();
    const entitlement = await w.buy(offer, 4);
    await w.open(entitlement);
    const refund = (from: "buyer" | "stranger", steps: number) =>
      w.send(from, "escrow", "refund", [offer, entitlement.buyer, entitlement.salt, steps]);
    await expectRefusal(refund("buyer", 4), "STEPS_OUT_OF_RANGE");
    await refund("buyer", 1);
    const { expiresAt } = await w.read.entitlement(entitlement.id);
    expect(await around(expiresAt, () => refund("stranger", 1))).toEqual(FROM_END);
    await w.nextAt(expiresAt);
    await refund("stranger", 2);
    expect(await w.read.credit(NATIVE, "buyer")).toBe(3n * PRICE);
    expect(await w.read.credit(NATIVE, "stranger")).toBe(0n);
  });

  it("sells, tops up and refunds at least one step", async () => {
    const offer = await w.publish();
    await expectRefusal(w.buy(offer, 0), "STEPS_OUT_OF_RANGE");
    const { buyer, salt } = await w.buy(offer, 2);
    for (const functionName of ["topUp", "refund"]) {
      await expectRefusal(w.send("buyer", "escrow", functionName, [offer, buyer, salt, 0]), "STEPS_OUT_OF_RANGE");
    }
  });

  it("never sells one entitlement twice, even when it is empty", async () => {
    const offer = await w.publish();
    const entitlement = await w.buy(offer, 1);
    await w.send("buyer", "escrow", "refund", [offer, entitlement.buyer, entitlement.salt, 1]);
    await expectRefusal(w.buy(offer, 1, { salt: entitlement.salt }), "ENTITLEMENT_EXISTS");
  });
});

describe("row 6: consume (invariants 3, 4 and 5)", () => {
  it("opens steps until the entitlement expires and until the permit's deadline, inclusive", async () => {
    const entitlement = await w.buy(await w.publish());
    const { expiresAt } = await w.read.entitlement(entitlement.id);
    expect(await around(expiresAt, () => w.open(entitlement))).toEqual(UNTIL_END);
    const deadline = (await w.now()) + 500;
    expect(await around(deadline, () => w.open(entitlement, undefined, { deadline: BigInt(deadline) }))).toEqual([
      "done",
      "done",
      "refused",
    ]);
  });

  it("keeps the parent: refuses another state, another net and a second opening", async () => {
    const { entitlement, at } = await claimedSteps(1);
    await expectRefusal(w.open(entitlement, at(0), { parentStateCommitment: w.fresh("x") }), "PERMIT_PARENT_MISMATCH");
    await expectRefusal(w.open(entitlement, at(0), { parentNetCommitment: w.fresh("x") }), "PERMIT_PARENT_MISMATCH");
    await expectRefusal(w.open(entitlement, at(0), { step: 3 }), "STEP_NOT_NEXT");
    const opened = await w.open(entitlement, at(0));
    await expectRefusal(w.open(entitlement, at(0)), "STEP_NOT_NEXT");
    await expectRefusal(w.open(entitlement, at(0), { step: 3 }), "PERMIT_PARENT_MISMATCH");
    expect(await w.read.run(opened.runKey)).toMatchObject({ step: 2, proven: false });
  });

  it("uses a run once, for whichever entitlement, and a permit once", async () => {
    const offer = await w.publish();
    const [first, second] = [await w.buy(offer), await w.buy(offer)];
    const opened = await w.open(first);
    const { repositoryId, runId, runAttempt } = opened.permit;
    await expectRefusal(w.open(second, undefined, { repositoryId, runId, runAttempt }), "RUN_USED");
    await w.pass(WINDOWS.stepTimeout);
    await w.send("stranger", "escrow", "timeout", [first.id, opened.runKey, opened.permitHash, opened.parentHead]);
    await expectRefusal(
      w.send("gateway", "permitConsumer", "consume", [offer, await w.consumption(first, opened.permit)]),
      "RUN_USED",
    );
    await w.open(first, undefined, { repositoryId, runId, runAttempt: 2 });
  });

  it("lets another gateway's offer use the same run id", async () => {
    const mine = await w.buy(await w.publish());
    const other = await w.buy(await w.publish({ gateway: addressOf("stranger") }));
    const { permit } = await w.open(mine);
    const { repositoryId, runId, runAttempt } = permit;
    await w.open(other, undefined, { repositoryId, runId, runAttempt }, { from: "stranger" });
  });

  it("opens at most maxPending steps, and at most what was bought", async () => {
    const { entitlement, at } = await claimedSteps(2, { maxPending: 2 });
    await expectRefusal(w.open(entitlement, at(1)), "TOO_MANY_PENDING");
    await w.pass(WINDOWS.disputeWindow);
    await w.finalize(at(0));
    await w.open(entitlement, at(1));
    const small = await w.buy(entitlement.terms, 1);
    const last = await w.claim(await w.open(small));
    await expectRefusal(w.open(small, last), "STEP_NOT_BOUGHT");
  });

  it("takes only the gateway's call and only the buyer's signature over exactly this permit", async () => {
    const entitlement = await w.buy(await w.publish());
    await expectRefusal(w.open(entitlement, undefined, {}, { from: "stranger" }), "NOT_GATEWAY");
    await expectRefusal(w.open(entitlement, undefined, {}, { signer: "seller" }), "SIGNER_NOT_ALLOWED");
    await expectRefusal(
      w.open(entitlement, undefined, {}, { signer: "seller", as: addressOf("buyer") }),
      "PERMIT_SIGNATURE_INVALID",
    );
    const signed = await w.consumption(entitlement, w.permit(undefined));
    for (const [field, value] of Object.entries({
      step: 2,
      repositoryId: 78n,
      runId: 1n,
      runAttempt: 9,
      sourceCommit: "0x3333333333333333333333333333333333333333",
      inputHash: w.fresh("x"),
      workerKey: w.fresh("x"),
      resultKey: w.fresh("x"),
      parentStateCommitment: w.fresh("x"),
      parentNetCommitment: w.fresh("x"),
      observationHash: w.fresh("x"),
      salt: w.fresh("x"),
      deadline: 2n ** 38n,
      epoch: 1,
    })) {
      const tampered = { ...signed, permit: { ...signed.permit, [field]: value } };
      await expectRefusal(
        w.send("gateway", "permitConsumer", "consume", [entitlement.terms, tampered]),
        "PERMIT_SIGNATURE_INVALID",
      );
    }
  });

  it("forgets cancelled permits, and takes new ones", async () => {
    const entitlement = await w.buy(await w.publish());
    const permit = w.permit(undefined);
    const signed = await w.consumption(entitlement, permit);
    await w.send("buyer", "escrow", "cancelPermits", [entitlement.offerId, entitlement.salt]);
    await expectRefusal(w.send("gateway", "permitConsumer", "consume", [entitlement.terms, signed]), "EPOCH_OUTDATED");
    await w.open(entitlement, undefined, { epoch: 1 });
  });

  it("requires the observation of tier 2, with the observer's word on this run", async () => {
    const sourceCommit = "0x2222222222222222222222222222222222222222";
    const offer = await w.publish({ runnerTier: 2, sourceCommit, observer: addressOf("observer") });
    const entitlement = await w.buy(offer);
    await expectRefusal(w.open(entitlement), "PERMIT_UNOBSERVED");
    const permit = w.permit(undefined, { observationHash: w.fresh("observation") });
    const good = await w.consumption(entitlement, permit);
    const other = await w.consumption(entitlement, { ...permit, runId: 5n });
    await expectRefusal(
      w.send("gateway", "permitConsumer", "consume", [offer, { ...good, observerSignature: other.observerSignature }]),
      "OBSERVER_SIGNATURE_INVALID",
    );
    await w.send("gateway", "permitConsumer", "consume", [offer, good]);
  });

  it("lets a delegate permit steps within its limits, and nothing else", async () => {
    const entitlement = await w.buy(await w.publish());
    const validUntil = (await w.now()) + 1_000;
    await w.send("buyer", "permitConsumer", "delegate", [
      entitlement.offerId,
      entitlement.salt,
      addressOf("delegate"),
      1,
      validUntil,
    ]);
    const by = { signer: "delegate" } as const;
    expect(await around(validUntil, () => w.open(entitlement, undefined, {}, by))).toEqual(UNTIL_END);
    const first = await w.claim(await w.open(entitlement, undefined, {}, by));
    await expectRefusal(w.open(entitlement, first, {}, by), "SIGNER_NOT_ALLOWED");
    await expectRefusal(
      w.send("delegate", "escrow", "refund", [entitlement.terms, entitlement.buyer, entitlement.salt, 1]),
      "NOT_BUYER",
    );
    await expectRefusal(
      w.send("delegate", "escrow", "cancelPermits", [entitlement.offerId, entitlement.salt]),
      "NO_SUCH_ENTITLEMENT",
    );
    await expectRefusal(w.settle("delegate", "acknowledge", first, ["0x"]), "ACKNOWLEDGEMENT_INVALID");
    await expectRefusal(w.challengeConduct(first, "delegate"), "NOT_ENTITLEMENT_BUYER");
  });
});

describe("row 7: timeout", () => {
  it("voids an open step from its deadline on, and the late run can never claim", async () => {
    const entitlement = await w.buy(await w.publish());
    const opened = await w.open(entitlement);
    const { claimDeadline: end } = await w.read.run(opened.runKey);
    const timeout = () =>
      w.send("stranger", "escrow", "timeout", [entitlement.id, opened.runKey, opened.permitHash, opened.parentHead]);
    expect(await around(end, timeout)).toEqual(FROM_END);
    await w.nextAt(end);
    await timeout();
    expect(await ledger(entitlement.id)).toMatchObject({ opened: 0 });
    await expectRefusal(w.claim(opened), "STEP_NOT_OPEN");
    await expectRefusal(timeout(), "STEP_NOT_OPEN");
    await w.send("buyer", "escrow", "refund", [entitlement.terms, entitlement.buyer, entitlement.salt, 4]);
  });

  it("is implied by the permit of a new run for the same step", async () => {
    const { entitlement, at } = await claimedSteps(1);
    const stale = await w.open(entitlement, at(0));
    await expectRefusal(w.open(entitlement, at(0), {}, { stale }), "STEP_NOT_TIMED_OUT");
    await w.pass(WINDOWS.stepTimeout);
    const retry = await w.open(entitlement, at(0), {}, { stale });
    await expectRefusal(w.claim(stale), "STEP_NOT_OPEN");
    await w.claim(retry);
    expect(await ledger(entitlement.id)).toMatchObject({ opened: 2 });
  });

  it("does not spoil a permit that names the run when somebody else frees the step first", async () => {
    const { entitlement, at } = await claimedSteps(1);
    const stale = await w.open(entitlement, at(0));
    await w.pass(WINDOWS.stepTimeout);
    await w.send("stranger", "escrow", "timeout", [entitlement.id, stale.runKey, stale.permitHash, stale.parentHead]);
    const retry = await w.open(entitlement, at(0), {}, { stale });
    await w.claim(retry);
  });
});

describe("row 8: claim", () => {
  it("is taken until the step's deadline and until the approval's, inclusive", async () => {
    const entitlement = await w.buy(await w.publish());
    const opened = await w.open(entitlement);
    const { claimDeadline: end } = await w.read.run(opened.runKey);
    expect(await around(end, () => w.claim(opened))).toEqual(UNTIL_END);
    const deadline = (await w.now()) + 50;
    const signed = await w.signedClaim(w.claimOf(opened), { deadline: BigInt(deadline) });
    const submit = () => w.send("stranger", "settlement", "claim", [entitlement.terms, signed]);
    expect(await around(deadline, submit)).toEqual(["done", "done", "refused"]);
  });

  it("moves the head to the claim's next state, and is taken once", async () => {
    const { entitlement, at } = await claimedSteps(1);
    const { claim, opened } = at(0);
    expect(await w.read.head(entitlement.id)).toBe(headOf(claim.nextStateCommitment, claim.nextNetCommitment));
    await expectRefusal(
      w.send("stranger", "settlement", "claim", [entitlement.terms, await w.signedClaim(at(0))]),
      "STEP_NOT_OPEN",
    );
    await expectRefusal(w.claim(opened), "STEP_NOT_OPEN");
  });

  it("is refused with another permit, step, run, parent or signer", async () => {
    const offer = await w.publish();
    const entitlement = await w.buy(offer);
    const opened = await w.open(entitlement);
    await expectRefusal(w.claim(opened, { permitHash: w.fresh("x") }), "STEP_NOT_OPEN");
    await expectRefusal(w.claim(opened, { step: 2 }), "STEP_NOT_OPEN");
    await expectRefusal(w.claim({ ...opened, runKey: w.fresh("x") }), "STEP_NOT_OPEN");
    await expectRefusal(w.claim({ ...opened, parentHead: w.fresh("x") }), "STEP_NOT_OPEN");
    await expectRefusal(w.claim({ ...opened, entitlement: await w.buy(offer) }), "STEP_NOT_OPEN");
    const signed = await w.signedClaim(w.claimOf(opened), { signer: "seller" });
    await expectRefusal(w.send("stranger", "settlement", "claim", [offer, signed]), "APPROVAL_SIGNATURE_INVALID");
    const other = { ...(await w.signedClaim(w.claimOf(opened))), reportHash: w.fresh("x") };
    await expectRefusal(w.send("stranger", "settlement", "claim", [offer, other]), "APPROVAL_SIGNATURE_INVALID");
  });
});

describe("rows 9 and 10: proof", () => {
  const NO_ARBITER = { arbiter: NATIVE, arbitrationWindow: 0, conductBond: 0n, arbiterFee: 0n } as const;

  it("is payable at once without arbiter, after the dispute window with one", async () => {
    for (const [overrides, wait] of [
      [NO_ARBITER, 0],
      [{}, WINDOWS.disputeWindow],
    ] as const) {
      const entitlement = await w.buy(await w.publish(overrides));
      const claimed = w.claimOf(await w.open(entitlement));
      await w.send("stranger", "settlement", "claimWithProof", [entitlement.terms, await w.provenClaim(claimed)]);
      const run = await w.read.run(claimed.ref.runKey);
      const landed = await w.landed(claimed);
      expect(run).toMatchObject({ proven: true, windowEnd: 0 });
      expect(landed.ref.windowEnd).toBe((await w.now()) + wait);
      await expectRefusal(w.challengeEvidence(landed), wait === 0 ? "WINDOW_CLOSED" : "ALREADY_PROVEN");
      await w.pass(wait);
      await w.finalize(landed);
    }
  });

  it("is taken for provable offers only", async () => {
    const entitlement = await w.buy(await w.publish({ provable: false }));
    const claimed = w.claimOf(await w.open(entitlement));
    const proven = await w.provenClaim(claimed);
    const send = (functionName: string) =>
      w.send("stranger", "settlement", functionName, [
        entitlement.terms,
        proven,
        ...(functionName === "prove" ? [0] : []),
      ]);
    await expectRefusal(send("claimWithProof"), "OFFER_NOT_PROVABLE");
    await w.send("stranger", "settlement", "claim", [entitlement.terms, await w.signedClaim(claimed)]);
    await expectRefusal(send("prove"), "OFFER_NOT_PROVABLE");
  });

  it("answers a challenge before its end, and earns the seller the bond", async () => {
    const { entitlement, at } = await claimedSteps(1, NO_ARBITER);
    await w.challengeEvidence(at(0), MIN_BOND + 7n);
    expect(await w.read.credit(NATIVE, "stranger")).toBe(7n);
    const { end } = await w.read.challenge(at(0).ref.runKey, EVIDENCE);
    const prove = async () =>
      w.send("seller", "settlement", "prove", [entitlement.terms, await w.provenClaim(at(0)), at(0).ref.windowEnd]);
    const proven = await w.provenClaim(at(0));
    expect(
      await around(end, () =>
        w.send("seller", "settlement", "prove", [entitlement.terms, proven, at(0).ref.windowEnd]),
      ),
    ).toEqual(UNTIL_END);
    await prove();
    expect(await w.read.credit(NATIVE, "seller")).toBe(MIN_BOND);
    expect(await w.read.bonds()).toBe(0n);
    expect(await ledger(entitlement.id)).toMatchObject({ challenged: 0 });
    await w.finalize(await w.landed(at(0)));
  });

  it("counts only for its own claim, permit, log time and run (invariant 10)", async () => {
    const offer = await w.publish();
    const [entitlement, thief] = [await w.buy(offer), await w.buy(offer)];
    const claimed = w.claimOf(await w.open(entitlement));
    const stolen = w.claimOf(await w.open(thief), claimed.claim);
    const proven = await w.provenClaim(claimed);
    const send = (item: object) => w.send("stranger", "settlement", "claimWithProof", [offer, { ...proven, ...item }]);
    await expect(send({ salt: thief.salt })).rejects.toThrow();
    await expect(send({ salt: thief.salt, permit: stolen.opened.permit })).rejects.toThrow();
    await expect(send({ claim: { ...claimed.claim, resultHash: w.fresh("x") } })).rejects.toThrow();
    await expectRefusal(send({ permit: { ...proven.permit, runId: 3n } }), "PERMIT_HASH_MISMATCH");
    await expectRefusal(send(await w.provenClaim(claimed, { logOffset: -1_801 })), "EVIDENCE_TIME_OUTSIDE");
    await expectRefusal(
      send(await w.provenClaim(claimed, { logOffset: WINDOWS.stepTimeout })),
      "EVIDENCE_TIME_OUTSIDE",
    );
    await send(await w.provenClaim(claimed, { logOffset: -1_800 }));
  });
});

describe("rows 11 and 12: acknowledge and finalize", () => {
  it("pays from the end of the window, or at once with the buyer's word", async () => {
    const { at } = await claimedSteps(1);
    const { windowEnd: end } = at(0).ref;
    expect(await around(end, () => w.finalize(at(0)))).toEqual(FROM_END);
    await expectRefusal(w.settle("seller", "acknowledge", at(0), ["0x"]), "ACKNOWLEDGEMENT_INVALID");
    await w.settle("buyer", "acknowledge", at(0), ["0x"]);
    await expectRefusal(w.finalize(at(0)), "CLAIM_NOT_PENDING");
    const acknowledged = await w.landed(at(0));
    await w.finalize(acknowledged);
    await expectRefusal(w.finalize(acknowledged), "STEP_NOT_NEXT");
  });

  it("never pays a claim under another reference", async () => {
    const { at } = await claimedSteps(2);
    await w.pass(WINDOWS.disputeWindow);
    const { ref, opened } = at(0);
    for (const forged of [
      { ...ref, claimHash: at(1).ref.claimHash },
      { ...ref, runKey: at(1).ref.runKey },
      { ...ref, parentHead: at(1).ref.parentHead },
      { ...at(1).ref, step: 1 },
    ]) {
      await expectRefusal(
        w.send("seller", "escrow", "finalize", [forged, opened.entitlement.offerId]),
        "CLAIM_NOT_PENDING",
      );
    }
  });
});

describe("rows 13 to 18: challenges", () => {
  it("opens until the window's end, blocks payment and further steps", async () => {
    const { entitlement, at } = await claimedSteps(1);
    const { windowEnd: end } = at(0).ref;
    expect(await around(end, () => w.challengeEvidence(at(0)))).toEqual(UNTIL_END);
    expect(await around(end, () => w.challengeConduct(at(0)))).toEqual(UNTIL_END);
    await w.challengeEvidence(at(0));
    await w.challengeConduct(at(0));
    await expectRefusal(w.challengeEvidence(at(0)), "ALREADY_CHALLENGED");
    await expectRefusal(w.challengeConduct(at(0)), "ALREADY_CHALLENGED");
    await expectRefusal(w.open(entitlement, at(0)), "CHALLENGE_PENDING");
    await expectRefusal(w.settle("buyer", "acknowledge", at(0), ["0x"]), "CLAIM_CHALLENGED");
    await w.nextAt(end);
    await expectRefusal(w.finalize(at(0)), "CLAIM_CHALLENGED");
    // Answering one leaves the other open.
    await w.send("seller", "settlement", "prove", [entitlement.terms, await w.provenClaim(at(0)), at(0).ref.windowEnd]);
    await expectRefusal(w.finalize(at(0)), "CLAIM_CHALLENGED");
    await expectRefusal(w.open(entitlement, at(0)), "CHALLENGE_PENDING");
    await w.settle("arbiter", "rule", at(0), [RULING.upheld, 0n]);
    expect(await ledger(entitlement.id)).toMatchObject({ challenged: 0 });
    await w.finalize(at(0));
  });

  it("asks for a bond of four proofs where gas makes that more than the least bond", async () => {
    const { at } = await claimedSteps(1);
    const { provider } = w.connection;
    await provider.request({ method: "hardhat_setNextBlockBaseFeePerGas", params: ["0xe8d4a51000"] });
    await provider.request({ method: "evm_mine", params: [] });
    await expectRefusal(w.challengeEvidence(at(0)), "BOND_TOO_SMALL");
    await w.challengeEvidence(at(0), 100n * MIN_BOND);
    const { bond } = await w.read.challenge(at(0).ref.runKey, EVIDENCE);
    const { baseFeePerGas } = await w.client.getBlock();
    expect(bond).toBe(4n * figures.local.proofGas * (baseFeePerGas ?? 0n));
  });

  it("rejects what was not proven in time, and the seller's stake pays the challenger", async () => {
    const { entitlement, at } = await claimedSteps(1);
    await w.send("seller", "escrow", "postStake", [entitlement.terms], MIN_BOND / 2n);
    await w.challengeEvidence(at(0));
    const { end } = await w.read.challenge(at(0).ref.runKey, EVIDENCE);
    const reject = () => w.settle("stranger", "rejectUnproven", at(0));
    expect(await around(end, reject)).toEqual(FROM_END);
    await w.nextAt(end);
    await reject();
    expect(await w.read.credit(NATIVE, "stranger")).toBe(MIN_BOND + MIN_BOND / 2n);
    expect(await w.read.stake(entitlement.offerId)).toMatchObject({ amount: 0n });
    expect(await w.read.entitlement(entitlement.id)).toMatchObject({
      opened: 0,
      generation: 1,
      epoch: 1,
      challenged: 0,
    });
    await expectRefusal(w.finalize(at(0)), "CLAIM_NOT_PENDING");
    const retry = await w.claim(await w.open(entitlement, undefined, { epoch: 1 }));
    await expectRefusal(w.finalize(at(0)), "CLAIM_NOT_PENDING");
    await w.pass(WINDOWS.disputeWindow);
    await w.finalize(retry);
  });

  it("punishes nobody when a log key was revoked after the step was opened", async () => {
    const { entitlement, at } = await claimedSteps(1);
    await w.send("seller", "escrow", "postStake", [entitlement.terms], MIN_BOND);
    await w.challengeEvidence(at(0));
    await w.evidence.write("deployer", "revokeLogKey");
    await w.pass(WINDOWS.proofWindow);
    await w.settle("stranger", "rejectUnproven", at(0));
    expect(await w.read.credit(NATIVE, "stranger")).toBe(MIN_BOND);
    expect(await w.read.stake(entitlement.offerId)).toMatchObject({ amount: MIN_BOND });
  });

  it.each([
    ["upheld", 0n, { seller: 300n, arbiter: 200n, buyer: 0n }],
    ["split", 400n, { seller: 0n, arbiter: 200n, buyer: 300n }],
    ["rejected", 0n, { seller: 0n, arbiter: 200n, buyer: 300n + 200n }],
  ] as const)("pays bonds and stake as the table says when the arbiter rules %s", async (ruling, share, credits) => {
    const { entitlement, at } = await claimedSteps(1);
    await w.send("seller", "escrow", "postStake", [entitlement.terms], 1_000n);
    await w.challengeConduct(at(0));
    for (const wrong of [0n, PRICE]) {
      await expectRefusal(w.settle("arbiter", "rule", at(0), [RULING.split, wrong]), "SHARE_OUT_OF_RANGE");
    }
    await w.settle("arbiter", "rule", at(0), [RULING[ruling], share]);
    for (const [who, amount] of Object.entries(credits)) {
      expect([who, await w.read.credit(NATIVE, addressOf(who as "seller"))]).toEqual([who, amount]);
    }
    expect(await w.read.bonds()).toBe(0n);
    expect((await w.read.stake(entitlement.offerId)).amount).toBe(ruling === "rejected" ? 800n : 1_000n);
    await w.pass(WINDOWS.disputeWindow);
    if (ruling === "rejected") {
      await expectRefusal(w.finalize(at(0)), "CLAIM_NOT_PENDING");
      return;
    }
    await w.finalize(at(0));
    const earned = ruling === "split" ? share : PRICE;
    expect(await w.read.earnings(entitlement.offerId)).toBe(earned);
    expect(await w.read.credit(NATIVE, "buyer")).toBe(credits.buyer + PRICE - earned);
  });

  it("refunds the buyer when the arbiter stays silent", async () => {
    const { entitlement, at } = await claimedSteps(1);
    await w.challengeConduct(at(0));
    const { end } = await w.read.challenge(at(0).ref.runKey, CONDUCT);
    expect(await around(end, () => w.settle("arbiter", "rule", at(0), [RULING.upheld, 0n]))).toEqual(UNTIL_END);
    expect(await around(end, () => w.settle("stranger", "rejectUnruled", at(0)))).toEqual(FROM_END);
    await w.nextAt(end);
    await w.settle("stranger", "rejectUnruled", at(0));
    expect(await w.read.credit(NATIVE, "buyer")).toBe(500n);
    expect(await ledger(entitlement.id)).toMatchObject({ opened: 0, challenged: 0 });
  });

  it("gives an open evidence bond the same fate whichever challenge ends the claim", async () => {
    const { entitlement, at } = await claimedSteps(1, { arbitrationWindow: 200, proofWindow: 100 });
    await w.send("seller", "escrow", "postStake", [entitlement.terms], 10n * MIN_BOND);
    await w.challengeEvidence(at(0));
    await w.challengeConduct(at(0));
    const { end } = await w.read.challenge(at(0).ref.runKey, EVIDENCE);
    for (const [offset, credit] of [
      [-1, MIN_BOND],
      [0, 2n * MIN_BOND],
    ] as const) {
      const back = await w.snapshot();
      await w.nextAt(end + offset);
      await w.settle("arbiter", "rule", at(0), [RULING.rejected, 0n]);
      expect(await w.read.credit(NATIVE, "stranger")).toBe(credit);
      expect(await w.read.bonds()).toBe(0n);
      await back();
    }
    await w.nextAt(end);
    await w.settle("stranger", "rejectUnproven", at(0));
    expect(await w.read.credit(NATIVE, "stranger")).toBe(2n * MIN_BOND);
    expect(await w.read.credit(NATIVE, "buyer")).toBe(500n);
    expect(await w.read.bonds()).toBe(0n);
  });

  it("rejects a middle step: earlier ones stay payable, later ones are void and their bonds come back", async () => {
    const { entitlement, at } = await claimedSteps(4);
    await w.challengeConduct(at(2));
    await w.challengeEvidence(at(3));
    await w.challengeConduct(at(3));
    await expectRefusal(
      w.send("stranger", "settlement", "reclaimBond", [at(3).ref.runKey, EVIDENCE]),
      "CHALLENGE_STILL_COUNTS",
    );
    await w.settle("arbiter", "rule", at(2), [RULING.rejected, 0n]);
    expect(await ledger(entitlement.id)).toEqual({ bought: 8, opened: 2, settled: 0, challenged: 0 });
    expect(await w.read.head(entitlement.id)).toBe(at(2).ref.parentHead);
    for (const voided of [at(2), at(3)]) {
      await expectRefusal(
        w.settle("arbiter", "rule", voided, [RULING.upheld, 0n]),
        voided === at(3) ? "CLAIM_NOT_PENDING" : "CHALLENGE_UNKNOWN",
      );
      await expectRefusal(w.challengeEvidence(voided), "CLAIM_NOT_PENDING");
    }
    await w.send("stranger", "settlement", "reclaimBond", [at(3).ref.runKey, EVIDENCE]);
    await w.send("stranger", "settlement", "reclaimBond", [at(3).ref.runKey, CONDUCT]);
    await expectRefusal(
      w.send("stranger", "settlement", "reclaimBond", [at(3).ref.runKey, CONDUCT]),
      "CHALLENGE_UNKNOWN",
    );
    expect(await w.read.credit(NATIVE, "stranger")).toBe(MIN_BOND);
    expect(await w.read.credit(NATIVE, "buyer")).toBe(300n + 500n);
    expect(await w.read.bonds()).toBe(0n);
    const retry = await w.claim(await w.open(entitlement, at(1), { epoch: 1 }));
    await w.pass(WINDOWS.disputeWindow);
    for (const claimed of [at(0), at(1), retry]) await w.finalize(claimed);
    expect(await ledger(entitlement.id)).toMatchObject({ opened: 3, settled: 3 });
  });

  it("voids an open step after a rejected one for good, and ends delegations", async () => {
    const { entitlement, at } = await claimedSteps(1);
    await w.send("buyer", "permitConsumer", "delegate", [
      entitlement.offerId,
      entitlement.salt,
      addressOf("delegate"),
      9,
      2 ** 38,
    ]);
    const later = await w.open(entitlement, at(0));
    await w.challengeConduct(at(0));
    await w.settle("arbiter", "rule", at(0), [RULING.rejected, 0n]);
    await expectRefusal(w.claim(later), "STEP_NOT_OPEN");
    await expectRefusal(w.open(entitlement, undefined, {}), "EPOCH_OUTDATED");
    await expectRefusal(w.open(entitlement, undefined, { epoch: 1 }, { signer: "delegate" }), "DELEGATION_OUTDATED");
    await w.send("buyer", "escrow", "refund", [entitlement.terms, entitlement.buyer, entitlement.salt, 8]);
  });
});

/** From the notice to the withdrawal of a stake. */
const NOTICE = WINDOWS.stepTimeout + 2 * WINDOWS.disputeWindow + WINDOWS.arbitrationWindow;

describe("row 19 and stake", () => {
  it("leaves earnings and stake to the seller", async () => {
    const { entitlement, at } = await claimedSteps(1);
    const { terms } = entitlement;
    await w.send("seller", "escrow", "postStake", [terms], 1_000n);
    await w.pass(WINDOWS.disputeWindow);
    await w.finalize(at(0));
    const to = addressOf("stranger");
    for (const [functionName, args] of [
      ["withdrawEarnings", [terms, to]],
      ["noticeStake", [terms]],
      ["withdrawStake", [terms]],
      ["postStake", [terms]],
    ] as const) {
      await expectRefusal(w.send("stranger", "escrow", functionName, args), "NOT_SELLER");
    }
    await w.send("seller", "escrow", "withdrawEarnings", [terms, addressOf("seller")]);
    await expectRefusal(
      w.send("seller", "escrow", "withdrawEarnings", [terms, addressOf("seller")]),
      "NOTHING_TO_WITHDRAW",
    );
  });

  it("pays a stake out only after its notice, and a top-up of it voids the notice", async () => {
    const offer = await w.publish();
    await w.send("seller", "escrow", "postStake", [offer], 1_000n);
    await expectRefusal(w.send("seller", "escrow", "withdrawStake", [offer]), "STAKE_NOT_WITHDRAWABLE");
    await w.send("seller", "escrow", "noticeStake", [offer]);
    const end = (await w.now()) + NOTICE;
    expect(await around(end, () => w.send("seller", "escrow", "withdrawStake", [offer]))).toEqual(FROM_END);
    await w.send("seller", "escrow", "postStake", [offer], 1n);
    await w.nextAt(end + 5);
    await expectRefusal(w.send("seller", "escrow", "withdrawStake", [offer]), "STAKE_NOT_WITHDRAWABLE");
    await w.send("seller", "escrow", "noticeStake", [offer]);
    await w.pass(NOTICE);
    await w.send("seller", "escrow", "withdrawStake", [offer]);
    expect(await w.read.credit(NATIVE, "seller")).toBe(1_001n);
  });

  it("takes no stake for terms that nobody published", async () => {
    await expectRefusal(w.send("seller", "escrow", "postStake", [w.terms()], 1_000n), "OFFER_NOT_LIVE");
    const offer = await w.publish();
    await w.send("seller", "offerRegistry", "retire", [offerIdOf(offer)]);
    await w.send("seller", "escrow", "postStake", [offer], 1_000n);
  });

  it("still holds the stake when the last step opened before the notice is decided", async () => {
    const entitlement = await w.buy(await w.publish({ proofWindow: WINDOWS.arbitrationWindow }));
    const { terms } = entitlement;
    await w.send("seller", "escrow", "postStake", [terms], 10n * MIN_BOND);
    const opened = await w.open(entitlement);
    await w.send("seller", "escrow", "noticeStake", [terms]);
    await w.nextAt((await w.read.run(opened.runKey)).claimDeadline - 1);
    const claimed = await w.claim(opened);
    await w.nextAt(claimed.ref.windowEnd - 1);
    await w.challengeEvidence(claimed);
    await w.pass(terms.proofWindow);
    await expectRefusal(w.send("seller", "escrow", "withdrawStake", [terms]), "STAKE_NOT_WITHDRAWABLE");
    await w.pass(WINDOWS.disputeWindow - 20);
    await expectRefusal(w.send("seller", "escrow", "withdrawStake", [terms]), "STAKE_NOT_WITHDRAWABLE");
    await w.settle("stranger", "rejectUnproven", claimed);
    await w.pass(20);
    await w.send("seller", "escrow", "withdrawStake", [terms]);
  });
});
