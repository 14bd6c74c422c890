import { type Command, InvalidArgumentError, Option } from "commander";
import { findPawlError } from "#lib/core/error.ts";
import { evidenceError } from "#lib/evidence/errors.ts";
import { checkRootAge, loadTrust } from "#lib/evidence/trust.ts";
import {
  GITHUB_ACTIONS_ISSUER,
  GITHUB_SERVER_URL,
  PRODUCTION_ROOT_REVIEWED_AT,
  type TrustPolicy,
  type TrustProfile,
} from "#lib/evidence/trustedRoot.ts";

/** Which trusted root a command uses, and where from. Pinned and offline unless asked for otherwise. */
export type RootOptions = {
  readonly root: "production" | "github";
  readonly trustedRoot?: string;
  readonly refreshRoot?: boolean;
  readonly keptRoot?: boolean;
  readonly pinnedIfUnreachable?: boolean;
  /** Seconds. */
  readonly maxRootAge?: number;
  readonly mirror?: string;
  readonly firstRoot?: string;
  readonly rootCache?: string;
};

export type RootOrigin = {
  readonly source: "pinned" | "file" | "refreshed" | "kept";
  /** Unix seconds; null where nobody knows. */
  readonly stoodByAt: number | null;
  /** Why the pinned root, or the last one kept, stands in for a refreshed one. */
  readonly instead: string | null;
};

export function rootOptions(command: Command): Command {
  return mirrorOptions(command)
    .addOption(
      new Option("--trusted-root <file>", "trusted_root.json to use instead").conflicts(["refreshRoot", "keptRoot"]),
    )
    .addOption(new Option("--refresh-root", "ask the instance's mirror for its current root").conflicts("keptRoot"))
    .option("--kept-root", "use the root that was last refreshed, offline")
    .option(
      "--pinned-if-unreachable",
      "with --refresh-root: when the mirror does not answer, use the pinned root, or the kept one if newer",
    )
    .option("--max-root-age <days>", "refuse a root that nobody has stood by for longer", parseDays);
}

/** What it takes to speak with a mirror. */
export function mirrorOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--root <name>", "instance: Sigstore's public one, or GitHub's for private repositories")
        .choices(["production", "github"])
        .default("production"),
    )
    .option("--mirror <url>", "the instance's TUF mirror, where it is another one")
    .option("--first-root <file>", "root.json to begin with, for a mirror that is not built in")
    .option("--root-cache <folder>", "where refreshed roots are kept");
}

/** @throws TRUSTED_ROOT_*, TUF_* */
export async function trustOf(
  options: RootOptions & { readonly profile?: TrustProfile; readonly issuer?: string },
  now: number,
): Promise<{ readonly trust: TrustPolicy; readonly origin: RootOrigin }> {
  const profile = options.profile ?? (options.root === "github" ? "github-private" : "public-good");
  const { issuer } = options;
  const { trustedRoot, maxRootAge } = options;
  const load = async (root: string, origin: RootOrigin) => ({
    trust: await loadTrust({ root, profile, ...(issuer !== undefined && { issuer }) }),
    origin,
  });
  const pinned = (instead: string | null) =>
    load(options.root, { source: "pinned", stoodByAt: PRODUCTION_ROOT_REVIEWED_AT, instead });
  const loaded =
    trustedRoot !== undefined
      ? await load(trustedRoot, { source: "file", stoodByAt: null, instead: null })
      : options.refreshRoot || options.keptRoot
        ? await fromMirror(options, { profile, issuer: issuer ?? GITHUB_ACTIONS_ISSUER }, now, pinned)
        : await pinned(null);
  if (maxRootAge !== undefined) checkRootAge(loaded.origin.stoodByAt, maxRootAge, now);
  return loaded;
}

async function fromMirror(
  options: RootOptions,
  policy: Pick<TrustPolicy, "profile" | "issuer">,
  now: number,
  pinned: (instead: string) => Promise<{ readonly trust: TrustPolicy; readonly origin: RootOrigin }>,
) {
  const { defaultRootCache, keptRoot, refreshRoot, tufMirrors } = await import("#lib/evidence/tufRoot.ts");
  const mirror = options.mirror ?? tufMirrors[options.root];
  const at = { mirror, cache: options.rootCache ?? defaultRootCache() };
  try {
    const { firstRoot } = options;
    const { root, refreshedAt } = options.refreshRoot
      ? await refreshRoot({ ...at, ...(firstRoot !== undefined && { firstRoot }), now })
      : await keptRoot(at);
    const source = options.refreshRoot ? "refreshed" : "kept";
    const origin: RootOrigin = { source, stoodByAt: refreshedAt, instead: null };
    return { trust: { ...policy, root, serverUrl: GITHUB_SERVER_URL }, origin };
  } catch (thrown) {
    // Only silence may be answered with a root that is here already: a mirror that lies is a reason to stop.
    const error = findPawlError(thrown);
    if (!options.pinnedIfUnreachable || error?.code !== "TUF_UNREACHABLE") throw thrown;
    const kept = await keptIfAny(() => keptRoot(at));
    if (kept === undefined || kept.refreshedAt <= PRODUCTION_ROOT_REVIEWED_AT) return pinned(error.code);
    const origin: RootOrigin = { source: "kept", stoodByAt: kept.refreshedAt, instead: error.code };
    return { trust: { ...policy, root: kept.root, serverUrl: GITHUB_SERVER_URL }, origin };
  }
}

/** Undefined where none was ever kept; one that is broken is a reason to stop. */
async function keptIfAny<R>(kept: () => Promise<R>): Promise<R | undefined> {
  try {
    return await kept();
  } catch (thrown) {
    if (findPawlError(thrown)?.code === "TUF_NEVER_REFRESHED") return undefined;
    throw thrown;
  }
}

/** `pinned with this version, 12 days ago`. */
export function describeOrigin({ source, stoodByAt, instead }: RootOrigin, now: number): string {
  const age = stoodByAt === null ? "" : `, ${ageOf(now - stoodByAt)}`;
  const described = {
    pinned: `pinned with this version${age}`,
    file: "from a file, of unknown age",
    refreshed: "refreshed just now",
    kept: `last refreshed${age}`,
  }[source];
  return instead === null ? described : `${described} (in place of a refreshed one: ${instead})`;
}

function ageOf(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  return days < 1 ? "today" : days === 1 ? "a day ago" : `${days} days ago`;
}

function parseDays(text: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new InvalidArgumentError("Expected a number of days.");
  return Number(text) * 86_400;
}

/** Options that only make sense together. @throws ROOT_OPTION_UNUSED */
export function checkRootOptions(options: RootOptions): void {
  const needs = (option: keyof RootOptions, needed: keyof RootOptions) => {
    if (options[option] !== undefined && options[needed] === undefined) {
      throw evidenceError("ROOT_OPTION_UNUSED", { option, needs: needed });
    }
  };
  needs("pinnedIfUnreachable", "refreshRoot");
  needs("firstRoot", "refreshRoot");
  if (options.refreshRoot === undefined) {
    needs("mirror", "keptRoot");
    needs("rootCache", "keptRoot");
  }
}
