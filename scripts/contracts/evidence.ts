import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../stack/stack.ts";
import { evidenceSources } from "./evidence/sources.ts";

/** Writes the generated contracts of `contracts/evidence`. */
for (const { path, content } of evidenceSources) await writeFile(join(projectRoot, path), await content());
