import { WINDOWS, type World } from "./world.ts";

/** What a user pays in gas for each move of a steady trade: whole transactions, signatures by plain accounts. */
export async function measureGas(w: World): Promise<Record<string, number>> {
  const gas: Record<string, number> = {};
  const measure = async (name: string, call: Promise<{ readonly gasUsed: bigint }>) => {
    gas[name] = Number((await call).gasUsed);
  };
  const token = w.deployment.sandboxToken;
  if (token === undefined) throw new Error("the deployment has no token");
  const mint = (to: "buyer" | "stranger") => w.fund(to, 10n ** 12n);
  await mint("buyer");
  await mint("stranger");

  const terms = w.terms({ token });
  await measure("publish", w.send("seller", "offerRegistry", "publish", [terms, w.policy]));
  await w.buy(terms, 10, { payer: "stranger" });
  const salt = w.fresh("salt");
  await measure("purchaseErc20", w.send("buyer", "escrow", "purchase", [terms, w.buyer, salt, 10]));
  const native = await w.publish();
  await measure(
    "purchaseNative",
    w.send("buyer", "escrow", "purchase", [native, w.buyer, w.fresh("salt"), 10], native.price * 10n),
  );

  // Steady state: the first step and the first lap of the ring write storage that later ones find in place.
  const entitlement = await w.buy(terms, 20, { payer: "stranger" });
  let parent: Awaited<ReturnType<World["claim"]>> | undefined;
  for (let step = 1; step <= terms.maxPending + 2; step++) {
    const input = w.permit(parent);
    const consumption = await w.consumption(entitlement, input);
    const name = step === 1 ? "consumeFirst" : "consume";
    await measure(name, w.send("gateway", "permitConsumer", "consume", [terms, consumption]));
    const claimed = w.claimOf(w.openedOf(entitlement, input));
    const claimName = step === 1 ? "claimFirst" : "claim";
    await measure(claimName, w.send("gateway", "settlement", "claim", [terms, await w.signedClaim(claimed)]));
    await w.pass(WINDOWS.disputeWindow);
    await measure(step === 1 ? "finalizeFirst" : "finalizeRepeat", w.finalize(claimed));
    parent = claimed;
  }
  await measure("refund", w.send("buyer", "escrow", "refund", [terms, w.buyer, entitlement.salt, 1]));
  await measure("withdraw", w.send("buyer", "escrow", "withdraw", [token, w.buyer]));
  return gas;
}
