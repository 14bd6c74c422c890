"use client";

import { useAccountModal, useChainModal, useConnectModal } from "@rainbow-me/rainbowkit";
import { useEffect, useRef } from "react";
import { useAccount } from "wagmi";
import form from "../_components/form.module.css";
import type { Runtime } from "../_components/runtime.ts";
import { shortHex } from "../_components/words.ts";
import { WalletProviders } from "./WalletProviders.tsx";

/** The header's wallet button, with the stack behind it. `opens`: show the list of wallets at once. */
export function HeaderWallet({ runtime, opens }: { readonly runtime: Runtime; readonly opens: boolean }) {
  return (
    <WalletProviders runtime={runtime}>
      <Button runtime={runtime} opens={opens} />
    </WalletProviders>
  );
}

function Button({ runtime, opens }: { readonly runtime: Runtime; readonly opens: boolean }) {
  const { address, chainId, connector, isReconnecting } = useAccount();
  const { openConnectModal } = useConnectModal();
  const { openAccountModal } = useAccountModal();
  const { openChainModal } = useChainModal();
  const hasOpened = useRef(false);

  useEffect(() => {
    if (!opens || hasOpened.current || address || !openConnectModal) return;
    hasOpened.current = true;
    openConnectModal();
  }, [opens, address, openConnectModal]);

  if (!address) {
    return (
      <button type="button" className={form.button} disabled={isReconnecting} onClick={openConnectModal}>
        {isReconnecting ? "Reconnecting…" : "Connect wallet"}
      </button>
    );
  }
  if (chainId !== runtime.deployment.chainId) {
    return (
      <button type="button" className={form.danger} onClick={openChainModal}>
        Switch chain
      </button>
    );
  }
  return (
    <button type="button" className={form.button} onClick={openAccountModal} title={address}>
      {connector?.name.startsWith("Sandbox ") ? connector.name : shortHex(address.toLowerCase())}
    </button>
  );
}
