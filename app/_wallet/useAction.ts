"use client";

import { useRouter } from "next/navigation";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Abi, ContractFunctionName, Hex, TransactionReceipt } from "viem";
import { chainError } from "#lib/chain/errors.ts";
import { decodeRevert } from "#lib/chain/revert.ts";
import { type Call, simulate, type Transactor } from "#lib/chain/transact.ts";
import type { ErrorJson } from "#lib/core/error.ts";
import { errorJson } from "./errors.ts";

/** How far an action has come. */
export type Stage =
  | { readonly at: "idle" }
  | { readonly at: "working"; readonly sentence: string; readonly transaction?: Hex }
  | { readonly at: "done"; readonly sentence: string; readonly transaction?: Hex }
  | { readonly at: "failed"; readonly error: ErrorJson };

export type Say = (sentence: string, transaction?: Hex) => void;

/** When to ask the server again: the indexer is a moment behind the chain. */
const REFRESH_AFTER_MS = [300, 1500, 3500];
const INDEXED_AFTER_MS = 1800;

/**
 * Runs one action at a time and tells how it goes. What the action returns is the last word; the page's data is
 * refreshed after it. What is still to happen then does not, once the panel is gone.
 */
export function useAction() {
  const [stage, setStage] = useState<Stage>({ at: "idle" });
  const isRunning = useRef(false);
  const router = useRouter();
  const timers = useRef<ReturnType<typeof setTimeout>[]>([]);
  useEffect(() => () => timers.current.forEach(clearTimeout), []);
  const later = useCallback((afterMs: number, then: () => void) => {
    timers.current.push(setTimeout(then, afterMs));
  }, []);

  const run = useCallback(
    async (action: (say: Say) => Promise<string>): Promise<boolean> => {
      if (isRunning.current) return false;
      isRunning.current = true;
      let last: Hex | undefined;
      const place = () => (last === undefined ? {} : { transaction: last });
      const say: Say = (sentence, transaction) => {
        last = transaction ?? last;
        setStage({ at: "working", sentence, ...place() });
      };
      try {
        say("Checking…");
        const sentence = await action(say);
        setStage({ at: "done", sentence, ...place() });
        for (const after of REFRESH_AFTER_MS) later(after, () => router.refresh());
        return true;
      } catch (thrown) {
        setStage({ at: "failed", error: errorJson(thrown) });
        return false;
      } finally {
        isRunning.current = false;
      }
    },
    [router, later],
  );
  /** Opens the page of what was just made, once the indexer may have seen it. */
  const openSoon = (path: string) => later(INDEXED_AFTER_MS, () => router.push(path));
  return { stage, run, openSoon, isWorking: stage.at === "working" };
}

/**
 * Simulates a call, has the wallet sign it and waits for its block, saying which of the three it is at.
 *
 * @throws PawlError: the decoded revert, CHAIN_REJECTED_BY_USER, TRANSACTION_REVERTED
 */
export async function send<const A extends Abi, F extends ContractFunctionName<A, "nonpayable" | "payable">>(
  transactor: Transactor,
  call: Call<A, F>,
  say: Say,
): Promise<TransactionReceipt> {
  say("Simulating the transaction…");
  await simulate(transactor, call);
  say("Confirm in your wallet…");
  let hash: Hex;
  try {
    hash = await transactor.wallet.writeContract(
      call as unknown as Parameters<typeof transactor.wallet.writeContract>[0],
    );
  } catch (thrown) {
    throw decodeRevert(thrown);
  }
  say("Waiting for the block…", hash);
  const receipt = await transactor.client.waitForTransactionReceipt({ hash });
  if (receipt.status !== "success") throw chainError("TRANSACTION_REVERTED", { transaction: hash });
  return receipt;
}
