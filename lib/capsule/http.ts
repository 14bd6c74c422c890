import { readFile } from "node:fs/promises";
import { findPawlError } from "../core/error.ts";
import type { Route } from "../core/http.ts";
import { readAllowlist } from "./allowlist.ts";
import { capsuleError } from "./errors.ts";

/** Where a host publishes whom it trusts to sign capsules (RFC 8615). */
export const SIGNERS_PATH = "/.well-known/capsule-signers";

/**
 * Publishes the allowlist in a file, byte for byte, so that its digest is the one that DNS names. The file is read for
 * each request: replacing it needs no restart.
 *
 * @param file none: this host publishes nothing
 */
export function signerRoutes(file: string | undefined): readonly Route[] {
  const handler = async () => {
    if (file === undefined) throw capsuleError("ALLOWLIST_NOT_PUBLISHED");
    const bytes = await readServed(file);
    return new Response(Buffer.from(bytes), {
      headers: {
        "content-type": "application/json",
        "cache-control": "public, max-age=300",
        "x-content-type-options": "nosniff",
      },
    });
  };
  // The second path is where the market's rewrite of the first one leads.
  return [SIGNERS_PATH, "/v1/capsule-signers"].map((path) => ({ method: "GET", path, handler }) as const);
}

async function readServed(file: string): Promise<Uint8Array> {
  try {
    const bytes = new Uint8Array(await readFile(file));
    readAllowlist(bytes);
    return bytes;
  } catch (cause) {
    // What the system says of a file names its path: that is for this server's log, not for whoever asks.
    throw capsuleError("ALLOWLIST_NOT_SERVED", { problem: findPawlError(cause)?.code ?? "unreadable" }, cause);
  }
}
