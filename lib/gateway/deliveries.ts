import { eq } from "drizzle-orm";
import { type Hex, hashTypedData } from "viem";
import { readIsOpen } from "../chain/reads.ts";
import { receiptDigest } from "../evidence/receipt.ts";
import { parseResult } from "../evidence/result.ts";
import type { Policy } from "../offers/policy.ts";
import { readStepOpening } from "../permits/entitlement.ts";
import { permitConsumerDomain } from "../permits/stepPermit.ts";
import { type ArchiveLimits, unpackArchive } from "../state/archive.ts";
import { type Asks, givenPermit } from "./asks.ts";
import { createBodyReader } from "./bodies.ts";
import type { ContentStore } from "./content.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import type { EntitlementReader } from "./entitlements.ts";
import { gatewayError } from "./errors.ts";
import { announce } from "./runMac.ts";
import { deliveries } from "./tables.ts";
import {
  type AnnouncedDelivery,
  type Poll,
  type ResultRequest,
  resultRequestTypes,
  type SignedReceipt,
} from "./wire.ts";

/** Names of the two files in a delivery's archive. */
export const deliveredFiles = { result: "result.json", bundle: "state.bundle" } as const;

/** Headers and padding of the archive itself. */
const FRAMING_BYTES = 65_536;

/** Outputs as they were uploaded, kept by hash; the gateway's receipt says that the buyer can fetch them. */
export function createDeliveries(
  dependencies: GatewayDependencies,
  entitlements: EntitlementReader,
  asks: Asks,
  content: ContentStore,
) {
  const { db, client, deployment, signer, clock } = dependencies;
  const readBody = createBodyReader();

  return {
    receive,

    /** {@link receive} of a body that is in memory already. */
    deliver: (askId: Hex, proof: Poll, body: Uint8Array): Promise<SignedReceipt> =>
      receive(askId, { ...proof, ...announce(body) }, new Blob([Buffer.from(body)]).stream()),

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

  /**
   * Takes a delivery in. Nobody but the run itself, while its step is open, has a byte of the body read.
   *
   * @throws POLL_UNAUTHENTICATED, RELEASE_CLOSED, DELIVERY_*, ARCHIVE_*
   */
  async function receive(
    askId: Hex,
    announced: AnnouncedDelivery,
    body: ReadableStream<Uint8Array> | null,
  ): Promise<SignedReceipt> {
    const row = await asks.authenticateDelivery(askId, announced);
    const { hash } = givenPermit(row);
    const { offer } = await entitlements.identity(row.entitlement);
    const { limits } = offer.policy;
    const most = deliveryLimits(limits).maxBytes + FRAMING_BYTES;
    if (announced.bytes > most) throw gatewayError("DELIVERY_REFUSED", { bytes: announced.bytes, limit: most });
    const opening = await readStepOpening(client, deployment, row.entitlement, row.step);
    const { entitlement } = row;
    if (opening?.permitHash !== hash || !(await readIsOpen(client, deployment, { entitlement, ...opening }))) {
      throw gatewayError("RELEASE_CLOSED", { permitHash: hash });
    }
    return readBody(askId, announced, body, (archive) => keep(hash, limits, archive));
  }

  /** Keeps both files and signs for them; the first outputs of a permit are its only ones. */
  async function keep(permitHash: Hex, limits: Policy["limits"], archive: Uint8Array): Promise<SignedReceipt> {
    const files = await unpackArchive(archive, deliveryLimits(limits));
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
    const signature = await signer.signDigest(receiptDigest({ permitHash, ...outputs, at }, deployment));
    await db
      .insert(deliveries)
      .values({ permitHash, ...outputs, at, signature })
      .onConflictDoNothing();
    const [kept] = await db.select().from(deliveries).where(eq(deliveries.permitHash, permitHash));
    if (!kept || kept.resultHash !== outputs.resultHash || kept.bundleHash !== outputs.bundleHash) {
      throw gatewayError("DELIVERY_CONFLICT", { permitHash });
    }
    return kept;
  }
}

export type Deliveries = ReturnType<typeof createDeliveries>;

/** Room for both files with the padding and framing that sealing adds. */
function deliveryLimits(limits: Policy["limits"]): ArchiveLimits {
  return { maxFiles: 2, maxBytes: limits.resultBytes + Math.ceil(limits.stateBytes * 1.2) + 1_048_576 };
}
