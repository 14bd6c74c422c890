import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { z } from "zod";
import { solidityTally } from "../check/solidityTally.ts";
import { type Mutant, withFault } from "./mutant.ts";

/** A throw-away copy of the project in which mutants live one after another. The project itself is never touched. */
export type Lane = {
  /** Runs tests on the unchanged copy. */
  baseline(tests: readonly string[]): Promise<TestRun>;
  /** Puts the fault in, runs the mutant's tests, takes it out again. */
  run(mutant: Mutant): Promise<TestRun>;
  remove(): Promise<void>;
};

export type TestRun = {
  readonly exitCode: number;
  readonly passed: number;
  /** Full names of failed tests. */
  readonly failed: readonly string[];
  readonly seconds: number;
  /** The end of what was printed, for runs that went wrong otherwise. */
  readonly tail: string;
};

/** What a copy does without: made by builds, or shared through a link. */
const LEFT_OUT: ReadonlySet<string> = new Set(["node_modules", ".git", ".next", ".pawl", "artifacts", "cache"]);
const LIMIT_MS = 600_000;

export async function createLane(projectRoot: string): Promise<Lane> {
  const folder = await mkdtemp(join(tmpdir(), "pawl-mutants-"));
  await cp(projectRoot, folder, {
    recursive: true,
    filter: (path) => !LEFT_OUT.has(relative(projectRoot, path).split(sep)[0] ?? ""),
  });
  await symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  return {
    baseline: (tests) => runTests(folder, tests),
    async run(mutant) {
      const path = join(folder, mutant.file);
      const original = await readFile(path, "utf8");
      await writeFile(path, withFault(original, mutant));
      try {
        return await runTests(folder, mutant.tests, mutant.only);
      } finally {
        await writeFile(path, original);
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const reportSchema = z.object({
  numPassedTests: z.int(),
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })) })),
});

async function runTests(folder: string, tests: readonly string[], only?: string): Promise<TestRun> {
  const from = Date.now();
  const solidity = tests.filter((test) => test.endsWith(".t.sol"));
  const others = tests.filter((test) => !test.endsWith(".t.sol"));
  const first = solidity.length === 0 ? undefined : await runSolidity(folder, solidity, only);
  // One failed test is enough, and a source that does not compile fails everywhere.
  if (first !== undefined && (others.length === 0 || first.exitCode !== 0)) return first;
  const second = await runVitest(folder, others, only);
  return { ...second, passed: second.passed + (first?.passed ?? 0), seconds: (Date.now() - from) / 1000 };
}

async function runSolidity(folder: string, tests: readonly string[], only?: string): Promise<TestRun> {
  const from = Date.now();
  const hardhat = join(folder, "node_modules", "hardhat", "dist", "src", "cli.js");
  const args = ["test", "solidity", ...(only ? ["--grep", only] : []), ...tests];
  const { exitCode, output } = await spawnNode([hardhat, ...args], folder);
  const { passed, failed } = solidityTally(output);
  const names = [...output.matchAll(/^ +\d+\) (?:\w+#)?(?<name>(?:test|invariant)_\w+)/gm)].map(
    ({ groups }) => groups?.name ?? "",
  );
  const tail = tailOf(output);
  return { exitCode, passed, failed: failed > 0 ? names : [], seconds: (Date.now() - from) / 1000, tail };
}

async function runVitest(folder: string, tests: readonly string[], only?: string): Promise<TestRun> {
  const report = join(folder, "mutant-report.json");
  const from = Date.now();
  await rm(report, { force: true });
  const vitest = join(folder, "node_modules", "vitest", "vitest.mjs");
  const args = ["run", "--bail=1", "--no-cache", "--maxWorkers=1", "--reporter=json", `--outputFile=${report}`];
  const { exitCode, output } = await spawnNode([vitest, ...args, ...(only ? ["-t", only] : []), ...tests], folder);
  const tail = tailOf(output);
  const text = await readFile(report, "utf8").catch(() => undefined);
  const seconds = (Date.now() - from) / 1000;
  if (text === undefined) return { exitCode, passed: 0, failed: [], seconds, tail };
  const { numPassedTests, testResults } = reportSchema.parse(JSON.parse(text));
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .flatMap(({ status, fullName }) => (status === "failed" ? [fullName.trim()] : []));
  return { exitCode, passed: numPassedTests, failed, seconds, tail };
}

/** The end of what a run that went wrong printed, for a person. */
function tailOf(output: string): string {
  return output.slice(-4_000);
}

function spawnNode(args: readonly string[], cwd: string): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
      env: { ...cleanEnvironment(), NODE_ENV: "test", NO_COLOR: "1", PAWL_SHRINK: "0" },
    });
    const chunks: Buffer[] = [];
    const keep = (chunk: Buffer) => chunks.push(chunk);
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code) => resolve({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString("utf8") }));
  });
}

/** Without what a test runner around this one has set for its own workers. */
function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV$|TEST$)/.test(name)));
}
