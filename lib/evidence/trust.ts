import { readFile } from "node:fs/promises";
import { sha256Hex } from "../core/hash.ts";
import { evidenceError } from "./errors.ts";
import {
  GITHUB_ACTIONS_ISSUER,
  GITHUB_SERVER_URL,
  type ParsedTrustedRoot,
  parseTrustedRoot,
  productionRoot,
  type TrustPolicy,
  type TrustProfile,
} from "./trustedRoot.ts";

const CLOCK_SKEW_SECONDS = 300;

/**
 * Loads what a process trusts. `root` is `production`, or the path of a `trusted_root.json`. GitHub's private root is
 * not in any package; `gh attestation trusted-root` prints it.
 *
 * @throws TRUSTED_ROOT_NOT_BUILT_IN, TRUSTED_ROOT_MALFORMED, TRUSTED_ROOT_UNDATED, TRUSTED_ROOT_CHANGED
 */
export async function loadTrust(options: {
  readonly root: string;
  readonly profile: TrustProfile;
  readonly issuer?: string;
}): Promise<TrustPolicy> {
  const { root, profile, issuer = GITHUB_ACTIONS_ISSUER } = options;
  const parsed = root === "production" ? productionRoot() : parsedOnce(await readRootFile(root));
  return { profile, root: parsed, issuer, serverUrl: GITHUB_SERVER_URL };
}

const MAX_PARSED = 8;
const parsedRoots = new Map<string, ParsedTrustedRoot>();

/** A server reads its root's file for every verification, so that a new one counts at once; its keys it reads once. */
function parsedOnce(bytes: Uint8Array): ParsedTrustedRoot {
  const hash = sha256Hex(bytes);
  const root = parsedRoots.get(hash) ?? parseTrustedRoot(bytes);
  if (parsedRoots.size >= MAX_PARSED) parsedRoots.clear();
  parsedRoots.set(hash, root);
  return root;
}

/**
 * Refuses a root that nobody has stood by for longer than a policy allows.
 *
 * @param stoodByAt unix seconds at which its mirror, or this version's review, last stood by it; null where nobody knows
 * @throws TRUSTED_ROOT_STALE, TRUSTED_ROOT_AGE_UNKNOWN
 */
export function checkRootAge(stoodByAt: number | null, maxAgeSeconds: number, now: number): void {
  if (stoodByAt === null) throw evidenceError("TRUSTED_ROOT_AGE_UNKNOWN");
  const age = now - stoodByAt;
  // A root of the future was kept by another clock: how old it is, this one cannot say.
  if (age > maxAgeSeconds || age < -CLOCK_SKEW_SECONDS) {
    throw evidenceError("TRUSTED_ROOT_STALE", { expected: `at most ${maxAgeSeconds} s`, actual: age });
  }
}

async function readRootFile(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw evidenceError("TRUSTED_ROOT_NOT_BUILT_IN", { root: path }, cause);
  }
}
