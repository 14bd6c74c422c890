import type { Hex } from "viem";
import { evidenceHash } from "../../capsule/capsule.ts";
import type { WatchedClaim } from "./claim.ts";
import { watchError } from "./errors.ts";

/** As much as a capsule that is opened in memory can have. */
const MAX_CAPSULE_BYTES = 268_435_456;
const TIMEOUT_MS = 60_000;

export type CapsuleSource = {
  /** Servers that are asked for every claim, by their own address of its capsule. */
  readonly services: readonly string[];
  readonly fetch: typeof fetch;
};

/**
 * The capsule that a claim's verifier approved, from whoever serves it: whose bytes they are is told by their hash alone.
 *
 * @throws WATCH_CAPSULE_UNREACHABLE, WATCH_CAPSULE_OTHER_BYTES
 */
export async function fetchCapsule(
  claim: Pick<WatchedClaim, "permitHash" | "evidenceHash" | "evidenceLocator">,
  source: CapsuleSource,
  signal: AbortSignal,
): Promise<Uint8Array> {
  let other: Hex | undefined;
  for (const url of addressesOf(claim, source.services)) {
    const bytes = await read(url, source.fetch, signal);
    if (bytes === undefined) continue;
    const hash = evidenceHash(bytes);
    if (hash === claim.evidenceHash) return bytes;
    other = hash;
  }
  signal.throwIfAborted();
  if (other !== undefined) {
    throw watchError("WATCH_CAPSULE_OTHER_BYTES", { expected: claim.evidenceHash, actual: other });
  }
  throw watchError("WATCH_CAPSULE_UNREACHABLE", { permitHash: claim.permitHash });
}

/**
 * Where to ask: the services first, then the claim's own word. That word is a stranger's, so it leads to https only,
 * whose certificates keep it from whatever listens inside the watcher's own network, or to a service that was named.
 */
export function addressesOf(
  { permitHash, evidenceLocator }: Pick<WatchedClaim, "permitHash" | "evidenceLocator">,
  services: readonly string[],
): readonly string[] {
  const bases = services.map((service) => service.replace(/\/+$/, ""));
  const origins = new Set(bases.map((base) => new URL(base).origin));
  const known = bases.map((base) => `${base}/v1/permits/${permitHash}/capsule`);
  const relativeTo = evidenceLocator === "" ? [] : URL.canParse(evidenceLocator) ? [undefined] : bases;
  const named = relativeTo.flatMap((base) => {
    const url = URL.parse(evidenceLocator, base);
    if (url === null || url.username !== "" || url.password !== "") return [];
    const isService = url.protocol === "http:" && origins.has(url.origin);
    return url.protocol === "https:" || isService ? [url.href] : [];
  });
  return [...new Set([...known, ...named])];
}

/** Undefined where there is nothing to be had. */
async function read(url: string, request: typeof fetch, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    // A redirect would lead past the rule for addresses.
    const response = await request(url, { signal: limit, redirect: "error" });
    if (!response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > MAX_CAPSULE_BYTES) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}
