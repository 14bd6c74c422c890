import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Certificate } from "../evidence/certificate.ts";
import type { Policy } from "../offers/policy.ts";
import { runnerError } from "./errors.ts";

/** How a workload is kept apart from the process that can sign. */
export type Isolation = {
  /** As the certificate states it. */
  readonly name: Certificate["runner"]["isolation"];
  /** What stands before a program's own command line. */
  readonly command: readonly [string, ...string[]];
};

/** Runs a program to its end; rejects when that is no success. */
type RunProgram = (command: string, args: readonly string[]) => Promise<unknown>;

/**
 * A user and a network namespace of its own. The first is what hides the job: the kernel lets no process look into one
 * of an outer user namespace, so `/proc/<pid>/environ` stays shut although both have the same uid.
 */
const NAMESPACES: Isolation = {
  name: "process+network-namespace",
  command: ["unshare", "--user", "--map-current-user", "--net", "--"],
};

/** Ubuntu's switch that keeps programs without a profile of their own from using a user namespace; GitHub leaves it on. */
const RESTRICTION = "kernel.apparmor_restrict_unprivileged_userns";

/** Nothing but Node's permission model and the rights of the process. The network stays open. */
const PROCESS_ONLY: Isolation = { name: "process", command: ["env", "--"] };

/**
 * Finds the strongest isolation of a workload that this machine gives.
 *
 * @param machine.disposable whether the machine exists for this job alone, so that its settings may be changed
 * @param machine.weaker accept a process without namespaces where the kernel gives none
 * @throws ISOLATION_UNAVAILABLE
 */
export async function openIsolation(
  machine: { readonly disposable: boolean; readonly weaker?: boolean },
  run: RunProgram = runProgram,
): Promise<Isolation> {
  const [unshare, ...options] = NAMESPACES.command;
  const tryIt = () => run(unshare, [...options, "true"]);
  try {
    await tryIt().catch(async (refused: unknown) => {
      if (!machine.disposable) throw refused;
      await run("sudo", ["-n", "sysctl", "-qw", `${RESTRICTION}=0`]);
      await tryIt();
    });
  } catch (cause) {
    if (machine.weaker) return PROCESS_ONLY;
    throw runnerError("ISOLATION_UNAVAILABLE", { tried: NAMESPACES.command.join(" ") }, cause);
  }
  return NAMESPACES;
}

/** @throws ISOLATION_UNAVAILABLE where the policy allows no network and the isolation leaves one */
export function requireIsolation({ name }: Isolation, { network }: Policy): void {
  if (network.mode === "none" && name !== NAMESPACES.name) {
    throw runnerError("ISOLATION_UNAVAILABLE", { expected: NAMESPACES.name, actual: name });
  }
}

const execute = promisify(execFile);

const runProgram: RunProgram = (command, args) => execute(command, args, { timeout: 10_000 });
