import { encodeFunctionData, getContractAddress, toFunctionSelector, zeroAddress, zeroHash } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { escrowAbi, settlementAbi } from "#lib/chain/generated/abis.ts";
import { addressOf, createWorld, expectRefusal, NATIVE, POLICY, PRICE, RULING, WINDOWS, type World } from "./world.ts";

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
afterAll(async () => {
  await w.connection.close();
});

const HONEST = 0;
const FEE = 1;
const ANSWERS_FALSE = 2;
const REVERTS = 3;
const DRAINS = 4;

async function hostileToken() {
  const token = await w.deployDouble("HostileToken");
  await token.write("buyer", "mint", [addressOf("buyer"), 1_000n * PRICE]);
  await token.write("buyer", "approve", [w.deployment.escrow, 1_000n * PRICE]);
  return token;
}

describe("hostile tokens (invariants 1 and 9)", () => {
  it.each([
    ["keeps a fee", FEE, "TOKEN_AMOUNT_MISMATCH"],
    ["takes from its receiver", DRAINS, "TOKEN_AMOUNT_MISMATCH"],
    ["answers false", ANSWERS_FALSE, "TOKEN_TRANSFER_FAILED"],
    ["reverts", REVERTS, "TOKEN_TRANSFER_FAILED"],
  ] as const)("sells nothing for a token that %s, and keeps no trace of it", async (_, mood, code) => {
    const token = await hostileToken();
    const offer = await w.publish({ token: token.address });
    await w.buy(offer, 1);
    await token.write("buyer", "setMood", [mood]);
    const salt = w.fresh("salt");
    await expectRefusal(w.buy(offer, 2, { salt }), code);
    await token.write("buyer", "setMood", [HONEST]);
    await w.buy(offer, 2, { salt });
  });

  it("keeps a credit while the token refuses to move, and blocks nobody else", async () => {
    const token = await hostileToken();
    const bad = await w.buy(await w.publish({ token: token.address }), 2);
    const good = await w.buy(await w.publish(), 2);
    for (const { terms, buyer, salt } of [bad, good]) {
      await w.send("buyer", "escrow", "refund", [terms, buyer, salt, 2]);
    }
    await token.write("stranger", "setMood", [REVERTS]);
    await expectRefusal(
      w.send("buyer", "escrow", "withdraw", [token.address, addressOf("buyer")]),
      "TOKEN_TRANSFER_FAILED",
    );
    await w.send("buyer", "escrow", "withdraw", [NATIVE, addressOf("buyer")]);
    await token.write("stranger", "setMood", [HONEST]);
    await w.send("buyer", "escrow", "withdraw", [token.address, addressOf("buyer")]);
    expect(await token.read("balanceOf", [addressOf("buyer")])).toBe(1_000n * PRICE);
  });

  it.each(["purchase", "topUp", "withdraw", "withdrawEarnings"] as const)(
    "cannot call %s in the middle of a purchase",
    async (functionName) => {
      const token = await hostileToken();
      const offer = await w.publish({ token: token.address });
      const buyer = addressOf("buyer");
      const args = {
        purchase: [offer, buyer, zeroHash, 1],
        topUp: [offer, buyer, zeroHash, 1],
        withdraw: [token.address, buyer],
        withdrawEarnings: [offer, buyer],
      } as const;
      const data = encodeFunctionData({ abi: escrowAbi, functionName, args: args[functionName] } as never);
      await token.write("buyer", "setHook", [w.deployment.escrow, data]);
      await w.buy(offer);
      expect(await token.read("hookAnswer")).toBe(LOCKED);
    },
  );
});

const LOCKED = toFunctionSelector("Locked()");

describe("hostile receivers (invariant 9)", () => {
  it("pays a contract that refuses money to whoever it names instead", async () => {
    const account = await w.deployDouble("SmartAccount", [addressOf("buyer")]);
    await account.write("buyer", "setRefusesMoney", [true]);
    const offer = await w.publish();
    const { salt } = await w.buy(offer, 3, { buyer: account.address });
    const call = (functionName: string, args: readonly unknown[]) =>
      account.write("buyer", "execute", [
        w.deployment.escrow,
        encodeFunctionData({ abi: escrowAbi, functionName, args } as never),
      ]);
    await call("refund", [offer, account.address, salt, 3]);
    await expect(call("withdraw", [NATIVE, account.address])).rejects.toThrow();
    expect(await w.read.credit(NATIVE, account.address)).toBe(3n * PRICE);
    await call("withdraw", [NATIVE, addressOf("stranger")]);
    expect(await w.read.credit(NATIVE, account.address)).toBe(0n);
  });

  it("pays once when the receiver calls back for more", async () => {
    const account = await w.deployDouble("SmartAccount", [addressOf("buyer")]);
    const offer = await w.publish();
    const other = await w.buy(offer, 5);
    const { salt } = await w.buy(offer, 2, { buyer: account.address });
    const data = encodeFunctionData({ abi: escrowAbi, functionName: "withdraw", args: [NATIVE, account.address] });
    await account.write("buyer", "setHook", [w.deployment.escrow, data]);
    const refund = encodeFunctionData({
      abi: escrowAbi,
      functionName: "refund",
      args: [offer, account.address, salt, 2],
    } as never);
    await account.write("buyer", "execute", [w.deployment.escrow, refund]);
    await account.write("buyer", "execute", [w.deployment.escrow, data]);
    expect(await account.read("hookAnswer")).toBe(LOCKED);
    expect(await w.client.getBalance({ address: account.address })).toBe(2n * PRICE);
    expect(await w.client.getBalance({ address: w.deployment.escrow })).toBe(5n * PRICE);
    await w.send("buyer", "escrow", "refund", [offer, other.buyer, other.salt, 5]);
  });

  it("credits an arbiter that cannot receive, and the ruling stands", async () => {
    const arbiter = await w.deployDouble("SmartAccount", [addressOf("arbiter")]);
    await arbiter.write("arbiter", "setRefusesMoney", [true]);
    const entitlement = await w.buy(await w.publish({ arbiter: arbiter.address }));
    const claimed = await w.claim(await w.open(entitlement));
    await w.challengeConduct(claimed);
    const ruling = encodeFunctionData({
      abi: settlementAbi,
      functionName: "rule",
      args: [entitlement.terms, claimed.ref, RULING.rejected, 0n],
    } as never);
    await arbiter.write("arbiter", "execute", [w.deployment.settlement, ruling]);
    expect(await w.read.credit(NATIVE, arbiter.address)).toBe(200n);
  });

  it("takes no native money that belongs to nobody", async () => {
    await expect(
      w.wallet.sendTransaction({ account: addressOf("stranger"), to: w.deployment.escrow, value: 1n, gas: 100_000n }),
    ).rejects.toThrow();
  });
});

describe("accounts that are contracts (ERC-1271)", () => {
  it("buy, sign permits, acknowledge, and verify", async () => {
    const buyer = await w.deployDouble("SmartAccount", [addressOf("buyer")]);
    const verifier = await w.deployDouble("SmartAccount", [addressOf("verifier")]);
    const entitlement = await w.buy(await w.publish({ verifier: verifier.address }), 2, { buyer: buyer.address });
    await expectRefusal(
      w.open(entitlement, undefined, {}, { signer: "stranger", as: buyer.address }),
      "PERMIT_SIGNATURE_INVALID",
    );
    const claimed = await w.claim(await w.open(entitlement, undefined, {}, { signer: "buyer", as: buyer.address }));
    await w.settle("stranger", "acknowledge", claimed, [await w.acknowledgement(claimed, "buyer")]);
    const acknowledged = await w.landed(claimed);
    await w.finalize(acknowledged);
    await expectRefusal(w.finalize(acknowledged), "STEP_NOT_NEXT");
  });
});

describe("a deployment without evidence verifier", () => {
  it("refuses provable offers, and decides by the arbiter alone", async () => {
    const bare = await createWorld({ bare: true });
    await expectRefusal(
      bare.send("seller", "offerRegistry", "publish", [bare.terms({ provable: true }), POLICY]),
      "NOT_PROVABLE_HERE",
    );
    const claimed = await bare.claim(await bare.open(await bare.buy(await bare.publish())));
    await expectRefusal(bare.challengeEvidence(claimed), "OFFER_NOT_PROVABLE");
    await bare.challengeConduct(claimed);
    await bare.pass(WINDOWS.arbitrationWindow);
    await bare.settle("stranger", "rejectUnruled", claimed);
    await bare.connection.close();
  });

  it("is one set: the wiring is what the deployment says", async () => {
    const read = (functionName: "permitConsumer" | "settlement" | "offerRegistry") =>
      w.client.readContract({ address: w.deployment.escrow, abi: escrowAbi, functionName });
    for (const name of ["permitConsumer", "settlement", "offerRegistry"] as const) {
      expect((await read(name)).toLowerCase()).toBe(w.deployment[name]);
    }
    expect(w.deployment.escrow).not.toBe(zeroAddress);
  });

  it("cannot exist with a settlement that serves another ledger", async () => {
    const from = addressOf("deployer");
    const nonce = BigInt(await w.client.getTransactionCount({ address: from })) + 1n;
    const consumer = await w.deployDouble("PermitConsumer", [getContractAddress({ from, nonce })]);
    const { offerRegistry, settlement } = w.deployment;
    const refusal = await expectRefusal(
      w.deployDouble("Escrow", [offerRegistry, consumer.address, settlement, zeroAddress]),
      "WIRING_MISMATCH",
    );
    expect(String(refusal.values.actual).toLowerCase()).toBe(w.deployment.escrow);
  });
});
