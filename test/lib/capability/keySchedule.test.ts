import { readFileSync } from "node:fs";
import { bytesToHex, type Hex, hexToBytes, pad, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { askInfo, capabilityInfo } from "#lib/capability/envelope.ts";
import {
  askAudience,
  chainCommitment,
  chainKey,
  healShare,
  netCommitment,
  nextHealKey,
  outputsHash,
  releaseAudience,
  sealCommitment,
  stateCommitment,
  stepKeys,
  stepOutcome,
} from "#lib/capability/keySchedule.ts";
import { taggedHash, uint } from "#lib/core/hash.ts";
import { contextKind } from "#lib/permits/stepContext.ts";

type Row = Record<"g" | "s" | "x" | "o" | "C" | "kappa" | "chi" | "next", string>;
const vectors: { audienceAsk: string; audienceRelease: string; hpkeInfo: string; state: Row[]; net: Row[] } =
  JSON.parse(readFileSync(new URL("./vectors.json", import.meta.url), "utf8"));

const context = {
  chainId: 84532,
  permitConsumer: `0x${"11".repeat(20)}`,
  entitlement: pad(toHex(7), { size: 32 }),
} as const;
const workerKey: Hex = `0x${"22".repeat(32)}`;
const demo = (name: string, step: number) => bytesToHex(taggedHash(name, uint(step, 64)));

describe("the key schedule", () => {
  for (const [name, kind] of [
    ["state", contextKind.state],
    ["net", contextKind.net],
  ] as const) {
    it(`equals the reference values of the ${name} chain`, () => {
      let chain: Uint8Array = hexToBytes(`0x${"44".repeat(32)}`);
      let heal: Uint8Array = hexToBytes(`0x${"55".repeat(32)}`);
      for (const [index, row] of vectors[name].entries()) {
        const step = index + 1;
        const permit = demo("demo-permit", step);
        const share = healShare(heal, permit, context, step, kind);
        const keys = stepKeys(share, chain, context, step, kind);
        const outputs = outputsHash(permit, demo("demo-result", step), demo("demo-bundle", step));
        const next = chainKey(keys.next, outputs, context, step, kind);
        const commitment =
          kind === contextKind.state
            ? stateCommitment({ seal: keys.seal, chain: next }, demo("demo-bundle", step), context, step)
            : netCommitment(next, context, step);
        const hex = (bytes: Uint8Array) => bytesToHex(bytes).slice(2);
        expect({
          g: hex(share),
          s: hex(keys.seal),
          x: hex(keys.next),
          o: hex(outputs),
          C: hex(next),
          kappa: hex(sealCommitment(keys.seal, context, step, kind)),
          chi: hex(chainCommitment(next, context, step, kind)),
          next: commitment.slice(2),
        }).toEqual({
          g: row.g,
          s: row.s,
          x: row.x,
          o: row.o,
          C: row.C,
          kappa: row.kappa,
          chi: row.chi,
          next: row.next,
        });
        heal = nextHealKey(heal, context, step, kind);
        chain = next;
      }
    });
  }

  it("binds audiences to the entitlement, the step, the worker key and, at release, the permit", () => {
    expect(askAudience(context, 1, workerKey)).toBe(vectors.audienceAsk);
    expect(askAudience(context, 1, workerKey)).toHaveLength(55);
    expect(releaseAudience(context, 1, workerKey, demo("demo-permit", 1))).toBe(vectors.audienceRelease);
    const others = [
      askAudience(context, 2, workerKey),
      askAudience({ ...context, chainId: 1 }, 1, workerKey),
      askAudience(context, 1, `0x${"23".repeat(32)}`),
    ];
    expect(new Set([...others, vectors.audienceAsk]).size).toBe(4);
  });

  it("separates the info strings of the ask answer and of each envelope kind", () => {
    const permit = demo("demo-permit", 1);
    expect(bytesToHex(capabilityInfo(context, 1, contextKind.state, permit)).slice(2)).toBe(vectors.hpkeInfo);
    const infos = [
      bytesToHex(askInfo(context, 1, permit)),
      bytesToHex(capabilityInfo(context, 1, contextKind.net, permit)),
      bytesToHex(capabilityInfo(context, 1, contextKind.input, permit)),
    ];
    expect(new Set(infos).size).toBe(3);
  });

  it("gives runner and gateway the same outcome, and another for any other output", () => {
    const share = hexToBytes(`0x${"66".repeat(32)}`);
    const parent = hexToBytes(`0x${"77".repeat(32)}`);
    const keys = {
      state: stepKeys(share, parent, context, 3, contextKind.state),
      net: stepKeys(share, parent, context, 3, contextKind.net),
    };
    const outputs = { permitHash: demo("p", 3), resultHash: demo("r", 3), bundleHash: demo("b", 3) };
    const outcome = stepOutcome(keys, outputs, context, 3);
    expect(stepOutcome(keys, { ...outputs }, context, 3)).toEqual(outcome);
    for (const field of ["permitHash", "resultHash", "bundleHash"] as const) {
      const other = stepOutcome(keys, { ...outputs, [field]: demo("other", 3) }, context, 3);
      expect(other.nextStateCommitment).not.toBe(outcome.nextStateCommitment);
      expect(other.nextNetCommitment).not.toBe(outcome.nextNetCommitment);
    }
  });
});
