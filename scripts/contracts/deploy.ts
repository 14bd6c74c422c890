import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { IgnitionModule } from "@nomicfoundation/ignition-core";
import {
  type ContractFuture,
  type DeploymentParameters,
  DeploymentResultType,
  deploy,
} from "@nomicfoundation/ignition-core";
import hre from "hardhat";
import { type Address, createPublicClient, custom, getContractAddress, zeroAddress } from "viem";
import { z } from "zod";
import { type Deployment, deploymentBytes, deploymentSchema, parseDeployment } from "#lib/chain/deployment.ts";
import { address } from "#lib/core/encoding.ts";
import { parseJsonBytes } from "#lib/core/json.ts";
import pawlModule from "../../ignition/modules/Pawl.ts";
import sandboxModule from "../../ignition/modules/Sandbox.ts";
import { type Figures, figures } from "../../ignition/parameters/figures.ts";

/** Chain id of `hardhat node`: its chain ends with its process, so nothing about it is worth resuming. */
const LOCAL_CHAIN_ID = 31_337;
/** The escrow is the fourth contract that the deployer creates. */
const ESCROW_NONCE_OFFSET = 3n;

type DeployOptions = {
  readonly figures: Figures;
  /** Account of the provider that sends the transactions; its first by default. */
  readonly deployer?: Address;
  /** The contract that checks evidence on-chain; 0 refuses provable offers. */
  readonly evidenceVerifier?: Address;
  /** Uniswap's Permit2; 0 refuses payments through it. */
  readonly permit2?: Address;
  /** Also deploys play money, and a stand-in for Permit2 that the escrow is told of. */
  readonly withSandbox?: boolean;
  /** Where the journal and `deployment.json` go; nothing is written without it. */
  readonly folder?: string;
};

type Provider = Parameters<typeof deploy>[0]["provider"];

/**
 * Deploys Pawl with play money to a local chain, or finds it there.
 *
 * @param options.rpcUrl the endpoint of a running `hardhat node`
 * @param options.folder receives `deployment.json` and the journal; a second call with the same chain changes nothing
 */
export async function deployPawl(
  options: { readonly rpcUrl: string } & Partial<Omit<DeployOptions, "folder">> & Pick<DeployOptions, "folder">,
): Promise<Deployment> {
  const { rpcUrl, ...rest } = options;
  const connection = await hre.network.create({ network: "localhost", override: { url: rpcUrl } });
  try {
    return await deployWith(connection.provider, { figures: figures.local, withSandbox: true, ...rest });
  } finally {
    await connection.close();
  }
}

/** Deploys Pawl to Base Sepolia, with the protocol's production bounds. Resumes from the journal in `folder`. */
export async function deployToBaseSepolia(folder: string): Promise<Deployment> {
  const connection = await hre.network.create("baseSepolia");
  try {
    return await deployWith(connection.provider, { figures: figures.baseSepolia, folder });
  } finally {
    await connection.close();
  }
}

/** Deploys through any provider with unlocked accounts, after building what is not built. */
export async function deployWith(provider: Provider, options: DeployOptions): Promise<Deployment> {
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  const client = createPublicClient({ transport: custom(provider) });
  const chainId = await client.getChainId();
  const isLocal = chainId === LOCAL_CHAIN_ID;
  const { folder } = options;
  if (folder !== undefined) {
    const existing = await readOptional(join(folder, "deployment.json"), parseDeployment);
    if (existing?.chainId === chainId && (await client.getCode({ address: existing.escrow })) !== undefined) {
      return existing;
    }
    if (isLocal) await rm(join(folder, "ignition"), { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }

  const accounts = z.array(address).parse(await provider.request({ method: "eth_accounts" }));
  const deployer = options.deployer ?? accounts[0];
  if (deployer === undefined) throw new Error("the provider has no account to deploy with");
  const startBlock = Number(await client.getBlockNumber({ cacheTime: 0 }));
  const run = async (module: IgnitionModule, parameters: DeploymentParameters) => {
    const result = await deploy({
      provider,
      artifactResolver: {
        loadArtifact: (name) => hre.artifacts.readArtifact(name) as never,
        getBuildInfo: async () => undefined,
      },
      ignitionModule: module,
      deploymentParameters: parameters,
      accounts: [...accounts],
      defaultSender: deployer,
      config: isLocal ? { requiredConfirmations: 1, blockPollingInterval: 50 } : { requiredConfirmations: 5 },
      ...(folder === undefined ? {} : { deploymentDir: join(folder, "ignition") }),
    });
    if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) {
      throw new Error(`deployment of ${module.id} failed: ${JSON.stringify(result)}`);
    }
    return (future: ContractFuture<string> | undefined) => {
      const contract = future === undefined ? undefined : result.contracts[future.id];
      if (contract === undefined) throw new Error(`${module.id} did not deploy what it names`);
      return contract.address;
    };
  };

  const sandbox = options.withSandbox === true ? await run(sandboxModule as IgnitionModule, {}) : undefined;
  const plan = await planOf(client, deployer, startBlock, folder, isLocal);
  const addressOf = await run(pawlModule as IgnitionModule, {
    Pawl: {
      escrowAddress: plan.escrow,
      evidenceVerifier: options.evidenceVerifier ?? zeroAddress,
      permit2: sandbox?.(sandboxModule.results.permit2) ?? options.permit2 ?? zeroAddress,
      limits: options.figures.limits,
      minBond: options.figures.minBond,
      proofGas: options.figures.proofGas,
    },
  });
  const { offerRegistry, permitConsumer, settlement, escrow } = pawlModule.results;
  const deployment = deploymentSchema.parse({
    chainId,
    startBlock: plan.startBlock,
    offerRegistry: addressOf(offerRegistry),
    escrow: addressOf(escrow),
    permitConsumer: addressOf(permitConsumer),
    settlement: addressOf(settlement),
    ...(sandbox === undefined ? {} : { sandboxToken: sandbox(sandboxModule.results.sandboxToken) }),
  });
  if (folder !== undefined) await writeFile(join(folder, "deployment.json"), deploymentBytes(deployment));
  return deployment;
}

const planSchema = z.strictObject({ escrow: address, startBlock: z.int().min(0) });

/** Where the escrow will be. Kept beside the journal, because a resumed deployment has already used some nonces. */
async function planOf(
  client: { getTransactionCount(args: { address: Address }): Promise<number> },
  deployer: Address,
  startBlock: number,
  folder: string | undefined,
  isLocal: boolean,
): Promise<z.output<typeof planSchema>> {
  const file = folder === undefined ? undefined : join(folder, "plan.json");
  if (file !== undefined && !isLocal) {
    const kept = await readOptional(file, (bytes) =>
      parseJsonBytes(bytes, planSchema, { what: "deployment plan", maxBytes: 1024 }),
    );
    if (kept !== undefined) return kept;
  }
  const nonce = BigInt(await client.getTransactionCount({ address: deployer })) + ESCROW_NONCE_OFFSET;
  const plan = planSchema.parse({ escrow: getContractAddress({ from: deployer, nonce }), startBlock });
  if (file !== undefined) await writeFile(file, JSON.stringify(plan));
  return plan;
}

async function readOptional<T>(file: string, parse: (bytes: Uint8Array) => T): Promise<T | undefined> {
  try {
    return parse(await readFile(file));
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
}
