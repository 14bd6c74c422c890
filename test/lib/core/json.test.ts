import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { findPawlError, PawlError } from "#lib/core/error.ts";
import { canonicalBytes, parseCanonical, parseJsonBytes } from "#lib/core/json.ts";
import { tried } from "../../properties.ts";

const schema = z.strictObject({ a: z.int(), b: z.strictObject({ c: z.string() }).optional() });
const options = { what: "test.json", maxBytes: 100 };
const bytes = (text: string) => new TextEncoder().encode(text);

describe("canonical JSON", () => {
  it("is read when it is exactly what its value gives", () => {
    expect(parseCanonical(bytes('{"a":1,"b":{"c":"x"}}'), schema, options)).toEqual({ a: 1, b: { c: "x" } });
  });

  for (const [why, text, code] of [
    ["white space", '{"a": 1}', "JSON_NOT_CANONICAL"],
    ["another key order", '{"b":{"c":"x"},"a":1}', "JSON_NOT_CANONICAL"],
    ["a duplicate key", '{"a":1,"a":1}', "JSON_NOT_CANONICAL"],
    ["a number written otherwise", '{"a":1.0}', "JSON_NOT_CANONICAL"],
    ["an exponent", '{"a":1e0}', "JSON_NOT_CANONICAL"],
    ["an escaped letter", '{"\\u0061":1}', "JSON_NOT_CANONICAL"],
    ["a byte order mark", '\ufeff{"a":1}', "JSON_MALFORMED"],
    ["a trailing newline", '{"a":1}\n', "JSON_NOT_CANONICAL"],
    ["no JSON", "a=1", "JSON_MALFORMED"],
    ["nothing", "", "JSON_MALFORMED"],
    ["too much", JSON.stringify({ a: 1, pad: "x".repeat(200) }), "JSON_TOO_LARGE"],
    ["an unknown field", '{"a":1,"z":1}', "SCHEMA_MISMATCH"],
    ["an unknown critical field", '{"a":1,"critical_new":1}', "CRITICAL_FIELD_UNKNOWN"],
    ["an unknown critical field further in", '{"a":1,"b":{"c":"x","critical_new":1}}', "CRITICAL_FIELD_UNKNOWN"],
    ["a wrong type", '{"a":"1"}', "SCHEMA_MISMATCH"],
    ["a fraction", '{"a":1.5}', "SCHEMA_MISMATCH"],
    ["__proto__", '{"__proto__":{"a":1},"a":1}', "SCHEMA_MISMATCH"],
    ["half a surrogate pair as its text", '"\\ud800"', "JSON_NOT_CANONICAL"],
    ["half a surrogate pair as a key", '{"\\udc00":1}', "JSON_NOT_CANONICAL"],
    ["a number beyond all numbers", '{"a":1e999}', "JSON_NOT_CANONICAL"],
  ] as const) {
    it(`is refused with ${why}`, () => {
      expect(() => parseCanonical(bytes(text), schema, options)).toThrowError(expect.objectContaining({ code }));
    });
  }

  it("is refused when it is not UTF-8", () => {
    expect(() => parseCanonical(new Uint8Array([0x7b, 0xff, 0x7d]), schema, options)).toThrowError(
      expect.objectContaining({ code: "JSON_NOT_UTF8" }),
    );
  });

  it("is refused for a value that has none", () => {
    for (const value of [{ a: "\ud800" }, { a: Number.NaN }, undefined, 1n]) {
      expect(() => canonicalBytes(value)).toThrowError(expect.objectContaining({ code: "JSON_NOT_CANONICAL" }));
    }
  });

  it("names the field, the problem and the offending value", () => {
    expect(() => parseJsonBytes(bytes('{"a":1,"b":{"c":7}}'), schema, options)).toThrowError(
      expect.objectContaining({ values: expect.objectContaining({ what: "test.json", field: "b.c", value: "7" }) }),
    );
  });
});

/** What a reader of hostile bytes may do: return, or throw an error with a code. */
function outcomeOf(read: () => unknown): string {
  try {
    read();
    return "read";
  } catch (thrown) {
    return thrown instanceof PawlError ? thrown.code : `untyped: ${thrown}`;
  }
}

describe("hostile JSON", () => {
  const large = { what: "test.json", maxBytes: 1_000_000 };
  const parsers = {
    canonical: (input: Uint8Array, shape: z.ZodType) => parseCanonical(input, shape, large),
    free: (input: Uint8Array, shape: z.ZodType) => parseJsonBytes(input, shape, large),
  };
  const shapes = { strict: schema, json: z.json(), text: z.string() };

  for (const [parser, parse] of Object.entries(parsers)) {
    for (const [shape, expected] of Object.entries(shapes)) {
      it(`is refused by the ${parser} parser of ${shape} when it is nested too deeply`, () => {
        for (const text of [
          `${"[".repeat(8000)}${"]".repeat(8000)}`,
          `${'{"a":'.repeat(8000)}1${"}".repeat(8000)}`,
          "[".repeat(100_000),
          `${"[".repeat(65)}${"]".repeat(65)}`,
        ]) {
          expect(outcomeOf(() => parse(bytes(text), expected))).toBe("JSON_TOO_DEEP");
        }
      });
    }

    it(`is read by the ${parser} parser up to the depth of 64, whatever stands in its strings`, () => {
      for (const text of [`${"[".repeat(64)}${"]".repeat(64)}`, JSON.stringify("[".repeat(500)), '"\\"[[[["']) {
        expect(outcomeOf(() => parse(bytes(text), z.json()))).not.toBe("JSON_TOO_DEEP");
      }
      expect(outcomeOf(() => parse(bytes(`${"[".repeat(64)}${"]".repeat(64)}`), z.json()))).toBe("read");
    });

    it(`never makes the ${parser} parser throw anything without a code`, () => {
      const text = fc.oneof(
        fc.json({ stringUnit: "binary", maxDepth: 4 }),
        fc.string({ unit: fc.constantFrom(...'[]{}:,"\\u0d8e1-. atrufls') }),
      );
      const input = fc.oneof(fc.uint8Array({ maxLength: 200 }), text.map(bytes));
      fc.assert(
        fc.property(input, fc.constantFrom(...Object.values(shapes)), (given, shape) => {
          expect(outcomeOf(() => parse(given, shape))).toMatch(/^(read|[A-Z0-9_]+)$/);
        }),
        tried(`hostile JSON, ${parser}`, 300),
      );
    });
  }

  it("is echoed in a form that has canonical bytes itself", () => {
    for (const text of ['{"a":"\\ud800"}', '{"a":1,"\\ud800":1}', '{"a":1,"critical_\\ud800":1}', '"\\ud800"']) {
      try {
        parseJsonBytes(bytes(text), schema, options);
        expect.unreachable();
      } catch (thrown) {
        expect(() => canonicalBytes(findPawlError(thrown)?.toJSON())).not.toThrow();
      }
    }
  });
});
