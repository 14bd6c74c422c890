import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StepInput } from "../capability/input.ts";
import { sha256Hex } from "../core/hash.ts";
import type { Policy } from "../offers/policy.ts";
import type { ArchiveFile } from "../state/archive.ts";
import { bundleLimits } from "../state/bundle.ts";
import { checkoutWorkload } from "./checkout.ts";
import type { StepDependencies } from "./dependencies.ts";
import type { Isolation } from "./isolation.ts";
import { collectState, readResultPayload, runWorkload, writeState } from "./workload.ts";

/** Lays out the workload's folders, runs it under the policy, and reads what it left. */
export async function execute(
  { environment, log }: StepDependencies,
  policy: Policy,
  input: StepInput,
  restored: readonly ArchiveFile[],
  isolation: Isolation,
) {
  const root = join(environment.RUNNER_TEMP, `pawl-${environment.GITHUB_RUN_ID}-${environment.GITHUB_RUN_ATTEMPT}`);
  const folders = {
    code: join(root, "code"),
    state: join(root, "state"),
    output: join(root, "output"),
    input: join(root, "input.json"),
    log: join(root, "workload.log"),
  };
  await mkdir(folders.state, { recursive: true });
  await mkdir(folders.output, { recursive: true });
  await writeFile(folders.input, JSON.stringify(input.payload));
  await writeState(folders.state, restored);
  log(`checking out ${policy.workload.repository}@${policy.workload.commit}`);
  await checkoutWorkload(environment.GITHUB_SERVER_URL, policy.workload, folders.code);
  const used = await runWorkload(policy, folders, isolation);
  return {
    used,
    payload: await readResultPayload(folders.output, policy.limits.resultBytes),
    state: await collectState(folders.state, bundleLimits(policy.limits.stateBytes)),
    logHash: sha256Hex(new Uint8Array(await readFile(folders.log))),
  };
}
