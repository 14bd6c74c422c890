import { execFile } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../stack/stack.ts";

export type CliResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Runs `pawl` as a user would. */
export function pawl(...args: readonly string[]): Promise<CliResult> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(projectRoot, "scripts/pawl.mjs"), ...args],
      { cwd: projectRoot, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const exitCode = error ? (typeof error.code === "number" ? error.code : 1) : 0;
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}

/** The one JSON object a command printed. @throws Error with what it printed instead, when it failed */
export function jsonOf(result: CliResult): Record<string, unknown> {
  if (result.exitCode !== 0) throw new Error(`pawl failed (${result.exitCode}): ${result.stdout}${result.stderr}`);
  return JSON.parse(result.stdout);
}
