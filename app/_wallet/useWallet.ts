"use client";

import type { Address, PublicClient } from "viem";
import { useAccount, usePublicClient, useWalletClient } from "wagmi";
import type { Transactor } from "#lib/chain/transact.ts";
import type { Runtime } from "../_components/runtime.ts";

/** Where the visitor's wallet stands. */
export type WalletStatus =
  | { readonly status: "disconnected" | "connecting" }
  | { readonly status: "wrong-chain"; readonly address: Address }
  | { readonly status: "ready"; readonly address: Address; readonly transactor: Transactor };

export function useWallet(runtime: Runtime): WalletStatus {
  const { address, chainId, isConnecting, isReconnecting } = useAccount();
  const { data: wallet } = useWalletClient();
  const client = usePublicClient() as PublicClient | undefined;
  if (address === undefined) return { status: isConnecting || isReconnecting ? "connecting" : "disconnected" };
  const lower = address.toLowerCase() as Address;
  if (chainId !== runtime.deployment.chainId) return { status: "wrong-chain", address: lower };
  if (!wallet || !client) return { status: "connecting" };
  return { status: "ready", address: lower, transactor: { client, wallet } };
}
