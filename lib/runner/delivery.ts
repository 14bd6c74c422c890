import { bytesToHex, concat, type Hex, hexToBytes, zeroHash } from "viem";
import { hpkeSeal } from "../capability/hpke.ts";
import type { RandomBytes } from "../core/effects.ts";
import { label } from "../core/hash.ts";
import { canonicalBytes, type Json } from "../core/json.ts";
import { receiptDigest } from "../evidence/receipt.ts";
import { encodeResult } from "../evidence/result.ts";
import { deliveredFiles } from "../gateway/deliveries.ts";
import { deliveryMac } from "../gateway/runMac.ts";
import type { SignedReceipt } from "../gateway/wire.ts";
import type { Policy } from "../offers/policy.ts";
import { contextKind, type StepContext, stepContextBytes } from "../permits/stepContext.ts";
import type { StepPermit } from "../permits/stepPermit.ts";
import { packArchive } from "../state/archive.ts";
import type { Asked } from "./asking.ts";
import type { StepDependencies } from "./dependencies.ts";
import { runnerError } from "./errors.ts";
import { patiently } from "./patience.ts";
import { isSignedBy } from "./signature.ts";

/** result.json: open, or sealed to the key that the permit names. */
export async function sealResult(
  payload: Json,
  permit: StepPermit,
  context: StepContext,
  P: Hex,
  random: RandomBytes,
): Promise<Uint8Array> {
  const salt = bytesToHex(random(32));
  if (permit.resultKey === zeroHash) return encodeResult({ v: 1, salt, payload });
  const info = concat([label("result"), stepContextBytes(context, permit.step, contextKind.state), hexToBytes(P)]);
  const sealed = await hpkeSeal(permit.resultKey, canonicalBytes(payload), info);
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  return encodeResult({ v: 1, salt, sealed: { enc: text(sealed.enc), ct: text(sealed.ct) } });
}

/** Hands both outputs to the gateway's store. @throws RECEIPT_INVALID */
export async function deliver(
  dependencies: StepDependencies,
  asked: Asked,
  policy: Policy,
  result: Uint8Array,
  bundle: Uint8Array,
  outputs: { readonly permitHash: Hex; readonly resultHash: Hex; readonly bundleHash: Hex },
): Promise<SignedReceipt> {
  const archive = await packArchive([
    { name: deliveredFiles.result, bytes: result },
    { name: deliveredFiles.bundle, bytes: bundle },
  ]);
  const receipt = await patiently(dependencies, () => {
    const at = dependencies.clock();
    const mac = deliveryMac(asked.pollSecret, asked.askId, at, archive);
    return dependencies.gateway.deliver(asked.askId, { at, mac }, archive);
  });
  const { environment } = dependencies;
  const domain = { chainId: environment.PAWL_CHAIN_ID, permitConsumer: environment.PAWL_PERMIT_CONSUMER };
  const matches =
    receipt.permitHash === outputs.permitHash &&
    receipt.resultHash === outputs.resultHash &&
    receipt.bundleHash === outputs.bundleHash;
  const { signature, ...body } = receipt;
  if (!matches || !(await isSignedBy(policy.gateway, receiptDigest(body, domain), signature))) {
    throw runnerError("RECEIPT_INVALID", { gateway: policy.gateway, bundleHash: receipt.bundleHash });
  }
  return receipt;
}
