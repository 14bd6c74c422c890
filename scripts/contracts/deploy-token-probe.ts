import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  type Address,
  decodeFunctionResult,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  type PublicClient,
  parseAbi,
} from "viem";
import { z } from "zod";

const solc = createRequire(import.meta.url)("solc") as { readonly compile: (input: string) => string };
const FILE = "TokenProbe.sol";
const probeAbi = parseAbi([
  "function moved(address token, uint256 amount) returns (uint256[2] left, uint256[2] arrived)",
]);
const outputSchema = z.object({
  contracts: z.object({
    [FILE]: z.object({
      TokenProbe: z.object({ evm: z.object({ deployedBytecode: z.object({ object: z.string() }) }) }),
    }),
  }),
});

export type TokenVerdict = { readonly fits: boolean; readonly found: string };

/**
 * Whether a token moves exactly what it is asked to, tried inside one simulated call: nothing is sent, and the holder
 * need not know of it.
 *
 * @param holder an account that has some of the token
 */
export async function probeToken(client: PublicClient, token: Address, holder: Address): Promise<TokenVerdict> {
  if ((await client.getCode({ address: token })) === undefined) return { fits: false, found: "no code" };
  const contract = { address: token, abi: erc20Abi } as const;
  const decimals = await client.readContract({ ...contract, functionName: "decimals" }).catch(() => undefined);
  if (decimals === undefined) return { fits: false, found: "no decimals" };
  const balance = await client.readContract({ ...contract, functionName: "balanceOf", args: [holder] });
  const amount = balance / 2n;
  if (amount === 0n) return { fits: false, found: `${holder} holds none to try with` };
  try {
    const { data } = await client.call({
      account: holder,
      to: holder,
      data: encodeFunctionData({ abi: probeAbi, functionName: "moved", args: [token, amount] }),
      stateOverride: [{ address: holder, code: probeCode() }],
    });
    const [left, arrived] = decodeFunctionResult({ abi: probeAbi, functionName: "moved", data: data ?? "0x" });
    const moved = [...left, ...arrived];
    return {
      fits: moved.every((units) => units === amount),
      found: `${decimals} decimals, of ${amount} units ${left.join(" and ")} left and ${arrived.join(" and ")} arrived`,
    };
  } catch (cause) {
    return {
      fits: false,
      found: `refused to move: ${cause instanceof Error ? cause.message.split("\n")[0] : "unknown"}`,
    };
  }
}

function probeCode(): Hex {
  const content = readFileSync(new URL(FILE, import.meta.url), "utf8");
  const output = solc.compile(
    JSON.stringify({
      language: "Solidity",
      sources: { [FILE]: { content } },
      settings: { outputSelection: { "*": { "*": ["evm.deployedBytecode.object"] } } },
    }),
  );
  return `0x${outputSchema.parse(JSON.parse(output)).contracts[FILE].TokenProbe.evm.deployedBytecode.object}`;
}
