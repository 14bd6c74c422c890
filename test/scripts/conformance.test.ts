import { expect, it } from "vitest";
import { refusalCodes } from "../../scripts/conformance.ts";

const check = { name: "signature", sentence: "", expected: null, actual: null } as const;

it("accepts by the verdict alone, and names what failed where it can", () => {
  const passed = { verdict: "passed", checks: [{ ...check, status: "passed", code: null }] } as const;
  const failed = { verdict: "failed", checks: [{ ...check, status: "failed", code: "CHAIN_INVALID" }] } as const;
  const unreached = { verdict: "failed", checks: [{ ...check, status: "not applicable", code: null }] } as const;
  expect(refusalCodes(passed)).toEqual([]);
  expect(refusalCodes(failed)).toEqual(["CHAIN_INVALID"]);
  expect(refusalCodes(unreached)).toEqual(["VERIFICATION_FAILED"]);
});
