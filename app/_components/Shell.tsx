import Link from "next/link";
import type { ReactNode } from "react";
import { WalletSlot } from "../_wallet/WalletSlot.tsx";
import { Navigation } from "./Navigation.tsx";
import type { Runtime } from "./runtime.ts";
import styles from "./shell.module.css";

/** Header, sandbox label, page and footer. */
export function Shell({ runtime, children }: { readonly runtime: Runtime; readonly children: ReactNode }) {
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      {runtime.isSandbox && (
        <div className={styles.sandbox}>
          <strong>SANDBOX</strong>
          Play money, and stand-ins for GitHub and Sigstore. Nothing here proves anything to anybody else.
        </div>
      )}
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link href="/" className={styles.brand}>
            <Mark />
            Pawl
          </Link>
          <Navigation />
          <div className={styles.wallet}>
            <WalletSlot runtime={runtime} />
          </div>
        </div>
      </header>
      <main id="main" className={styles.main}>
        {children}
      </main>
      <footer className={styles.footer}>
        <div>
          <p>
            A step is paid only when anyone can check that a pinned workflow commit ran, under a pinned policy, on the
            intended run, as the next link of its state chain. Pawl does not say whether a workload&rsquo;s output is
            true.
          </p>
          <p>
            Chain {runtime.deployment.chainId} · escrow <code>{runtime.deployment.escrow}</code>
          </p>
        </div>
      </footer>
    </>
  );
}

/** A ratchet tooth and its catch. */
function Mark() {
  return (
    <svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true" fill="none" strokeWidth="2">
      <path d="M2 22 8 12v10l6-10v10l6-10v10h4" stroke="currentColor" strokeLinejoin="round" />
      <path d="M3 5c6-2 12 0 15 6" stroke="var(--accent)" strokeLinecap="round" />
      <circle cx="4" cy="5" r="2" fill="var(--accent)" />
    </svg>
  );
}
