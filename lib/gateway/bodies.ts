import { createHash } from "node:crypto";
import type { Hex } from "viem";
import { gatewayError } from "./errors.ts";
import type { AnnouncedBody } from "./wire.ts";

/** Bodies are as large as a state may be, and lie in memory while they are worked on. */
const AT_ONCE = 4;
/** As long as the client waits for its answer. */
const LONGEST_READ_MS = 60_000;

/**
 * Reads large bodies: a few at a time, the others waiting unread. A sender has one at most: when it sends again, the
 * earlier one is broken off, so a slow sender holds one place and not all.
 */
export function createBodyReader() {
  const inTurn = createTurns(AT_ONCE);
  const reading = new Map<Hex, AbortController>();

  /**
   * Hands the body to `work`, which still counts as one of the few.
   *
   * @throws DELIVERY_MISMATCH, DELIVERY_INCOMPLETE
   */
  return async <T>(
    sender: Hex,
    announced: AnnouncedBody,
    body: ReadableStream<Uint8Array> | null,
    work: (bytes: Uint8Array) => Promise<T>,
  ): Promise<T> => {
    reading.get(sender)?.abort();
    const own = new AbortController();
    reading.set(sender, own);
    try {
      return await inTurn(async () => work(await readAnnounced(body, announced, own.signal)));
    } finally {
      if (reading.get(sender) === own) reading.delete(sender);
    }
  };
}

/** Reads exactly what was announced, hashing while it arrives; more is refused at the first byte too many. */
async function readAnnounced(
  body: ReadableStream<Uint8Array> | null,
  announced: AnnouncedBody,
  sentAgain: AbortSignal,
): Promise<Uint8Array> {
  const signal = AbortSignal.any([sentAgain, AbortSignal.timeout(LONGEST_READ_MS)]);
  const hash = createHash("sha256");
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    for await (const chunk of body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal }) ?? []) {
      total += chunk.length;
      if (total > announced.bytes) break;
      hash.update(chunk);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw gatewayError("DELIVERY_INCOMPLETE", { bytes: total, announced: announced.bytes }, cause);
  }
  if (total !== announced.bytes) {
    throw gatewayError("DELIVERY_MISMATCH", { field: "length", expected: announced.bytes, actual: total });
  }
  const actual: Hex = `0x${hash.digest("hex")}`;
  if (actual !== announced.hash) {
    throw gatewayError("DELIVERY_MISMATCH", { field: "hash", expected: announced.hash, actual });
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** Lets `atOnce` pieces of work run; the others wait in the order in which they came. */
function createTurns(atOnce: number) {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free--;
    else await new Promise<void>((resume) => waiting.push(resume));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
