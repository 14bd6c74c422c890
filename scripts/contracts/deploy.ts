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
import { type Address, createPublicClient, custom, getContractAddress, type PublicClient, zeroAddress } from "viem";
import { z } from "zod";
import { type Deployment, deploymentBytes, deploymentSchema, parseDeployment } from "#lib/chain/deployment.ts";
import { address } from "#lib/core/encoding.ts";
import { parseJsonBytes } from "#lib/core/json.ts";
import { type CoveredRoots, issuerRoot, logRoot, unexpired } from "#lib/evidence/onchain/roots.ts";
import { GITHUB_ACTIONS_ISSUER } from "#lib/evidence/trustedRoot.ts";
import evidenceModule from "../../ignition/modules/Evidence.ts";
import pawlModule from "../../ignition/modules/Pawl.ts";
import sandboxModule from "../../ignition/modules/Sandbox.ts";
import { type Figures, figures } from "../../ignition/parameters/figures.ts";
import { checkLine, type Preflight, preflight } from "./deploy-preflight.ts";
import { registerKeys } from "./registerKeys.ts";

/** Chain id of `hardhat node`: its chain ends with its process, so nothing about it is worth resuming. */
const LOCAL_CHAIN_ID = 31_337;
/** The escrow is the fourth contract of the trade that the deployer creates. */
const ESCROW_NONCE_OFFSET = 3n;
/** As many contracts check evidence, and are created before those of the trade. */
const EVIDENCE_CONTRACTS = 4n;

type DeployOptions = {
  readonly figures: Figures;
  /** Account of the provider that sends the transactions; its first by default. */
  readonly deployer?: Address;
  /** Deploys what checks evidence on-chain, with these roots. Without it, provable offers are refused. */
  readonly roots?: CoveredRoots;
  /** URL of the identity provider whose word on a run counts; GitHub's unless told. */
  readonly oidcIssuer?: string;
  /** A contract that is there already and checks evidence, instead. */
  readonly evidenceVerifier?: Address;
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
 * @param options.roots under which evidence is to be provable; without them, provable offers are refused
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

export type PublicDeployment = Pick<Preflight, "token" | "roles"> & {
  readonly chainId: number;
  readonly figures: Figures;
  /** Roots of evidence that count from the beginning, of which those that have expired are left out. */
  readonly roots: CoveredRoots;
  /** Receives the journal and `deployment.json`; a run that was cut off is resumed from it. */
  readonly folder: string;
  /** Only look, send nothing. */
  readonly isDryRun: boolean;
  /** Takes the lines of the table. */
  readonly print: (line: string) => void;
};

/**
 * Deploys Pawl to a public chain, after everything that can be known beforehand was looked at.
 *
 * @returns nothing from a dry run
 * @throws DEPLOY_* for the first thing that is not as it must be: then nothing was sent
 */
export async function deployPublic(provider: Provider, options: PublicDeployment): Promise<Deployment | undefined> {
  const { figures: parameters, folder, print } = options;
  const client = createPublicClient({ transport: custom(provider) });
  const deployer = await deployerOf(provider);
  const begun = await readPlan(join(folder, "plan.json"));
  // By the chain's own clock, and the same ones after a crash: the contract's arguments depend on them.
  const roots = unexpired(options.roots, begun?.startedAt ?? Number((await client.getBlock()).timestamp));
  for await (const check of preflight({
    client,
    chainId: options.chainId,
    deployer,
    figures: parameters,
    roots,
    gas: () => rehearse(parameters, roots),
    ...(begun === undefined ? {} : { begun: begun.escrow }),
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.roles === undefined ? {} : { roles: options.roles }),
  })) {
    print(checkLine(check));
    if (check.refusal !== undefined) throw check.refusal;
  }
  if (options.isDryRun) return undefined;
  return deployWith(provider, { figures: parameters, roots, deployer, folder });
}

/** Gas of a whole deployment, measured on a chain in memory. */
async function rehearse(parameters: Figures, roots: CoveredRoots): Promise<bigint> {
  const connection = await hre.network.create("default");
  try {
    await deployWith(connection.provider, { figures: parameters, roots });
    const client = createPublicClient({ transport: custom(connection.provider) });
    let gas = 0n;
    for (let number = await client.getBlockNumber({ cacheTime: 0 }); number > 0n; number--) {
      gas += (await client.getBlock({ blockNumber: number })).gasUsed;
    }
    return gas;
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

  const accounts = await accountsOf(provider);
  const deployer = options.deployer ?? (await deployerOf(provider));
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
  const { roots, oidcIssuer = GITHUB_ACTIONS_ISSUER } = options;
  const plan = await planOf(client, {
    deployer,
    offset: ESCROW_NONCE_OFFSET + (roots === undefined ? 0n : EVIDENCE_CONTRACTS),
    startBlock,
    ...(folder === undefined ? {} : { folder }),
    isLocal,
  });
  const evidence = roots === undefined ? undefined : await deployEvidence(run, options.figures, roots, oidcIssuer);
  const addressOf = await run(pawlModule as IgnitionModule, {
    Pawl: {
      escrowAddress: plan.escrow,
      evidenceVerifier: evidence?.trustRoots ?? options.evidenceVerifier ?? zeroAddress,
      permit2: sandbox?.(sandboxModule.results.permit2) ?? options.figures.permit2,
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
    ...(evidence === undefined ? {} : { evidence }),
    ...(sandbox === undefined ? {} : { sandboxToken: sandbox(sandboxModule.results.sandboxToken) }),
  });
  // Last, because its transactions may be anybody's: the contracts' addresses follow from the deployer's own nonces.
  if (roots !== undefined && evidence !== undefined) {
    const keys = roots.issuers.map(({ key }) => key);
    await registerKeys(client, provider, { p384: evidence.p384, keys, sender: deployer });
  }
  if (folder !== undefined) await writeFile(join(folder, "deployment.json"), deploymentBytes(deployment));
  return deployment;
}

type Run = (
  module: IgnitionModule,
  parameters: DeploymentParameters,
) => Promise<(future: ContractFuture<string> | undefined) => string>;

async function deployEvidence(
  run: Run,
  { evidence: { governor, guardian, delay } }: Figures,
  { issuers, logs }: CoveredRoots,
  oidcIssuer: string,
): Promise<NonNullable<Deployment["evidence"]>> {
  const addressOf = await run(evidenceModule as IgnitionModule, {
    Evidence: {
      governor,
      guardian,
      delay,
      issuers: issuers.map(issuerRoot),
      logs: logs.map(logRoot),
      oidcIssuer,
    },
  });
  const { trustRoots, sigstoreVerifier, p384, sha384 } = evidenceModule.results;
  return {
    trustRoots: address.parse(addressOf(trustRoots)),
    sigstoreVerifier: address.parse(addressOf(sigstoreVerifier)),
    p384: address.parse(addressOf(p384)),
    sha384: address.parse(addressOf(sha384)),
  };
}

const planSchema = z.strictObject({
  escrow: address,
  startBlock: z.int().min(0),
  /** Unix seconds, of the chain. */
  startedAt: z.int().min(0),
});

/** Where the escrow will be. Kept beside the journal, because a resumed deployment has already used some nonces. */
async function planOf(
  client: PublicClient,
  options: {
    readonly deployer: Address;
    /** Contracts that the deployer creates before the escrow. */
    readonly offset: bigint;
    readonly startBlock: number;
    readonly folder?: string;
    readonly isLocal: boolean;
  },
): Promise<z.output<typeof planSchema>> {
  const { deployer, offset, startBlock, folder, isLocal } = options;
  const file = folder === undefined ? undefined : join(folder, "plan.json");
  if (file !== undefined && !isLocal) {
    const kept = await readPlan(file);
    if (kept !== undefined) return kept;
  }
  const nonce = BigInt(await client.getTransactionCount({ address: deployer })) + offset;
  const { timestamp } = await client.getBlock();
  const escrow = getContractAddress({ from: deployer, nonce });
  const plan = planSchema.parse({ escrow, startBlock, startedAt: Number(timestamp) });
  if (file !== undefined) await writeFile(file, JSON.stringify(plan));
  return plan;
}

function readPlan(file: string): Promise<z.output<typeof planSchema> | undefined> {
  return readOptional(file, (bytes) => parseJsonBytes(bytes, planSchema, { what: "deployment plan", maxBytes: 1024 }));
}

async function accountsOf(provider: Provider): Promise<Address[]> {
  return z.array(address).parse(await provider.request({ method: "eth_accounts" }));
}

async function deployerOf(provider: Provider): Promise<Address> {
  const [first] = await accountsOf(provider);
  if (first === undefined) throw new Error("the provider has no account to deploy with");
  return first;
}

async function readOptional<T>(file: string, parse: (bytes: Uint8Array) => T): Promise<T | undefined> {
  try {
    return parse(await readFile(file));
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
}
