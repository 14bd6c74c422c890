import type { Mutant } from "./mutant.ts";
import type { MutantResult } from "./run.ts";

/** `docs/results/mutants-<group>.md`. `seconds` is the time of all test runs together. */
export function resultsPage(
  results: readonly MutantResult[],
  {
    group,
    seconds,
    date,
    commit,
  }: { readonly group: string; readonly seconds: number; readonly date: Date; readonly commit: string },
): string {
  const count = (outcome: MutantResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
  const masked = results.filter(({ outcome }) => outcome === "masked");
  const bad = results.filter(({ outcome }) => outcome !== "caught" && outcome !== "masked");
  return `# Mutants: ${group}

Each line is a defence taken out of the source, one at a time, in a copy of the project; the test named beside it is the
first that failed. \`npm run test:mutants -- --group ${group}\` makes this page.

- ${date.toISOString().slice(0, 10)}, commit \`${commit}\`, Node ${process.versions.node}
- ${results.length} mutants in ${seconds} s: ${count("caught")} caught, ${count("masked")} masked, ${bad.length} not noticed
${bad.length > 0 ? `\n## Not noticed\n\n${bad.map(({ mutant, outcome }) => `- ${outcome}: ${mutant.name} (${mutant.removes})`).join("\n")}\n` : ""}
## Masked

Taking these out changes nothing that can be observed, because of the defence named. They are kept for the reader, and
the command fails when one of them starts to matter.

| mutant | removes | what still holds |
|---|---|---|
${masked.map(({ mutant }) => row(mutant.name, mutant.removes, mutant.masked ?? "")).join("\n")}

## Caught
${byFile(results.filter(({ outcome }) => outcome === "caught"))
  .map(
    ([file, found]) => `
### ${file}

| mutant | removes | caught by | s |
|---|---|---|---|
${found.map(({ mutant, by, seconds: s }) => row(nameIn(mutant), mutant.removes, by ?? "", s.toFixed(1))).join("\n")}
`,
  )
  .join("")}`;
}

function byFile(results: readonly MutantResult[]): readonly (readonly [string, readonly MutantResult[]])[] {
  return [...Map.groupBy(results, ({ mutant }) => mutant.file)];
}

function nameIn({ name }: Mutant): string {
  return name.slice(name.indexOf("/") + 1);
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")).join(" | ")} |`;
}
