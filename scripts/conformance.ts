import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { systemClock } from "#lib/core/effects.ts";
import { findPawlError, PawlError } from "#lib/core/error.ts";
import { evidenceError } from "#lib/evidence/errors.ts";
import type { ArtifactDigest } from "#lib/evidence/inToto.ts";
import { verifyKeyedBundle } from "#lib/evidence/keyedBundle.ts";
import type { VerificationReport } from "#lib/evidence/report.ts";
import { GITHUB_SERVER_URL, parseTrustedRoot, productionRoot, type TrustPolicy } from "#lib/evidence/trustedRoot.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";

/**
 * The client that Sigstore's conformance suite drives. Exit code 0: verified; 1: refused, with the reason on stderr.
 *
 *   node scripts/conformance.ts verify-bundle [--staging] --bundle FILE
 *     (--certificate-identity URI --certificate-oidc-issuer URL | --key FILE) [--trusted-root FILE] FILE_OR_DIGEST
 *
 * Source: sigstore/sigstore-conformance `docs/cli_protocol.md`.
 */
const options = {
  bundle: { type: "string" },
  "certificate-identity": { type: "string" },
  "certificate-oidc-issuer": { type: "string" },
  key: { type: "string" },
  "trusted-root": { type: "string" },
  staging: { type: "boolean" },
} as const;

/** Codes of everything that failed; none where the bundle is accepted. @throws where the arguments make no sense */
export function conformanceCodes(args: readonly string[], now: number): readonly string[] {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [command, subject] = positionals;
  if (command !== "verify-bundle" || subject === undefined || positionals.length !== 2 || !values.bundle) {
    throw new TypeError("expected: verify-bundle --bundle FILE [options] FILE_OR_DIGEST");
  }
  try {
    const about = { bundle: readFileSync(values.bundle), ...aboutOf(subject) };
    const trust = trustOf(values);
    if (values.key !== undefined) {
      verifyKeyedBundle(about, { key: readFileSync(values.key, "utf8"), trust }, now);
      return [];
    }
    const san = values["certificate-identity"];
    if (!san || !values["certificate-oidc-issuer"]) throw new TypeError("an identity and its issuer are needed");
    // The suite's statements carry predicates of other runs; it judges signature and identity alone.
    const report = verifyAttestation(about, { trust, identity: { san }, predicate: "ignored" }, now);
    return refusalCodes(report);
  } catch (thrown) {
    const error = findPawlError(thrown);
    if (error === undefined) throw thrown;
    return [error.code];
  }
}

/** The verdict decides; a refusal that no failed check explains is one all the same. */
export function refusalCodes({ verdict, checks }: Pick<VerificationReport, "verdict" | "checks">): readonly string[] {
  if (verdict === "passed") return [];
  const codes = checks.flatMap(({ status, code }) => (status === "failed" && code !== null ? [code] : []));
  return codes.length === 0 ? [evidenceError("VERIFICATION_FAILED").code] : codes;
}

function trustOf(values: {
  readonly "certificate-oidc-issuer"?: string;
  readonly "trusted-root"?: string;
  readonly staging?: boolean;
}): TrustPolicy {
  const file = values["trusted-root"];
  if (file === undefined && values.staging) throw evidenceError("TRUSTED_ROOT_NOT_BUILT_IN", { root: "staging" });
  return {
    profile: "public-good",
    root: file === undefined ? productionRoot() : parseTrustedRoot(readFileSync(file)),
    issuer: values["certificate-oidc-issuer"] ?? "",
    serverUrl: GITHUB_SERVER_URL,
  };
}

/** A digest is told from a path by its form, unless a file of that very name lies there. */
function aboutOf(subject: string): { readonly artifact: Uint8Array } | { readonly digest: ArtifactDigest } {
  const value = /^sha256:(?<value>[0-9a-f]{64})$/.exec(subject)?.groups?.value;
  if (value === undefined || existsSync(subject)) return { artifact: readFileSync(subject) };
  return { digest: { algorithm: "sha256", value } };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    const codes = conformanceCodes(process.argv.slice(2), systemClock());
    if (codes.length > 0) console.error(`refused: ${codes.join(", ")}`);
    process.exitCode = codes.length === 0 ? 0 : 1;
  } catch (thrown) {
    console.error(thrown instanceof PawlError ? thrown.code : thrown instanceof Error ? thrown.message : thrown);
    process.exitCode = 1;
  }
}
