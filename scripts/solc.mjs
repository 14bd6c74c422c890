#!/usr/bin/env node
import { readFileSync } from "node:fs";
import solc from "solc";

// The compiler of the npm package behind the command line that forge expects (foundry.toml).

if (process.argv.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else {
  process.stdout.write(solc.compile(readFileSync(0, "utf8")));
}
