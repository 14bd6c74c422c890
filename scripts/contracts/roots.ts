import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import hre from "hardhat";
import { createPublicClient, custom, http } from "viem";
import { z } from "zod";
import { chainOf, requireChain } from "#lib/chain/clients.ts";
import { parseDeployment } from "#lib/chain/deployment.ts";
import { address, bytes32 } from "#lib/core/encoding.ts";
import { coveredRoots, unexpired } from "#lib/evidence/onchain/roots.ts";
import { parseTrustedRoot, productionRoot } from "#lib/evidence/trustedRoot.ts";
import { readRoots } from "./deploy-verification.ts";
import { registerKeys } from "./registerKeys.ts";
import { callsToQueue, callToRevoke } from "./rootCalls.ts";

/**
 * Prints the calls by which governor and guardian change the roots of a deployment. It sends nothing, unless told to
 * register keys, which anybody may.
 *
 * node scripts/contracts/roots.ts --deployment FILE --rpc URL [--trusted-root FILE]
 *   calls that append what the trusted root has and the chain lacks; the pinned production root unless a file is given
 * node scripts/contracts/roots.ts --deployment FILE --rpc URL --revoke ID [--revoke ID]... [--as-of TIME]
 *   the call that revokes, as of now or of an ISO 8601 time in the last 48 hours
 * node scripts/contracts/roots.ts --deployment FILE --register NETWORK [--trusted-root FILE]
 *   sends the transactions that make the tables of the authorities' keys, from the network's first account
 */
const { values } = parseArgs({
  options: {
    deployment: { type: "string" },
    rpc: { type: "string" },
    "trusted-root": { type: "string" },
    revoke: { type: "string", multiple: true },
    "as-of": { type: "string" },
    register: { type: "string" },
  },
});
if (values.deployment === undefined) throw new Error("--deployment is the deployment's file");
const deployment = parseDeployment(await readFile(values.deployment));
const { evidence } = deployment;
if (evidence === undefined) throw new Error("this deployment has no roots of evidence");
const file = values["trusted-root"];
const trusted = file === undefined ? productionRoot() : parseTrustedRoot(await readFile(file));
const covered = unexpired(coveredRoots(trusted), Math.floor(Date.now() / 1000));

if (values.register !== undefined) {
  const connection = await hre.network.create(values.register);
  try {
    const client = createPublicClient({ transport: custom(connection.provider) });
    await requireChain(client, deployment.chainId);
    const [sender] = z.array(address).parse(await connection.provider.request({ method: "eth_accounts" }));
    if (sender === undefined) throw new Error("the network has no account to send from");
    const keys = covered.issuers.map(({ key }) => key);
    await registerKeys(client, connection.provider, { p384: evidence.p384, keys, sender });
    console.log(`tables are there for ${keys.length} keys and the generator`);
  } finally {
    await connection.close();
  }
} else if (values.rpc === undefined) {
  throw new Error("--rpc is an endpoint of the deployment's chain");
} else if (values.revoke !== undefined) {
  const now = Math.floor(Date.now() / 1000);
  const asOf = values["as-of"];
  const effectiveFrom = asOf === undefined ? now : Date.parse(asOf) / 1000;
  if (!Number.isInteger(effectiveFrom) || effectiveFrom > now) throw new Error("--as-of is a whole second in the past");
  const { what, data } = callToRevoke(z.array(bytes32).parse(values.revoke), effectiveFrom);
  console.log(`${what}\n  to ${evidence.trustRoots}\n  data ${data}`);
} else {
  const client = createPublicClient({ chain: chainOf(deployment.chainId, values.rpc), transport: http(values.rpc) });
  await requireChain(client, deployment.chainId);
  const known = new Set((await readRoots(client, deployment))?.roots.map(({ id }) => id));
  for (const { what, data } of callsToQueue(covered, known)) {
    console.log(`${what}\n  to ${evidence.trustRoots}\n  data ${data}`);
  }
  for (const name of covered.leftOut) console.log(`left out: ${name}`);
}
