import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { lstat, mkdir, opendir, readFile, realpath, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { z } from "zod";
import { canonicalBytes, type Json, parseJsonBytes } from "../core/json.ts";
import type { Policy } from "../offers/policy.ts";
import type { ArchiveFile, ArchiveLimits } from "../state/archive.ts";
import { runnerError } from "./errors.ts";
import type { Isolation } from "./isolation.ts";

/** A workload may write as much as it likes; this much is kept. */
const LOG_BYTES = 1_048_576;

/** How long a workload ran, and the most that was seen of its memory. */
export type WorkloadUsage = { readonly milliseconds: number; readonly memoryBytes: number };

export type WorkloadFolders = {
  readonly code: string;
  readonly state: string;
  readonly output: string;
  readonly input: string;
  readonly log: string;
};

/**
 * Runs the workload in a process of its own: a clean environment without the job's tokens, Node's permission model
 * (files of its own folders only, no child processes, no native code), the kernel's isolation, and the policy's limits
 * on time and memory. Every process it leaves behind is killed before this returns.
 *
 * @returns what it used
 *
 * @throws WORKLOAD_FAILED, WORKLOAD_LIMIT_EXCEEDED
 */
export async function runWorkload(
  policy: Policy,
  folders: WorkloadFolders,
  isolation: Isolation,
): Promise<WorkloadUsage> {
  const { limits, workload } = policy;
  const own = await Promise.all(
    [folders.code, folders.state, folders.output, folders.input].map((path) => realpath(path)),
  );
  const [code = "", state = "", output = "", input = ""] = own;
  const nodeArguments = [
    "--permission",
    ...[code, input, state, output].map((path) => `--allow-fs-read=${path}`),
    ...[state, output].map((path) => `--allow-fs-write=${path}`),
    `--max-old-space-size=${Math.floor(limits.memoryBytes / 1_048_576)}`,
    join(code, workload.entry),
  ];
  const [command, ...prefix] = isolation.command;
  const log = openLog(folders.log);
  const began = performance.now();
  let mostMemory = 0;
  const child = spawn(command, [...prefix, process.execPath, ...nodeArguments], {
    cwd: code,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      NODE_ENV: "production",
      PATH: "/usr/bin:/bin",
      HOME: state,
      LANG: "C.UTF-8",
      PAWL_INPUT: input,
      PAWL_STATE: state,
      PAWL_OUTPUT: output,
    },
  });
  child.stdout.on("data", log.write);
  child.stderr.on("data", log.write);
  let exceeded: string | undefined;
  const stop = (limit: string) => {
    exceeded ??= limit;
    killGroup(child.pid);
  };
  const deadline = setTimeout(() => stop("stepSeconds"), limits.stepSeconds * 1000);
  const watch = setInterval(async () => {
    mostMemory = Math.max(mostMemory, await residentBytes(child.pid));
    if (mostMemory > limits.memoryBytes) stop("memoryBytes");
  }, 200);
  try {
    const ended = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal }));
    });
    if (exceeded === "stepSeconds" || exceeded === "memoryBytes") {
      throw runnerError("WORKLOAD_LIMIT_EXCEEDED", { limit: exceeded, value: limits[exceeded] });
    }
    if (ended.code !== 0) throw runnerError("WORKLOAD_FAILED", { exitCode: ended.code, signal: ended.signal });
    return { milliseconds: Math.ceil(performance.now() - began), memoryBytes: mostMemory };
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
    killGroup(child.pid);
    await log.close();
  }
}

/** A file that takes the first {@link LOG_BYTES} it is given and drops the rest. */
function openLog(path: string) {
  const file = createWriteStream(path);
  let room = LOG_BYTES;
  return {
    write(chunk: Buffer): void {
      if (room > 0) file.write(chunk.subarray(0, room));
      room -= chunk.length;
    },
    close: () => new Promise<void>((resolve) => file.end(() => resolve())),
  };
}

/**
 * Reads the workload's result: hostile bytes until they have parsed as JSON within the limit and can be written as such.
 *
 * @throws WORKLOAD_OUTPUT_INVALID
 */
export async function readResultPayload(outputFolder: string, maxBytes: number): Promise<Json> {
  const path = join(outputFolder, "result.json");
  try {
    const info = await lstat(path);
    if (!info.isFile() || info.size > maxBytes)
      throw new Error(info.isFile() ? `${info.size} bytes` : "not a plain file");
    const payload = parseJsonBytes(new Uint8Array(await readFile(path)), z.json(), { what: "result.json", maxBytes });
    canonicalBytes(payload);
    return payload;
  } catch (cause) {
    throw runnerError("WORKLOAD_OUTPUT_INVALID", { file: "result.json", maxBytes }, cause);
  }
}

/**
 * Collects the state folder: plain files only, and no more than opening the next bundle accepts. A file's size is known
 * before it is read.
 *
 * @throws WORKLOAD_OUTPUT_INVALID, WORKLOAD_LIMIT_EXCEEDED
 */
export async function collectState(
  folder: string,
  { maxFiles, maxBytes }: ArchiveLimits,
): Promise<readonly ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  let total = 0;
  for await (const entry of await opendir(folder, { recursive: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join("/");
    if (!entry.isFile()) throw runnerError("WORKLOAD_OUTPUT_INVALID", { file: name, problem: "not a plain file" });
    if (files.length === maxFiles)
      throw runnerError("WORKLOAD_LIMIT_EXCEEDED", { limit: "stateFiles", value: maxFiles });
    total += (await lstat(path)).size;
    if (total > maxBytes) throw runnerError("WORKLOAD_LIMIT_EXCEEDED", { limit: "stateBytes", value: maxBytes });
    files.push({ name, bytes: new Uint8Array(await readFile(path)) });
  }
  return files;
}

export async function writeState(folder: string, files: readonly ArchiveFile[]): Promise<void> {
  for (const { name, bytes } of files) {
    const path = join(folder, ...name.split("/"));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes, { flag: "wx" });
  }
}

async function residentBytes(pid: number | undefined): Promise<number> {
  try {
    const statm = await readFile(`/proc/${pid}/statm`, "utf8");
    return Number(statm.split(" ")[1]) * 4096;
  } catch {
    // The process has ended, or this is not Linux: Node's own heap limit is what is left.
    return 0;
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    const gone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (!gone) throw error;
  }
}
