import { describe, expect, it } from "vitest";
import { z } from "zod";
import { canonicalBytes, parseCanonical, parseJsonBytes } from "#lib/core/json.ts";

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
  ] as const) {
    it(`is refused with ${why}`, () => {
      expect(() => parseCanonical(bytes(text), schema, options)).toThrowError(expect.objectContaining({ code }));
    });
  }

  it("is refused when it is not UTF-8, or holds half a surrogate pair", () => {
    expect(() => parseCanonical(new Uint8Array([0x7b, 0xff, 0x7d]), schema, options)).toThrowError(
      expect.objectContaining({ code: "JSON_NOT_UTF8" }),
    );
    expect(() => canonicalBytes({ a: "\ud800" })).toThrow();
    expect(() => canonicalBytes({ a: Number.NaN })).toThrow();
  });

  it("names the field, the problem and the offending value", () => {
    expect(() => parseJsonBytes(bytes('{"a":1,"b":{"c":7}}'), schema, options)).toThrowError(
      expect.objectContaining({ values: expect.objectContaining({ what: "test.json", field: "b.c", value: "7" }) }),
    );
  });
});
