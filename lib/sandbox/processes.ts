import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Processes of a job: each step in a process group of its own, nothing of it left when the job ends. */

/** Marks every process of a job, as on GitHub's runners. */
export const TRACKING_VARIABLE = "RUNNER_TRACKING_ID";

const GRACE_MILLISECONDS = 2_000;

export type ProcessResult = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
};

/**
 * Runs a program to its end. When `signal` fires, its whole group is asked to stop, then killed.
 *
 * @param options.onOutput receives standard output and error as they come
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly onOutput: (chunk: Buffer) => void;
  },
): Promise<ProcessResult> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...options.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  child.stdout.on("data", options.onOutput);
  child.stderr.on("data", options.onOutput);
  let timedOut = false;
  const stop = () => {
    timedOut = true;
    signalGroup(child, "SIGTERM");
    setTimeout(() => signalGroup(child, "SIGKILL"), GRACE_MILLISECONDS).unref();
  };
  if (options.signal.aborted) stop();
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise<ProcessResult>((resolve, reject) => {
      child.once("error", reject);
      // `exit`, not `close`: a daemon that kept the pipes open must not keep the job alive.
      child.once("exit", (code, signal) => resolve({ code, signal, timedOut }));
    });
  } finally {
    options.signal.removeEventListener("abort", stop);
    signalGroup(child, "SIGKILL");
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/**
 * Kills what left its process group but still carries the job's tracking id in its environment. Needs /proc; elsewhere
 * the process groups have to do.
 */
export async function killTracked(trackingId: string): Promise<number> {
  const marker = `${TRACKING_VARIABLE}=${trackingId}`;
  let killed = 0;
  for (const pid of processIds()) {
    if (!environmentOf(pid).includes(marker)) continue;
    try {
      process.kill(pid, "SIGKILL");
      killed += 1;
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  // Gives the kernel a moment, so that nothing writes into the folder that is removed next.
  if (killed > 0) await sleep(50);
  return killed;
}

function processIds(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ESRCH" || code === "ENOENT" || code === "EPERM" || code === "EACCES";
}
