import { join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { projectRoot } from "../stack/stack.ts";

/**
 * The direction of imports. Each folder of `lib` may import only what stands above it in this list; the app and the
 * scripts stand on `lib`; nothing but scripts and tests knows the sandbox; `lib` never imports React or Next.
 */
const order = [
  "core",
  "transcript",
  "config",
  "store",
  "chain",
  "offers",
  "permits",
  "state",
  "capability",
  "capsule",
  "evidence",
  "gateway",
  "github",
  "settlement",
  "market",
  "service",
  "network",
  "runner",
  "sandbox",
] as const;

const rules = [
  ...order.map((folder, index) => ({
    name: `lib/${folder} imports only what stands above it`,
    severity: "error" as const,
    from: { path: `^lib/${folder}/` },
    to: { path: "^lib/", pathNot: order.slice(0, index + 1).map((above) => `^lib/${above}/`) },
  })),
  {
    name: "lib knows neither app nor scripts, nor React, nor Next",
    severity: "error" as const,
    from: { path: "^lib/" },
    to: { path: ["^app/", "^scripts/", "^test/", "node_modules/(react|react-dom|next)/"] },
  },
  {
    name: "only scripts and tests know the sandbox",
    severity: "error" as const,
    from: { path: "^(app|lib)/", pathNot: "^lib/sandbox/" },
    to: { path: "^lib/sandbox/" },
  },
  { name: "no circles", severity: "error" as const, from: { path: "^(lib|app|scripts)/" }, to: { circular: true } },
];

process.chdir(projectRoot);
const { output } = await cruise(
  ["lib", "app", "scripts"],
  {
    ruleSet: { forbidden: rules },
    validate: true,
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^lib/sandbox/workloads/" },
  },
  { extensions: [".ts", ".tsx", ".mjs"], conditionNames: ["import", "node", "default"] },
);
if (typeof output === "string") throw new Error(output);
const { summary, modules }: ICruiseResult = output;
const seen = modules.filter((module) => module.source.startsWith("lib/")).length;
const edges = modules.reduce((sum, module) => sum + module.dependencies.length, 0);
// A parser that reads nothing finds nothing wrong: that must not count as a pass.
if (seen < 50 || edges < 200) {
  console.error(
    `only ${seen} modules and ${edges} imports of lib were seen; the check did not work (${join(projectRoot, "lib")})`,
  );
  process.exit(1);
}
for (const { from, to, rule } of summary.violations) console.error(`${rule.name}: ${from} -> ${to}`);
console.log(`${seen} modules, ${edges} imports, ${summary.violations.length} against the direction`);
process.exitCode = summary.violations.length === 0 ? 0 : 1;
