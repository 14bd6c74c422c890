import { describe, expect, it } from "vitest";
import type { ErrorJson } from "#lib/core/error.ts";
import { inTypedUnits } from "../../app/publish/typedUnits.ts";

const money = { price: { symbol: "sUSD", decimals: 6 }, native: { symbol: "ETH", decimals: 18 } };
const refusal = (values: ErrorJson["values"], code = "TERM_OUT_OF_BOUNDS"): ErrorJson => ({
  code,
  message: "Out of bounds.",
  values,
  docs: "docs/errors.md",
});
const valuesOf = (error: ErrorJson) => inTypedUnits(error, money).values;

describe("a refused term", () => {
  it("of money is shown as it was typed", () => {
    const bond = refusal({ term: "conductBond", value: "2000000000000000000", min: "0", max: "1000000000000000000" });
    expect(valuesOf(bond)).toEqual({ term: "conductBond", value: "2 ETH", min: "0 ETH", max: "1 ETH" });
    expect(valuesOf(refusal({ term: "price", value: "2500000", min: "1", max: "9000000" }))).toEqual({
      term: "price",
      value: "2.5 sUSD",
      min: "0.000001 sUSD",
      max: "9 sUSD",
    });
  });

  it("of anything else is shown as the contract has it", () => {
    for (const error of [
      refusal({ term: "stepTimeout", value: "5", min: "10", max: "20" }),
      refusal({ term: "price", value: "5" }, "TERM_MISSING"),
    ]) {
      expect(inTypedUnits(error, money)).toBe(error);
    }
  });
});
