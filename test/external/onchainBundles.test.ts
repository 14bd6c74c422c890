import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { concat, encodeFunctionData, sha256, size, slice } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PawlError } from "#lib/core/error.ts";
import { readSigningCertificate } from "#lib/evidence/extensions.ts";
import { prepareAttestation } from "#lib/evidence/onchain/attestation.ts";
import { coveredRoots } from "#lib/evidence/onchain/roots.ts";
import {
  GITHUB_ACTIONS_ISSUER,
  GITHUB_SERVER_URL,
  parseTrustedRoot,
  type TrustPolicy,
} from "#lib/evidence/trustedRoot.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";
import { FIRST_BUILD_MS } from "../contracts/evidence/local.ts";
import {
  flipEveryByte,
  paddingOf,
  type VerifierChain,
  verifierChain,
  windowsOf,
} from "../contracts/evidence/verifier.fixture.ts";
import { externalCases } from "./external.fixture.ts";

/**
 * Real bundles and conformance cases, before the contract and before the library. What both can read they must read
 * alike; what only the library can read must be refused with the code that says why.
 */
const { path, present } = externalCases("bundles on-chain", "sigstore", (folder) => bundlesIn(folder).length);
const now = 1_800_000_000;

function bundlesIn(folder: string): readonly { readonly name: string; readonly file: string }[] {
  const found = join(folder, "bundles");
  const conformance = join(folder, "conformance", "bundle-verify");
  return [
    ...readdirSync(found)
      .filter((file) => file.endsWith(".sigstore.json"))
      .map((file) => ({ name: file.replace(".sigstore.json", ""), file: join(found, file) })),
    ...readdirSync(conformance)
      .map((name) => ({ name, file: join(conformance, name, "bundle.sigstore.json") }))
      .filter(({ file }) => existsSync(file)),
  ];
}

/** Bundles of the form that the contract reads, and what it answers: nothing where it accepts. */
const covered: Readonly<Record<string, string | undefined>> = {
  "gh-attest-reusable-workflow-v03": undefined,
  "conda-prefix-dev-v03": undefined,
  // The predicate is forged, and nobody who builds on the certificate reads it.
  "bcr-MODULE-wrong-signer": undefined,
  "happy-path-intoto-in-dsse-v3": undefined,
  "dsse-invalid-sig_fail": "StatementSignatureInvalid",
  "dsse-mismatch-envelope_fail": "LogPromiseInvalid",
  "dsse-mismatch-sig_fail": "LogPromiseInvalid",
};

/** Why the contract cannot read the others: the bundle itself is refused, or its form has no proof on-chain. */
const uncovered: Readonly<Record<string, string>> = {
  "gh-attest-private-tsa-only-v03": "PROOF_LOG_MISSING",
  "gh-release-attestation-no-oidc-v03": "PROOF_LOG_MISSING",
  "npm-sigstore-2.0.0-v01-slsa1": "PROOF_LOG_ENTRY_UNSUPPORTED",
  "npm-sigstore-2.1.0-v03-slsa1": "PROOF_LOG_ENTRY_UNSUPPORTED",
  "pypi-rfc8785-v02-msgsig": "PROOF_LOG_ENTRY_UNSUPPORTED",
  "oidc-beacon-rekor2-dsse-staging": "PROOF_LOG_TIME_MISSING",
  "rekor2-dsse-happy-path": "PROOF_LOG_TIME_MISSING",
  "rekor2-happy-path": "PROOF_LOG_TIME_MISSING",
};

describe.runIf(present)("real bundles on-chain", () => {
  let onchain: VerifierChain;
  let trust: TrustPolicy;
  beforeAll(async () => {
    const root = parseTrustedRoot(readFileSync(join(path, "trusted_root.production.json")));
    trust = { profile: "public-good", root, issuer: GITHUB_ACTIONS_ISSUER, serverUrl: GITHUB_SERVER_URL };
    onchain = await verifierChain(coveredRoots(root), GITHUB_ACTIONS_ISSUER);
  }, FIRST_BUILD_MS);
  afterAll(() => onchain.chain.connection.close());

  const fileOf = (name: string) => readFileSync(bundlesIn(path).find((bundle) => bundle.name === name)?.file ?? name);
  const verdictOf = (bundle: Uint8Array) => verifyAttestation({ bundle }, { trust, predicate: "ignored" }, now);

  for (const [name, refusal] of Object.entries(covered)) {
    if (refusal !== undefined) {
      it(`refuses ${name} as the library does`, async () => {
        const { payload, attestation } = prepareAttestation(fileOf(name), onchain.roots);
        await expect(onchain.read(payload, attestation)).rejects.toThrow(refusal);
        expect(verdictOf(fileOf(name)).verdict).toBe("failed");
      });
      continue;
    }
    it(`reads in ${name} what the library reads, field by field`, async () => {
      const { payload, attestation } = prepareAttestation(fileOf(name), onchain.roots);
      const attested = await onchain.read(payload, attestation);
      const { facts } = readSigningCertificate(Buffer.from(attestation.certificate.slice(2), "hex"));
      const { extensions } = attested;
      const said = (number: number) => (extensions[number] === "" ? null : extensions[number]);
      expect({
        san: attested.alternativeName,
        issuer: said(8),
        signerUri: said(9),
        signerDigest: said(10),
        runnerEnvironment: said(11),
        sourceRepositoryUri: said(12),
        sourceDigest: said(13),
        sourceRef: said(14),
        sourceRepositoryId: said(15),
        ownerUri: said(16),
        ownerId: said(17),
        buildConfigUri: said(18),
        buildConfigDigest: said(19),
        trigger: said(20),
        runInvocationUri: said(21),
        visibility: said(22),
        environment: said(23),
        notBefore: Number(attested.notBefore),
        notAfter: Number(attested.notAfter),
      }).toEqual(facts);

      const report = verdictOf(fileOf(name));
      expect(report.verdict).toBe("passed");
      expect(report.facts.attestation).toMatchObject({
        certificate: facts,
        times: [{ source: "log", at: Number(attested.logTime) }],
      });
      expect(report.hashes.payload).toBe(attested.payloadHash);
      expect(attested.payloadHash).toBe(sha256(payload));
    });
  }

  it("needs every byte of a real attestation, but for what pads the encoding", async () => {
    const { payload, attestation } = prepareAttestation(fileOf("gh-attest-reusable-workflow-v03"), onchain.roots);
    const { abi } = onchain.verifier;
    const call = encodeFunctionData({ abi, functionName: "read", args: [payload, attestation] });
    const selector = slice(call, 0, 4);
    // Both arguments' places stand before them: the payload's in the first word.
    const encoded = slice(call, 4);
    const { same, other } = await flipEveryByte(encoded, 32, async (flipped) => {
      const [isTaken, answer] = await onchain.verifier.attempt(concat([selector, flipped]));
      if (!isTaken) throw new Error("refused");
      return answer;
    });
    const start = 32 + Number(BigInt(slice(encoded, 0, 32)));
    const end = start + size(payload);
    const padding = Array.from({ length: (32 - (end % 32)) % 32 }, (_, index) => end + index);
    expect(same).toEqual([...paddingOf(encoded, 32), ...padding].sort((a, b) => a - b));
    expect(other.filter((place) => !windowsOf(32, encoded).includes(place))).toEqual([]);
  }, 120_000);

  it("says of every other bundle why the chain cannot read it", () => {
    const codes = bundlesIn(path)
      .filter(({ name }) => !(name in covered))
      .map(({ name, file }) => {
        try {
          prepareAttestation(readFileSync(file), onchain.roots);
        } catch (error) {
          if (error instanceof PawlError) return [name, error.code] as const;
          throw error;
        }
        throw new Error(`${name} was taken`);
      });
    const bundleRefused = codes.filter(([, code]) => /^(ATTESTATION|LEAF|JSON)_/.test(code));
    const noProof = codes.filter(([, code]) => /^PROOF_/.test(code));
    expect(bundleRefused.length + noProof.length).toBe(codes.length);
    expect(Object.fromEntries(noProof)).toMatchObject(uncovered);
    // Whatever the form of the bundle, the library refuses it too where the chain finds the bundle itself unfit.
    for (const [name] of bundleRefused) expect(verdictOf(fileOf(name)).verdict).toBe("failed");
  });
});
