import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A child process with its output in a log file, ended with its whole group. */
export type Running = {
  readonly name: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
  kill(): Promise<void>;
};

const GRACE_MS = 8000;

export function startProcess(options: {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logFile: string;
}): Running {
  const log = createWriteStream(options.logFile, { flags: "a" });
  const child = spawn(process.execPath, options.args, {
    cwd: options.cwd,
    env: { ...options.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: Ctrl-C reaches this program only, which then ends its children in order.
    detached: true,
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    name: options.name,
    child,
    async kill() {
      signalGroup(child.pid, "SIGKILL");
      await ended;
      log.end();
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        signalGroup(child.pid, "SIGTERM");
        await Promise.race([ended, sleep(GRACE_MS, undefined, { ref: false })]);
      }
      signalGroup(child.pid, "SIGKILL");
      await ended;
      log.end();
    },
  };
}

/**
 * Polls until `ready` answers true. A process that ends first is an error at once, with the place of its log.
 *
 * @throws Error with the process's name
 */
export async function waitUntil(
  running: Running,
  logFile: string,
  seconds: number,
  ready: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const { exitCode, signalCode } = running.child;
    if (exitCode !== null || signalCode !== null) {
      throw new Error(`${running.name} ended (${signalCode ?? exitCode}) before it was ready; see ${logFile}`);
    }
    if (await ready()) return;
    await sleep(150);
  }
  throw new Error(`${running.name} was not ready after ${seconds} s; see ${logFile}`);
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    const gone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (!gone) throw error;
  }
}
