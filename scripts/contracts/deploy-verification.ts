import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Address, type Hex, hexToBytes, type PublicClient } from "viem";
import { z } from "zod";
import type { Deployment } from "#lib/chain/deployment.ts";
import { escrowAbi, permitConsumerAbi, settlementAbi } from "#lib/chain/generated/abis.ts";

const CONTRACTS = [
  { name: "OfferRegistry", at: "offerRegistry", source: "contracts/OfferRegistry.sol" },
  { name: "PermitConsumer", at: "permitConsumer", source: "contracts/PermitConsumer.sol" },
  { name: "Settlement", at: "settlement", source: "contracts/Settlement.sol" },
  { name: "Escrow", at: "escrow", source: "contracts/Escrow.sol" },
  { name: "SandboxToken", at: "sandboxToken", source: "contracts/sandbox/SandboxToken.sol" },
] as const;

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
    const address = deployment[at];
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
  const { offerRegistry, permitConsumer, settlement, escrow } = deployment;
  const said = [
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
