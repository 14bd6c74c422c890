"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import type { Address } from "viem";
import type { Runtime } from "../_components/runtime.ts";
import { WithWallet } from "./parts.tsx";
import { useWallet } from "./useWallet.ts";
import { WalletProviders } from "./WalletProviders.tsx";

type Props = {
  readonly runtime: Runtime;
  /** The page that shows one account, by the query parameter `address`. */
  readonly page: string;
  readonly shown: Address | null;
  readonly purpose: string;
};

/** Points a page at the connected wallet's account. */
export function MyAddress(props: Props) {
  return (
    <WalletProviders runtime={props.runtime}>
      <Follow {...props} />
    </WalletProviders>
  );
}

function Follow({ runtime, page, shown, purpose }: Props) {
  const wallet = useWallet(runtime);
  const router = useRouter();
  const address = wallet.status === "ready" || wallet.status === "wrong-chain" ? wallet.address : undefined;
  useEffect(() => {
    if (address !== undefined && address !== shown) router.replace(`${page}?address=${address}`);
  }, [address, shown, page, router]);
  if (address !== undefined) return null;
  return (
    <WithWallet runtime={runtime} purpose={purpose}>
      {() => null}
    </WithWallet>
  );
}
