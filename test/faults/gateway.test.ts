import { afterAll, beforeAll, expect, it } from "vitest";
import { envelopeSchema, openEnvelope } from "#lib/capability/envelope.ts";
import { findPawlError } from "#lib/core/error.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import type { Gateway } from "#lib/gateway/gateway.ts";
import { deliveryMac } from "#lib/gateway/runMac.ts";
import { packArchive } from "#lib/state/archive.ts";
import type { Database } from "#lib/store/store.ts";
import { createGatewayWorld, type Fault, type GatewayWorld } from "../lib/gateway/world.ts";

/**
 * A process that dies before its k-th write or around its k-th transaction, for every k. Afterwards another process
 * over the same store and chain goes on with what buyer and run would send again. Each time the step opens exactly
 * once and its keys reach the one worker.
 */

let world: GatewayWorld;
beforeAll(async () => {
  world = await createGatewayWorld();
});
afterAll(() => world.close());

/** Far more than a step has; the loop ends at the first k that was never reached. */
const MOST = 60;

it("loses nothing and opens nothing twice, wherever a process dies", { timeout: 240_000 }, async () => {
  let reached = 0;
  for (let k = 1; k <= MOST; k++) {
    const fault = dieAt(k);
    await trade(fault);
    if (!fault.happened()) break;
    reached = k;
  }
  // Request, ask, permit, release and delivery write and send a dozen times; fewer would mean nothing was injected.
  expect(reached).toBeGreaterThan(11);
});

async function trade(fault: Fault & { happened(): boolean }): Promise<void> {
  const { id } = await world.buy();
  const dying = world.gatewayWith(world.kek, fault);
  let gateway = dying;
  /** Does something as often as its caller would: again with another process when the first one died. */
  const insist = async <T>(work: (gateway: Gateway) => Promise<T>): Promise<T> => {
    try {
      return await work(gateway);
    } catch (thrown) {
      // Whatever a dead process would have answered, nobody heard it.
      if (!fault.happened() || gateway !== dying) throw thrown;
      gateway = world.gatewayWith(world.kek);
      return work(gateway);
    }
  };

  const before = world.dispatched.length;
  const request = await world.signRequest(id, 1);
  await insist((now) => now.requests.request(request)).catch(async (thrown: unknown) => {
    // Dead between its note and the dispatch: nobody may dispatch for that note again, but the buyer may sign anew.
    if (findPawlError(thrown)?.code !== "DISPATCH_UNKNOWN") throw thrown;
    await gateway.requests.request(await world.signRequest(id, 1));
  });
  expect(world.dispatched).toHaveLength(before + 1);
  const run = await world.newRun();
  const asked = await insist((now) => world.ask(id, 1, run, now));
  const submission = await world.signPermit(await world.proposal(id));
  const permitHash = await insist((now) => now.asks.permit(asked.askId, submission));
  await insist((now) => world.release(id, 1, { ...asked, permitHash }, run, now));
  const body = await packArchive([
    { name: "result.json", bytes: canonicalBytes({ v: 1, salt: `0x${"11".repeat(32)}`, payload: null }) },
    { name: "state.bundle", bytes: new Uint8Array([1]) },
  ]);
  const shares: string[] = [];
  for (const each of [gateway, world.gatewayWith(world.kek)]) {
    const answer = await each.release.poll(asked.askId, world.proof(asked));
    if (answer.status !== "released") throw new Error(`not released: ${answer.status}`);
    const envelope = envelopeSchema.parse(answer.envelopes.state);
    const { v: _v, expiresAt: _e, ...expected } = envelope.header;
    const plain = await openEnvelope(envelope, expected, run.worker.privateKey, async () => true);
    shares.push(Buffer.from(plain).toString("hex"));
  }
  expect(new Set(shares).size).toBe(1);
  const receipts: unknown[] = [];
  for (let time = 0; time < 2; time++) {
    receipts.push(
      await insist((now) => {
        const at = world.time.now;
        const mac = deliveryMac(asked.pollSecret, asked.askId, at, body);
        return now.deliveries.deliver(asked.askId, { at, mac }, body);
      }),
    );
  }
  expect(receipts[0]).toEqual(receipts[1]);
  expect(await world.chain.read.entitlement(id)).toMatchObject({ opened: 1, settled: 0 });
}

class Died extends Error {}

/** Counts writes and transactions; at the k-th the process is gone: before a write, after a transaction was sent. */
function dieAt(k: number): Fault & { happened(): boolean } {
  let count = 0;
  let dead = false;
  const step = () => {
    count++;
    if (dead || count === k) {
      dead = true;
      throw new Died(`at ${k}`);
    }
  };
  return {
    happened: () => dead,
    db: (db: Database) =>
      new Proxy(db, {
        get(target, property, receiver) {
          if (property === "insert" || property === "update" || property === "delete") step();
          return Reflect.get(target, property, receiver);
        },
      }),
    afterTransaction: step,
    beforeDispatch: step,
    afterDispatch: step,
  };
}
