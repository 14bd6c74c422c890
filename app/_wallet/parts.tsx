"use client";

import { useConnectModal } from "@rainbow-me/rainbowkit";
import type { ReactNode } from "react";
import { useSwitchChain } from "wagmi";
import form from "../_components/form.module.css";
import { ErrorNote, Hex, Skeleton } from "../_components/parts.tsx";
import type { Runtime } from "../_components/runtime.ts";
import { type Say, type Stage, useAction } from "./useAction.ts";
import { useWallet, type WalletStatus } from "./useWallet.ts";

export type ReadyWallet = Extract<WalletStatus, { status: "ready" }>;

/** Shows its content to a connected wallet on the right chain, and to others the way there. */
export function WithWallet(props: {
  readonly runtime: Runtime;
  /** What the wallet is for: completes "Connect a wallet to …". */
  readonly purpose: string;
  readonly children: (wallet: ReadyWallet) => ReactNode;
}) {
  const wallet = useWallet(props.runtime);
  const { openConnectModal } = useConnectModal();
  const { switchChain } = useSwitchChain();
  if (wallet.status === "ready") return props.children(wallet);
  if (wallet.status === "connecting") return <Skeleton label="Connecting" />;
  if (wallet.status === "wrong-chain") {
    return (
      <div className={form.actions}>
        <span>Your wallet is on another chain.</span>
        <button
          type="button"
          className={form.primary}
          onClick={() => switchChain({ chainId: props.runtime.deployment.chainId })}
        >
          Switch chain
        </button>
      </div>
    );
  }
  return (
    <div className={form.actions}>
      <button type="button" className={form.primary} onClick={openConnectModal}>
        Connect wallet
      </button>
      <span className={form.stage}>to {props.purpose}</span>
    </div>
  );
}

/** How an action goes, in a live region. */
export function StageNote({ stage }: { readonly stage: Stage }) {
  if (stage.at === "failed") return <ErrorNote error={stage.error} />;
  return (
    <p className={form.stage} aria-live="polite">
      {stage.at !== "idle" && stage.sentence}
      {stage.at !== "idle" && stage.transaction && (
        <>
          {" "}
          transaction <Hex value={stage.transaction} />
        </>
      )}
    </p>
  );
}

/** A button that runs one action and shows how it goes below itself. */
export function ActionButton(props: {
  readonly label: string;
  readonly tone?: "primary" | "danger" | "button";
  readonly action: (say: Say) => Promise<string>;
  readonly disabled?: boolean;
  readonly note?: ReactNode;
}) {
  const { stage, run, isWorking } = useAction();
  return (
    <div className={form.field}>
      <div className={form.actions}>
        <button
          type="button"
          className={form[props.tone ?? "button"]}
          disabled={isWorking || props.disabled}
          onClick={() => void run(props.action)}
        >
          {props.label}
        </button>
        {props.note && <span className={form.hint}>{props.note}</span>}
      </div>
      {stage.at !== "idle" && <StageNote stage={stage} />}
    </div>
  );
}
