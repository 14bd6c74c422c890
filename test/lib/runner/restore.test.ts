import { type Hex, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { netCommitment, stateCommitment } from "#lib/capability/keySchedule.ts";
import { systemRandom } from "#lib/core/effects.ts";
import type { Policy } from "#lib/offers/policy.ts";
import type { StepPermit } from "#lib/permits/stepPermit.ts";
import type { Capabilities } from "#lib/runner/capabilities.ts";
import type { StepDependencies } from "#lib/runner/dependencies.ts";
import { restoreParent } from "#lib/runner/restore.ts";
import { sealBundle } from "#lib/state/bundle.ts";

const word = (byte: string): Hex => `0x${byte.repeat(32)}`;
const context = { chainId: 31337, permitConsumer: `0x${"11".repeat(20)}`, entitlement: word("22") } as const;
const key = (byte: number) => new Uint8Array(32).fill(byte);
const hint = { permitHash: word("44"), bundleHash: zeroHash, parentBundleHash: word("55") };
const caps: Capabilities = {
  state: { share: key(1), chain: key(2), parentSeal: key(3) },
  net: { share: key(4), chain: key(5) },
  input: new Uint8Array(),
};
const files = [{ name: "ledger.json", bytes: new TextEncoder().encode("{}") }];

const sealed = (contents = files) =>
  sealBundle(contents, caps.state.parentSeal, { context, step: 1, policyHash: word("33"), ...hint }, systemRandom);
const parent = await sealed();
const committed = {
  step: 2,
  policyHash: word("33"),
  parentStateCommitment: stateCommitment(
    { seal: caps.state.parentSeal, chain: caps.state.chain },
    parent.hash,
    context,
    1,
  ),
  parentNetCommitment: netCommitment(caps.net.chain, context, 1),
};

type Given = {
  readonly permit?: Partial<StepPermit>;
  readonly bytes?: Uint8Array;
  readonly caps?: Capabilities;
  readonly hint?: typeof hint;
};
let fetched = 0;
function restore(given: Given = {}) {
  fetched = 0;
  const gateway = {
    parentBundle: async () => {
      fetched += 1;
      return given.bytes ?? parent.bytes;
    },
  };
  return restoreParent(
    { gateway, clock: () => 1, sleep: async () => undefined, log: () => undefined } as unknown as StepDependencies,
    { askId: word("66"), pollSecret: key(9) } as unknown as Parameters<typeof restoreParent>[1],
    given.hint ?? hint,
    given.caps ?? caps,
    { ...committed, ...given.permit } as StepPermit,
    { limits: { stateBytes: 100_000 } } as Policy,
    context,
  );
}

describe("the state that a step begins with", () => {
  it("is the parent's, when permit, keys and bytes agree", async () => {
    expect(await restore()).toEqual({ bundleHash: parent.hash, files });
  });

  it("is empty for the first step, for which nothing is fetched", async () => {
    const first = { step: 1, parentStateCommitment: zeroHash, parentNetCommitment: zeroHash };
    expect(await restore({ permit: first })).toEqual({ bundleHash: zeroHash, files: [] });
    expect(fetched).toBe(0);
  });

  it("is never another bundle than the one committed to, although it opens with the same key", async () => {
    const { bytes } = await sealed([{ name: "ledger.json", bytes: new TextEncoder().encode("[]") }]);
    await expect(restore({ bytes })).rejects.toMatchObject({ code: "PARENT_NOT_COMMITTED" });
  });

  it("is refused with another state key or network key than the ones committed to", async () => {
    const otherState = { ...caps, state: { ...caps.state, chain: key(7) } };
    const otherNet = { ...caps, net: { ...caps.net, chain: key(7) } };
    for (const changed of [otherState, otherNet]) {
      await expect(restore({ caps: changed })).rejects.toMatchObject({ code: "PARENT_NOT_COMMITTED" });
    }
  });

  it("is refused when the gateway says that another permit or parent made it", async () => {
    for (const wrong of [
      { ...hint, permitHash: word("99") },
      { ...hint, parentBundleHash: word("99") },
    ]) {
      await expect(restore({ hint: wrong })).rejects.toMatchObject({ code: "BUNDLE_CONTEXT_MISMATCH" });
    }
  });
});
