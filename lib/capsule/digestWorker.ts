import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import type { DigestMessage } from "./parallelDigest.ts";

/** The other thread of a parallel digest: hashes what lies in the shared slots, in the order it is told of them. */
const slots = (workerData as readonly SharedArrayBuffer[]).map((buffer) => new Uint8Array(buffer));
const hash = createHash("sha256");

parentPort?.on("message", ({ slot, length }: DigestMessage) => {
  const bytes = slots[slot];
  if (bytes) {
    hash.update(bytes.subarray(0, length));
    parentPort?.postMessage({ slot });
  } else parentPort?.postMessage({ digest: hash.digest("hex") });
});
