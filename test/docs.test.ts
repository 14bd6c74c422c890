import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

describe("the documents", () => {
  it("give a reason for every dependency, and for no other", () => {
    const { dependencies, devDependencies } = JSON.parse(read("package.json"));
    const page = read("docs/dependencies.md");
    const listed = [...page.matchAll(/^\| (?<names>`[^|]+) \|/gm)].flatMap(({ groups }) =>
      [...(groups?.names ?? "").matchAll(/`(?<name>[^`]+)`/g)].map((match) => match.groups?.name ?? ""),
    );
    const covered = (name: string) =>
      listed.includes(name) || (name.startsWith("@types/") && listed.includes("@types/*"));
    const all = Object.keys({ ...dependencies, ...devDependencies });
    expect(all.filter((name) => !covered(name))).toEqual([]);
    expect(listed.filter((name) => name !== "@types/*" && !all.includes(name))).toEqual([]);
  });

  it("pin every dependency exactly", () => {
    const { dependencies, devDependencies } = JSON.parse(read("package.json"));
    const loose = Object.entries<string>({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d/.test(version),
    );
    expect(loose).toEqual([]);
  });

  const pages = [
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    ...readdirSync(join(root, "docs"))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  ];
  for (const page of pages) {
    it(`link from ${page} to files that are there`, () => {
      const targets = [...read(page).matchAll(/\]\((?<target>[^)#:]+)(?:#[^)]*)?\)/g)].map(
        ({ groups }) => groups?.target ?? "",
      );
      expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
    });
  }

  it("name only commands that exist", () => {
    const { scripts } = JSON.parse(read("package.json"));
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run (?<name>[a-z:]+)/g)].map(({ groups }) => groups?.name ?? ""),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
