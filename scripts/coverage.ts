import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { measureCoverage } from "./forge/measure.ts";
import { coveragePage } from "./forge/page.ts";
import { projectRoot } from "./stack/stack.ts";

/** `npm run test:coverage`: what the Solidity tests execute of the contracts. Writes docs/results/coverage.md. */

const began = Date.now();
const commit = execFileSync("git", ["rev-parse", "HEAD"], { cwd: projectRoot, encoding: "utf8" }).trim();
const measured = await measureCoverage(projectRoot);
const seconds = Math.round((Date.now() - began) / 1000);
const page = join(projectRoot, "docs", "results", "coverage.md");
await mkdir(dirname(page), { recursive: true });
await writeFile(page, coveragePage(measured, { seconds, date: new Date(), commit }));

let failed = measured.length === 0 ? 1 : 0;
console.log();
for (const { file, lines, branches, statements, uncovered } of measured) {
  const complete = uncovered.length === 0 && statements === 100;
  if (!complete) failed += 1;
  const figures = `lines ${lines.join("/")}, statements ${statements.toFixed(2)} %, branches ${branches.join("/")}`;
  console.log(`${complete ? "ok    " : "FAILED"} ${file}: ${figures}`);
  for (const place of uncovered) console.log(`         ${place}`);
}
console.log(`\n${seconds} s`);
console.log(`${measured.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
