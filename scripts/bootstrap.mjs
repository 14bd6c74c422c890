// Makes a bare clone ready and then runs a script under the project's own Node. Uses nothing but Node's standard
// library, because it runs before anything is installed, on whatever Node (20 or newer) the machine has.
//
//   node scripts/bootstrap.mjs scripts/start.ts [arguments]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const nodeVersion = manifest.devDependencies.node;
const binFolder = join(root, "node_modules", ".bin");
const stampFile = join(root, "node_modules", ".pawl-installed");

const stamp = createHash("sha256")
  .update(readFileSync(join(root, "package.json")))
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

const installed = existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp;
if (!installed) install();

const [script, ...args] = process.argv.slice(2);
if (script) {
  const child = spawn(join(binFolder, "node"), [join(root, script), ...args], {
    stdio: "inherit",
    env: { ...process.env, PATH: `${binFolder}${delimiter}${process.env.PATH ?? ""}` },
  });
  // Ctrl-C reaches the child through the terminal; this process waits for it to clean up.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

function install() {
  if (Number(process.versions.node.split(".")[0]) < 20) {
    console.error(
      `Pawl needs Node 20 or newer to start (this is ${process.version}); it then brings its own Node ${nodeVersion}.`,
    );
    process.exit(2);
  }
  console.error(`Installing dependencies under Node ${nodeVersion} (about a minute, once) …`);
  // npm itself must run under the project's Node: an older one makes it skip optional native packages. `npm ci` is not
  // used because it refuses a lock file that cannot name the other platforms' binaries.
  const result = spawnSync(
    "npx",
    ["-y", "-p", `node@${nodeVersion}`, "npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"],
    { cwd: root, stdio: ["ignore", 2, 2] },
  );
  if (result.status !== 0) {
    console.error(
      "The installation failed; the lines above say why. Check the connection to the npm registry, then run the command again.",
    );
    process.exit(4);
  }
  writeFileSync(stampFile, stamp);
}
