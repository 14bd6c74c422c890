import { describe, expect, it } from "vitest";
import { typedAmount, typedSteps } from "../../app/_components/typed.ts";

describe("a typed number of steps", () => {
  it("is taken with spaces around it, from 1 to the most", () => {
    expect(typedSteps(" 2 ", 3)).toBe(2);
    expect(typedSteps("3", 3)).toBe(3);
    for (const text of ["0", "4", "", "1.5", "1e1", "-1", "1 2", "9".repeat(30)]) {
      expect(typedSteps(text, 3)).toBeUndefined();
    }
  });
});

describe("a typed amount", () => {
  it("is taken with spaces around it, exactly", () => {
    expect(typedAmount(" 0.05 ", 18)).toBe(50_000_000_000_000_000n);
    expect(typedAmount("2.500001", 6)).toBe(2_500_001n);
    expect(typedAmount("7", 0)).toBe(7n);
  });

  it("is refused when it is finer than the token, or no amount", () => {
    for (const text of ["2.5000001", "1e3", "1,5", ".5", "5.", "-1", "", "9".repeat(30)]) {
      expect(typedAmount(text, 6)).toBeUndefined();
    }
  });
});
