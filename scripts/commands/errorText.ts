import type { ErrorJson } from "#lib/core/error.ts";
import { printable } from "#lib/core/printable.ts";

/** What explains an error, a line each. Its values may be evidence, which others wrote. */
export function errorValueLines({ values }: Pick<ErrorJson, "values">): readonly string[] {
  return Object.entries(values).map(([name, value]) => `  ${printable(name)}: ${printable(String(value))}`);
}
