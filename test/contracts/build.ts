import { createHash } from "node:crypto";
import { mkdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import hre from "hardhat";

/** A build takes seconds; a lock as old as this was left by a process that died. */
const STALE_MS = 120_000;

/**
 * Compiles the contracts, one process at a time: test files run in processes of their own, and two that write the
 * compiler's one cache file at once make one of them fail.
 */
export async function buildContracts(): Promise<void> {
  const place = createHash("sha256").update(hre.config.paths.root).digest("hex").slice(0, 16);
  const lock = join(tmpdir(), `pawl-build-${place}`);
  while (!(await take(lock))) await setTimeout(50);
  try {
    await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (cause) {
    if (!hasCode(cause, "EEXIST")) throw cause;
  }
  const since = await stat(lock).catch((cause: unknown) => {
    if (hasCode(cause, "ENOENT")) return undefined;
    throw cause;
  });
  if (since !== undefined && Date.now() - since.mtimeMs > STALE_MS) await rm(lock, { recursive: true, force: true });
  return false;
}

function hasCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && "code" in cause && cause.code === code;
}
