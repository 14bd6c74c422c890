"use client";

import { type ComponentType, useCallback, useEffect, useState } from "react";
import form from "../_components/form.module.css";
import type { Runtime } from "../_components/runtime.ts";
import { hasRememberedWallet, WALLET_CONNECTED } from "./rememberedWallet.ts";

type Loaded = ComponentType<{ readonly runtime: Runtime; readonly opens: boolean }>;

/** The wallet's place in the header. The stack behind it is fetched on a click, or where a wallet was connected before. */
export function WalletSlot({ runtime }: { readonly runtime: Runtime }) {
  const [loaded, setLoaded] = useState<{ readonly Button: Loaded; readonly opens: boolean }>();
  const [isLoading, setLoading] = useState(false);

  const load = useCallback(async (opens: boolean) => {
    setLoading(true);
    const { HeaderWallet } = await import("./HeaderWallet.tsx");
    setLoaded((before) => before ?? { Button: HeaderWallet, opens });
  }, []);

  useEffect(() => {
    const show = () => void load(false);
    if (hasRememberedWallet(window.localStorage)) show();
    window.addEventListener(WALLET_CONNECTED, show);
    return () => window.removeEventListener(WALLET_CONNECTED, show);
  }, [load]);

  if (loaded) return <loaded.Button runtime={runtime} opens={loaded.opens} />;
  return (
    <button type="button" className={form.button} disabled={isLoading} onClick={() => void load(true)}>
      {isLoading ? "Loading…" : "Connect wallet"}
    </button>
  );
}
