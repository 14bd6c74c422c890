import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ExpectedIdentity } from "#lib/evidence/identity.ts";
import {
  GITHUB_ACTIONS_ISSUER,
  GITHUB_SERVER_URL,
  parseTrustedRoot,
  productionRoot,
  type TrustPolicy,
  type TrustProfile,
} from "#lib/evidence/trustedRoot.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";
import { externalCases } from "./external.fixture.ts";

/** Real bundles found in public projects. Each is accepted or refused for a reason that its certificate gives. */

type Root = "production" | "github" | "staging";
type Case = {
  /** The instance that made it. */
  readonly root: Root;
  /** Failing check and its code; without, the bundle is accepted. */
  readonly refused?: { readonly check: string; readonly code: string };
  readonly why: string;
};

const cases: Readonly<Record<string, Case>> = {
  "npm-sigstore-0.4.0-v01-slsa02": {
    root: "production",
    refused: { check: "bundle", code: "ATTESTATION_PROOF_MISSING" },
    why: "of 2023-01: a promise without an inclusion proof, and a certificate without .8",
  },
  "npm-sigstore-2.0.0-v01-slsa1": { root: "production", why: "v0.1 with promise, proof and all extensions" },
  "npm-sigstore-2.1.0-v03-slsa1": { root: "production", why: "v0.3 with an intoto entry" },
  "npm-supreme-googles-v02-tag": {
    root: "production",
    refused: { check: "bundle", code: "ATTESTATION_PROOF_MISSING" },
    why: "a promise without an inclusion proof",
  },
  "gh-attest-reusable-workflow-v03": { root: "production", why: "signed inside a reusable workflow called by commit" },
  "gh-attest-private-tsa-only-v03": { root: "github", why: "private repository: GitHub's CA and timestamp, no log" },
  "gh-release-attestation-no-oidc-v03": {
    root: "github",
    refused: { check: "signing-certificate", code: "LEAF_LIFETIME_EXCEEDED" },
    why: "signed by a service with a certificate of one year and no identity of a run",
  },
  "bcr-MODULE-wrong-signer": {
    root: "production",
    refused: { check: "predicate", code: "PREDICATE_CONTRADICTS_CERTIFICATE" },
    why: "a forged predicate that names another project's run",
  },
  "conda-prefix-dev-v03": { root: "production", why: "v0.3 with a predicate of conda's" },
  "pypi-rfc8785-v02-msgsig": {
    root: "production",
    refused: { check: "signature", code: "ARTIFACT_REQUIRED" },
    why: "signs an artifact directly, which is not here",
  },
  "oidc-beacon-rekor2-dsse-staging": { root: "staging", why: "second-generation log with a timestamp authority" },
};

const { path, present } = externalCases("real bundles", "sigstore/bundles", (folder) => bundlesIn(folder).length);
const now = 1_800_000_000;

function bundlesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((file) => /^(.+)\.sigstore\.json$/.exec(file)?.[1] ?? []);
}

function trustIn(root: Root): TrustPolicy {
  const bytes = readFileSync(join(path, "..", `trusted_root.${root}.json`));
  const profile: TrustProfile = root === "github" ? "github-private" : "public-good";
  return { profile, root: parseTrustedRoot(bytes), issuer: GITHUB_ACTIONS_ISSUER, serverUrl: GITHUB_SERVER_URL };
}

function verify(name: string, root: Root, identity: ExpectedIdentity = {}) {
  const artifactFile = join(path, `${name}.artifact`);
  const bundle = readFileSync(join(path, `${name}.sigstore.json`));
  return verifyAttestation(
    { bundle, ...(existsSync(artifactFile) && { artifact: readFileSync(artifactFile) }) },
    { trust: trustIn(root), identity },
    now,
  );
}

describe.runIf(present)("real bundles", () => {
  it("all have a stated expectation", () => {
    expect(bundlesIn(path).sort()).toEqual(Object.keys(cases).sort());
  });

  for (const [name, { root, refused, why }] of Object.entries(cases)) {
    it(`${refused ? "refuses" : "accepts"} ${name}: ${why}`, () => {
      const report = verify(name, root);
      const failed = report.checks.filter(({ status }) => status === "failed");
      if (refused) {
        expect(failed).toContainEqual(expect.objectContaining({ name: refused.check, code: refused.code }));
        expect(report.verdict).toBe("failed");
      } else {
        expect(failed).toEqual([]);
        expect(report.verdict).toBe("passed");
      }
    });

    const others = (["production", "github", "staging"] as const).filter((other) => other !== root);
    for (const other of others) {
      it(`refuses ${name} under the ${other} root`, () => {
        const report = verify(name, other);
        expect(report.verdict).toBe("failed");
        for (const check of report.checks) {
          if (check.status === "failed") expect(check.code).not.toBe("EVIDENCE_UNREADABLE");
        }
      });
    }
  }

  it("reads from each certificate what META.json says of it", () => {
    const meta: readonly { name: string; san: string; ext: Record<string, string> }[] = JSON.parse(
      readFileSync(join(path, "META.json"), "utf8"),
    );
    const names = { issuer: 8, signerUri: 9, signerDigest: 10, runnerEnvironment: 11, sourceRepositoryUri: 12 };
    const more = { sourceDigest: 13, sourceRef: 14, sourceRepositoryId: 15, ownerUri: 16, ownerId: 17 };
    const last = { buildConfigUri: 18, buildConfigDigest: 19, trigger: 20, runInvocationUri: 21, visibility: 22 };
    let read = 0;
    for (const { name, san, ext } of meta) {
      const attestation = verify(name, cases[name]?.root ?? "production").facts.attestation;
      if (typeof attestation !== "object" || attestation === null || !("certificate" in attestation)) continue;
      if (attestation.certificate === null) continue;
      read += 1;
      const expected = Object.entries({ ...names, ...more, ...last }).map(([key, number]) => [
        key,
        ext[number] ?? null,
      ]);
      expect(attestation.certificate).toMatchObject({ san, ...Object.fromEntries(expected) });
    }
    expect(read).toBe(8);
  });

  it("refuses a private bundle on the public profile under its own root, and the reverse", () => {
    const bundle = (name: string) => readFileSync(join(path, `${name}.sigstore.json`));
    const asPublic = verifyAttestation(
      { bundle: bundle("gh-attest-private-tsa-only-v03") },
      { trust: { ...trustIn("github"), profile: "public-good" } },
      now,
    );
    expect(codesOf(asPublic)).toContain("LOG_ENTRY_MISSING");
    const asPrivate = verifyAttestation(
      { bundle: bundle("conda-prefix-dev-v03") },
      { trust: { ...trustIn("production"), profile: "github-private" } },
      now,
    );
    expect(codesOf(asPrivate)).toContain("LOG_ENTRY_UNEXPECTED");
  });

  it("accepts the forged predicate's bundle where predicates are ignored, with the certificate's own signer", () => {
    const name = "bcr-MODULE-wrong-signer";
    const bundle = readFileSync(join(path, `${name}.sigstore.json`));
    const claimed = "https://github.com/bazel-contrib/publish-to-bcr/.github/workflows/publish.yaml@refs/tags/v0.0.1";
    const verifyAs = (san: string) =>
      verifyAttestation({ bundle }, { trust: trustIn("production"), identity: { san }, predicate: "ignored" }, now);
    expect(codesOf(verifyAs(claimed))).toEqual(["SIGNER_IDENTITY_MISMATCH"]);
    const own = "https://github.com/loosebazooka/aa-test/.github/workflows/malicious_attestation.yaml@refs/heads/main";
    expect(verifyAs(own).verdict).toBe("passed");
  });

  it("compares the signer's workflow, commit and repository exactly", () => {
    const name = "gh-attest-reusable-workflow-v03";
    const right: ExpectedIdentity = {
      signerWorkflow: "github/artifact-attestations-workflows/.github/workflows/attest.yml",
      signerCommit: "09b495c3f12c7881b3cc17209a327792065c1a1d",
      sourceRepositoryId: "804070735",
    };
    expect(verify(name, "production", right).verdict).toBe("passed");
    const wrong: readonly [ExpectedIdentity, string][] = [
      [
        { signerWorkflow: "github/artifact-attestations-workflows/.github/workflows/attest.ym" },
        "SIGNER_WORKFLOW_MISMATCH",
      ],
      [{ signerWorkflow: ".*" }, "SIGNER_WORKFLOW_MISMATCH"],
      [{ signerCommit: "09b495c3f12c7881b3cc17209a327792065c1a1e" }, "SIGNER_COMMIT_MISMATCH"],
      [{ sourceRepositoryId: "80407073" }, "SOURCE_REPOSITORY_MISMATCH"],
      [
        { san: "https://github.com/github/artifact-attestations-workflows/.github/workflows/attest.yml" },
        "SIGNER_IDENTITY_MISMATCH",
      ],
    ];
    for (const [change, code] of wrong)
      expect(codesOf(verify(name, "production", { ...right, ...change }))).toEqual([code]);
  });

  it("compares the issuer exactly", () => {
    const bundle = readFileSync(join(path, "conda-prefix-dev-v03.sigstore.json"));
    for (const issuer of [`${GITHUB_ACTIONS_ISSUER}/`, `${GITHUB_ACTIONS_ISSUER}/octo`, "https://token.actions"]) {
      const report = verifyAttestation({ bundle }, { trust: { ...trustIn("production"), issuer } }, now);
      expect(codesOf(report)).toEqual(["ISSUER_MISMATCH"]);
    }
  });

  it("has the built-in production root in the very bytes that are published", () => {
    expect(productionRoot().hash).toBe(trustIn("production").root.hash);
  });
});

function codesOf(report: ReturnType<typeof verifyAttestation>) {
  return report.checks.flatMap(({ code }) => code ?? []);
}
