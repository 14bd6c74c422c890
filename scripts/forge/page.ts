import type { Measured } from "./measure.ts";

/** `docs/results/coverage.md`. */
export function coveragePage(
  measured: readonly Measured[],
  { seconds, date, commit }: { readonly seconds: number; readonly date: Date; readonly commit: string },
): string {
  const uncovered = measured.flatMap((file) => file.uncovered);
  return `# Coverage of the contracts

By the tests in \`test/solidity\` alone. Lines and statements as Hardhat counts them, branches as forge does: every
\`if\` that was taken, and both sides where there is an \`else\`. Forge does not see functions outside contracts, so
files that consist of them have no branches here; each of their conditions guards a statement of its own.
\`npm run test:coverage\` makes this page, and fails under 100 %.

- ${date.toISOString().slice(0, 10)}, commit \`${commit}\`, Node ${process.versions.node}, ${seconds} s

| file | lines | statements | branches |
|---|---|---|---|
${measured.map(({ file, lines, statements, branches }) => `| ${file} | ${share(lines)} | ${statements.toFixed(2)} % | ${share(branches)} |`).join("\n")}
${uncovered.length > 0 ? `\n## Not covered\n\n${uncovered.map((place) => `- ${place}`).join("\n")}\n` : ""}`;
}

function share([covered, total]: readonly [number, number]): string {
  return total === 0 ? "none" : `${covered} of ${total}`;
}
