import { concat, hexToBytes, zeroHash } from "viem";
import { expect, it } from "vitest";
import { hpkeOpen, workerKeyPair } from "#lib/capability/hpke.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { label } from "#lib/core/hash.ts";
import { parseResult } from "#lib/evidence/result.ts";
import { contextKind, stepContextBytes } from "#lib/permits/stepContext.ts";
import type { StepPermit } from "#lib/permits/stepPermit.ts";
import { sealResult } from "#lib/runner/delivery.ts";

const context = { chainId: 1, permitConsumer: `0x${"11".repeat(20)}`, entitlement: `0x${"22".repeat(32)}` } as const;
const P = `0x${"44".repeat(32)}` as const;
const payload = { secret: "a long enough secret" };
const permit = (resultKey: StepPermit["resultKey"]) => ({ step: 3, resultKey }) as StepPermit;

it("leaves a result open where the permit names no key", async () => {
  const bytes = await sealResult(payload, permit(zeroHash), context, P, systemRandom);
  expect(parseResult(bytes, 10_000)).toMatchObject({ payload });
});

it("seals a result to the key that the permit names, for this step and permit", async () => {
  const buyer = await workerKeyPair(systemRandom(32));
  const bytes = await sealResult(payload, permit(buyer.publicKey), context, P, systemRandom);
  expect(new TextDecoder().decode(bytes)).not.toContain(payload.secret);
  const { sealed } = parseResult(bytes, 10_000);
  if (sealed === undefined) throw new Error("the result is open");
  const parts = {
    enc: new Uint8Array(Buffer.from(sealed.enc, "base64url")),
    ct: new Uint8Array(Buffer.from(sealed.ct, "base64url")),
  };
  const info = (step: number) =>
    concat([label("result"), stepContextBytes(context, step, contextKind.state), hexToBytes(P)]);
  const opened = await hpkeOpen(buyer.privateKey, parts, info(3));
  expect(JSON.parse(new TextDecoder().decode(opened))).toEqual(payload);
  await expect(hpkeOpen(buyer.privateKey, parts, info(4))).rejects.toMatchObject({ code: "ENVELOPE_UNREADABLE" });
});
