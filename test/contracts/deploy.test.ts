import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hre from "hardhat";
import { createPublicClient, http } from "viem";
import { afterEach, expect, it } from "vitest";
import { chainOf, requireChain } from "#lib/chain/clients.ts";
import { parseDeployment } from "#lib/chain/deployment.ts";
import { readOffer } from "#lib/chain/reads.ts";
import { decodeRevert } from "#lib/chain/revert.ts";
import { deployPawl } from "../../scripts/contracts/deploy.ts";
import { refusalOf } from "./world.ts";

/** A client of the local chain at this address. */
const clientOf = (rpcUrl: string) => createPublicClient({ chain: chainOf(31_337, rpcUrl), transport: http(rpcUrl) });

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function node(): Promise<string> {
  const server = await hre.network.createServer({ network: "node" }, "127.0.0.1", 0);
  const { address, port } = await server.listen();
  cleanups.push(() => server.close());
  return `http://${address}:${port}`;
}

it("deploys over RPC, finds itself again, and starts afresh on a fresh chain", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pawl-deploy-"));
  cleanups.push(() => rm(folder, { recursive: true }));
  const rpcUrl = await node();
  const deployment = await deployPawl({ rpcUrl, folder });
  expect(parseDeployment(await readFile(join(folder, "deployment.json")))).toEqual(deployment);
  expect(await deployPawl({ rpcUrl, folder })).toEqual(deployment);

  const client = clientOf(rpcUrl);
  const offerId = `0x${"ab".repeat(32)}` as const;
  expect(await readOffer(client, deployment, offerId)).toMatchObject({ status: "none" });
  await requireChain(client, deployment.chainId);
  expect(await refusalOf(requireChain(client, 1))).toMatchObject({ code: "CHAIN_ID_MISMATCH" });

  const other = await node();
  const again = await deployPawl({ rpcUrl: other, folder });
  expect(await clientOf(other).getCode({ address: again.escrow })).toBeDefined();
});

it("says that a chain which does not answer is unreachable", async () => {
  const client = clientOf("http://127.0.0.1:9");
  expect(decodeRevert(await client.getChainId().catch((thrown: unknown) => thrown))).toMatchObject({
    code: "CHAIN_UNREACHABLE",
    kind: "backend",
  });
});
