import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { projectRoot } from "./stack.ts";

const SOURCES = ["app", "lib", "public"];
const FILES = [
  "next.config.ts",
  "proxy.ts",
  "instrumentation.ts",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.app.json",
];
const STAMP = ".next/pawl-source-hash";

/** Builds the Next app when its sources changed since the last build. @throws Error with the end of the build's log */
export async function buildMarket(report: (line: string) => void): Promise<void> {
  const hash = await sourceHash();
  const stampFile = join(projectRoot, STAMP);
  if (existsSync(stampFile) && (await readFile(stampFile, "utf8")) === hash) return;
  report("building the market's pages (about a minute, once per change)");
  const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
  const output: Buffer[] = [];
  const child = spawn(process.execPath, [next, "build"], {
    cwd: projectRoot,
    env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`next build failed:\n${Buffer.concat(output).toString("utf8").slice(-4000)}`);
  await mkdir(join(projectRoot, ".next"), { recursive: true });
  await writeFile(stampFile, hash);
}

async function sourceHash(): Promise<string> {
  const hash = createHash("sha256");
  const files = [...FILES];
  for (const folder of SOURCES) {
    if (!existsSync(join(projectRoot, folder))) continue;
    for (const entry of await readdir(join(projectRoot, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(join(entry.parentPath, entry.name).slice(projectRoot.length + 1));
    }
  }
  for (const file of files.sort()) {
    const path = join(projectRoot, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(await readFile(path));
  }
  return hash.digest("hex");
}
