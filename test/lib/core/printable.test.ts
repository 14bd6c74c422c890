import fc from "fast-check";
import { expect, it } from "vitest";
import { printable, printableJson } from "#lib/core/printable.ts";

/** Escape, its eight-bit form, a right-to-left override, a line separator, a tag, a private and an unseen character. */
const HOSTILE = "\u001b]0;x\u0007\u009b2J\u202e\u2028\u{e0041}\ue000\u2800\u007f\n\r";
const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u2800]/u;

it("prints what a terminal would obey as its number, on one line", () => {
  expect(printable("a\u001b[31m\u202eb\n")).toBe("a\\u{1b}[31m\\u{202e}b\\u{a}");
  expect(printable(HOSTILE)).not.toMatch(OBEYED);
  expect(printable("naïve 漢字 ✓ 🙂")).toBe("naïve 漢字 ✓ 🙂");
});

it("prints JSON that a terminal does not obey and a parser reads as it was", () => {
  expect(printableJson("\u009b\u{e0041}")).toBe('"\\u009b\\udb40\\udc41"');
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, text) => {
      const whole = { value, text, [text]: HOSTILE };
      expect(printableJson(whole)).not.toMatch(OBEYED);
      expect(printableJson(whole, 2).replaceAll("\n", "")).not.toMatch(OBEYED);
      expect(JSON.stringify(JSON.parse(printableJson(whole, 2)))).toBe(JSON.stringify(whole));
    }),
  );
});
