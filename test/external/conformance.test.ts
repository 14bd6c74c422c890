import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findPawlError } from "#lib/core/error.ts";
import {
  GITHUB_ACTIONS_ISSUER,
  GITHUB_SERVER_URL,
  parseTrustedRoot,
  productionRoot,
} from "#lib/evidence/trustedRoot.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";
import { externalCases } from "./external.fixture.ts";

/** The Sigstore conformance suite's cases for verification, each with its artifact given as a file. */

const BEACON =
  "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";

/** Bundles with a bare key: the suite accepts them, evidence must not (they do not say which workflow signed). */
const refusedHere: ReadonlySet<string> = new Set(["managed-key-happy-path", "managed-key-and-trusted-root"]);

const { path, present } = externalCases(
  "Sigstore conformance",
  "sigstore/conformance/bundle-verify",
  (folder) => casesIn(folder).length,
);

function casesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** Codes of what failed; empty when the case was accepted. */
function verify(name: string): readonly string[] {
  const file = (part: string) => {
    const full = join(path, name, part);
    return existsSync(full) ? readFileSync(full) : undefined;
  };
  const root = file("trusted_root.json");
  try {
    const report = verifyAttestation(
      {
        bundle: readFileSync(join(path, name, "bundle.sigstore.json")),
        artifact: file("artifact") ?? readFileSync(join(path, "a.txt")),
      },
      {
        trust: {
          profile: "public-good",
          root: root ? parseTrustedRoot(root) : productionRoot(),
          issuer: file("issuer")?.toString().trim() ?? GITHUB_ACTIONS_ISSUER,
          serverUrl: GITHUB_SERVER_URL,
        },
        identity: { san: file("identity")?.toString().trim() ?? BEACON },
        // The suite's statements carry predicates of other runs; it judges signature and identity alone.
        predicate: "ignored",
      },
      1_800_000_000,
    );
    return report.checks.flatMap(({ status, code }) => (status === "failed" ? [code ?? ""] : []));
  } catch (thrown) {
    // Only the trusted root is read outside the report.
    return [findPawlError(thrown)?.code ?? "untyped"];
  }
}

describe.runIf(present)("Sigstore conformance", () => {
  for (const name of present ? casesIn(path) : []) {
    const accepted = !name.endsWith("_fail") && !refusedHere.has(name);
    it(`${accepted ? "accepts" : "refuses"} ${name}`, () => {
      const codes = verify(name);
      if (accepted) expect(codes).toEqual([]);
      else expect(codes.length).toBeGreaterThan(0);
      expect(codes).not.toContain("untyped");
      expect(codes).not.toContain("EVIDENCE_UNREADABLE");
    });
  }
});
