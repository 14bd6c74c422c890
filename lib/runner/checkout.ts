import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { findPawlError } from "../core/error.ts";
import type { Policy } from "../offers/policy.ts";
import { runnerError } from "./errors.ts";

const run = promisify(execFile);

/** Room for the names of some hundred thousand files. */
const MAX_LISTING_BYTES = 64 * 1_048_576;
const PLAIN_FILE = /^100(?:644|755) /;

/**
 * Checks out exactly `commit` of `repository` and nothing that a name could move to. Links and submodules are refused
 * before anything is written: Node's permission model follows a link out of the folders that it allows.
 *
 * @throws WORKLOAD_CHECKOUT_FAILED, WORKLOAD_NOT_PLAIN_FILES
 */
export async function checkoutWorkload(serverUrl: string, workload: Policy["workload"], folder: string): Promise<void> {
  const { repository, commit } = workload;
  const url = serverUrl.startsWith("file://") ? `${serverUrl}/${repository}.git` : `${serverUrl}/${repository}`;
  const git = (...args: string[]) =>
    run("git", ["-c", "protocol.ext.allow=never", "-c", "core.hooksPath=/dev/null", ...args], {
      cwd: folder,
      timeout: 120_000,
      maxBuffer: MAX_LISTING_BYTES,
      env: {
        NODE_ENV: "production",
        PATH: process.env.PATH ?? "",
        // Never the checkout: a repository that holds a .gitconfig would configure the git that reads it.
        HOME: "/nonexistent",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_TERMINAL_PROMPT: "0",
      },
    });
  try {
    await mkdir(folder, { recursive: true });
    await git("init", "--quiet");
    await git("fetch", "--quiet", "--depth=1", url, commit);
    const listing = await git("ls-tree", "-r", "-z", "--full-tree", commit);
    refuseOtherThanFiles(listing.stdout, workload);
    await git("checkout", "--quiet", "--detach", commit);
    const { stdout } = await git("rev-parse", "HEAD");
    if (stdout.trim() !== commit) throw new Error(`HEAD is ${stdout.trim()}`);
  } catch (cause) {
    if (findPawlError(cause)) throw cause;
    throw runnerError("WORKLOAD_CHECKOUT_FAILED", { repository, commit }, cause);
  }
}

/** @param listing entries `<mode> <type> <hash>\t<path>`, each ended by NUL */
function refuseOtherThanFiles(listing: string, { repository, commit }: Policy["workload"]): void {
  const entry = listing.split("\0").find((line) => line !== "" && !PLAIN_FILE.test(line));
  if (entry === undefined) return;
  const [mode, path] = [entry.slice(0, 6), entry.slice(entry.indexOf("\t") + 1)];
  throw runnerError("WORKLOAD_NOT_PLAIN_FILES", { repository, commit, path, mode });
}
