import type { Hex } from "viem";
import { MAX_ALLOWLIST_BYTES } from "./allowlist.ts";
import { sha256Of } from "./digest.ts";
import { capsuleError } from "./errors.ts";
import { SIGNERS_PATH } from "./http.ts";

/** Answers a TXT query: records, each in its pieces, as `node:dns` gives them. Rejects with a `code` as that does. */
export type ResolveTxt = (name: string) => Promise<readonly (readonly string[])[]>;

export type FetchedSigners = {
  readonly bytes: Uint8Array;
  /** `host:port` in the form that a list names. */
  readonly host: string;
  readonly digest: Hex;
  /** `matched`: the host's DNS names this digest. `absent`: it names none. `not asked`: this machine has no DNS. */
  readonly dns: "matched" | "absent" | "not asked";
};

const TIMEOUT_MS = 15_000;
const DNS_PREFIX = "_pawl-capsule-signers.";
const DIGEST = /^sha256=([0-9a-f]{64})$/;
const LOOPBACK = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;

/**
 * Fetches a host's allowlist, and compares it with the digest in the host's DNS where there is one: whoever takes over
 * the web server alone is then seen. What comes back is not yet verified.
 *
 * @param where a host, or an origin: `https` only, but for this machine
 * @param options.requireDns refuses a host whose DNS names no digest
 * @throws ALLOWLIST_HOST_REFUSED, ALLOWLIST_UNREACHABLE, ALLOWLIST_DNS_MISMATCH
 */
export async function fetchSigners(
  where: string,
  options: { readonly resolveTxt: ResolveTxt; readonly fetch?: typeof fetch; readonly requireDns?: boolean },
): Promise<FetchedSigners> {
  const origin = originOf(where);
  const bytes = await download(`${origin.origin}${SIGNERS_PATH}`, options.fetch ?? fetch);
  const digest = sha256Of(bytes);
  const isLocal = LOOPBACK.test(origin.hostname);
  const dns = isLocal ? "not asked" : await crossCheck(origin.hostname, digest, options.resolveTxt);
  if (options.requireDns && dns !== "matched") {
    throw capsuleError("ALLOWLIST_DNS_MISMATCH", { expected: digest, actual: dns });
  }
  return { bytes, host: origin.host, digest, dns };
}

/** The host of an origin, as a list names it: for a list that was got otherwise. @throws ALLOWLIST_HOST_REFUSED */
export function hostOf(where: string): string {
  return originOf(where).host;
}

function originOf(where: string): URL {
  const refused = (problem: string) => capsuleError("ALLOWLIST_HOST_REFUSED", { host: where, problem });
  const url = URL.parse(where.includes("://") ? where : `https://${where}`);
  if (!url) throw refused("not a host");
  if (url.pathname !== "/" || url.search || url.hash || url.username || url.password) throw refused("more than a host");
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname));
  if (!isSafe) throw refused("not https");
  return url;
}

async function download(url: string, send: typeof fetch): Promise<Uint8Array> {
  try {
    const response = await send(url, {
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      // Another host's list is not this one's.
      redirect: "error",
    });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw capsuleError("ALLOWLIST_UNREACHABLE", { url, status: response.status });
    }
    const chunks: Uint8Array[] = [];
    let total = 0;
    for await (const chunk of response.body) {
      total += chunk.length;
      if (total > MAX_ALLOWLIST_BYTES) {
        throw capsuleError("ALLOWLIST_UNREACHABLE", { url, problem: "too large", maxBytes: MAX_ALLOWLIST_BYTES });
      }
      chunks.push(chunk);
    }
    return new Uint8Array(Buffer.concat(chunks));
  } catch (cause) {
    if (cause instanceof Error && cause.name === "PawlError") throw cause;
    throw capsuleError("ALLOWLIST_UNREACHABLE", { url }, cause);
  }
}

async function crossCheck(hostname: string, digest: Hex, resolveTxt: ResolveTxt): Promise<"matched" | "absent"> {
  const name = `${DNS_PREFIX}${hostname}`;
  let records: readonly (readonly string[])[];
  try {
    records = await resolveTxt(name);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENODATA" || code === "ENOTFOUND") return "absent";
    // Whoever can make DNS fail must not be able to switch the cross-check off.
    throw capsuleError("ALLOWLIST_UNREACHABLE", { name, problem: "DNS did not answer" }, cause);
  }
  const named = records.map((pieces) => pieces.join("")).filter((text) => text.startsWith("sha256="));
  if (named.length === 0) return "absent";
  // Two records while one list replaces another.
  if (named.some((text) => `0x${DIGEST.exec(text)?.[1]}` === digest)) return "matched";
  throw capsuleError("ALLOWLIST_DNS_MISMATCH", { name, expected: named.join(", "), actual: digest });
}
