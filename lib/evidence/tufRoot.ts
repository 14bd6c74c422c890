import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { initTUF } from "@sigstore/tuf";
import { z } from "zod";
import { canonicalBytes, parseCanonical } from "../core/json.ts";
import { type EvidenceErrorCode, evidenceError } from "./errors.ts";
import { type ParsedTrustedRoot, parseTrustedRoot } from "./trustedRoot.ts";

/**
 * Trusted roots through TUF (The Update Framework). The client checks signatures, versions and expiry and keeps what it
 * has seen, so that a mirror can neither forge a root nor go back to an older one. What it accepted is kept beside it
 * with the time, so that a later verification can use it offline and say how old it is.
 */
export const tufMirrors = {
  production: "https://tuf-repo-cdn.sigstore.dev",
  /** Its first root is in no package: pass it, as `gh` ships it. */
  github: "https://tuf-repo.github.com",
} as const;

export type RefreshedRoot = {
  readonly root: ParsedTrustedRoot;
  /** Unix seconds at which the mirror last stood by it. */
  readonly refreshedAt: number;
};

const TARGET = "trusted_root.json";
const TIMEOUT_MILLISECONDS = 5_000;
const RETRIES = 2;
const MAX_RECORD_BYTES = 2_097_152;

const recordSchema = z.strictObject({
  v: z.literal(1),
  mirror: z.string(),
  refreshedAt: z.int().min(1),
  trustedRoot: z.base64(),
});

/** Where roots are kept unless told otherwise: `$XDG_CACHE_HOME/pawl/tuf`, or below `~/.cache`. */
export function defaultRootCache(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pawl", "tuf");
}

/**
 * Asks a mirror for its current root, keeps it, and gives it back.
 *
 * @param options.cache folder of what was seen; without it nothing protects against going back
 * @param options.firstRoot path of the first `root.json`, for a mirror that is not built in and was never asked before
 * @param options.now unix seconds, written down with the root; whether metadata has expired is judged by the system clock
 * @throws TUF_*, TRUSTED_ROOT_*
 */
export async function refreshRoot(options: {
  readonly mirror: string;
  readonly cache: string;
  readonly firstRoot?: string;
  readonly retries?: number;
  readonly now: number;
}): Promise<RefreshedRoot> {
  const { mirror, cache, firstRoot, now } = options;
  let text: string;
  try {
    const client = await initTUF({
      mirrorURL: mirror,
      cachePath: cache,
      timeout: TIMEOUT_MILLISECONDS,
      retry: options.retries ?? RETRIES,
      ...(firstRoot !== undefined && { rootPath: firstRoot }),
    });
    text = await client.getTarget(TARGET);
  } catch (cause) {
    throw evidenceError(codeOf(cause), { mirror, problem: messagesOf(cause).join(": ") }, cause);
  }
  const bytes = new TextEncoder().encode(text);
  const root = parseTrustedRoot(bytes);
  const trustedRoot = Buffer.from(bytes).toString("base64");
  const record = canonicalBytes({ v: 1, mirror, refreshedAt: now, trustedRoot });
  const file = recordFile(cache, mirror);
  await mkdir(cache, { recursive: true });
  await writeFile(`${file}.new`, record);
  await rename(`${file}.new`, file);
  return { root, refreshedAt: now };
}

/** The root that {@link refreshRoot} last kept. Nothing is fetched. @throws TUF_NEVER_REFRESHED, TUF_METADATA_INVALID */
export async function keptRoot(options: { readonly mirror: string; readonly cache: string }): Promise<RefreshedRoot> {
  const { mirror, cache } = options;
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(recordFile(cache, mirror)));
  } catch (cause) {
    throw evidenceError("TUF_NEVER_REFRESHED", { mirror, cache }, cause);
  }
  try {
    const record = parseCanonical(bytes, recordSchema, { what: "kept root", maxBytes: MAX_RECORD_BYTES });
    if (record.mirror !== mirror) throw new TypeError("it is another mirror's");
    const root = parseTrustedRoot(new Uint8Array(Buffer.from(record.trustedRoot, "base64")));
    return { root, refreshedAt: record.refreshedAt };
  } catch (cause) {
    throw evidenceError("TUF_METADATA_INVALID", { mirror, problem: messagesOf(cause).join(": ") }, cause);
  }
}

function recordFile(cache: string, mirror: string): string {
  return join(cache, `${encodeURIComponent(mirror)}.kept.json`);
}

/**
 * The client's errors have no codes, and those of snapshot and targets are only text inside another. Whatever is not
 * known here is an invalid answer, never an accepted one.
 */
const reasons: readonly (readonly [EvidenceErrorCode, RegExp])[] = [
  ["TUF_EXPIRED", /\bis expired\b/],
  [
    "TUF_ROLLED_BACK",
    /less than current version|match(?: the)? (?:snapshot|timestamp)|doesn't match timestamp|Expected version/,
  ],
  ["TUF_SIGNATURE_INVALID", /was signed by|no signature for key|failed to verify \S+ signature/],
  ["TUF_UNREACHABLE", /fetch failed|Failed to download|aborted due to timeout|ECONNREFUSED|ENOTFOUND|EAI_AGAIN/],
];

function codeOf(cause: unknown): EvidenceErrorCode {
  const text = messagesOf(cause).join("\n");
  return reasons.find(([, pattern]) => pattern.test(text))?.[0] ?? "TUF_METADATA_INVALID";
}

function messagesOf(thrown: unknown): string[] {
  const messages: string[] = [];
  for (let current = thrown; current instanceof Error && messages.length < 8; current = current.cause) {
    messages.push(current.message);
  }
  return messages;
}
