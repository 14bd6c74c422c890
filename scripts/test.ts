import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { solidityTally } from "./check/solidityTally.ts";
import { projectRoot } from "./stack/stack.ts";

/** `npm test`: every check there is, with one line each, and one summary line at the end. */

type Tally = { readonly passed: number; readonly failed: number };
type Check = {
  readonly name: string;
  readonly command: readonly string[];
  /** Counts single tests; without it the check is one. */
  readonly count?: (output: string) => Promise<Tally | undefined>;
};

const folder = await mkdtemp(join(tmpdir(), "pawl-test-"));

const checks: readonly Check[] = [
  { name: "contracts compile", command: ["hardhat", "build", "--quiet", "--no-tests"] },
  { name: "types", command: ["tsc", "--noEmit", "-p", "tsconfig.json"] },
  { name: "lint and format", command: ["biome", "ci", "--error-on-warnings", "."] },
  { name: "Solidity format", command: ["prettier", "--check", "{contracts,test/solidity,test/smt}/**/*.sol"] },
  { name: "Solidity lint", command: ["solhint", "--max-warnings", "0", "{contracts,test/solidity,test/smt}/**/*.sol"] },
  { name: "dead code", command: ["knip"] },
  { name: "import directions", command: ["node", "scripts/check/imports.ts"] },
  { name: "generated files are current", command: ["node", "scripts/check/generated.ts"] },
  { name: "the escrow's bookkeeping, proven", command: ["node", "scripts/prove.ts"] },
  {
    name: "tests in Solidity",
    command: ["hardhat", "test", "solidity"],
    count: async (output) => solidityTally(output),
  },
  vitest("tests of contracts and library", "unit.json", ["--exclude", "test/e2e/**"]),
  { name: "market builds", command: ["node", "scripts/check/market.ts"] },
  vitest("a trade in a real browser", "e2e.json", ["test/e2e"]),
  { name: "a trade on the command line", command: ["node", "scripts/demo.ts", "--json"] },
];

let passed = 0;
let failed = 0;
const began = Date.now();
for (const check of checks) {
  const from = Date.now();
  process.stdout.write(`· ${check.name} … `);
  const { code, output } = await run(check.command);
  const tally = (await check.count?.(output)) ?? (code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
  // A runner that failed without a failed test (a crash, no test found) is a failure all the same.
  const failures = code !== 0 && tally.failed === 0 ? 1 : tally.failed;
  passed += tally.passed;
  failed += failures;
  const seconds = ((Date.now() - from) / 1000).toFixed(1);
  console.log(`${failures === 0 ? "ok" : "FAILED"}  ${tally.passed} passed, ${failures} failed, ${seconds} s`);
  for (const line of output.split("\n").filter((text) => text.includes("external cases")))
    console.log(`    ${line.trim()}`);
  if (failures > 0) console.log(`\n${output.trimEnd()}\n`);
}
await rm(folder, { recursive: true, force: true });
console.log(`\n${((Date.now() - began) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function vitest(name: string, file: string, args: readonly string[]): Check {
  const report = join(folder, file);
  return {
    name,
    command: ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args],
    count: async () => {
      const text = await readFile(report, "utf8").catch(() => undefined);
      if (text === undefined) return undefined;
      const counts = z.object({ numPassedTests: z.int(), numFailedTests: z.int() }).parse(JSON.parse(text));
      return { passed: counts.numPassedTests, failed: counts.numFailedTests };
    },
  };
}

function run([command = "", ...args]: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: projectRoot,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", NEXT_TELEMETRY_DISABLED: "1" },
    });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(output).toString("utf8") }));
  });
}
