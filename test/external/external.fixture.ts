import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** Folder of test data that is used but not copied in. */
const externalFolder = resolve(process.env.PAWL_EXTERNAL ?? "../shared/external");

/** Path of an external file or folder, and whether it is there. Says how many cases run or are skipped. */
export function externalCases(name: string, path: string, count: (path: string) => number) {
  const full = join(externalFolder, path);
  const present = existsSync(full);
  console.log(`external cases, ${name}: ${present ? `${count(full)} run` : `skipped, ${full} is absent`}`);
  return { path: full, present };
}
