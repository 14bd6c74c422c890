"use client";

import { useState } from "react";
import styles from "./proof.module.css";

/** Copies a value that is shown shortened. */
export function CopyButton({ value, name }: { readonly value: string; readonly name: string }) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setState("copied");
    } catch {
      // A browser may not let a page write there; the value is whole in the title.
      setState("refused");
    }
  };
  return (
    <button type="button" className={styles.copy} onClick={() => void copy()} aria-label={`Copy: ${name}`}>
      <span aria-live="polite">{state === "copied" ? "copied" : state === "refused" ? "not allowed" : "copy"}</span>
    </button>
  );
}
