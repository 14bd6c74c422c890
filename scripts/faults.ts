import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kills, runFaults } from "./faults/run.ts";
import { projectRoot, startStack } from "./stack/stack.ts";

/** `npm run test:faults`: real steps through a server that is killed without warning, and started again. */
const folder = await mkdtemp(join(tmpdir(), "pawl-faults-"));
const began = Date.now();
const report = (line: string) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const stack = await startStack({
  folder: join(folder, "stack"),
  server: "headless",
  ports: { chain: 0, sandbox: 0, web: 0 },
  report,
});
const outcomes = await runFaults(stack, report).finally(() => stack.stop());
await rm(folder, { recursive: true, force: true });

const passed = outcomes.filter(({ paid }) => paid).length;
const rows = outcomes.map(
  ({ kill, paid, ms, problem }) =>
    `| ${kill.after} | ${kill.delay} | ${paid ? "paid once" : `not paid: ${problem}`} | ${(ms / 1000).toFixed(1)} |`,
);
const page = `# Fault runs

The server (gateway, settlement, indexer, embedded store) is killed with SIGKILL during a step and started again over the
same store. The run, the buyer and the claimant go on as they would. Every step must be paid exactly once.

Command: \`npm run test:faults\`. Node ${process.version}. ${passed} of ${kills.length} steps paid.

| killed after | delay, ms | outcome | seconds |
|---|---|---|---|
${rows.join("\n")}
`;
await mkdir(join(projectRoot, "docs/results"), { recursive: true });
await writeFile(join(projectRoot, "docs/results/faults.md"), page);
console.log(`${passed} passed, ${kills.length - passed} failed`);
process.exitCode = passed === kills.length ? 0 : 1;
