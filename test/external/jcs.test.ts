import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalBytes } from "#lib/core/json.ts";
import { externalCases } from "./external.fixture.ts";

/** The test data of RFC 8785: what goes in, and the exact bytes that must come out. */
const { path, present } = externalCases(
  "RFC 8785",
  "vectors/jcs/testdata",
  (folder) => readdirSync(join(folder, "input")).length,
);
const names = present ? readdirSync(join(path, "input")) : [];

describe.runIf(present)("canonical JSON against RFC 8785's own vectors", () => {
  for (const name of names) {
    it(`canonicalises ${name}`, () => {
      const input: unknown = JSON.parse(readFileSync(join(path, "input", name), "utf8"));
      const output = readFileSync(join(path, "output", name));
      expect(Buffer.compare(canonicalBytes(input), output)).toBe(0);
    });
  }
});
