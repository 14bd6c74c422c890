import { eq } from "drizzle-orm";
import { type Hex, hashTypedData } from "viem";
import { readIsOpen } from "../chain/reads.ts";
import { receiptDigest } from "../evidence/receipt.ts";
import { parseResult } from "../evidence/result.ts";
import { readStepOpening } from "../permits/entitlement.ts";
import { permitConsumerDomain } from "../permits/stepPermit.ts";
import { type ArchiveLimits, unpackArchive } from "../state/archive.ts";
import { type Asks, givenPermit } from "./asks.ts";
import type { ContentStore } from "./content.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import type { EntitlementReader } from "./entitlements.ts";
import { gatewayError } from "./errors.ts";
import { deliveries } from "./tables.ts";
import { type Poll, type ResultRequest, resultRequestTypes, type SignedReceipt } from "./wire.ts";

/** Names of the two files in a delivery's archive. */
export const deliveredFiles = { result: "result.json", bundle: "state.bundle" } as const;

/** Outputs as they were uploaded, kept by hash; the gateway's receipt says that the buyer can fetch them. */
export function createDeliveries(
  dependencies: GatewayDependencies,
  entitlements: EntitlementReader,
  asks: Asks,
  content: ContentStore,
) {
  const { db, client, deployment, signer, clock } = dependencies;

  return {
    /** @throws DELIVERY_REFUSED, DELIVERY_CONFLICT, RELEASE_CLOSED, ARCHIVE_*, POLL_UNAUTHENTICATED */
    async deliver(askId: Hex, proof: Poll, body: Uint8Array): Promise<SignedReceipt> {
      const row = await asks.authenticate(askId, proof, body);
      const { hash } = givenPermit(row);
      const { offer } = await entitlements.identity(row.entitlement);
      const opening = await readStepOpening(client, deployment, row.entitlement, row.step);
      const { entitlement } = row;
      if (opening?.permitHash !== hash || !(await readIsOpen(client, deployment, { entitlement, ...opening }))) {
        throw gatewayError("RELEASE_CLOSED", { permitHash: hash });
      }
      const { limits } = offer.policy;
      const files = await unpackArchive(body, deliveryLimits(limits));
      const result = files.find((file) => file.name === deliveredFiles.result)?.bytes;
      const bundle = files.find((file) => file.name === deliveredFiles.bundle)?.bytes;
      if (!result || !bundle || files.length !== 2) {
        throw gatewayError("DELIVERY_REFUSED", { problem: "a delivery is result.json and state.bundle" });
      }
      if (result.length > limits.resultBytes) {
        throw gatewayError("DELIVERY_REFUSED", { resultBytes: result.length, limit: limits.resultBytes });
      }
      parseResult(result, limits.resultBytes);
      const outputs = { resultHash: await content.keep(result), bundleHash: await content.keep(bundle) };
      const at = clock();
      const signature = await signer.signDigest(receiptDigest({ permitHash: hash, ...outputs, at }, deployment));
      await db
        .insert(deliveries)
        .values({ permitHash: hash, ...outputs, at, signature })
        .onConflictDoNothing();
      const [kept] = await db.select().from(deliveries).where(eq(deliveries.permitHash, hash));
      if (!kept || kept.resultHash !== outputs.resultHash || kept.bundleHash !== outputs.bundleHash) {
        throw gatewayError("DELIVERY_CONFLICT", { permitHash: hash });
      }
      return kept;
    },

    /** What a delivery for this ask may weigh, so that a body is capped before it is read. @throws ASK_UNKNOWN */
    async limits(askId: Hex): Promise<{ readonly resultBytes: number; readonly stateBytes: number }> {
      const { entitlement } = await asks.find(askId);
      return (await entitlements.identity(entitlement)).offer.policy.limits;
    },

    /** The result of a permitted step, for whoever holds the entitlement. @throws SIGNATURE_* */
    async result(request: ResultRequest): Promise<Uint8Array> {
      const { permitHash, deadline, signature } = request;
      const now = clock();
      if (now > deadline) throw gatewayError("SIGNATURE_EXPIRED", { deadline, now });
      const row = await asks.byPermit(permitHash);
      const { buyer } = await entitlements.identity(row.entitlement);
      const digest = hashTypedData({
        domain: permitConsumerDomain(deployment),
        types: resultRequestTypes,
        primaryType: "ResultRequest",
        message: { permitHash, deadline: BigInt(deadline) },
      });
      if (!(await client.verifyHash({ address: buyer, hash: digest, signature }))) {
        throw gatewayError("SIGNATURE_INVALID", { buyer });
      }
      const [delivery] = await db.select().from(deliveries).where(eq(deliveries.permitHash, permitHash));
      if (!delivery) throw gatewayError("CONTENT_UNKNOWN", { permitHash });
      return content.read(delivery.resultHash);
    },
  };
}

export type Deliveries = ReturnType<typeof createDeliveries>;

/** Room for both files with the padding and framing that sealing adds. */
export function deliveryLimits(limits: { readonly resultBytes: number; readonly stateBytes: number }): ArchiveLimits {
  return { maxFiles: 2, maxBytes: limits.resultBytes + Math.ceil(limits.stateBytes * 1.2) + 1_048_576 };
}
