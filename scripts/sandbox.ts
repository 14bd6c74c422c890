import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { openIsolation } from "#lib/runner/isolation.ts";
import { startSandbox } from "#lib/sandbox/sandbox.ts";

/**
 * Runs the sandbox as a process of its own. Prints one JSON line when it is ready, and ends on SIGINT or SIGTERM with
 * its jobs.
 *
 *   node scripts/sandbox.ts [--state .pawl/sandbox] [--port 4100]
 */
const { values } = parseArgs({
  options: {
    state: { type: "string", default: process.env.PAWL_SANDBOX_STATE ?? ".pawl/sandbox" },
    port: { type: "string", default: process.env.PAWL_SANDBOX_PORT ?? "4100" },
  },
});

const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`--port must be a number from 0 to 65535, not ${values.port}`);
  process.exit(2);
}

const isolation = await openIsolation({ disposable: false, weaker: true });
const sandbox = await startSandbox({
  stateDir: resolve(values.state),
  port,
  host: "127.0.0.1",
  projectRoot: resolve(import.meta.dirname, ".."),
  weakerIsolation: isolation.name === "process",
});

const { doors: _, stop, trustedRoot: __, ...shown } = sandbox;
console.log(JSON.stringify({ ready: true, pid: process.pid, isolation: isolation.name, ...shown }));

let ending = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (ending) return;
    ending = true;
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
