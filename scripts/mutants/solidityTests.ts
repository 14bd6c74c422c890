import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The Solidity test files of one folder under `test/solidity`. */
export function solidityTests(folder: string): readonly string[] {
  const files = globSync(`test/solidity/${folder}/*.t.sol`, { cwd: root }).sort();
  if (files.length === 0) throw new Error(`there is no test in test/solidity/${folder}`);
  return files;
}
