import { describe, expect, it } from "vitest";
import { singleFlight } from "#lib/core/singleFlight.ts";

describe("work that is under way", () => {
  it("is shared by all who ask for the same, and by nobody else", async () => {
    const started: string[] = [];
    const gate = Promise.withResolvers<void>();
    const run = singleFlight(async (key: string) => {
      started.push(key);
      await gate.promise;
      return `${key} done`;
    });
    const all = [run("a"), run("a"), run("b")];
    gate.resolve();
    expect(await Promise.all(all)).toEqual(["a done", "a done", "b done"]);
    expect(started).toEqual(["a", "b"]);
  });

  it("starts anew once it has ended, and after a failure", async () => {
    let tries = 0;
    const run = singleFlight(async (_key: string) => {
      tries++;
      if (tries === 1) throw new Error("the first fails");
      return tries;
    });
    await expect(Promise.all([run("a"), run("a")])).rejects.toThrow("the first fails");
    expect(await run("a")).toBe(2);
    expect(await run("a")).toBe(3);
  });
});
