import { execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { globSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { solidityTally } from "./check/solidityTally.ts";
import { projectRoot } from "./stack/stack.ts";

/**
 * `npm run test:deep`: the properties and invariants with many more tries than `npm test` has time for. Solidity tests
 * run under the profile `deep` of hardhat.config.ts, a hundred times the invariants' runs; the others are multiplied.
 *
 *   --part <name>  invariants, model, functions, formats or evidence; all unless told (may be given several times)
 *   --runs <n>  times the tries of `npm test` for tests in TypeScript; 10 unless told, or PAWL_RUNS
 *   --seed <n>  repeats a run; random unless told, or PAWL_SEED
 *
 * Writes docs/results/deep-<part>.md.
 */
const { values } = parseArgs({
  options: {
    part: { type: "string", multiple: true, default: [] },
    runs: { type: "string" },
    seed: { type: "string" },
  },
});
const factor = Number(values.runs ?? process.env.PAWL_RUNS ?? 10);
const seed = Number(values.seed ?? process.env.PAWL_SEED ?? randomInt(1, 2 ** 31));
if (![factor, seed].every((value) => Number.isSafeInteger(value) && value >= 1) || factor < 2) {
  console.error("--runs takes an integer from 2 on, --seed a positive integer.");
  process.exit(2);
}

type Part = {
  readonly name: string;
  readonly about: string;
  readonly runner: "hardhat" | "vitest";
  readonly files: readonly string[];
};
/** Parts run two at a time, the longest first. */
const allParts: readonly Part[] = [
  {
    name: "invariants",
    about: `The ten invariants of [contracts.md](../contracts.md) are checked after each of the 64 moves of a run, and at its end
everything is unwound with time and permissionless calls alone.`,
    runner: "hardhat",
    files: solidityTests("invariants"),
  },
  {
    name: "model",
    about: `Random sequences of actions run against the contracts and the model in \`test/contracts/model\`, compared in every
balance, status and revert after every action.`,
    runner: "vitest",
    files: ["test/contracts/model.test.ts"],
  },
  {
    name: "functions",
    about: "Every external function of the contracts with random arguments, and the fast hashes against plain ones.",
    runner: "hardhat",
    files: ["OfferRegistry", "PermitConsumer", "Escrow", "Settlement", "fuzz"].flatMap(solidityTests),
  },
  {
    name: "formats",
    about: "State bundles, archives and claim blobs.",
    runner: "vitest",
    files: ["test/lib/state/bundle.test.ts", "test/lib/evidence/files.test.ts"],
  },
  {
    name: "evidence",
    about: "Evidence of a step with random damage.",
    runner: "vitest",
    files: ["test/lib/evidence/verifyStep.test.ts"],
  },
];
const parts = allParts.filter(({ name }) => values.part.length === 0 || values.part.includes(name));
if (parts.length === 0) {
  console.error(`--part is one of ${allParts.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}

function solidityTests(name: string): string[] {
  return globSync(`test/solidity/${name}/*.t.sol`, { cwd: projectRoot }).sort();
}

type Line = Readonly<Record<string, string | number | null>>;
type Result = {
  readonly part: Part;
  readonly passed: number;
  readonly failed: number;
  readonly lines: readonly Line[];
  readonly seconds: number;
};

const folder = await mkdtemp(join(tmpdir(), "pawl-deep-"));
const began = Date.now();
const commit = execFileSync("git", ["rev-parse", "HEAD"], { cwd: projectRoot, encoding: "utf8" }).trim();
console.log(`${factor} times the tries of npm test, seed ${seed}`);
await run("hardhat", ["build", "--quiet", "--no-tests"]);
const queue = [...parts];
const results: Result[] = [];
await Promise.all(
  [1, 2].map(async () => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) results.push(await runPart(part));
  }),
);
await rm(folder, { recursive: true, force: true });
results.sort((a, b) => parts.indexOf(a.part) - parts.indexOf(b.part));
const seconds = Math.round((Date.now() - began) / 1000);
const total = (key: "passed" | "failed") => results.reduce((sum, result) => sum + result[key], 0);
await mkdir(join(projectRoot, "docs", "results"), { recursive: true });
for (const result of results) {
  await writeFile(join(projectRoot, "docs", "results", `deep-${result.part.name}.md`), page(result));
}
console.log(`\n${seconds} s, seed ${seed}`);
console.log(`${total("passed")} passed, ${total("failed")} failed`);
process.exitCode = total("failed") === 0 ? 0 : 1;

async function runPart(part: Part): Promise<Result> {
  const from = Date.now();
  const { passed, failed, lines, output } = await (part.runner === "vitest" ? runVitest(part) : runHardhat(part));
  const result = { part, passed, failed, lines, seconds: Math.round((Date.now() - from) / 1000) };
  console.log(`· ${part.name}: ${passed} passed, ${failed} failed, ${result.seconds} s`);
  for (const line of lines) console.log(`    ${Object.values(line).join(", ")}`);
  if (failed > 0) console.log(`\n${output.trimEnd()}\n`);
  return result;
}

type Outcome = Pick<Result, "passed" | "failed" | "lines"> & { readonly output: string };

async function runVitest(part: Part): Promise<Outcome> {
  const report = join(folder, `${parts.indexOf(part)}.json`);
  const args = ["run", "--maxWorkers=1", `--testTimeout=${30_000 * factor}`];
  args.push("--reporter=default", "--reporter=json", `--outputFile.json=${report}`);
  const { code, output } = await run("vitest", [...args, ...part.files]);
  const text = await readFile(report, "utf8").catch(() => undefined);
  const counts = z.object({ numPassedTests: z.int(), numFailedTests: z.int() });
  const tally = text === undefined ? undefined : counts.parse(JSON.parse(text));
  const passed = tally?.numPassedTests ?? 0;
  const lines = output.split("\n").flatMap((line) => {
    const found = /^deep: (?<json>\{.*\})$/.exec(line.trim())?.groups?.json;
    return found === undefined
      ? []
      : [z.record(z.string(), z.union([z.string(), z.number(), z.null()])).parse(JSON.parse(found))];
  });
  return { passed, failed: atLeastOne(tally?.numFailedTests ?? 0, code, passed), lines, output };
}

async function runHardhat(part: Part): Promise<Outcome> {
  const { code, output } = await run("hardhat", ["test", "solidity", "--test-profile", "deep", ...part.files]);
  const { passed, failed } = solidityTally(output);
  const lines = [...output.matchAll(/✔ (?<property>\w+)\(.*\) \(runs: (?<runs>\d+)/g)].map(({ groups }) => ({
    property: groups?.property ?? "",
    runs: Number(groups?.runs),
    seed,
  }));
  return { passed, failed: atLeastOne(failed, code, passed), lines, output };
}

/** A runner that failed without a failed test (a crash, nothing found) is a failure all the same. */
function atLeastOne(failed: number, code: number, passed: number): number {
  return Math.max(failed, code === 0 && passed > 0 ? 0 : 1);
}

function page({ part, passed, failed, lines, seconds: took }: Result): string {
  return `# Deep run: ${part.name}

${part.about}

- ${new Date().toISOString().slice(0, 10)}, commit \`${commit}\`, Node ${process.versions.node}
- \`npm run test:deep -- --part ${part.name} --runs ${factor} --seed ${seed}\` repeats it
- ${took} s: ${passed} passed, ${failed} failed

| property | tries |
|---|---|
${lines
  .filter((line) => "property" in line)
  .map((line) => `| ${line.property} | ${Number(line.runs).toLocaleString("en-US")} |`)
  .join("\n")}
`;
}

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: projectRoot,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        NO_COLOR: "1",
        FORCE_COLOR: "0",
        PAWL_RUNS: String(factor),
        PAWL_SEED: String(seed),
      },
    });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(output).toString("utf8") }));
  });
}
