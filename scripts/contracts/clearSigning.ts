import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { zeroAddress } from "viem";
import { parseDeployment } from "#lib/chain/deployment.ts";
import { figures } from "../../ignition/parameters/figures.ts";
import { descriptors, descriptorText, type KnownDeployment } from "./clearSigning/descriptors.ts";

/**
 * Writes the ERC-7730 files with which wallets show Pawl's calls and messages in words.
 *
 * node scripts/contracts/clearSigning.ts [--deployment FILE]... [--out FOLDER]
 *
 * Without a deployment the files match nothing: they are kept in the repository as what a deployment will get.
 */
const BASE_SEPOLIA = 84_532;
const { values } = parseArgs({
  options: { deployment: { type: "string", multiple: true, default: [] }, out: { type: "string" } },
});
const folder = values.out ?? fileURLToPath(new URL("../../clear-signing", import.meta.url));
const known: KnownDeployment[] = [];
for (const file of values.deployment) {
  const deployment = parseDeployment(await readFile(file));
  known.push({
    ...deployment,
    permit2: deployment.chainId === BASE_SEPOLIA ? figures.baseSepolia.permit2 : zeroAddress,
  });
}
await mkdir(folder, { recursive: true });
for (const [name, descriptor] of descriptors(known)) {
  await writeFile(`${folder}/${name}`, descriptorText(descriptor));
}
