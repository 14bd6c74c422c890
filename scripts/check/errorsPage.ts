import { readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { type ErrorCatalogue, type ErrorDefinition, PawlError } from "#lib/core/error.ts";
import { projectRoot } from "../stack/stack.ts";

type Entry = ErrorDefinition & { readonly code: string; readonly area: string };

/** `docs/errors.md`, from every catalogue. @throws Error when a code stands in two of them */
export async function errorsPage(): Promise<string> {
  const entries = await readCatalogues();
  const seen = new Map<string, string>();
  for (const { code, area } of entries) {
    const other = seen.get(code);
    if (other !== undefined) throw new Error(`${code} is declared by ${other} and by ${area}`);
    seen.set(code, area);
  }
  const areas = [...new Set(entries.map(({ area }) => area))];
  const sections = areas.map((area) => {
    const rows = entries.filter((entry) => entry.area === area).sort((a, b) => (a.code < b.code ? -1 : 1));
    return `## ${area}\n\n| code | HTTP | CLI | meaning |\n|---|---|---|---|\n${rows.map(row).join("\n")}\n`;
  });
  return `# Errors

Every refusal has a stable code, a sentence and the values that explain it, the same in the contracts, the library, over
HTTP and on the command line. A contract's custom error \`StepNotNext\` has the code \`STEP_NOT_NEXT\`. Over HTTP an error is
\`{"error":{"code","message","values","docs"}}\` with the status below; the command line exits with the number below.

This page is generated from the code by \`npm run generate\`.

${sections.join("\n")}`;
}

function row({ code, kind, sentence }: Entry): string {
  const error = new PawlError(code, { kind, sentence });
  return `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${error.httpStatus} | ${error.exitCode} | ${sentence} |`;
}

async function readCatalogues(): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const file of await catalogueFiles()) {
    const area = relative(projectRoot, dirname(file)).replace(/^lib\//, "");
    const module: object = await import(pathToFileURL(file).href);
    for (const value of Object.values(module)) {
      if (!isCatalogue(value)) continue;
      for (const [code, { kind, sentence }] of Object.entries(value)) entries.push({ area, code, kind, sentence });
    }
  }
  return entries;
}

/** Every file that declares errors: by name, so that a new one cannot be forgotten. */
async function catalogueFiles(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ["lib", "app", "scripts"]) {
    for (const entry of await readdir(join(projectRoot, folder), { recursive: true, withFileTypes: true })) {
      if (entry.name === "errors.ts" || entry.name === "errorCatalogue.ts")
        found.push(join(entry.parentPath, entry.name));
    }
  }
  return found.sort();
}

function isCatalogue(value: unknown): value is ErrorCatalogue {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every(
      (entry) => typeof entry === "object" && entry !== null && "kind" in entry && "sentence" in entry,
    )
  );
}
