import hre from "hardhat";
import {
  type Abi,
  type Address,
  createPublicClient,
  createWalletClient,
  custom,
  decodeErrorResult,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { buildContracts } from "../build.ts";

/** EIP-7825: what one transaction may use on the newest hardfork. */
export const TRANSACTION_GAS_CAP = 16_777_216n;

/** A fresh copy of the project compiles everything before its first test, and so do mutants of it. */
export const FIRST_BUILD_MS = 300_000;

const account = mnemonicToAccount("test test test test test test test test test test test junk");

/** A chain of its own in this process, with contracts by their names. Before `osaka` there is no P-256 and no cap. */
export async function localChain(hardfork: "osaka" | "prague" = "osaka") {
  await buildContracts();
  const connection = await hre.network.create({
    network: "default",
    override: { blockGasLimit: 4_000_000_000, hardfork },
  });
  const transport = custom(connection.provider);
  const client = createPublicClient({ chain: hardhat, transport, pollingInterval: 5, cacheTime: 0 });
  const wallet = createWalletClient({ account, chain: hardhat, transport });

  const attempter = await hre.artifacts.readArtifact("Attempt");
  const deployed = await wallet.deployContract({ abi: attempter.abi, bytecode: attempter.bytecode as Hex });
  const { contractAddress: to } = await client.getTransactionReceipt({ hash: deployed });
  if (!to) throw new Error("Attempt was not deployed");

  async function attempt(target: Address, data: Hex): Promise<readonly [boolean, Hex]> {
    const call = encodeFunctionData({ abi: attempter.abi, functionName: "attempt", args: [target, data] });
    const { data: answer = "0x" } = await client.call({ to: to ?? undefined, data: call, gas: TRANSACTION_GAS_CAP });
    const abi: Abi = attempter.abi;
    return decodeFunctionResult({ abi, functionName: "attempt", data: answer }) as readonly [boolean, Hex];
  }

  async function deploy(name: string, args: readonly unknown[] = []) {
    const { abi: json, bytecode } = await hre.artifacts.readArtifact(name);
    const abi = json as Abi;
    const hash = await wallet.deployContract({ abi, bytecode: bytecode as Hex, args, gas: TRANSACTION_GAS_CAP });
    const { contractAddress, gasUsed } = await client.getTransactionReceipt({ hash });
    if (!contractAddress) throw new Error(`${name} was not deployed`);
    const address: Address = contractAddress;
    return {
      address,
      abi,
      gasUsed,
      /** An `eth_call` of any data under the cap; answers with whether it was taken, and what came back. */
      attempt: (data: Hex) => attempt(address, data),
      /** An `eth_call` under the cap. */
      read: async (functionName: string, callArgs: readonly unknown[] = []): Promise<unknown> => {
        const data = encodeFunctionData({ abi, functionName, args: callArgs });
        const [done, answer] = await attempt(address, data);
        if (done) return decodeFunctionResult({ abi, functionName, data: answer });
        const { errorName, args: values = [] } = decodeErrorResult({ abi, data: answer });
        throw new Error([errorName, ...values].join(" "));
      },
      /** A transaction under the cap; answers with the gas it used. */
      send: async (functionName: string, callArgs: readonly unknown[] = []): Promise<bigint> => {
        const sent = await wallet.writeContract({
          address,
          abi,
          functionName,
          args: callArgs,
          gas: TRANSACTION_GAS_CAP,
        });
        const receipt = await client.getTransactionReceipt({ hash: sent });
        if (receipt.status !== "success") throw new Error(`${functionName} was refused`);
        return receipt.gasUsed;
      },
    };
  }

  return { connection, client, wallet, deploy };
}

export type LocalChain = Awaited<ReturnType<typeof localChain>>;
export type Deployed = Awaited<ReturnType<LocalChain["deploy"]>>;
