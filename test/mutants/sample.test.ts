import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { allMutants, sampleMutants } from "../../scripts/mutants/all.ts";
import { withFault } from "../../scripts/mutants/mutant.ts";
import { runMutants } from "../../scripts/mutants/run.ts";

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

describe("the list of mutants", () => {
  it("changes each file at the one place that it names", () => {
    const stale = allMutants.flatMap((mutant) => {
      try {
        const source = readFileSync(join(projectRoot, mutant.file), "utf8");
        return withFault(source, mutant) === source ? [`${mutant.name}: changes nothing`] : [];
      } catch (thrown) {
        return [thrown instanceof Error ? thrown.message : String(thrown)];
      }
    });
    expect(stale).toEqual([]);
  });

  it("names tests that exist", () => {
    const files = [...new Set(allMutants.flatMap(({ tests }) => tests))];
    expect(files.filter((file) => !existsSync(join(projectRoot, file)))).toEqual([]);
  });

  it("has one mutant of each name, and covers contracts and library", () => {
    expect(new Set(allMutants.map(({ name }) => name)).size).toBe(allMutants.length);
    const contracts = allMutants.filter(({ file }) => file.startsWith("contracts/"));
    expect(contracts.length).toBeGreaterThan(100);
    expect(allMutants.length - contracts.length).toBeGreaterThan(100);
  });
});

describe("a sample of mutants", () => {
  it("is caught, each by a test", async () => {
    expect(sampleMutants).toHaveLength(5);
    const results = await runMutants(sampleMutants, { projectRoot, lanes: 1, report: () => undefined });
    expect(results.map(({ mutant, outcome }) => `${outcome} ${mutant.name}`)).toEqual(
      sampleMutants.map(({ name }) => `caught ${name}`),
    );
  }, 120_000);

  it("survives, and is reported, when the named test does not look", async () => {
    const [first] = sampleMutants;
    if (first === undefined) throw new RangeError("the sample is empty");
    const unwatched = { ...first, name: "sample/unwatched", tests: ["test/lib/config/server.test.ts"] };
    const [result] = await runMutants([unwatched], { projectRoot, lanes: 1, report: () => undefined });
    expect(result?.outcome).toBe("survived");
  }, 60_000);
});
