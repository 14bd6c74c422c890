import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runDemo } from "./demo/run.ts";
import { projectRoot, startStack } from "./stack/stack.ts";

/** `npm run demo [--json]`: a whole trade, headless, and the refusals that matter. */
const json = process.argv.includes("--json");
const began = Date.now();
// With --json the one object is all that goes to standard output; progress goes beside it.
const report = (line: string) => console.error(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const folder = await mkdtemp(join(tmpdir(), "pawl-demo-"));
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));

report(`a trade of three steps in ${folder} (project ${projectRoot})`);
const stack = await startStack({
  folder: join(folder, "stack"),
  server: "headless",
  ports: { chain: 0, sandbox: 0, web: 0 },
  report,
  signal: interrupted.signal,
});
try {
  const outcome = await runDemo({ stack, folder, report, signal: interrupted.signal });
  if (json) console.log(JSON.stringify(outcome, null, 2));
  else print(outcome);
} finally {
  await stack.stop();
}
await rm(folder, { recursive: true, force: true });

function print(outcome: Awaited<ReturnType<typeof runDemo>>): void {
  console.log("\nPaid steps");
  for (const { step, runId, certificateHash, ms } of outcome.steps) {
    console.log(`  ${step}  run ${runId}  certificate ${certificateHash.slice(0, 18)}…  ${(ms / 1000).toFixed(1)} s`);
  }
  console.log("\nRefused");
  const width = Math.max(...outcome.refused.map(({ case: name }) => name.length));
  for (const { case: name, code } of outcome.refused) console.log(`  ${name.padEnd(width)}  ${code}`);
  console.log("\nBalances (wei)");
  for (const [name, amount] of Object.entries(outcome.balances)) console.log(`  ${name.padEnd(24)} ${amount}`);
  console.log(`\nTook ${(outcome.ms / 1000).toFixed(1)} s`);
}
