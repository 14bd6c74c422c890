import { cpus } from "node:os";
import { measure } from "./bench/measure.ts";

/** `npm run bench [-- --json]`: every figure in one run, each with what it is compared with beside it. */
const figures = await measure((line) => console.error(line));
const machine = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length };
if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ machine, ...figures }, null, 2));
} else {
  const width = Math.max(...Object.values(figures).flatMap((group) => Object.keys(group).map((name) => name.length)));
  for (const [group, rows] of Object.entries(figures)) {
    console.log(`\n${group}`);
    for (const [name, value] of Object.entries(rows)) console.log(`  ${name.padEnd(width)}  ${value}`);
  }
}
// The in-process chain keeps timers of its own.
process.exit(0);
