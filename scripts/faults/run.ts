import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "#lib/core/effects.ts";
import { findPawlError } from "#lib/core/error.ts";
import { createGatewayClient } from "#lib/gateway/client.ts";
import { patiently } from "#lib/runner/patience.ts";
import { createClaimClient } from "#lib/settlement/client.ts";
import { finalizeNext } from "#lib/settlement/keeper.ts";
import { purchase, signPermit, signRequest, waitForAsk } from "../demo/trade.ts";
import { transactorFor } from "../stack/seed.ts";
import type { Stack } from "../stack/stack.ts";

/** When the server is killed in a step, and how long after the moment, in milliseconds. */
export type Kill = { readonly after: "request" | "ask" | "permit" | "run" | "claim sent"; readonly delay: number };

export const kills: readonly Kill[] = [
  { after: "request", delay: 0 },
  { after: "request", delay: 400 },
  { after: "ask", delay: 0 },
  { after: "permit", delay: 0 },
  { after: "permit", delay: 250 },
  { after: "permit", delay: 500 },
  { after: "permit", delay: 900 },
  { after: "run", delay: 0 },
  { after: "claim sent", delay: 30 },
  { after: "claim sent", delay: 120 },
];

export type FaultOutcome = {
  readonly kill: Kill;
  readonly paid: boolean;
  readonly ms: number;
  readonly problem?: string;
};

/** One entitlement, one step per kill: each step must still be paid, once. */
export async function runFaults(stack: Stack, report: (line: string) => void): Promise<readonly FaultOutcome[]> {
  const { deployment, rpcUrl, webUrl } = stack;
  const offer = stack.offers.find(({ name }) => name === "plot");
  if (!offer) throw new Error("the stack did not publish the plot offer");
  const buyer = await purchase({
    transactor: transactorFor("buyer", rpcUrl, deployment.chainId),
    deployment,
    gatewayUrl: webUrl,
    offer,
    steps: kills.length,
  });
  const gateway = createGatewayClient({ url: webUrl });
  const claims = createClaimClient({ url: webUrl });
  const insist = <T>(work: () => Promise<T>) => patiently({ clock: systemClock, sleep, log: () => undefined }, work);
  const anyone = transactorFor("deployer", rpcUrl, deployment.chainId);

  async function takeStep(step: number, kill: Kill): Promise<void> {
    const moment = async (name: Kill["after"]) => {
      if (kill.after !== name) return;
      await sleep(kill.delay);
      await stack.restartServer();
    };
    const { runId } = await gateway.requestStep(await signRequest(buyer, step, { generations: 3 }));
    await moment("request");
    const ask = await insist(() => waitForAsk(buyer, runId));
    await moment("ask");
    const submission = await signPermit(buyer, ask.proposal);
    const { permitHash } = await insist(() => gateway.submitPermit(ask.askId, submission));
    await moment("permit");
    const capsule = await insist(() => waitForCapsule(permitHash));
    await moment("run");
    const claiming = claims.claim(capsule).catch((thrown: unknown) => thrown);
    await moment("claim sent");
    await claiming;
    if ((await finalizeNext(anyone, deployment, buyer.entitlement)).status === "nothing pending") {
      // The server died before the claim was in a block: whoever holds the capsule sends it again.
      await insist(() => claims.claim(capsule));
    }
    for (;;) {
      const outcome = await finalizeNext(anyone, deployment, buyer.entitlement);
      if (outcome.status === "paid") return;
      if (outcome.status !== "waiting") throw new Error(`cannot finalise: ${outcome.status}`);
      await sleep(300);
    }
  }

  async function waitForCapsule(permitHash: `0x${string}`): Promise<Uint8Array> {
    for (let waited = 0; waited < 120; waited++) {
      try {
        return await claims.capsule(permitHash);
      } catch (thrown) {
        const code = findPawlError(thrown)?.code;
        if (code !== "RUN_NOT_COMPLETED" && code !== "CLAIM_RUN_UNKNOWN") throw thrown;
        await sleep(500);
      }
    }
    throw new Error("the run did not finish within 60 s");
  }

  const outcomes: FaultOutcome[] = [];
  for (const [index, kill] of kills.entries()) {
    const began = Date.now();
    const name = `killed ${kill.delay} ms after: ${kill.after}`;
    try {
      await takeStep(index + 1, kill);
      outcomes.push({ kill, paid: true, ms: Date.now() - began });
      report(`${name}: paid`);
    } catch (thrown) {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      outcomes.push({ kill, paid: false, ms: Date.now() - began, problem });
      report(`${name}: NOT PAID: ${problem}`);
      break;
    }
  }
  return outcomes;
}
