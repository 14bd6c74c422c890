import { describe, expect, it } from "vitest";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { compareInput, rememberedInput, rememberInput } from "../../app/_wallet/requestedInputs.ts";
import { word } from "../lib/market/chain.fixture.ts";

const value = { v: 1, salt: "A".repeat(43), payload: { text: "a", numbers: [2, 1] } };
const input = canonicalBytes(value);
const inputHash = sha256Hex(input);
const place = { entitlement: word("entitlement"), step: 1 };

function storageOf(entries: Record<string, string> = {}) {
  const stored = new Map(Object.entries(entries));
  return {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => void stored.set(key, text),
    stored,
  };
}

describe("a requested input", () => {
  it("is remembered for its step only", () => {
    const storage = storageOf();
    rememberInput(storage, place, input);
    expect(rememberedInput(storage, place)).toEqual({ inputHash, text: new TextDecoder().decode(input) });
    expect(rememberedInput(storage, { ...place, step: 2 })).toBeNull();
  });

  it("is remembered by its hash alone when it is long", () => {
    const storage = storageOf();
    const long = canonicalBytes({ ...value, payload: "x".repeat(60_000) });
    rememberInput(storage, place, long);
    expect(rememberedInput(storage, place)).toEqual({ inputHash: sha256Hex(long), text: null });
  });

  it("counts as unknown where the browser's storage holds something else", () => {
    for (const text of ["", "not JSON", inputHash, '{"inputHash":"0x1"}', "null"]) {
      const storage = storageOf({ [`pawl.input.${place.entitlement}.1`]: text });
      expect(rememberedInput(storage, place)).toBeNull();
    }
  });
});

describe("a pasted input", () => {
  it("is equal in any layout and order", () => {
    const { v, salt, payload } = value;
    expect(compareInput(JSON.stringify({ salt, payload, v }, null, 2), inputHash)).toBe("equal");
  });

  it("is different when its salt or its payload is", () => {
    expect(compareInput(JSON.stringify({ ...value, payload: {} }), inputHash)).toBe("different");
    expect(compareInput(JSON.stringify({ ...value, salt: `${"A".repeat(42)}E` }), inputHash)).toBe("different");
  });

  it("is told apart from a payload without its salt, and from what is no JSON", () => {
    expect(compareInput(JSON.stringify(value.payload), inputHash)).toBe("not an input");
    expect(compareInput("{", inputHash)).toBe("not JSON");
    expect(compareInput("", inputHash)).toBe("not JSON");
  });
});
