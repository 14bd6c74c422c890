import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringToBytes } from "viem";
import { afterAll, describe, expect, it } from "vitest";
import { canonicalBytes } from "#lib/core/json.ts";
import { readTranscript } from "#lib/transcript/reader.ts";
import { hashingVectors } from "./hashing.ts";

const file = join(import.meta.dirname, "hashing.json");
const text = readFileSync(file, "utf8");
const vectors = JSON.parse(text);
const folder = mkdtempSync(join(tmpdir(), "pawl-vectors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const python = spawnSync("python3", ["--version"]).status === 0;
if (!python) console.log("shared hashing vectors: Python skipped, python3 is absent");

const check = (path: string) =>
  spawnSync("python3", [join(import.meta.dirname, "check_vectors.py"), path], { encoding: "utf8" });

describe("the shared hashing vectors", () => {
  it("are what this library computes", async () => {
    expect(await hashingVectors()).toBe(text);
  });

  it("refuse what has no canonical form", () => {
    for (const { name, input } of vectors.refused) {
      expect(() => canonicalBytes(JSON.parse(input)), name).toThrow(
        expect.objectContaining({ code: "JSON_NOT_CANONICAL" }),
      );
    }
  });

  it("hold transcripts that read with the root beside them", () => {
    for (const { text: log, root } of vectors.transcripts) expect(readTranscript(stringToBytes(log)).root).toBe(root);
  });
});

describe.runIf(python)("a program in Python that shares no code", () => {
  it("computes every one of them too", () => {
    const { status, stdout, stderr } = check(file);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const counts = Object.fromEntries(
      Object.entries(vectors).flatMap(([kind, list]) => (Array.isArray(list) ? [[kind, list.length]] : [])),
    );
    expect(JSON.parse(stdout)).toEqual(counts);
  });

  it("notices a value of any kind that is wrong", () => {
    for (const [kind, field] of Object.entries({
      canonical: "canonical",
      refused: "input",
      tagged: "hash",
      trees: "fingerprint",
      inclusion: "path",
      consistency: "path",
      transcripts: "root",
    })) {
      const changed = structuredClone(vectors);
      changed[kind].at(-1)[field] = kind === "refused" ? "1" : "wrong";
      const path = join(folder, `${kind}.json`);
      writeFileSync(path, JSON.stringify(changed));
      const { status, stderr } = check(path);
      expect(status, kind).toBe(1);
      expect(stderr).toContain(kind);
    }
  });
});
