"use client";

import { darkTheme, lightTheme, RainbowKitProvider } from "@rainbow-me/rainbowkit";
import "@rainbow-me/rainbowkit/styles.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useAccount, WagmiProvider } from "wagmi";
import type { Runtime } from "../_components/runtime.ts";
import { walletState } from "./config.ts";
import { WALLET_CONNECTED } from "./rememberedWallet.ts";

const theme = {
  lightMode: lightTheme({ accentColor: "#0b5d4e", borderRadius: "small", fontStack: "system", overlayBlur: "none" }),
  darkMode: darkTheme({
    accentColor: "#6fd0b5",
    accentColorForeground: "#0b1a16",
    borderRadius: "small",
    fontStack: "system",
    overlayBlur: "none",
  }),
};

/** The wallet stack. Every panel that needs a wallet stands in one of these; all of them share one state. */
export function WalletProviders({ runtime, children }: { readonly runtime: Runtime; readonly children: ReactNode }) {
  const [{ config, queries }] = useState(() => walletState(runtime));
  return (
    <WagmiProvider config={config}>
      <QueryClientProvider client={queries}>
        <RainbowKitProvider theme={theme} modalSize="compact">
          <Announcement />
          {children}
        </RainbowKitProvider>
      </QueryClientProvider>
    </WagmiProvider>
  );
}

/** Tells the rest of the page that a wallet is connected, wherever on it that happened. */
function Announcement(): null {
  const { address } = useAccount();
  useEffect(() => {
    if (address) window.dispatchEvent(new Event(WALLET_CONNECTED));
  }, [address]);
  return null;
}
