import { describe, expect, it } from "vitest";
import { type ErrorKind, errorsOf, findPawlError, PawlError } from "#lib/core/error.ts";

describe("an error", () => {
  const fail = errorsOf({ BAD_THING: { kind: "invalid", sentence: "A thing is bad." } });

  it("carries a stable code, a sentence, the values and where to read more", () => {
    expect(fail("BAD_THING", { count: 3n, name: "x", absent: undefined }).toJSON()).toEqual({
      code: "BAD_THING",
      message: "A thing is bad.",
      values: { count: "3", name: "x" },
      docs: "docs/errors.md#bad_thing",
    });
  });

  it("never echoes input at a length that could flood a log", () => {
    const { values } = fail("BAD_THING", { text: "x".repeat(10_000) });
    expect(String(values.text).length).toBeLessThan(300);
  });

  it("can be written as JSON whatever it echoes", () => {
    for (const text of ["\ud83d", `${"x".repeat(199)}\u{1f511}`]) {
      expect(String(fail("BAD_THING", { text }).toJSON().values.text).isWellFormed()).toBe(true);
    }
  });

  it("is found behind other errors", () => {
    const inner = fail("BAD_THING");
    expect(findPawlError(new Error("outer", { cause: new Error("middle", { cause: inner }) }))).toBe(inner);
    expect(findPawlError(new Error("alone"))).toBeUndefined();
    expect(findPawlError("text")).toBeUndefined();
  });

  const exits: Record<ErrorKind, number> = {
    invalid: 2,
    unauthorised: 2,
    forbidden: 2,
    missing: 2,
    conflict: 2,
    "too-large": 2,
    "too-many": 4,
    unverified: 3,
    backend: 4,
    restore: 5,
    policy: 6,
  };
  for (const [kind, exitCode] of Object.entries(exits) as [ErrorKind, number][]) {
    it(`ends the command line with ${exitCode} when it is of kind ${kind}`, () => {
      expect(new PawlError("X", { kind, sentence: "" }).exitCode).toBe(exitCode);
    });
  }
});
