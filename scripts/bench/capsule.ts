import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packCapsuleFile, readCapsuleFile } from "#lib/capsule/capsuleFile.ts";
import { evidenceFiles, optionalParts } from "#lib/capsule/layout.ts";

const MEGABYTE = 1_000_000;
const word = `0x${"11".repeat(32)}` as const;
const place = `0x${"22".repeat(20)}` as const;

export type CapsuleFigures = {
  /** The slower of packing and verifying, in MB (10^6 bytes) per second. */
  readonly capsuleMBps: number;
  /** How much the process grew while it packed and verified, in MB. */
  readonly capsulePeakMb: number;
  readonly capsulePackMBps: number;
  readonly capsuleVerifyMBps: number;
  /** node:crypto's SHA-256 of the same bytes once, in memory, on one thread. */
  readonly sha256MBps: number;
};

/** Files in memory where the system has them: what is measured is not a disk. */
const MEMORY = "/dev/shm";

/** Packs a capsule whose state bundle is of this size, from one file to another, and verifies it. */
export async function measureCapsule(megabytes = 1000): Promise<CapsuleFigures> {
  const folder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "pawl-capsule-"));
  try {
    const block = randomBytes(8 * MEGABYTE);
    const path = join(folder, "state.bundle");
    await writeBlocks(path, block, (megabytes * MEGABYTE) / block.length);
    const others = Object.entries(evidenceFiles).filter(([part]) => !optionalParts.some((name) => name === part));
    const sources = others.map(([, name]) => ({ name, content: new Uint8Array(block.subarray(0, 1000)) }));
    const target = join(folder, "large.capsule");
    const details = {
      anchors: {
        ...{ chainId: 1, permitConsumer: place, settlement: place, entitlement: word, step: 1 },
        ...{ permitHash: word, claimHash: word, parents: { stateCommitment: word, netCommitment: word } },
      },
    };
    const before = process.memoryUsage.rss();
    let peak = before;
    const watch = () => {
      peak = Math.max(peak, process.memoryUsage.rss());
    };
    const packMs = await median(async () => {
      await rm(target, { force: true });
      return timed(() =>
        packCapsuleFile([...sources, { name: evidenceFiles.stateBundle, content: { path } }], details, target, watch),
      );
    });
    const verifyMs = await median(() => timed(() => readCapsuleFile(target, { progress: watch })));
    const hashMs = await timed(async () => {
      const hash = createHash("sha256");
      for (let done = 0; done < 200; done += 8) hash.update(block);
      hash.digest();
    });
    const perSecond = (size: number, ms: number) => Math.round(size / (ms / 1000));
    const [capsulePackMBps, capsuleVerifyMBps] = [perSecond(megabytes, packMs), perSecond(megabytes, verifyMs)];
    return {
      capsuleMBps: Math.min(capsulePackMBps, capsuleVerifyMBps),
      capsulePeakMb: Math.round((peak - before) / MEGABYTE),
      capsulePackMBps,
      capsuleVerifyMBps,
      sha256MBps: perSecond(200, hashMs),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeBlocks(path: string, block: Uint8Array, count: number): Promise<void> {
  const handle = await open(path, "wx");
  try {
    for (let index = 0; index < count; index++) await handle.write(block);
  } finally {
    await handle.close();
  }
}

async function median(run: () => Promise<number>): Promise<number> {
  const times = [await run(), await run(), await run()].sort((a, b) => a - b);
  return times[1] ?? Number.NaN;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
