"use client";

import form from "./_components/form.module.css";
import { Empty } from "./_components/parts.tsx";

/** The page's own failure. What went wrong is in the server's log, under the digest. */
export default function PageError({
  error,
  reset,
}: {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}) {
  return (
    <Empty title="This page could not be made">
      <p>
        The server failed while making it{error.digest ? ` (reference ${error.digest})` : ""}. Nothing was sent or
        signed.
      </p>
      <button type="button" className={form.button} onClick={reset}>
        Try again
      </button>
    </Empty>
  );
}
