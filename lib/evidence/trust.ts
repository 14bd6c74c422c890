import { readFile } from "node:fs/promises";
import { evidenceError } from "./errors.ts";
import {
  GITHUB_ACTIONS_ISSUER,
  GITHUB_SERVER_URL,
  parseTrustedRoot,
  productionRoot,
  type TrustPolicy,
  type TrustProfile,
} from "./trustedRoot.ts";

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
  const parsed = root === "production" ? productionRoot() : parseTrustedRoot(await readRootFile(root));
  return { profile, root: parsed, issuer, serverUrl: GITHUB_SERVER_URL };
}

async function readRootFile(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw evidenceError("TRUSTED_ROOT_NOT_BUILT_IN", { root: path }, cause);
  }
}
