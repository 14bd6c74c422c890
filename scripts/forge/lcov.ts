/** What one file's coverage says; branches are named by their line. */
export type FileCoverage = {
  readonly file: string;
  readonly lines: ReadonlyMap<number, number>;
  readonly branches: readonly { readonly line: number; readonly taken: number }[];
};

/** Reads the records of an lcov tracefile that this project needs: SF, DA and BRDA (see man geninfo). */
export function parseLcov(text: string): readonly FileCoverage[] {
  return text
    .split("end_of_record")
    .map((record) => record.split("\n"))
    .flatMap((record) => {
      const [file] = valuesOf(record, "SF");
      if (file === undefined) return [];
      const lines = valuesOf(record, "DA").map((value) => numbers(value));
      const branches = valuesOf(record, "BRDA").map((value) => numbers(value));
      return [
        {
          file,
          lines: new Map(lines.map(([line = 0, hits = 0]) => [line, hits])),
          branches: branches.map(([line = 0, , , taken = 0]) => ({ line, taken })),
        },
      ];
    });
}

function valuesOf(record: readonly string[], key: string): readonly string[] {
  return record.filter((line) => line.startsWith(`${key}:`)).map((line) => line.slice(key.length + 1).trim());
}

/** `-` stands for a branch whose condition was never evaluated. */
function numbers(value: string): readonly number[] {
  return value.split(",").map((part) => (part === "-" ? 0 : Number(part)));
}
