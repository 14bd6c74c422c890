import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashingVectors } from "../../test/vectors/hashing.ts";
import { abiSource } from "../contracts/abi-source.ts";
import { evidenceSources } from "../contracts/evidence/sources.ts";
import { projectRoot } from "../stack/stack.ts";
import { errorsPage } from "./errorsPage.ts";
import { type DocumentName, documents, jsonSchemaOf } from "./schemas.ts";

/** Holds generated files against what they are generated from; with `--write` it writes them. */
const files: readonly { readonly path: string; readonly content: () => Promise<string> }[] = [
  { path: "lib/chain/generated/abis.ts", content: () => abiSource(join(projectRoot, "artifacts")) },
  { path: "docs/errors.md", content: errorsPage },
  { path: "test/vectors/hashing.json", content: hashingVectors },
  ...(Object.keys(documents) as DocumentName[]).map((name) => ({
    path: `schemas/${name}.v${documents[name].version}.schema.json`,
    content: async () => `${JSON.stringify(jsonSchemaOf(name), null, 2)}\n`,
  })),
  ...evidenceSources,
];

const write = process.argv.includes("--write");
for (const { path, content } of files) {
  const file = join(projectRoot, path);
  const wanted = await content();
  if (write) {
    await writeFile(file, wanted);
    continue;
  }
  const actual = await readFile(file, "utf8").catch(() => "");
  if (actual !== wanted) {
    console.error(`${path} is not current; run: npm run generate`);
    process.exitCode = 1;
  }
}
