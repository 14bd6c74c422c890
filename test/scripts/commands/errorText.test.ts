import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { projectRoot } from "../../../scripts/stack/stack.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-error-"));
afterAll(() => rmSync(folder, { recursive: true }));

function pawl(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(projectRoot, "scripts/pawl.ts"), ...args], (_failed, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
}

it("explains an error without letting what it quotes reach the terminal", async () => {
  const missing = join(folder, "absent\u001b]0;x\u0007\u009b\u202e");
  const { stderr } = await pawl("policy", missing);
  expect(stderr).toContain("EVIDENCE_FILE_UNREADABLE");
  expect(stderr).toContain("absent\\u{1b}]0;x\\u{7}\\u{9b}\\u{202e}");
  expect(stderr.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  const { stdout } = await pawl("policy", missing, "--json");
  expect(stdout.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(JSON.parse(stdout).error.values.file).toBe(missing);
});
