import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { sandboxError } from "./errors.ts";

/** The few git commands the sandbox needs, through the system's git, with no configuration but its own. */

const ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};
const MAX_OUTPUT = 268_435_456;

/**
 * Runs git and returns its standard output.
 *
 * @throws SANDBOX_GIT_FAILED with the command and what git said
 */
export function git(
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: Uint8Array } = {},
): Buffer {
  const result = spawnSync("git", args, {
    env: { NODE_ENV: "production", PATH: process.env.PATH ?? "/usr/bin:/bin", ...ENVIRONMENT },
    maxBuffer: MAX_OUTPUT,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.input !== undefined && { input: options.input }),
  });
  if (result.status !== 0) {
    const said = result.error?.message ?? result.stderr.toString("utf8").trim();
    throw sandboxError("SANDBOX_GIT_FAILED", { command: args.slice(0, 4).join(" "), said }, result.error);
  }
  return result.stdout;
}

/** Path to content, slashes between folders. */
export type SourceFiles = Readonly<Record<string, Uint8Array>>;

// The same content gives the same commit on every machine, so an offer's pin survives a new state folder.
const IDENTITY = "Pawl Sandbox <sandbox@pawl.invalid> 1767225600 +0000";

/** Makes the bare repository if it is not there. Any commit in it can be fetched by hash, as on GitHub. */
export function initBareRepository(folder: string): void {
  if (existsSync(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  git(["init", "--quiet", "--bare", "--initial-branch=main", folder]);
  git(["-C", folder, "config", "uploadpack.allowAnySHA1InWant", "true"]);
}

/**
 * Makes `main` hold exactly these files and returns its commit (40 hex). Nothing is committed when it already does.
 */
export function commitFiles(folder: string, files: SourceFiles, message: string): string {
  const head = headOf(folder);
  if (head !== undefined && sameContent(folder, head, files)) return head;
  const parts: (string | Uint8Array)[] = ["commit refs/heads/main\n", `committer ${IDENTITY}\n`, ...data(message)];
  if (head !== undefined) parts.push("from refs/heads/main^0\n");
  parts.push("deleteall\n");
  for (const [path, content] of sorted(files)) parts.push(`M 100644 inline ${path}\n`, ...data(content));
  parts.push("done\n");
  const input = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "utf8") : part)));
  git(["-C", folder, "fast-import", "--quiet", "--done"], { input });
  return commitOf(folder, "refs/heads/main");
}

/** Makes a tag point at a commit. Tags never move: an existing one must already point there. */
export function tagCommit(folder: string, tag: string, commit: string): void {
  const existing = resolveRef(folder, `refs/tags/${tag}`);
  if (existing === commit) return;
  if (existing !== undefined) {
    throw sandboxError("SANDBOX_GIT_FAILED", { command: `tag ${tag}`, said: `the tag points at ${existing}` });
  }
  git(["-C", folder, "update-ref", `refs/tags/${tag}`, commit]);
}

/** The commit a full ref name points at, or undefined when there is no such ref. */
export function resolveRef(folder: string, ref: string): string | undefined {
  const line = git(["-C", folder, "for-each-ref", "--format=%(refname) %(objectname)", ref])
    .toString("utf8")
    .split("\n")
    .find((candidate) => candidate.startsWith(`${ref} `));
  return line?.slice(ref.length + 1);
}

/** A file's content at a commit, or undefined when the commit does not hold it. */
export function readFileAt(folder: string, commit: string, path: string): Buffer | undefined {
  if (!listFiles(folder, commit).has(path)) return undefined;
  return git(["-C", folder, "cat-file", "blob", `${commit}:${path}`]);
}

/** Whether the repository holds this commit. */
export function hasCommit(folder: string, commit: string): boolean {
  const answer = git(["-C", folder, "cat-file", "--batch-check=%(objecttype)"], {
    input: Buffer.from(`${commit}\n`, "ascii"),
  });
  return answer.toString("ascii").trim() === "commit";
}

function headOf(folder: string): string | undefined {
  return resolveRef(folder, "refs/heads/main");
}

function commitOf(folder: string, ref: string): string {
  const commit = resolveRef(folder, ref);
  if (commit === undefined) throw sandboxError("SANDBOX_GIT_FAILED", { command: ref, said: "no such ref" });
  return commit;
}

function sameContent(folder: string, commit: string, files: SourceFiles): boolean {
  const present = listFiles(folder, commit);
  const wanted = sorted(files);
  return present.size === wanted.length && wanted.every(([path, content]) => present.get(path) === blobHash(content));
}

/** Path to blob hash of every file of a commit. */
function listFiles(folder: string, commit: string): Map<string, string> {
  const lines = git(["-C", folder, "ls-tree", "-r", "-z", commit]).toString("utf8").split("\0").filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [head = "", path = ""] = line.split("\t");
      return [path, head.split(" ")[2] ?? ""];
    }),
  );
}

function blobHash(content: Uint8Array): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

function sorted(files: SourceFiles): [string, Uint8Array][] {
  return Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
}

function data(content: string | Uint8Array): (string | Uint8Array)[] {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  return [`data ${bytes.length}\n`, bytes, "\n"];
}
