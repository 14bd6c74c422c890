import { TrustedRoot } from "@sigstore/protobuf-specs";
import seeds from "@sigstore/tuf/seeds.json" with { type: "json" };
import { type TrustMaterial, toTrustMaterial } from "@sigstore/verify";
import type { Hex } from "viem";
import { sha256Hex } from "../core/hash.ts";
import { rememberAuthorities } from "./authorities.ts";
import { evidenceError } from "./errors.ts";
import { parseUnambiguousJson } from "./jsonText.ts";

/**
 * Which evidence an instance gives. `public-good` is Sigstore's public instance: log entry, SCT and signed time.
 * `github-private` is GitHub's own, for private repositories: a timestamp authority and no log. `sandbox` is an
 * instance on one machine; it gives what the public one gives.
 */
export type TrustProfile = "public-good" | "github-private" | "sandbox";

export type Thresholds = { readonly logEntries: 0 | 1; readonly certificateLogs: 0 | 1 };

export const thresholds: Readonly<Record<TrustProfile, Thresholds>> = {
  "public-good": { logEntries: 1, certificateLogs: 1 },
  "github-private": { logEntries: 0, certificateLogs: 0 },
  sandbox: { logEntries: 1, certificateLogs: 1 },
};

/** A trusted root, read once. `hash` is SHA-256 of the document's bytes. */
export type ParsedTrustedRoot = { readonly hash: Hex; readonly material: TrustMaterial };

/** Everything a verdict depends on besides the evidence and what it is held against. */
export type TrustPolicy = {
  readonly profile: TrustProfile;
  readonly root: ParsedTrustedRoot;
  /** The identity provider that must have vouched for a signer, exactly. */
  readonly issuer: string;
  /** What workflow and repository URIs begin with, without a slash at the end. */
  readonly serverUrl: string;
};

export const GITHUB_SERVER_URL = "https://github.com";
export const GITHUB_ACTIONS_ISSUER = "https://token.actions.githubusercontent.com";

const MEDIA_TYPES: ReadonlySet<unknown> = new Set([
  "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  "application/vnd.dev.sigstore.trustedroot.v0.2+json",
]);
const MAX_ROOT_BYTES = 1_048_576;
const MAX_DEPTH = 16;

/**
 * Reads a `trusted_root.json`.
 *
 * @throws TRUSTED_ROOT_MALFORMED, TRUSTED_ROOT_UNDATED, JSON_KEY_REPEATED, JSON_TOO_DEEP
 */
export function parseTrustedRoot(bytes: Uint8Array): ParsedTrustedRoot {
  if (bytes.length > MAX_ROOT_BYTES) throw evidenceError("TRUSTED_ROOT_MALFORMED", { bytes: bytes.length });
  const root = readRoot(bytes);
  const dates = [
    ...[...root.tlogs, ...root.ctlogs].map((log) => ({ name: log.baseUrl, start: log.publicKey?.validFor?.start })),
    ...[...root.certificateAuthorities, ...root.timestampAuthorities].map((authority) => ({
      name: authority.uri,
      start: authority.validFor?.start,
    })),
  ];
  for (const { name, start } of dates) {
    // The library would read a missing start as "since ever".
    if (!(start instanceof Date) || Number.isNaN(start.getTime()))
      throw evidenceError("TRUSTED_ROOT_UNDATED", { name });
  }
  try {
    return { hash: sha256Hex(bytes), material: rememberAuthorities(toTrustMaterial(root)) };
  } catch (cause) {
    throw evidenceError("TRUSTED_ROOT_MALFORMED", { problem: "a key or certificate cannot be read" }, cause);
  }
}

function readRoot(bytes: Uint8Array): TrustedRoot {
  let json: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    json = parseUnambiguousJson(text, MAX_DEPTH);
  } catch (cause) {
    throw evidenceError("TRUSTED_ROOT_MALFORMED", { problem: "not unambiguous JSON" }, cause);
  }
  const mediaType = typeof json === "object" && json !== null ? Reflect.get(json, "mediaType") : undefined;
  if (!MEDIA_TYPES.has(mediaType)) throw evidenceError("TRUSTED_ROOT_MALFORMED", { mediaType: String(mediaType) });
  try {
    return TrustedRoot.fromJSON(json);
  } catch (cause) {
    throw evidenceError("TRUSTED_ROOT_MALFORMED", { problem: "a field is of the wrong form" }, cause);
  }
}

/** SHA-256 of the production root this version was reviewed with; a dependency update cannot change it unseen. */
const PRODUCTION_ROOT_HASH: Hex = "0x6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66";

/** When that was: 2026-11-21, unix seconds. */
export const PRODUCTION_ROOT_REVIEWED_AT = 1_795_219_200;

/**
 * Sigstore's public root, as the TUF client ships it.
 *
 * @throws TRUSTED_ROOT_CHANGED
 */
export function productionRoot(): ParsedTrustedRoot {
  production ??= readProductionRoot();
  return production;
}

let production: ParsedTrustedRoot | undefined;

function readProductionRoot(): ParsedTrustedRoot {
  const encoded = seeds["https://tuf-repo-cdn.sigstore.dev"].targets["trusted_root.json"];
  const bytes = new Uint8Array(Buffer.from(encoded, "base64"));
  const actual = sha256Hex(bytes);
  if (actual !== PRODUCTION_ROOT_HASH) {
    throw evidenceError("TRUSTED_ROOT_CHANGED", { expected: PRODUCTION_ROOT_HASH, actual });
  }
  return parseTrustedRoot(bytes);
}
