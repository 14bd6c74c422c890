import { resolveTxt } from "node:dns/promises";
import { mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Allowlist, type SeenList, seenListSchema, seenOf, verifyAllowlist } from "#lib/capsule/allowlist.ts";
import { capsuleError } from "#lib/capsule/errors.ts";
import { type CapsuleKey, readPublicPem } from "#lib/capsule/keys.ts";
import { type FetchedSigners, fetchSigners, hostOf } from "#lib/capsule/wellKnown.ts";
import { systemClock } from "#lib/core/effects.ts";
import { canonicalBytes, parseCanonical } from "#lib/core/json.ts";
import { evidenceError } from "#lib/evidence/errors.ts";
import { readEvidence, writeEvidence } from "./files.ts";
import type { SignerTrustOptions } from "./signerTrustOptions.ts";

export type SignerTrust = { readonly allowlist?: Allowlist; readonly fetched?: FetchedSigners };

/** @throws ALLOWLIST_*, EVIDENCE_FILE_UNREADABLE, VERIFY_OPTION_UNUSED */
export async function signerTrustOf(options: SignerTrustOptions): Promise<SignerTrust> {
  const { signers, signersHost } = options;
  if (signers === undefined && signersHost === undefined) return {};
  const { allowlist, fetched } = await readList(options);
  return { allowlist, ...(fetched && { fetched }) };
}

/**
 * The list of a file, which is that of the stated host where one is stated; or else the one that the host serves.
 *
 * @throws as {@link signerTrustOf}, CAPSULE_OPTIONS_CONFLICT when neither is given
 */
export async function readList(
  options: SignerTrustOptions,
): Promise<{ readonly allowlist: Allowlist; readonly bytes: Uint8Array; readonly fetched?: FetchedSigners }> {
  const { signers, signersHost } = options;
  if (signers !== undefined) {
    const host = signersHost === undefined ? undefined : hostOf(signersHost);
    const bytes = await readEvidence(signers);
    return { allowlist: await acceptList(bytes, options, host), bytes };
  }
  if (signersHost === undefined) {
    throw capsuleError("CAPSULE_OPTIONS_CONFLICT", { option: "signers", problem: "give a file, a host or both" });
  }
  const fetched = await fetchSigners(signersHost, { resolveTxt });
  return { allowlist: await acceptList(fetched.bytes, options, fetched.host), bytes: fetched.bytes, fetched };
}

/** Verifies a list under the given roots, and remembers it. */
async function acceptList(
  bytes: Uint8Array,
  { signersRoot = [], signersState }: SignerTrustOptions,
  host: string | undefined,
): Promise<Allowlist> {
  const roots = await Promise.all(signersRoot.map(readRoot));
  const now = systemClock();
  const unseen = verifyAllowlist(bytes, { roots, now, host });
  if (signersState === undefined) return unseen;
  const file = join(signersState, `${encodeURIComponent(unseen.list.host)}.json`);
  const allowlist = verifyAllowlist(bytes, { roots, now, host, seen: await readSeen(file) });
  await mkdir(dirname(file), { recursive: true });
  await writeEvidence(`${file}.partial`, canonicalBytes(seenOf(allowlist)));
  await rename(`${file}.partial`, file);
  return allowlist;
}

async function readRoot(file: string): Promise<CapsuleKey> {
  return readPublicPem(Buffer.from(await readEvidence(file)).toString("utf8"));
}

/** Nothing was seen of a host whose file is missing; a file that cannot be read is not the same. */
async function readSeen(file: string): Promise<SeenList | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(file));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw evidenceError("EVIDENCE_FILE_UNREADABLE", { file }, cause);
  }
  return parseCanonical(bytes, seenListSchema, { what: file, maxBytes: 4096 });
}
