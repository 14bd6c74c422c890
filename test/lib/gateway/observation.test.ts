import { recoverAddress, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { type FinalFacts, finalObservationDigest, parseFinalObservation } from "#lib/evidence/finalObservation.ts";
import type { AskFacts } from "#lib/gateway/ask.ts";
import { observeAtEnd, observesEnd } from "#lib/gateway/observation.ts";
import { parsePolicy } from "#lib/offers/policy.ts";
import type { OfferTerms } from "#lib/offers/terms.ts";
import { runKeyOf } from "#lib/permits/entitlement.ts";
import { mintStep } from "../evidence/step.fixture.ts";

/** The look at a run that has ended: who signs it, and over what. */

const own = `0x${"a1".repeat(20)}` as const;
const other = `0x${"b2".repeat(20)}` as const;

const { parts, expectation } = await mintStep({ finalObservation: (facts) => facts });
const policy = parsePolicy(parts.policy);
const { signature: _, ...seen } = parseFinalObservation(parts.finalObservation ?? new Uint8Array());
const account = privateKeyToAccount(`0x${"9".repeat(64)}`);
const signer = { address: account.address, signDigest: (hash: `0x${string}`) => account.sign({ hash }) };
const { chainId, permitConsumer } = expectation;
const zero = zeroAddress;
const deployment = { chainId, permitConsumer, offerRegistry: zero, escrow: zero, settlement: zero, permit2: zero };
const facts = { repositoryId: seen.repositoryId, runId: seen.runId, runAttempt: seen.runAttempt } as AskFacts;

const looked: string[] = [];
async function look(change: Partial<OfferTerms>, observed: () => FinalFacts = () => seen) {
  const terms = { ...expectation.terms, gateway: account.address, observer: zeroAddress, runnerTier: 2, ...change };
  const observeEnd = async ({ runsOn }: { runsOn: string }) => {
    looked.push(runsOn);
    return observed();
  };
  const dependencies = { observeEnd, signer, deployment: deployment as never };
  const bytes = await observeAtEnd(dependencies, { terms, policy } as never, facts);
  return { terms, bytes };
}

describe("the look at a run's end", () => {
  for (const [who, observer] of [
    ["the gateway, where the offer names no observer", zeroAddress],
    ["the observer, where its key is here", account.address],
  ] as const) {
    it(`is signed by ${who}`, async () => {
      const { bytes, terms } = await look({ observer });
      const { signature, ...stated } = parseFinalObservation(bytes ?? new Uint8Array());
      expect(stated).toEqual(seen);
      const runKey = runKeyOf({
        gateway: terms.gateway,
        repositoryId: BigInt(seen.repositoryId),
        runId: BigInt(seen.runId),
        runAttempt: seen.runAttempt,
      });
      const hash = finalObservationDigest(seen, runKey, { chainId, permitConsumer });
      expect(await recoverAddress({ hash, signature })).toBe(account.address);
      expect(looked.at(-1)).toBe(policy.runsOn);
    });
  }

  it("is not taken below tier 2, nor in the place of an observer whose key is elsewhere", async () => {
    const before = looked.length;
    expect((await look({ runnerTier: 1 })).bytes).toBeUndefined();
    expect((await look({ observer: `0x${"77".repeat(20)}` })).bytes).toBeUndefined();
    expect(looked).toHaveLength(before);
  });

  it("passes on what refused it: a run that ended otherwise has no evidence", async () => {
    const refused = look({}, () => {
      throw new RangeError("the job failed");
    });
    await expect(refused).rejects.toThrow("the job failed");
  });
});

it("looks at the end of a run exactly where its own key is the observer of tier 2", () => {
  const cases: readonly (readonly [Parameters<typeof observesEnd>[0], boolean])[] = [
    [{ runnerTier: 2, observer: own, gateway: other }, true],
    [{ runnerTier: 2, observer: zeroAddress, gateway: own }, true],
    [{ runnerTier: 2, observer: other, gateway: own }, false],
    [{ runnerTier: 2, observer: zeroAddress, gateway: other }, false],
    [{ runnerTier: 1, observer: own, gateway: own }, false],
  ];
  for (const [terms, looks] of cases) expect(observesEnd(terms, own)).toBe(looks);
});
