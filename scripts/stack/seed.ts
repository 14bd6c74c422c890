import {
  bytesToHex,
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  http,
  parseAbi,
  parseEther,
  parseUnits,
  zeroAddress,
  zeroHash,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Deployment } from "#lib/chain/deployment.ts";
import { offerRegistryAbi } from "#lib/chain/generated/abis.ts";
import { type Transactor, transact } from "#lib/chain/transact.ts";
import { localKey } from "#lib/config/server.ts";
import { type Policy, policyBytes, policyHashOf } from "#lib/offers/policy.ts";
import { checkTermsAgainstPolicy, type OfferTerms, offerIdOf } from "#lib/offers/terms.ts";
import { commitToBytes20, workflowIdentity } from "#lib/offers/workflowPin.ts";
import { type Role, roleAddress, roleIndexes } from "./roles.ts";
import type { SandboxReady } from "./sandboxReady.ts";

export type SeededOffer = {
  readonly name: "ledger" | "digest" | "plot";
  readonly offerId: Hex;
  readonly terms: OfferTerms;
  readonly policy: Policy;
};

/** A client and a wallet for one role of the local chain. */
export function transactorFor(role: Role, rpcUrl: string, chainId: number): Transactor {
  const chain = defineChain({
    id: chainId,
    name: "local",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const transport = http(rpcUrl);
  return {
    client: createPublicClient({ chain, transport, pollingInterval: 200 }),
    wallet: createWalletClient({ chain, transport, account: privateKeyToAccount(localKey(roleIndexes[role])) }),
  };
}

const MEBIBYTE = 1_048_576;
const DAY = 86_400;

type Seed = {
  readonly name: SeededOffer["name"];
  readonly title: string;
  readonly description: string;
  readonly price: bigint;
  readonly inSandboxToken: boolean;
  readonly maxSteps: number;
  readonly disputeWindow: number;
  readonly runnerTier: number;
};

const seeds: readonly Seed[] = [
  {
    name: "ledger",
    title: "Double-entry ledger",
    description:
      'Posts journal entries to a ledger that only this entitlement can continue, and returns the balances. Give it postings that sum to zero. Example input: {"entries":[{"memo":"Opening balance","postings":[{"account":"Cash","amount":5000},{"account":"Equity","amount":-5000}]}]}',
    price: parseEther("0.01"),
    inSandboxToken: false,
    maxSteps: 12,
    disputeWindow: 5,
    runnerTier: 1,
  },
  {
    name: "digest",
    title: "Running text digest",
    description:
      'Reads one text per step, remembers every earlier one, and tells which words and sentences are new. Runs only on GitHub\'s own runner pool. Example input: {"text":"A pawl lets a ratchet turn one way only."}',
    price: parseUnits("2.5", 6),
    inSandboxToken: true,
    maxSteps: 50,
    disputeWindow: 10,
    runnerTier: 2,
  },
  {
    name: "plot",
    title: "Cellular automaton, drawn",
    description:
      'Advances a cellular automaton by as many generations as you ask and returns the picture as SVG. Example input: {"generations":60,"rule":30}',
    price: parseEther("0.002"),
    inSandboxToken: false,
    maxSteps: 200,
    disputeWindow: 3,
    runnerTier: 1,
  },
];

/** Publishes three offers of different terms, pinned to the sandbox's real commits, and gives the buyer play money. */
export async function seedOffers(options: {
  readonly rpcUrl: string;
  readonly deployment: Deployment;
  readonly sandbox: SandboxReady;
}): Promise<readonly SeededOffer[]> {
  const { rpcUrl, deployment, sandbox } = options;
  const seller = transactorFor("seller", rpcUrl, deployment.chainId);
  await mintPlayMoney(rpcUrl, deployment);
  const now = Number((await seller.client.getBlock()).timestamp);
  const offers: SeededOffer[] = [];
  for (const seed of seeds) {
    const policy = policyOf(seed, deployment, sandbox);
    const bytes = policyBytes(policy);
    const terms: OfferTerms = {
      ...termsOf(seed, deployment, sandbox, now),
      policyHash: policyHashOf(bytes),
    };
    checkTermsAgainstPolicy(terms, policy, deployment);
    await transact(seller, {
      address: deployment.offerRegistry,
      abi: offerRegistryAbi,
      functionName: "publish",
      args: [terms, bytesToHex(bytes)],
    });
    offers.push({ name: seed.name, offerId: offerIdOf(terms), terms, policy });
  }
  return offers;
}

function policyOf(seed: Seed, deployment: Deployment, { repositories, isolation }: SandboxReady): Policy {
  return {
    v: 1,
    title: seed.title,
    description: seed.description,
    chainId: deployment.chainId,
    permitConsumer: deployment.permitConsumer,
    gateway: roleAddress("gateway"),
    workload: {
      repository: repositories.workloads.fullName,
      commit: repositories.workloads.commit,
      entry: repositories.workloads.entries[seed.name],
    },
    workflows: { signer: repositories.signer.workflow, caller: repositories.caller.workflow },
    runsOn: "ubuntu-24.04",
    limits: {
      permitWaitSeconds: 600,
      stepSeconds: 60,
      memoryBytes: 512 * MEBIBYTE,
      inputBytes: MEBIBYTE,
      resultBytes: MEBIBYTE,
      stateBytes: 16 * MEBIBYTE,
    },
    restore: "fail_closed",
    tools: ["node"],
    // An offer promises what this machine can keep.
    network: { mode: isolation === "process" ? "runner" : "none" },
  };
}

function termsOf(
  seed: Seed,
  deployment: Deployment,
  { repositories }: SandboxReady,
  now: number,
): Omit<OfferTerms, "policyHash"> {
  const { signer, caller } = repositories;
  return {
    seller: roleAddress("seller"),
    token: seed.inSandboxToken ? (deployment.sandboxToken ?? zeroAddress) : zeroAddress,
    price: seed.price,
    maxSteps: seed.maxSteps,
    maxPending: 4,
    validUntil: now + 30 * DAY,
    entitlementTtl: 7 * DAY,
    stepTimeout: 900,
    disputeWindow: seed.disputeWindow,
    proofWindow: 60,
    arbitrationWindow: 120,
    conductBond: parseEther("0.005"),
    arbiterFee: parseEther("0.002"),
    gateway: roleAddress("gateway"),
    verifier: roleAddress("verifier"),
    observer: zeroAddress,
    arbiter: roleAddress("arbiter"),
    signerWorkflow: workflowIdentity(signer.workflow),
    signerCommit: commitToBytes20(signer.commit),
    callerWorkflow: workflowIdentity(caller.workflow),
    sourceRepositoryId: BigInt(caller.id),
    sourceOwnerId: BigInt(caller.ownerId),
    sourceCommit: commitToBytes20(caller.commit),
    runnerTier: seed.runnerTier,
    provable: deployment.evidence !== undefined,
    salt: zeroHash,
  };
}

async function mintPlayMoney(rpcUrl: string, { chainId, sandboxToken }: Deployment): Promise<void> {
  if (!sandboxToken) return;
  await transact(transactorFor("deployer", rpcUrl, chainId), {
    address: sandboxToken,
    abi: parseAbi(["function mint(address to, uint256 amount)"]),
    functionName: "mint",
    args: [roleAddress("buyer"), parseUnits("10000", 6)],
  });
}
