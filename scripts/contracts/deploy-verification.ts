import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Address, type Hex, hexToBytes, keccak256, type PublicClient, parseAbi, stringToHex } from "viem";
import { z } from "zod";
import type { Deployment } from "#lib/chain/deployment.ts";
import {
  escrowAbi,
  offerRegistryAbi,
  permitConsumerAbi,
  settlementAbi,
  trustRootsAbi,
} from "#lib/chain/generated/abis.ts";
import { GITHUB_ACTIONS_ISSUER } from "#lib/evidence/trustedRoot.ts";

const ARITHMETIC = "contracts/evidence/arithmetic";
const CONTRACTS: readonly {
  readonly name: string;
  readonly source: string;
  readonly at: (deployment: Deployment) => Address | undefined;
}[] = [
  { name: "P384", source: `${ARITHMETIC}/P384.sol`, at: ({ evidence }) => evidence?.p384 },
  { name: "Sha384Hasher", source: `${ARITHMETIC}/Sha384Hasher.sol`, at: ({ evidence }) => evidence?.sha384 },
  {
    name: "SigstoreVerifier",
    source: "contracts/evidence/SigstoreVerifier.sol",
    at: ({ evidence }) => evidence?.sigstoreVerifier,
  },
  { name: "TrustRoots", source: "contracts/evidence/TrustRoots.sol", at: ({ evidence }) => evidence?.trustRoots },
  { name: "OfferRegistry", source: "contracts/OfferRegistry.sol", at: ({ offerRegistry }) => offerRegistry },
  { name: "PermitConsumer", source: "contracts/PermitConsumer.sol", at: ({ permitConsumer }) => permitConsumer },
  { name: "Settlement", source: "contracts/Settlement.sol", at: ({ settlement }) => settlement },
  { name: "Escrow", source: "contracts/Escrow.sol", at: ({ escrow }) => escrow },
  { name: "SandboxToken", source: "contracts/sandbox/SandboxToken.sol", at: ({ sandboxToken }) => sandboxToken },
];

const places = z.record(z.string(), z.array(z.object({ start: z.int(), length: z.int() })));
const artifactSchema = z.object({
  deployedBytecode: z.string().regex(/^0x[0-9a-f]+$/),
  immutableReferences: places.optional(),
  buildInfoId: z.string(),
});

export type Comparison = {
  readonly name: string;
  readonly address: Address;
  /** What differs; nothing if the code on the chain is that of the local build. */
  readonly difference?: string;
  readonly bytes: number;
};

/**
 * Compares the code on a chain with the local build, byte for byte but for the immutables, which a build cannot know;
 * then what the contracts say of one another with the deployment file.
 *
 * @param artifacts folder of the build
 */
export async function compareDeployment(
  client: PublicClient,
  deployment: Deployment,
  artifacts: string,
): Promise<Comparison[]> {
  const compared: Comparison[] = [];
  for (const { name, at, source } of CONTRACTS) {
    const address = at(deployment);
    if (address === undefined) continue;
    const artifact = artifactSchema.parse(JSON.parse(await readFile(join(artifacts, source, `${name}.json`), "utf8")));
    const local = artifact.deployedBytecode as Hex;
    const difference = differenceOf(
      masked(local, artifact.immutableReferences),
      masked((await client.getCode({ address })) ?? "0x", artifact.immutableReferences),
    );
    compared.push({
      name,
      address,
      bytes: (local.length - 2) / 2,
      ...(difference === undefined ? {} : { difference }),
    });
  }
  if (compared.some(({ difference }) => difference !== undefined)) return compared;
  const wiring = await wiringOf(client, deployment);
  return compared.map((one) => {
    const difference = wiring.find(({ name }) => name === one.name)?.difference;
    return difference === undefined ? one : { ...one, difference };
  });
}

function masked(code: Hex, immutables: z.output<typeof places> = {}): Uint8Array {
  const bytes = hexToBytes(code);
  for (const { start, length } of Object.values(immutables).flat()) bytes.fill(0, start, start + length);
  return bytes;
}

function differenceOf(local: Uint8Array, there: Uint8Array): string | undefined {
  if (there.length === 0) return "no code at this address";
  if (there.length !== local.length) return `${there.length} bytes of code, the build has ${local.length}`;
  const at = local.findIndex((byte, index) => byte !== there[index]);
  return at < 0 ? undefined : `code differs from byte ${at} on`;
}

/** Immutables are left out of the comparison, so the addresses in them are read from the contracts. */
async function wiringOf(client: PublicClient, deployment: Deployment) {
  const { offerRegistry, permitConsumer, settlement, escrow, evidence } = deployment;
  const said = [
    ...(evidence === undefined ? [] : await wiringOfEvidence(client, deployment, evidence)),
    {
      name: "Escrow",
      to: "offerRegistry",
      expected: offerRegistry,
      actual: await client.readContract({ address: escrow, abi: escrowAbi, functionName: "offerRegistry" }),
    },
    {
      name: "Escrow",
      to: "permitConsumer",
      expected: permitConsumer,
      actual: await client.readContract({ address: escrow, abi: escrowAbi, functionName: "permitConsumer" }),
    },
    {
      name: "Escrow",
      to: "settlement",
      expected: settlement,
      actual: await client.readContract({ address: escrow, abi: escrowAbi, functionName: "settlement" }),
    },
    {
      name: "PermitConsumer",
      to: "escrow",
      expected: escrow,
      actual: await client.readContract({ address: permitConsumer, abi: permitConsumerAbi, functionName: "escrow" }),
    },
    {
      name: "Settlement",
      to: "escrow",
      expected: escrow,
      actual: await client.readContract({ address: settlement, abi: settlementAbi, functionName: "escrow" }),
    },
    {
      name: "Settlement",
      to: "offerRegistry",
      expected: offerRegistry,
      actual: await client.readContract({ address: settlement, abi: settlementAbi, functionName: "offerRegistry" }),
    },
    {
      name: "Settlement",
      to: "permitConsumer",
      expected: permitConsumer,
      actual: await client.readContract({ address: settlement, abi: settlementAbi, functionName: "permitConsumer" }),
    },
  ];
  return said
    .filter(({ actual, expected }) => actual.toLowerCase() !== expected.toLowerCase())
    .map(({ name, to, actual, expected }) => ({
      name,
      difference: `points to ${actual} as ${to}, not to ${expected}`,
    }));
}

const readerAbi = parseAbi([
  "function p384() view returns (address)",
  "function sha384() view returns (address)",
  "function oidcIssuerHash() view returns (bytes32)",
]);
/** A local chain believes the sandbox's identity provider. */
const LOCAL_CHAIN_ID = 31_337;

/** That the trade asks these roots, and that their first reader uses this arithmetic. */
async function wiringOfEvidence(
  client: PublicClient,
  { chainId, offerRegistry, settlement }: Deployment,
  { trustRoots, sigstoreVerifier, p384, sha384 }: NonNullable<Deployment["evidence"]>,
) {
  const reader = { address: sigstoreVerifier, abi: readerAbi } as const;
  const functionName = "evidenceVerifier";
  const issuer = {
    name: "SigstoreVerifier",
    to: "oidcIssuerHash",
    expected: keccak256(stringToHex(GITHUB_ACTIONS_ISSUER)),
    actual: await client.readContract({ ...reader, functionName: "oidcIssuerHash" }),
  };
  return [
    ...(chainId === LOCAL_CHAIN_ID ? [] : [issuer]),
    {
      name: "SigstoreVerifier",
      to: "p384",
      expected: p384,
      actual: await client.readContract({ ...reader, functionName: "p384" }),
    },
    {
      name: "SigstoreVerifier",
      to: "sha384",
      expected: sha384,
      actual: await client.readContract({ ...reader, functionName: "sha384" }),
    },
    {
      name: "OfferRegistry",
      to: functionName,
      expected: trustRoots,
      actual: await client.readContract({ address: offerRegistry, abi: offerRegistryAbi, functionName }),
    },
    {
      name: "Settlement",
      to: functionName,
      expected: trustRoots,
      actual: await client.readContract({ address: settlement, abi: settlementAbi, functionName }),
    },
  ];
}

/** Who governs the roots of a deployment, and what became of each: nothing of it is in the code that was compared. */
export type RootsView = {
  readonly governor: Address;
  readonly guardian: Address;
  /** Seconds. */
  readonly delay: number;
  readonly roots: readonly {
    readonly kind: "authority" | "log" | "verifier";
    readonly id: Hex;
    /** The authority's key, by `P384`, or the verifier's address. */
    readonly of: Hex;
    readonly activeAt: number;
    readonly revokedFrom: number;
    /** Why proofs under it fail although it counts. */
    readonly lacks?: string;
  }[];
};

/**
 * Reads every root from the chain's events.
 *
 * @returns nothing where the deployment has no roots
 */
export async function readRoots(client: PublicClient, deployment: Deployment): Promise<RootsView | undefined> {
  const { evidence, startBlock } = deployment;
  if (evidence === undefined) return undefined;
  const contract = { address: evidence.trustRoots, abi: trustRootsAbi } as const;
  const whole = { fromBlock: BigInt(startBlock), toBlock: await client.getBlockNumber({ cacheTime: 0 }) };
  const issuers = await inRanges(whole, (range) =>
    client.getContractEvents({ ...contract, ...range, strict: true, eventName: "IssuerQueued" }),
  );
  const logs = await inRanges(whole, (range) =>
    client.getContractEvents({ ...contract, ...range, strict: true, eventName: "LogQueued" }),
  );
  const verifiers = await inRanges(whole, (range) =>
    client.getContractEvents({ ...contract, ...range, strict: true, eventName: "VerifierQueued" }),
  );
  const queued = [
    ...issuers.map(({ args: { id, issuer } }) => ({ kind: "authority" as const, id, of: issuer.keyId })),
    ...logs.map(({ args: { id, log } }) => ({ kind: "log" as const, id, of: log.x })),
    ...verifiers.map(({ args: { id, verifier } }) => ({ kind: "verifier" as const, id, of: verifier })),
  ];
  const roots: RootsView["roots"][number][] = [];
  for (const one of queued) {
    const { activeAt, revokedFrom } = await client.readContract({
      ...contract,
      functionName: "rootOf",
      args: [one.id],
    });
    const isRegistered =
      one.kind !== "authority" ||
      (await client.readContract({
        address: evidence.p384,
        abi: parseAbi(["function isRegistered(bytes32) view returns (bool)"]),
        functionName: "isRegistered",
        args: [one.of],
      }));
    roots.push({
      ...one,
      activeAt,
      revokedFrom,
      ...(isRegistered ? {} : { lacks: "its key is not registered at P384" }),
    });
  }
  return {
    governor: await client.readContract({ ...contract, functionName: "governor" }),
    guardian: await client.readContract({ ...contract, functionName: "guardian" }),
    delay: await client.readContract({ ...contract, functionName: "delay" }),
    roots,
  };
}

type BlockRange = { readonly fromBlock: bigint; readonly toBlock: bigint };
/** Narrower than any provider's limit: one that refuses this refuses for another reason. */
const NARROWEST = 500n;

/** All logs of a range, in halves where the provider refuses it as too wide. */
async function inRanges<T>(range: BlockRange, read: (range: BlockRange) => Promise<readonly T[]>): Promise<T[]> {
  const { fromBlock, toBlock } = range;
  try {
    return [...(await read(range))];
  } catch (thrown) {
    if (toBlock - fromBlock < NARROWEST) throw thrown;
  }
  const middle = (fromBlock + toBlock) / 2n;
  const before = await inRanges({ fromBlock, toBlock: middle }, read);
  return [...before, ...(await inRanges({ fromBlock: middle + 1n, toBlock }, read))];
}

const buildInfoSchema = z.object({ input: z.record(z.string(), z.unknown()), solcLongVersion: z.string() });

export type StandardInput = {
  readonly name: string;
  /** What verification services ask for: the exact compiler. */
  readonly compiler: string;
  /** Fully qualified name within the input. */
  readonly contract: string;
  readonly text: string;
};

/** The compiler's standard JSON input of each contract of the protocol, as it was built. */
export async function standardInputs(artifacts: string): Promise<StandardInput[]> {
  const inputs: StandardInput[] = [];
  for (const { name, source } of CONTRACTS) {
    const { buildInfoId } = artifactSchema.parse(
      JSON.parse(await readFile(join(artifacts, source, `${name}.json`), "utf8")),
    );
    const info = buildInfoSchema.parse(
      JSON.parse(await readFile(join(artifacts, "build-info", `${buildInfoId}.json`), "utf8")),
    );
    inputs.push({
      name,
      compiler: info.solcLongVersion,
      contract: `project/${source}:${name}`,
      text: `${JSON.stringify(info.input, null, 2)}\n`,
    });
  }
  return inputs;
}
