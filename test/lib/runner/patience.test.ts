import { describe, expect, it } from "vitest";
import { PawlError } from "#lib/core/error.ts";
import { coreError } from "#lib/core/errors.ts";
import { gatewayError } from "#lib/gateway/errors.ts";
import { runnerError } from "#lib/runner/errors.ts";
import { patiently } from "#lib/runner/patience.ts";

/** A world in which only sleeping takes time. */
function start() {
  let milliseconds = 0;
  const pauses: number[] = [];
  const world = {
    clock: () => Math.floor(milliseconds / 1000),
    sleep: async (pause: number) => {
      pauses.push(pause);
      milliseconds += pause;
    },
    log: () => undefined,
  };
  /** Throws each failure once, then answers; with `forever` the last one again and again. */
  const failing = (failures: readonly unknown[], forever = false) => {
    let at = 0;
    const attempt = async () => {
      const failure = failures[forever ? Math.min(at, failures.length - 1) : at];
      at += 1;
      if (failure !== undefined) throw failure;
      return "answer";
    };
    return { attempt, attempts: () => at };
  };
  return { world, pauses, failing };
}

describe("a run's patience", () => {
  for (const [what, failure] of [
    ["a gateway that cannot be reached", gatewayError("GATEWAY_UNREACHABLE")],
    ["a gateway that fails inside", coreError("INTERNAL")],
    ["a gateway that cannot reach its chain", new PawlError("CHAIN_UNREACHABLE", { kind: "backend", sentence: "" })],
    ["a platform that gives no token", runnerError("ID_TOKEN_REFUSED")],
  ] as const) {
    it(`outlasts ${what}`, async () => {
      const { world, failing } = start();
      const { attempt, attempts } = failing([failure, failure]);
      expect(await patiently(world, attempt)).toBe("answer");
      expect(attempts()).toBe(3);
    });
  }

  it("gives a gateway that has too much to do the pause it asks for, within reason", async () => {
    const { world, pauses, failing } = start();
    const busy = [{}, { retryAfter: 7 }, { retryAfter: 86_400 }, { retryAfter: -1 }];
    const failures = [...busy.map((values) => coreError("RATE_LIMITED", values)), coreError("INTERNAL")];
    await patiently(world, failing(failures).attempt);
    expect(pauses).toEqual([15_000, 7000, 60_000, 15_000, 1000]);
  });

  it("ends with the last failure", async () => {
    const { world, failing } = start();
    const { attempt } = failing([coreError("RATE_LIMITED"), coreError("INTERNAL")], true);
    await expect(patiently(world, attempt)).rejects.toMatchObject({ code: "INTERNAL" });
    expect(world.clock()).toBeGreaterThan(180);
    expect(world.clock()).toBeLessThan(300);
  });

  for (const [what, failure] of [
    ["a refusal", gatewayError("ASK_UNKNOWN")],
    ["an error without a code", new TypeError("defect")],
  ] as const) {
    it(`does not apply to ${what}`, async () => {
      const { world, failing } = start();
      const { attempt, attempts } = failing([failure]);
      await expect(patiently(world, attempt)).rejects.toBe(failure);
      expect(attempts()).toBe(1);
    });
  }
});
