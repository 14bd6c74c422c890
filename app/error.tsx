"use client";

import form from "./_components/form.module.css";
import { Empty } from "./_components/parts.tsx";

/** A page's own failure. A digest means that the server made it: what went wrong is in its log, under the digest. */
export default function PageError({
  error,
  reset,
}: {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}) {
  return (
    <Empty title="This page could not be shown">
      <p>
        {error.digest
          ? `The server failed while making it (reference ${error.digest}).`
          : "It failed in this browser, and what was typed into it is lost."}{" "}
        Nothing was signed or sent by that; what you had confirmed in your wallet before stands.
      </p>
      <button type="button" className={form.button} onClick={reset}>
        Try again
      </button>
    </Empty>
  );
}
