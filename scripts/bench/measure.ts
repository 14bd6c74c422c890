import { createCipheriv, randomBytes } from "node:crypto";
import { hpkeSeal, workerKeyPair } from "#lib/capability/hpke.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { type BundleContext, openBundle, sealBundle } from "#lib/state/bundle.ts";
import { measureGas } from "../../test/contracts/measureGas.ts";
import { createWorld } from "../../test/contracts/world.ts";
import { measureCapsule } from "./capsule.ts";
import { onchainFigures } from "./onchain.ts";
import { measureTranscript } from "./transcript.ts";
import { measureVerify } from "./verify.ts";

export type Figures = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Gas is exact; times are medians over several runs, in milliseconds unless the name says otherwise. */
export async function measure(report: (line: string) => void): Promise<Figures> {
  report("gas of every move, on an in-process chain");
  const { gas, gasFirst } = await measureGas(await createWorld());
  report("evidence on-chain");
  const onchain = await onchainFigures();
  report("verification");
  const bundles = await measureVerify(report);
  report("a transcript of 100,000 events");
  const transcript = await measureTranscript();
  report("a capsule of 1 GB, packed and verified");
  const capsule = await measureCapsule();
  report("sealing");
  return { gas, gasFirst, onchain, verify: { ...bundles, ...transcript, ...capsule }, seal: await measureSealing() };
}

async function measureSealing(): Promise<Record<string, number>> {
  const mebibytes = 16;
  const plain = new Uint8Array(randomBytes(mebibytes * 1_048_576));
  const key = systemRandom(32);
  const context: BundleContext = {
    context: { chainId: 1, permitConsumer: `0x${"11".repeat(20)}`, entitlement: `0x${"22".repeat(32)}` },
    step: 1,
    policyHash: `0x${"33".repeat(32)}`,
    permitHash: `0x${"44".repeat(32)}`,
    parentBundleHash: `0x${"00".repeat(32)}`,
  };
  const files = [{ name: "state", bytes: plain }];
  const { bytes } = await sealBundle(files, key, context, systemRandom);
  const perSecond = (milliseconds: number) => Math.round(mebibytes / (milliseconds / 1000));
  const seal = await median(5, async () => {
    await sealBundle(files, key, context, systemRandom);
  });
  const open = await median(5, async () => {
    await openBundle(bytes, key, context, { maxFiles: 1, maxBytes: plain.length });
  });
  const raw = await median(5, async () => {
    const cipher = createCipheriv("chacha20-poly1305", key, randomBytes(12), { authTagLength: 16 });
    cipher.update(plain);
    cipher.final();
  });
  const worker = await workerKeyPair(systemRandom(32));
  const hpke = await median(40, async () => {
    await hpkeSeal(worker.publicKey, systemRandom(97), systemRandom(64));
  });
  return {
    "state bundle sealed, MiB/s": perSecond(seal),
    "state bundle opened, MiB/s": perSecond(open),
    "node:crypto chacha20-poly1305 alone, MiB/s": perSecond(raw),
    "capability sealed": hpke,
  };
}

async function median(runs: number, work: () => Promise<void>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const from = performance.now();
    await work();
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  return Number((times[Math.floor(times.length / 2)] ?? 0).toFixed(2));
}
