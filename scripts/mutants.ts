import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { allMutants, sampleMutants } from "./mutants/all.ts";
import { resultsPage } from "./mutants/page.ts";
import { isGood, runMutants } from "./mutants/run.ts";
import { projectRoot } from "./stack/stack.ts";

/**
 * `npm run test:mutants`: takes one defence after another out of a copy of the source and expects a test to fail.
 *
 *   --only <text>  mutants whose name or file contains it (may be given several times)
 *   --sample       a few quick ones
 *   --lanes <n>    copies in parallel, 2 unless told
 *
 * A run of the whole list writes docs/results/mutants.md.
 */
const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    sample: { type: "boolean", default: false },
    lanes: { type: "string", default: "2" },
  },
});

const listed = values.sample ? sampleMutants : allMutants;
const chosen = listed.filter(
  ({ name, file }) =>
    values.only.length === 0 || values.only.some((text) => name.includes(text) || file.includes(text)),
);
if (chosen.length === 0) {
  console.error(`No mutant matches ${values.only.join(", ")}.`);
  process.exit(2);
}

const began = Date.now();
// Of the start: the copies are made now, and the project may move on while they run.
const commit = commitOf(projectRoot);
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
const seconds = Math.round((Date.now() - began) / 1000);
const bad = results.filter((result) => !isGood(result));
if (chosen.length === allMutants.length) {
  const page = join(projectRoot, "docs", "results", "mutants.md");
  await mkdir(dirname(page), { recursive: true });
  await writeFile(page, resultsPage(results, { seconds, date: new Date(), commit }));
}
if (bad.length > 0)
  console.log(`\nNot noticed:\n${bad.map(({ mutant, outcome }) => `  ${outcome} ${mutant.name}`).join("\n")}`);
console.log(`\n${seconds} s`);
console.log(`${results.length - bad.length} passed, ${bad.length} failed`);
process.exitCode = bad.length === 0 ? 0 : 1;

function commitOf(folder: string): string {
  return execFileSync("git", ["rev-parse", "HEAD"], { cwd: folder, encoding: "utf8" }).trim();
}
