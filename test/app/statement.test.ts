import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_STATEMENT, publishedStatement, statementOf } from "../../app/_components/statement.ts";
import { tried } from "../properties.ts";

describe("a statement", () => {
  it("is read back as it was written, whatever its script", () => {
    const longest = ["\u8a3c".repeat(MAX_STATEMENT), "\u{1f511}".repeat(MAX_STATEMENT / 2)];
    for (const text of ["plain", "1 % of \u00e9", ...longest]) {
      expect(statementOf(publishedStatement(text))).toEqual({ text, isAuthentic: true });
    }
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: MAX_STATEMENT }), (text) => {
        expect(statementOf(publishedStatement(text))).toEqual({ text, isAuthentic: true });
      }),
      tried("statement", 200),
    );
  });

  it("that is not what was hashed is shown as such", () => {
    const { statementHash } = publishedStatement("what was said");
    for (const statementLocator of [
      "data:text/plain,something%20else",
      "data:text/plain,%E8%A8",
      "https://example.com",
    ]) {
      expect(statementOf({ statementHash, statementLocator }).isAuthentic).toBe(false);
    }
  });
});
