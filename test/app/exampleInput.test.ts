import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describe as read } from "../../app/_components/exampleInput.ts";
import { tried } from "../properties.ts";

describe("the example input of a description", () => {
  it("is laid out and taken out of the text", () => {
    expect(read('Sums numbers. Example input: {"a":[1,2]}')).toEqual({
      text: "Sums numbers.",
      example: '{\n  "a": [\n    1,\n    2\n  ]\n}',
    });
  });

  it("may stand before other words, and after brackets of plain prose", () => {
    expect(read('Draws [a lot] of {things}: {"n":1} and returns them.')).toEqual({
      text: "Draws [a lot] of {things}:  and returns them.",
      example: '{\n  "n": 1\n}',
    });
  });

  it("may hold brackets and quotes in its strings", () => {
    for (const value of [{ text: "a } b" }, { text: 'a "}" \\ b' }, ["[[", "]"]]) {
      expect(JSON.parse(read(`Example: ${JSON.stringify(value)}`).example ?? "")).toEqual(value);
    }
  });

  it("is absent where there is none", () => {
    for (const text of [
      "",
      "No example.",
      "An open { bracket",
      'A quote " in {"a',
      "[".repeat(500) + "}".repeat(500),
    ]) {
      expect(read(text)).toEqual({ text, example: undefined });
    }
  });

  it("is found after any prose without brackets", () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (words, value) => {
        const prose = words.replaceAll(/[{[]/g, "");
        const { example } = read(`${prose}: ${JSON.stringify({ value })}`);
        expect(JSON.parse(example ?? "null")).toEqual(JSON.parse(JSON.stringify({ value })));
      }),
      tried("an example input after any prose", 300),
    );
  });
});
