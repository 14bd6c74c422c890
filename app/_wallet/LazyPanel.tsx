"use client";

import { type ComponentType, useEffect, useState } from "react";
import form from "../_components/form.module.css";
import { Skeleton } from "../_components/parts.tsx";
import { hasRememberedWallet, WALLET_CONNECTED } from "./rememberedWallet.ts";

/**
 * A panel that needs the wallet stack, fetched apart from its page. With `opener` it waits for a click on a button of
 * that name, unless a wallet is or was connected; without, it is fetched with the page.
 */
export function LazyPanel<P extends object>(props: {
  /** Must be the same function on every render. */
  readonly load: () => Promise<ComponentType<P>>;
  readonly panel: P;
  readonly opener?: string;
}) {
  const { load, panel, opener } = props;
  const [Panel, setPanel] = useState<ComponentType<P>>();
  const [isWanted, setWanted] = useState(opener === undefined);
  useEffect(() => {
    const want = () => setWanted(true);
    if (hasRememberedWallet(window.localStorage)) want();
    window.addEventListener(WALLET_CONNECTED, want);
    return () => window.removeEventListener(WALLET_CONNECTED, want);
  }, []);
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    load().then((component) => {
      // A component is a function: setState would call it.
      if (isCurrent) setPanel(() => component);
    });
    return () => {
      isCurrent = false;
    };
  }, [isWanted, load]);

  if (Panel) return <Panel {...panel} />;
  if (isWanted) return <Skeleton label="Loading" />;
  return (
    <button type="button" className={form.primary} onClick={() => setWanted(true)}>
      {opener}
    </button>
  );
}
