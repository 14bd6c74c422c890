import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type MutantGroup, mutantGroups, sampleMutants } from "./mutants/all.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { resultsPage } from "./mutants/page.ts";
import { isGood, type MutantResult, runMutants } from "./mutants/run.ts";
import { projectRoot } from "./stack/stack.ts";

/**
 * `npm run test:mutants`: takes one defence after another out of a copy of the source and expects a test to fail.
 *
 *   --group <name>  contracts, onchain or library; all unless told
 *   --only <text>   mutants whose name or file contains it (may be given several times)
 *   --sample        a few quick ones
 *   --lanes <n>     copies in parallel, 2 unless told
 *
 * A run of a whole group writes docs/results/mutants-<group>.md.
 */
const { values } = parseArgs({
  options: {
    group: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
    sample: { type: "boolean", default: false },
    lanes: { type: "string", default: "2" },
  },
});

const groups = Object.entries(mutantGroups) as readonly [MutantGroup, readonly Mutant[]][];
const listed = values.sample
  ? sampleMutants
  : groups.filter(([name]) => values.group === undefined || name === values.group).flatMap(([, mutants]) => mutants);
const chosen = listed.filter(
  ({ name, file }) =>
    values.only.length === 0 || values.only.some((text) => name.includes(text) || file.includes(text)),
);
if (chosen.length === 0) {
  console.error("No mutant matches: --group is contracts, onchain or library, --only a part of a name or file.");
  process.exit(2);
}

const began = Date.now();
// Of the start: the copies are made now, and the project may move on while they run.
const commit = execFileSync("git", ["rev-parse", "HEAD"], { cwd: projectRoot, encoding: "utf8" }).trim();
let done = 0;
const results = await runMutants(chosen, {
  projectRoot,
  lanes: Math.max(1, Number(values.lanes)),
  report: (result) => {
    const { mutant, outcome, by, seconds, tail } = result;
    done += 1;
    const note = outcome === "caught" ? by : outcome === "masked" ? mutant.masked : mutant.removes;
    console.log(`${done}/${chosen.length} ${outcome.padEnd(8)} ${mutant.name} (${seconds.toFixed(1)} s): ${note}`);
    if (outcome === "broken") console.log(tail.trimEnd());
  },
});
const bad = results.filter((result) => !isGood(result));
for (const [name, mutants] of groups) {
  const found = results.filter(({ mutant }) => mutants.includes(mutant));
  if (found.length === mutants.length) await writePage(name, found);
}
if (bad.length > 0)
  console.log(`\nNot noticed:\n${bad.map(({ mutant, outcome }) => `  ${outcome} ${mutant.name}`).join("\n")}`);
console.log(`\n${Math.round((Date.now() - began) / 1000)} s`);
console.log(`${results.length - bad.length} passed, ${bad.length} failed`);
process.exitCode = bad.length === 0 ? 0 : 1;

async function writePage(group: MutantGroup, found: readonly MutantResult[]): Promise<void> {
  const folder = join(projectRoot, "docs", "results");
  await mkdir(folder, { recursive: true });
  const seconds = Math.round(found.reduce((sum, result) => sum + result.seconds, 0));
  await writeFile(
    join(folder, `mutants-${group}.md`),
    resultsPage(found, { group, seconds, date: new Date(), commit }),
  );
}
