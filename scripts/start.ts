import { join, relative } from "node:path";
import { buildMarket } from "./stack/build.ts";
import { roleAddress } from "./stack/roles.ts";
import type { SandboxReady } from "./stack/sandboxReady.ts";
import { projectRoot, startStack } from "./stack/stack.ts";

/** `npm start`: the whole market on this machine, until Ctrl-C. */
const folder = process.env.PAWL_STATE_DIR ?? join(projectRoot, ".pawl");
const interrupted = new AbortController();
const began = Date.now();
const report = (line: string) => console.log(`  ${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);

let stopping: Promise<void> | undefined;
let stop = async (): Promise<void> => undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stopping) return;
    console.log("\nStopping …");
    interrupted.abort(new Error("stopped"));
    stopping = stop().then(() => process.exit(0));
  });
}

function weaker({ isolation }: SandboxReady): string {
  if (isolation !== "process") return "";
  return `  Note       this machine gives programs no network namespace, so the offers' policies leave workloads its
             network; docs/sandbox.md says how to change that

`;
}

console.log("\nPawl: a market for proof-backed execution, on this machine only.\n");
try {
  await buildMarket(report);
  const stack = await startStack({
    folder: join(folder, "local"),
    server: "market",
    report,
    signal: interrupted.signal,
  });
  stop = stack.stop;
  const line = "─".repeat(72);
  console.log(`
${line}
  READY

  Market     ${stack.webUrl}
  Chain      ${stack.rpcUrl}   (chain id ${stack.deployment.chainId}; resets at every start)
  Sandbox    ${stack.sandbox.url}   (stands in for GitHub and Sigstore)

  Sandbox wallets, chosen with "Connect" in the market; play money only:
    Seller   ${roleAddress("seller")}
    Buyer    ${roleAddress("buyer")}
    Arbiter  ${roleAddress("arbiter")}

  Offers     ${stack.offers.map((offer) => offer.policy.title).join(" · ")}
  State      ${stack.folder}   (delete it at any time; logs are inside)

  Verify     npx pawl verify <capsule> --profile sandbox --issuer ${stack.sandbox.oidcIssuer} \\
               --trusted-root ${relative(process.cwd(), stack.sandbox.trustedRootFile)}

${weaker(stack.sandbox)}  Ctrl-C stops everything.
${line}
`);
} catch (thrown) {
  if (!interrupted.signal.aborted) {
    console.error(`\nPawl could not start: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    process.exit(4);
  }
}
