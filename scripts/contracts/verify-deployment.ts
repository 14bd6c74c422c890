import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import hre from "hardhat";
import { createPublicClient, http } from "viem";
import { chainOf, requireChain } from "#lib/chain/clients.ts";
import { parseDeployment } from "#lib/chain/deployment.ts";
import { compareDeployment, readRoots, standardInputs } from "./deploy-verification.ts";

/**
 * Builds the contracts of this commit and compares them with what is on a chain.
 *
 * node scripts/contracts/verify-deployment.ts --deployment FILE --rpc URL
 * node scripts/contracts/verify-deployment.ts --standard-json FOLDER
 *
 * The second form writes what block explorers and Sourcify ask for.
 */
const { values } = parseArgs({
  options: { deployment: { type: "string" }, rpc: { type: "string" }, "standard-json": { type: "string" } },
});
await hre.tasks.getTask("build").run({ quiet: true, noTests: true });

const folder = values["standard-json"];
if (folder !== undefined) {
  await mkdir(folder, { recursive: true });
  for (const { name, compiler, contract, text } of await standardInputs(hre.config.paths.artifacts)) {
    await writeFile(join(folder, `${name}.json`), text);
    console.log(`${name}.json  ${contract}  solc ${compiler}`);
  }
}
if (values.deployment !== undefined && values.rpc !== undefined) {
  const deployment = parseDeployment(await readFile(values.deployment));
  const client = createPublicClient({ chain: chainOf(deployment.chainId, values.rpc), transport: http(values.rpc) });
  await requireChain(client, deployment.chainId);
  for (const { name, address, bytes, difference } of await compareDeployment(
    client,
    deployment,
    hre.config.paths.artifacts,
  )) {
    console.log(
      `${difference === undefined ? "match  " : "DIFFERS"}  ${name.padEnd(16)}  ${address}  ${difference ?? `${bytes} bytes`}`,
    );
    if (difference !== undefined) process.exitCode = 1;
  }
  const roots = await readRoots(client, deployment);
  if (roots !== undefined) {
    console.log(`roots    governor ${roots.governor}, guardian ${roots.guardian}, delay ${roots.delay} s`);
    for (const { kind, id, of, activeAt, revokedFrom, lacks } of roots.roots) {
      const revoked = revokedFrom === 0 ? "" : `, revoked as of ${timeOf(revokedFrom)}`;
      const missing = lacks === undefined ? "" : `, but ${lacks}`;
      console.log(`${kind.padEnd(9)} ${id}  ${of}  from ${timeOf(activeAt)}${revoked}${missing}`);
    }
  }
} else if (folder === undefined) {
  throw new Error("name a deployment and an RPC endpoint, or a folder for the standard JSON");
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
