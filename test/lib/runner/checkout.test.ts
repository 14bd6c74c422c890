import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkoutWorkload } from "#lib/runner/checkout.ts";

let root: string;
let work: string;
let url: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pawl-checkout-"));
  work = join(root, "work");
  url = `file://${join(root, "git")}`;
  const bare = join(root, "git", "atelier", "work.git");
  mkdirSync(bare, { recursive: true });
  mkdirSync(work);
  git(bare, "init", "--quiet", "--bare");
  git(bare, "config", "uploadpack.allowAnySHA1InWant", "true");
  git(work, "init", "--quiet");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function git(cwd: string, ...args: string[]): string {
  const settings = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
  return execFileSync("git", [...settings, ...args], { cwd, encoding: "utf8" }).trim();
}

/** Commits what the work folder and its index hold, and publishes it. */
function commit(message: string): string {
  git(work, "commit", "--quiet", "-m", message);
  git(work, "push", "--quiet", join(root, "git", "atelier", "work.git"), "HEAD:refs/heads/main");
  return git(work, "rev-parse", "HEAD");
}

function commitFile(content: string, name = "main.mjs"): string {
  writeFileSync(join(work, name), content);
  git(work, "add", ".");
  return commit(content);
}

const checkout = (hash: string) =>
  checkoutWorkload(url, { repository: "atelier/work", commit: hash, entry: "main.mjs" }, join(root, "out"));

describe("the workload's checkout", () => {
  it("takes the pinned commit, whatever the branch has moved to", async () => {
    const first = commitFile("first");
    commitFile("second");
    await checkout(first);
    expect(readFileSync(join(root, "out", "main.mjs"), "utf8")).toBe("first");
  });

  it("refuses a commit that the repository does not hold", async () => {
    commitFile("first");
    await expect(checkout("0".repeat(39).concat("1"))).rejects.toMatchObject({ code: "WORKLOAD_CHECKOUT_FAILED" });
    expect(existsSync(join(root, "out", "main.mjs"))).toBe(false);
  });

  for (const [what, path, make] of [
    ["a link out of its folder", "deep/p", () => symlinkSync("/proc", join(work, "deep", "p"))],
    ["a link within its folder", "deep/other.mjs", () => symlinkSync("../main.mjs", join(work, "deep", "other.mjs"))],
    [
      "a submodule",
      "module",
      () => git(work, "update-index", "--add", "--cacheinfo", `160000,${"a".repeat(40)},module`),
    ],
  ] as const) {
    it(`refuses ${what}, and writes nothing`, async () => {
      commitFile("first");
      mkdirSync(join(work, "deep"));
      make();
      if (path.startsWith("deep/")) git(work, "add", ".");
      await expect(checkout(commit("other"))).rejects.toMatchObject({
        code: "WORKLOAD_NOT_PLAIN_FILES",
        values: { path },
      });
      expect(existsSync(join(root, "out", "main.mjs"))).toBe(false);
    });
  }

  it("takes no configuration from what it checks out", async () => {
    const hash = commitFile("[this is no configuration", ".gitconfig");
    await checkout(hash);
    expect(existsSync(join(root, "out", ".gitconfig"))).toBe(true);
  });
});
