import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { reportBytes } from "#lib/evidence/report.ts";
import { type DocumentName, documents, jsonSchemaOf } from "../scripts/check/schemas.ts";
import { mintStep, verifyChanged } from "./lib/evidence/step.fixture.ts";

/**
 * The published JSON Schemas, read by an independent validator, say of a document what the library says of it. What only
 * code can say (canonical bytes, rules between fields) is the difference that is allowed: there the schema accepts more.
 */

const minted = await mintStep();
const { parts } = minted;
const parsed = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString("utf8"));
const certificate = parsed(parts.certificate);
const samples: Record<DocumentName, unknown> = {
  policy: parsed(parts.policy),
  certificate,
  node: Reflect.get(Object(certificate), "runner"),
  result: parsed(parts.result),
  "next-tokens": parsed(parts.nextTokens),
  report: parsed(reportBytes(await verifyChanged())),
};
const names = Object.keys(documents) as DocumentName[];

const ajv = new Ajv2020({ strict: true, strictTypes: false });
const validators = Object.fromEntries(names.map((name) => [name, ajv.compile(jsonSchemaOf(name))]));
const bySchema = (name: DocumentName, value: unknown): boolean => validators[name]?.(value) === true;
const byLibrary = (name: DocumentName, value: unknown): boolean => documents[name].schema.safeParse(value).success;

type Path = readonly (string | number)[];
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [at];
  const children = Object.entries(value).flatMap(([key, child]) =>
    pathsOf(child, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? children : [at, ...children];
}

function edited(
  value: unknown,
  path: Path,
  edit: (parent: Record<string | number, unknown>, key: string | number) => void,
) {
  const copy: unknown = structuredClone(value);
  let parent = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
  const last = path.at(-1);
  if (last !== undefined) edit(parent, last);
  return copy;
}

describe("published schemas", () => {
  for (const name of names) {
    it(`${name}: accepts what the library writes`, () => {
      expect(byLibrary(name, samples[name])).toBe(true);
      expect(bySchema(name, samples[name]), JSON.stringify(validators[name]?.errors)).toBe(true);
    });

    it(`${name}: has an id that names its version`, () => {
      expect(jsonSchemaOf(name).$id).toBe(`urn:pawl:schema:${name}:v${documents[name].version}`);
    });

    it(`${name}: refuses an unknown and an unknown critical field wherever an object is closed`, () => {
      const free = new Set(["payload", "facts", "hashes"]);
      const objects = [[] as Path, ...pathsOf(samples[name])].filter((path) => {
        const value = path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), samples[name]);
        return (
          typeof value === "object" &&
          value !== null &&
          !Array.isArray(value) &&
          !path.some((key) => free.has(String(key)))
        );
      });
      for (const path of objects) {
        for (const field of ["surprise", "critical_surprise"]) {
          const value = edited(samples[name], [...path, field], (parent, key) => {
            parent[key] = true;
          });
          expect(bySchema(name, value), `${path.join(".")} ${field}`).toBe(false);
          expect(byLibrary(name, value), `${path.join(".")} ${field}`).toBe(false);
        }
      }
    });

    it(`${name}: never refuses what the library accepts, whatever one field becomes`, () => {
      const paths = pathsOf(samples[name]);
      const junk = fc.oneof(
        fc.constantFrom(null, true, 0, -1, 1.5, 2 ** 40, "", "x", "0x00", `0x${"AB".repeat(32)}`, [], {}),
        fc.string({ maxLength: 80 }),
        fc.integer(),
        fc.jsonValue({ maxDepth: 2 }),
      );
      fc.assert(
        fc.property(fc.constantFrom(...paths), junk, (path, value) => {
          const changed = edited(samples[name], path, (parent, key) => {
            parent[key] = value;
          });
          // A schema says at least what types and ranges say; only rules between fields are the library's alone.
          if (byLibrary(name, changed)) expect(bySchema(name, changed)).toBe(true);
          else if (bySchema(name, changed)) expect(between(name, path)).toBe(true);
        }),
        { numRuns: 400 },
      );
    });

    it(`${name}: refuses the loss of every field`, () => {
      for (const path of pathsOf(samples[name])) {
        if (typeof path.at(-1) === "number") continue;
        const changed = edited(samples[name], path, (parent, key) => {
          delete parent[key];
        });
        const agree = bySchema(name, changed) === byLibrary(name, changed);
        expect(agree || (bySchema(name, changed) && between(name, path)), path.join(".")).toBe(true);
      }
    });
  }

  it("are the same however often they are made", () => {
    const hash = () => sha256Hex(canonicalBytes(names.map(jsonSchemaOf)));
    expect(hash()).toBe(hash());
  });
});

/** Places of which the library knows more than a schema can say: one of two fields, the verdict, canonical base64url. */
function between(name: DocumentName, path: Path): boolean {
  if (name === "result") return ["payload", "sealed"].includes(String(path[0]));
  return name === "report" && ["verdict", "checks", "kind", "signers"].includes(String(path[0]));
}
