import { execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { lstat, mkdir, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import type { Json } from "../core/json.ts";
import type { Policy } from "../offers/policy.ts";
import type { ArchiveFile } from "../state/archive.ts";
import { runnerError } from "./errors.ts";

const run = promisify(execFile);

/** How the workload was kept apart from the process that can sign. Goes into the certificate. */
export type Isolation = "process" | "process+network-namespace";

/**
 * Checks out exactly `commit` of `repository` and nothing that a name could move to.
 *
 * @throws WORKLOAD_CHECKOUT_FAILED
 */
export async function checkoutWorkload(serverUrl: string, workload: Policy["workload"], folder: string): Promise<void> {
  const url = serverUrl.startsWith("file://")
    ? `${serverUrl}/${workload.repository}.git`
    : `${serverUrl}/${workload.repository}`;
  const git = (...args: string[]) =>
    run("git", ["-c", "protocol.ext.allow=never", "-c", "core.hooksPath=/dev/null", ...args], {
      cwd: folder,
      timeout: 120_000,
      env: {
        NODE_ENV: "production",
        PATH: process.env.PATH ?? "",
        HOME: folder,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_TERMINAL_PROMPT: "0",
      },
    });
  try {
    await mkdir(folder, { recursive: true });
    await git("init", "--quiet");
    await git("fetch", "--quiet", "--depth=1", url, workload.commit);
    await git("checkout", "--quiet", "--detach", workload.commit);
    const { stdout } = await git("rev-parse", "HEAD");
    if (stdout.trim() !== workload.commit) throw new Error(`HEAD is ${stdout.trim()}`);
  } catch (cause) {
    throw runnerError("WORKLOAD_CHECKOUT_FAILED", { repository: workload.repository, commit: workload.commit }, cause);
  }
}

export type WorkloadFolders = {
  readonly code: string;
  readonly state: string;
  readonly output: string;
  readonly input: string;
  readonly log: string;
};

/**
 * Runs the workload in a process of its own: a clean environment without the job's tokens, Node's permission model
 * (files of its own folders only, no child processes, no native code), no network where the kernel can take it away,
 * and the policy's limits on time and memory. Every process it leaves behind is killed before this returns.
 *
 * @throws WORKLOAD_FAILED, WORKLOAD_LIMIT_EXCEEDED, ISOLATION_UNAVAILABLE
 */
export async function runWorkload(policy: Policy, folders: WorkloadFolders): Promise<Isolation> {
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
  const namespace = await networkNamespace();
  const [command, ...args] = [...namespace, process.execPath, ...nodeArguments];
  if (command === undefined) throw runnerError("ISOLATION_UNAVAILABLE", {});
  const log = createWriteStream(folders.log);
  const child = spawn(command, args, {
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
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let exceeded: string | undefined;
  const stop = (limit: string) => {
    exceeded ??= limit;
    killGroup(child.pid);
  };
  const deadline = setTimeout(() => stop("stepSeconds"), limits.stepSeconds * 1000);
  const watch = setInterval(async () => {
    if ((await residentBytes(child.pid)) > limits.memoryBytes) stop("memoryBytes");
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
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
    killGroup(child.pid);
    await new Promise<void>((resolve) => log.end(() => resolve()));
  }
  return namespace.length > 0 ? "process+network-namespace" : "process";
}

/** Reads the workload's result: hostile bytes until they have parsed as JSON within the limit. */
export async function readResultPayload(outputFolder: string, maxBytes: number): Promise<Json> {
  const path = join(outputFolder, "result.json");
  try {
    const info = await lstat(path);
    if (!info.isFile() || info.size > maxBytes)
      throw new Error(info.isFile() ? `${info.size} bytes` : "not a plain file");
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw runnerError("WORKLOAD_OUTPUT_INVALID", { file: "result.json", maxBytes }, cause);
  }
}

/** Collects the state folder: plain files only, within the policy's size. */
export async function collectState(folder: string, maxBytes: number): Promise<readonly ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  let total = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    const name = relative(folder, path).split(sep).join("/");
    if (!entry.isFile()) throw runnerError("WORKLOAD_OUTPUT_INVALID", { file: name, problem: "not a plain file" });
    const bytes = new Uint8Array(await readFile(path));
    total += bytes.length;
    if (total > maxBytes) throw runnerError("WORKLOAD_LIMIT_EXCEEDED", { limit: "stateBytes", value: maxBytes });
    files.push({ name, bytes });
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

let namespaceProbe: Promise<readonly string[]> | undefined;

/** The prefix that runs a command without any network, or nothing where the kernel does not allow it. */
function networkNamespace(): Promise<readonly string[]> {
  const prefix = ["unshare", "--user", "--map-current-user", "--net", "--"];
  namespaceProbe ??= run("unshare", [...prefix.slice(1), "true"], { timeout: 5000 }).then(
    () => prefix,
    () => [],
  );
  return namespaceProbe;
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
