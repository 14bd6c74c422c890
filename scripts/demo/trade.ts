import { setTimeout as sleep } from "node:timers/promises";
import { bytesToHex, type Hex, hexToBytes, zeroHash } from "viem";
import type { Deployment } from "#lib/chain/deployment.ts";
import { escrowAbi } from "#lib/chain/generated/abis.ts";
import { type Transactor, transact } from "#lib/chain/transact.ts";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes, type Json } from "#lib/core/json.ts";
import { createGatewayClient } from "#lib/gateway/client.ts";
import { type InboxEntry, type StepRequest, stepRequestTypes } from "#lib/gateway/wire.ts";
import { entitlementIdOf } from "#lib/offers/terms.ts";
import { permitConsumerDomain, type StepPermit, stepPermitJson, stepPermitTypes } from "#lib/permits/stepPermit.ts";
import type { SeededOffer } from "../stack/seed.ts";

/** A buyer with one entitlement, acting through the contracts and the gateway's HTTP protocol only. */
export type Buyer = Awaited<ReturnType<typeof purchase>>;

const WAIT_SECONDS = 90;

export async function purchase(options: {
  readonly transactor: Transactor;
  readonly deployment: Deployment;
  readonly gatewayUrl: string;
  readonly offer: SeededOffer;
  readonly steps: number;
}) {
  const { transactor, deployment, offer, steps } = options;
  const salt = bytesToHex(systemRandom(32));
  const buyer = transactor.wallet.account.address;
  await transact(transactor, {
    address: deployment.escrow,
    abi: escrowAbi,
    functionName: "purchase",
    args: [offer.terms, buyer, salt, steps],
    value: offer.terms.price * BigInt(steps),
  });
  return { ...options, salt, address: buyer, entitlement: entitlementIdOf(offer.offerId, buyer, salt) };
}

/** A request for `step`, signed by the buyer. */
export async function signRequest(buyer: Buyer, step: number, payload: Json): Promise<StepRequest> {
  const input = canonicalBytes({ v: 1, salt: Buffer.from(systemRandom(32)).toString("base64url"), payload });
  const unsigned = {
    entitlement: buyer.entitlement,
    step,
    inputHash: sha256Hex(input),
    resultKey: zeroHash,
    deadline: systemClock() + 600,
  };
  const signature = await buyer.transactor.wallet.signTypedData({
    domain: permitConsumerDomain(buyer.deployment),
    types: stepRequestTypes,
    primaryType: "StepRequest",
    message: { ...unsigned, deadline: BigInt(unsigned.deadline) },
  });
  return { ...unsigned, input: Buffer.from(input).toString("base64url"), signature };
}

/** Waits until a run of `runId` has asked and a permit can be signed for it. */
export async function waitForAsk(buyer: Buyer, runId: string): Promise<InboxEntry & { proposal: StepPermit }> {
  const gateway = createGatewayClient({ url: buyer.gatewayUrl });
  for (let waited = 0; waited < WAIT_SECONDS; waited++) {
    const entry = (await gateway.inbox(buyer.entitlement)).find((ask) => ask.facts.runId === runId);
    if (entry?.proposal) return { ...entry, proposal: entry.proposal };
    await sleep(1000);
  }
  throw new Error(`run ${runId} did not ask within ${WAIT_SECONDS} s`);
}

export async function signPermit(buyer: Buyer, permit: StepPermit) {
  const signature = await buyer.transactor.wallet.signTypedData({
    domain: permitConsumerDomain(buyer.deployment),
    types: stepPermitTypes,
    primaryType: "StepPermit",
    message: permit,
  });
  return { permit: stepPermitJson(permit), signature, signer: buyer.address.toLowerCase() as Hex };
}

/** Sets one bit of a hash: the nearest wrong value. */
export function flipBit(hash: Hex): Hex {
  const bytes = hexToBytes(hash);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytesToHex(bytes);
}
