import { type Address, createWalletClient, custom, type Hex, type PublicClient, parseAbi, zeroAddress } from "viem";
import { generatorKey, p384KeyId, p384Registration } from "#lib/evidence/onchain/p384.ts";

type Provider = Parameters<typeof custom>[0];

const p384Abi = parseAbi([
  "function isRegistered(bytes32 keyId) view returns (bool)",
  "function powersOf(bytes32 keyId) view returns (address)",
  "function tablesOf(bytes32 keyId) view returns (address[4])",
  "function beginKey(bytes key, bytes slopes) returns (bytes32)",
  "function buildTable(bytes32 keyId, uint256 index, bytes slopes)",
]);

/**
 * Has the tables made by which signatures of these keys, and of the generator, are verified: five transactions for each
 * key, of at most six million gas. Anybody may send them, a run that was cut off is resumed, and what is there is left.
 *
 * @param keys x and y of each, 48 bytes each
 */
export async function registerKeys(
  client: PublicClient,
  provider: Provider,
  { p384, keys, sender }: { readonly p384: Address; readonly keys: readonly Hex[]; readonly sender: Address },
): Promise<void> {
  const wallet = createWalletClient({ account: sender, transport: custom(provider) });
  const contract = { address: p384, abi: p384Abi } as const;
  const settled = async (hash: Hex) => {
    const { status } = await client.waitForTransactionReceipt({ hash });
    if (status !== "success") throw new Error(`registering a key was refused: transaction ${hash}`);
  };
  for (const key of new Set([generatorKey, ...keys])) {
    const of = [p384KeyId(key)] as const;
    if (await client.readContract({ ...contract, functionName: "isRegistered", args: of })) continue;
    const { powers, tables } = p384Registration(key);
    if ((await client.readContract({ ...contract, functionName: "powersOf", args: of })) === zeroAddress) {
      const args = [key, powers] as const;
      await settled(await wallet.writeContract({ ...contract, functionName: "beginKey", args, chain: null }));
    }
    const built = await client.readContract({ ...contract, functionName: "tablesOf", args: of });
    for (const [index, slopes] of tables.entries()) {
      if (built[index] !== zeroAddress) continue;
      const args = [...of, BigInt(index), slopes] as const;
      await settled(await wallet.writeContract({ ...contract, functionName: "buildTable", args, chain: null }));
    }
  }
}
