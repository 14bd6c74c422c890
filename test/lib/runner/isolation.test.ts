import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { Policy } from "#lib/offers/policy.ts";
import { openIsolation, requireIsolation } from "#lib/runner/isolation.ts";
import { hasNamespaces } from "./isolation.fixture.ts";

const execute = promisify(execFile);

/** A machine on which user namespaces work once `sudo` has run, if it may. */
function machine(sudo: "allows" | "refuses") {
  const asked: string[] = [];
  let lifted = false;
  return {
    asked,
    run: async (command: string, args: readonly string[]) => {
      asked.push([command, ...args].join(" "));
      if (command === "sudo" && sudo === "allows") lifted = true;
      else if (!lifted) throw new Error(`${command}: Operation not permitted`);
    },
  };
}

describe("the isolation of a workload", () => {
  it.skipIf(!hasNamespaces)("keeps even a program that may read any file from the job's environment", async () => {
    const { command } = await openIsolation({ disposable: false });
    const [unshare, ...options] = command;
    const read = (prefix: readonly string[], program: string) =>
      execute(program, [...prefix, `/proc/${process.pid}/environ`]).then(
        () => "read",
        ({ stderr }) => stderr,
      );
    expect(await read([], "cat")).toBe("read");
    expect(await read([...options, "cat"], unshare)).toContain("Permission denied");
  });

  it.skipIf(!hasNamespaces)("leaves no network but a loopback that is down", async () => {
    const { command } = await openIsolation({ disposable: false });
    const [unshare, ...options] = command;
    const { stdout } = await execute(unshare, [...options, "cat", "/proc/net/dev"]);
    expect(stdout.split("\n").slice(2).filter(Boolean)).toEqual([expect.stringContaining("lo:")]);
  });

  it("is refused, never weakened, where the kernel does not offer it", async () => {
    const { asked, run } = machine("allows");
    await expect(openIsolation({ disposable: false }, run)).rejects.toMatchObject({
      code: "ISOLATION_UNAVAILABLE",
      exitCode: 6,
    });
    expect(asked.filter((line) => line.startsWith("sudo"))).toEqual([]);
  });

  it("is that of a process alone where the job accepts it, and then no policy without network is run", async () => {
    const isolation = await openIsolation({ disposable: false, weaker: true }, machine("refuses").run);
    expect(isolation.name).toBe("process");
    const policy = (mode: "none" | "runner") => ({ network: { mode } }) as Policy;
    expect(() => requireIsolation(isolation, policy("none"))).toThrow(
      expect.objectContaining({ code: "ISOLATION_UNAVAILABLE", exitCode: 6 }),
    );
    requireIsolation(isolation, policy("runner"));
  });

  it("is the kernel's where it offers one, whatever the job accepts", async () => {
    const { name } = await openIsolation({ disposable: false, weaker: true }, async () => undefined);
    expect(name).toBe("process+network-namespace");
  });

  it("is allowed by the job on a machine that exists for this job alone", async () => {
    const { asked, run } = machine("allows");
    expect((await openIsolation({ disposable: true }, run)).name).toBe("process+network-namespace");
    expect(asked[1]).toBe("sudo -n sysctl -qw kernel.apparmor_restrict_unprivileged_userns=0");
    await expect(openIsolation({ disposable: true }, machine("refuses").run)).rejects.toMatchObject({
      code: "ISOLATION_UNAVAILABLE",
    });
  });
});
