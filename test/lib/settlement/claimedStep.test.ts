import { afterAll, beforeAll, expect, it } from "vitest";
import { readPendingClaim } from "#lib/settlement/claimedStep.ts";
import { createWorld, EVIDENCE, RULING, WINDOWS, type World } from "../../contracts/world.ts";

let w: World;
beforeAll(async () => {
  w = await createWorld();
});
afterAll(() => w.connection.close());

it("a claim is pending until it is paid, and not when the rejection of an earlier one has voided it", async () => {
  const entitlement = await w.buy(await w.publish(), 8);
  const pending = (step: number) => readPendingClaim(w.client, w.deployment, entitlement, step);
  expect(await pending(1)).toBeUndefined();
  const first = await w.claim(await w.open(entitlement));
  const second = await w.claim(await w.open(entitlement, first));
  await w.challengeEvidence(second);
  expect(await pending(1)).toMatchObject({ challenged: false, claimed: { claimHash: first.ref.claimHash } });
  expect(await pending(2)).toMatchObject({ challenged: true, claimed: { claimHash: second.ref.claimHash } });
  await w.challengeConduct(first);
  await w.settle("arbiter", "rule", first, [RULING.rejected, 0n]);
  expect(await pending(1)).toBeUndefined();
  expect(await pending(2)).toBeUndefined();
  const retry = await w.claim(await w.open(entitlement, undefined, { epoch: 1 }));
  await w.pass(WINDOWS.disputeWindow);
  expect(await pending(1)).toMatchObject({ challenged: false, claimed: { claimHash: retry.ref.claimHash } });
  await w.finalize(retry);
  expect(await pending(1)).toBeUndefined();
  await w.send("stranger", "settlement", "reclaimBond", [second.ref.runKey, EVIDENCE]);
  expect(await pending(2)).toBeUndefined();
});
