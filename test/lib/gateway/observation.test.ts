import { zeroAddress } from "viem";
import { expect, it } from "vitest";
import { observesEnd } from "#lib/gateway/observation.ts";

const own = `0x${"a1".repeat(20)}` as const;
const other = `0x${"b2".repeat(20)}` as const;

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
