import { parentPort, workerData } from "node:worker_threads";
import { parseTrustedRoot } from "#lib/evidence/trustedRoot.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";

/** One thread of the benchmark: verifies the same bundle again and again, and says how often it could. */
const { bundle, trustedRoot, issuer, now, seconds } = workerData;
const root = parseTrustedRoot(new TextEncoder().encode(JSON.stringify(trustedRoot)));
const trust = { profile: "sandbox", root, issuer, serverUrl: "https://github.com" } as const;
const verify = () => verifyAttestation({ bundle }, { trust }, now);
for (let run = 0; run < 100; run++) verify();
let count = 0;
for (const until = performance.now() + seconds * 1000; performance.now() < until; count++) {
  if (verify().verdict !== "passed") throw new Error("the benchmark's own bundle does not verify");
}
parentPort?.postMessage(count);
