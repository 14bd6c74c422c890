import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { createGatewayClient } from "#lib/gateway/client.ts";
import { parseRunnerEnvironment } from "#lib/runner/environment.ts";
import { openIsolation } from "#lib/runner/isolation.ts";
import { runStep } from "#lib/runner/step.ts";

/** `pawl step`: what the pinned workflow runs. Everything comes from the job's environment. */
export function stepCommand(program: Command): void {
  program
    .command("step")
    .description("Take one step inside the pinned workflow: ask, wait for the permit, run, seal, write evidence.")
    .action(async () => {
      const environment = parseRunnerEnvironment(process.env);
      const { certificateHash, folder } = await runStep({
        environment,
        gateway: createGatewayClient({ url: environment.PAWL_GATEWAY_URL }),
        isolate: () =>
          openIsolation({
            disposable: environment.ImageOS !== undefined,
            weaker: environment.PAWL_ISOLATION === "process",
          }),
        fetch,
        clock: systemClock,
        random: systemRandom,
        sleep: (milliseconds) => sleep(milliseconds),
        log: (line) => console.log(line),
      });
      console.log(`certificate ${certificateHash} in ${folder}`);
    });
}
