import type {
  Abi,
  Account,
  Address,
  Chain,
  ContractFunctionArgs,
  ContractFunctionName,
  PublicClient,
  TransactionReceipt,
  Transport,
  WalletClient,
} from "viem";
import { chainError } from "./errors.ts";
import { decodeRevert } from "./revert.ts";

/** A reader and a signer of one chain. */
export type Transactor = {
  readonly client: PublicClient;
  readonly wallet: WalletClient<Transport, Chain, Account>;
};

/** One contract call, typed by its ABI. `value` is wei. */
export type Call<A extends Abi, F extends ContractFunctionName<A, "nonpayable" | "payable">> = {
  readonly address: Address;
  readonly abi: A;
  readonly functionName: F;
  readonly args: ContractFunctionArgs<A, "nonpayable" | "payable", F>;
  readonly value?: bigint;
};

/** Runs a call without sending it. @throws the decoded revert */
export async function simulate<const A extends Abi, F extends ContractFunctionName<A, "nonpayable" | "payable">>(
  transactor: Transactor,
  call: Call<A, F>,
): Promise<void> {
  await prepare(transactor, widen(call));
}

/**
 * Simulates, sends and waits until the transaction is in a block. A call that would revert is never sent.
 *
 * @throws the decoded revert, TRANSACTION_REVERTED when it reverted only in its block
 * @throws TRANSACTION_UNCONFIRMED when no block showed it in time: it may be included all the same
 */
export async function transact<const A extends Abi, F extends ContractFunctionName<A, "nonpayable" | "payable">>(
  transactor: Transactor,
  call: Call<A, F>,
): Promise<TransactionReceipt> {
  const request = await prepare(transactor, widen(call));
  const hash = await inTurn(transactor, async () => {
    try {
      return await transactor.wallet.writeContract(request);
    } catch (cause) {
      throw decodeRevert(cause);
    }
  });
  let receipt: TransactionReceipt;
  try {
    receipt = await transactor.client.waitForTransactionReceipt({ hash });
  } catch (cause) {
    throw chainError("TRANSACTION_UNCONFIRMED", { transaction: hash }, cause);
  }
  if (receipt.status !== "success") throw chainError("TRANSACTION_REVERTED", { transaction: hash });
  return receipt;
}

/** The last send of each transactor. */
const sending = new WeakMap<Transactor, Promise<unknown>>();

/**
 * Sends of one account go out one after the other. Numbered at once, those behind one that fails would wait for its
 * nonce for ever.
 */
async function inTurn<T>(transactor: Transactor, send: () => Promise<T>): Promise<T> {
  const earlier = sending.get(transactor) ?? Promise.resolve();
  // Whether the earlier one failed is for its own caller to learn.
  const own = earlier.then(send, send);
  sending.set(transactor, own);
  return own;
}

type WideCall = {
  readonly address: Address;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
  readonly value?: bigint;
};

/** The caller's types have done their work; inside, one shape serves every call. */
export function widen<A extends Abi, F extends ContractFunctionName<A, "nonpayable" | "payable">>(
  call: Call<A, F>,
): WideCall {
  return call as unknown as WideCall;
}

async function prepare({ client, wallet }: Transactor, call: WideCall) {
  try {
    // Nodes simulate with money that is not there, or refuse in words of their own.
    const balance = call.value ? await client.getBalance({ address: wallet.account.address }) : 0n;
    if (call.value && balance < call.value) {
      throw chainError("CHAIN_FUNDS_INSUFFICIENT", { required: call.value, balance });
    }
    const { request } = await client.simulateContract({ ...call, account: wallet.account, chain: wallet.chain });
    return request;
  } catch (cause) {
    throw decodeRevert(cause);
  }
}
