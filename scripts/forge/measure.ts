import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileCoverage, parseLcov } from "./lcov.ts";

/** Forge is no dependency: it is fetched when coverage is measured. */
const FORGE = "@foundry-rs/forge@1.7.1";
const COPIED = ["contracts", "test/solidity", "scripts/solc.mjs", "hardhat.config.ts", "foundry.toml", "package.json"];
/**
 * Interfaces have no code, and others are never deployed where money is. Arithmetic in assembly has no lines to count:
 * test/contracts/evidence holds it against other implementations.
 */
const MEASURED = /^contracts\/(?!interfaces\/|sandbox\/|test\/|evidence\/arithmetic\/(?:P384|Sha384|StoredBytes))/;

export type Measured = {
  readonly file: string;
  readonly lines: readonly [covered: number, total: number];
  readonly branches: readonly [covered: number, total: number];
  /** Percent, as Hardhat prints it. */
  readonly statements: number;
  readonly uncovered: readonly string[];
};

/**
 * Runs the Solidity tests twice in a copy of the project, because instrumented contracts must not be left behind in
 * its artifacts: under forge, which counts branches but does not see functions outside contracts, and under Hardhat,
 * which counts lines and statements of everything.
 *
 * @throws with the output of a run that failed
 */
export async function measureCoverage(projectRoot: string): Promise<readonly Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), "pawl-coverage-"));
  try {
    for (const path of COPIED) await cp(join(projectRoot, path), join(folder, path), { recursive: true });
    await symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
    const lcov = join(folder, "forge.info");
    const report = ["--ir-minimum", "--exclude-tests", "--report", "lcov", "--report-file", lcov];
    await step("forge: branches", "npx", ["-y", "-p", FORGE, "forge", "coverage", ...report], folder);
    const byForge = parseLcov(await readFile(lcov, "utf8"));
    const table = await step("Hardhat: lines and statements", "hardhat", ["test", "solidity", "--coverage"], folder);
    const byHardhat = parseLcov(await readFile(join(folder, "coverage/lcov.info"), "utf8"));
    return byHardhat
      .filter(({ file }) => MEASURED.test(file))
      .map((hardhat) => combined(hardhat, byForge, table))
      .sort((a, b) => a.file.localeCompare(b.file));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function combined(hardhat: FileCoverage, byForge: readonly FileCoverage[], table: string): Measured {
  const { file } = hardhat;
  const branches = byForge.find((other) => other.file === file)?.branches ?? [];
  const deadLines = [...hardhat.lines].flatMap(([line, hits]) => (hits === 0 ? [line] : []));
  const deadBranches = branches.filter(({ taken }) => taken === 0).map(({ line }) => line);
  return {
    file,
    lines: [hardhat.lines.size - deadLines.length, hardhat.lines.size],
    branches: [branches.length - deadBranches.length, branches.length],
    statements: statementsOf(file, table),
    uncovered: [
      ...deadLines.map((line) => `${file}:${line} line`),
      ...deadBranches.map((line) => `${file}:${line} branch`),
    ],
  };
}

/** Hardhat counts statements in its table only, from which long paths lose their beginning. */
function statementsOf(file: string, table: string): number {
  for (const line of table.split("\n")) {
    const [, path = "", , statements = ""] = line.split("║").join("│").split("│");
    if (path.trim() === file) return Number(statements.trim());
  }
  throw new Error(`Hardhat reports no statements of ${file}.`);
}

async function step(name: string, command: string, args: readonly string[], cwd: string): Promise<string> {
  const from = Date.now();
  process.stdout.write(`· ${name} … `);
  const { code, output } = await run(command, args, cwd);
  console.log(`${code === 0 ? "ok" : "FAILED"}  ${((Date.now() - from) / 1000).toFixed(0)} s`);
  if (code !== 0) throw new Error(output);
  return output;
}

function run(command: string, args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
    });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(output).toString("utf8") }));
  });
}
