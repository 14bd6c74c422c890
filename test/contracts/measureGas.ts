import type { Hex } from "viem";
import {
  addressOf,
  type Claimed,
  type Entitlement,
  MIN_BOND,
  type Opened,
  RULING,
  WINDOWS,
  type World,
} from "./world.ts";

/** Steps of one `*Batch` transaction, each of another entitlement of the same offer. */
const BATCH = 32;

const MOVES = [
  "publish",
  "purchaseNative",
  "purchaseErc20",
  "purchasePermit2",
  "consume",
  "consume1271",
  "claim",
  "finalizeFirst",
  "finalizeRepeat",
  "consumeBatch32PerStep",
  "claimBatch32PerStep",
  "finalizeBatch32PerStep",
  "challengeEvidence",
  "challengeConduct",
  "rule",
  "refund",
  "withdraw",
] as const;
type Move = (typeof MOVES)[number];

export type GasFigures = {
  /** Steady state: every slot that is reused was written before. `finalizeFirst` opens an offer's earnings anew. */
  readonly gas: Readonly<Record<Move, number>>;
  /** The same moves by people and entitlements that come for the first time. */
  readonly gasFirst: Readonly<Record<Move, number>>;
};

/** Whole-transaction gas of each move. The chain, the hashes and the signatures are the same every time. */
export async function measureGas(w: World): Promise<GasFigures> {
  const figures: { gas: Partial<Record<Move, number>>; gasFirst: Partial<Record<Move, number>> } = {
    gas: {},
    gasFirst: {},
  };
  /** The first measurement of a move is its first use, the last its steady state. */
  const measure = async (move: Move, call: Promise<{ readonly gasUsed: bigint }>, steps = 1) => {
    const used = Math.ceil(Number((await call).gasUsed) / steps);
    figures.gasFirst[move] ??= used;
    figures.gas[move] = used;
  };
  const token = w.deployment.sandboxToken;
  if (token === undefined) throw new Error("the deployment has no token");

  const publish = async (overrides: Parameters<World["terms"]>[0]) => {
    const terms = w.terms(overrides);
    await measure("publish", w.send("seller", "offerRegistry", "publish", [terms, w.policy]));
    return terms;
  };
  const erc20 = await publish({ token });
  const native = await publish({});
  await publish({ token });

  await measurePurchases(w, measure, { erc20, native, token });

  const entitlement = await w.buy(erc20, 60, { payer: "stranger" });
  const trade = { w, measure, entitlement };
  let parent: Claimed | undefined;
  for (let step = 1; step <= erc20.maxPending + 2; step++) {
    parent = await measureStep(trade, parent);
    // Earnings taken out, so that the next payment opens them again.
    if (step % 2 === 0) await w.send("seller", "escrow", "withdrawEarnings", [erc20, addressOf("seller")]);
  }
  parent = await measureDisputes(trade, parent);
  await measureAccounts(trade);
  await measureBatches({ ...trade, entitlements: await entitlementsOf(w, erc20) });
  return { gas: complete(figures.gas), gasFirst: complete(figures.gasFirst) };
}

type Measure = (move: Move, call: Promise<{ readonly gasUsed: bigint }>, steps?: number) => Promise<void>;
type Trade = { readonly w: World; readonly measure: Measure; readonly entitlement: Entitlement };

async function measurePurchases(
  w: World,
  measure: Measure,
  offers: Readonly<Record<"erc20" | "native", ReturnType<World["terms"]>>> & { readonly token: Hex },
) {
  await w.fund("stranger", 10n ** 12n);
  for (const round of ["first", "steady"]) {
    // An allowance without end is not written again; the escrow holds the token from the second purchase on.
    await w.fund("buyer", 10n ** 12n, 2n ** 256n - 1n);
    const salt = w.fresh(round);
    await measure("purchaseErc20", w.send("buyer", "escrow", "purchase", [offers.erc20, w.buyer, salt, 10]));
    const value = offers.native.price * 10n;
    await measure(
      "purchaseNative",
      w.send("buyer", "escrow", "purchase", [offers.native, w.buyer, w.fresh("salt"), 10], value),
    );
  }
  for (const nonce of [0n, 1n]) {
    const salt = w.fresh("salt");
    const payment = await w.permit2Payment({ terms: offers.erc20, salt, steps: 10, nonce });
    const args = [offers.erc20, w.buyer, salt, 10, payment];
    await measure("purchasePermit2", w.send("stranger", "escrow", "purchaseWithPermit2", args));
  }
}

async function measureStep({ w, measure, entitlement }: Trade, parent: Claimed | undefined): Promise<Claimed> {
  const { terms } = entitlement;
  const input = w.permit(parent);
  const consumption = await w.consumption(entitlement, input);
  await measure("consume", w.send("gateway", "permitConsumer", "consume", [terms, consumption]));
  const claimed = w.claimOf(w.openedOf(entitlement, input));
  await measure("claim", w.send("gateway", "settlement", "claim", [terms, await w.signedClaim(claimed)]));
  const landed = await w.landed(claimed);
  await w.pass(WINDOWS.disputeWindow);
  const hasEarnings = (await w.read.earnings(entitlement.offerId)) > 0n;
  await measure(hasEarnings ? "finalizeRepeat" : "finalizeFirst", w.finalize(landed));
  return claimed;
}

/** Two claims, each challenged in both ways, proven and upheld. */
async function measureDisputes({ w, measure, entitlement }: Trade, parent: Claimed | undefined): Promise<Claimed> {
  let last = parent;
  for (let round = 0; round < 2; round++) {
    const claimed = await w.claim(await w.open(entitlement, last));
    await measure("challengeEvidence", w.challengeEvidence(claimed, MIN_BOND));
    await measure("challengeConduct", w.challengeConduct(claimed));
    await measure("rule", w.settle("arbiter", "rule", claimed, [RULING.upheld, 0n]));
    await w.send("seller", "settlement", "prove", [
      entitlement.terms,
      await w.provenClaim(claimed),
      claimed.ref.windowEnd,
    ]);
    await w.pass(WINDOWS.disputeWindow);
    await w.finalize(claimed);
    last = claimed;
  }
  if (last === undefined) throw new Error("no claim was made");
  return last;
}

/** Refunds and withdrawals, and a buyer whose account is a contract. */
async function measureAccounts({ w, measure, entitlement: { terms, salt } }: Trade) {
  const receiver = addressOf("delegate");
  for (let round = 0; round < 2; round++) {
    await measure("refund", w.send("buyer", "escrow", "refund", [terms, w.buyer, salt, 1]));
    if (round === 1) await measure("refund", w.send("buyer", "escrow", "refund", [terms, w.buyer, salt, 1]));
    await measure("withdraw", w.send("buyer", "escrow", "withdraw", [terms.token, receiver]));
  }
  const account = await w.deployDouble("SmartAccount", [addressOf("buyer")]);
  const owned = await w.buy(terms, 10, { buyer: account.address, payer: "stranger" });
  let parent: Claimed | undefined;
  for (let step = 1; step <= terms.maxPending + 2; step++) {
    const input = w.permit(parent);
    const consumption = await w.consumption(owned, input, { as: account.address });
    await measure("consume1271", w.send("gateway", "permitConsumer", "consume", [terms, consumption]));
    parent = await w.claim(w.openedOf(owned, input));
    await w.pass(WINDOWS.disputeWindow);
    await w.finalize(parent);
  }
}

async function entitlementsOf(w: World, terms: Entitlement["terms"]): Promise<Entitlement[]> {
  const entitlements: Entitlement[] = [];
  for (let index = 0; index < BATCH; index++) entitlements.push(await w.buy(terms, 20, { payer: "stranger" }));
  return entitlements;
}

/** One step of each of 32 entitlements at a time, until every slot of their rings was used once. */
async function measureBatches({
  w,
  measure,
  entitlement: { terms, offerId },
  entitlements,
}: Trade & { readonly entitlements: readonly Entitlement[] }) {
  let parents: readonly Claimed[] = [];
  for (let step = 1; step <= terms.maxPending + 2; step++) {
    const opened: Opened[] = [];
    const consumptions: unknown[] = [];
    for (const [index, entitlement] of entitlements.entries()) {
      const input = w.permit(parents[index]);
      opened.push(w.openedOf(entitlement, input));
      consumptions.push(await w.consumption(entitlement, input));
    }
    await measure(
      "consumeBatch32PerStep",
      w.send("gateway", "permitConsumer", "consumeBatch", [terms, consumptions]),
      BATCH,
    );
    parents = opened.map((run) => w.claimOf(run));
    const signed = await Promise.all(parents.map((claimed) => w.signedClaim(claimed)));
    await measure("claimBatch32PerStep", w.send("gateway", "settlement", "claimBatch", [terms, signed]), BATCH);
    const landed = await Promise.all(parents.map((claimed) => w.landed(claimed)));
    await w.pass(WINDOWS.disputeWindow);
    const refs = landed.map(({ ref }) => ref);
    await measure("finalizeBatch32PerStep", w.send("stranger", "escrow", "finalizeBatch", [refs, offerId]), BATCH);
  }
}

function complete(figures: Partial<Record<Move, number>>): Record<Move, number> {
  return Object.fromEntries(
    MOVES.map((move) => {
      const used = figures[move];
      if (used === undefined) throw new Error(`${move} was not measured`);
      return [move, used];
    }),
  ) as Record<Move, number>;
}
