#!/usr/bin/env node
// The CLI's entry: runs scripts/pawl.ts under a Node that reads TypeScript, installing it first where it is missing.
import { spawnSync } from "node:child_process";
import * as module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
if (Number(process.versions.node.split(".")[0]) >= 24) {
  // Compiled code is kept beside the packages it comes from, never in a folder that others can write to.
  module.enableCompileCache(join(folder, "..", "node_modules", ".cache", "pawl"));
  await import("./pawl.ts");
} else {
  const result = spawnSync(
    process.execPath,
    [join(folder, "bootstrap.mjs"), "scripts/pawl.ts", ...process.argv.slice(2)],
    {
      stdio: "inherit",
    },
  );
  process.exit(result.status ?? 1);
}
