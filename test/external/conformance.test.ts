import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { conformanceCodes } from "../../scripts/conformance.ts";
import { externalCases } from "./external.fixture.ts";

/** The Sigstore conformance suite's cases for verification, spoken to as the suite speaks, by path and by digest. */

const BEACON =
  "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const now = 1_800_000_000;

/** Every refusal the suite demands, with the codes of what failed: the right verdict for another reason is a failure. */
const refusals: Readonly<Record<string, readonly string[]>> = {
  "bundle-empty-certificate-chain_fail": ["ATTESTATION_FIELD_INVALID"],
  "bundle-from-wrong-instance_fail": ["CHAIN_INVALID", "LOG_ENTRY_MISSING"],
  "bundle-invalid-base64-signature_fail": ["ATTESTATION_BASE64_NOT_CANONICAL"],
  "bundle-malformed-json_fail": ["ATTESTATION_JSON_MALFORMED"],
  "bundle-negative-log-index_fail": ["ATTESTATION_FIELD_INVALID"],
  "bundle-unknown-version_fail": ["ATTESTATION_MEDIA_TYPE_UNKNOWN"],
  // Refused sooner: its proof has no checkpoint. A root in a chain has a test of its own.
  "bundle-with-root-cert_fail": ["ATTESTATION_PROOF_MISSING"],
  "checkpoint-bad-keyhint_fail": ["LOG_INCLUSION_INVALID"],
  "checkpoint-wrong-roothash_fail": ["LOG_PROOF_INCONSISTENT"],
  "dsse-invalid-sig_fail": ["LOG_ENTRY_MISMATCH", "ATTESTATION_SIGNATURE_INVALID"],
  "dsse-mismatch-envelope_fail": ["LOG_ENTRY_MISMATCH"],
  "dsse-mismatch-sig_fail": ["LOG_ENTRY_MISMATCH"],
  "inclusion-proof-corrupted-hash_fail": ["LOG_INCLUSION_INVALID"],
  "incorrect-public-key_fail": ["LOG_ENTRY_MISMATCH"],
  // Refused sooner: an e-mail address is no workflow, whenever it signed.
  "integrated-time-in-future_fail": ["LEAF_IDENTITY_NOT_ONE_URI"],
  "intoto-expired-certificate_fail": ["CHAIN_INVALID"],
  "intoto-log-entry-mismatch_fail": ["LOG_ENTRY_MISMATCH"],
  "intoto-missing-inclusion-proof_fail": ["ATTESTATION_PROOF_MISSING"],
  "intoto-set-outside-signing-cert-validity_fail": ["CHAIN_INVALID"],
  "intoto-tsa-timestamp-outside-cert-validity_fail": ["CHAIN_INVALID"],
  "invalid-checkpoint-signature_fail": ["LOG_INCLUSION_INVALID"],
  "invalid-ct-key_fail": ["TRANSPARENCY_INVALID"],
  "invalid-inclusion-proof_fail": ["ATTESTATION_PROOF_MISSING"],
  "managed-key-no-key_fail": ["ATTESTATION_BARE_KEY"],
  // The wrong key is not even a point of the curve.
  "managed-key-wrong-key_fail": ["ATTESTATION_KEY_MALFORMED"],
  "message-digest-mismatch_fail": ["LOG_ENTRY_MISMATCH", "SUBJECT_MISMATCH"],
  "rekor2-checkpoint-missing-log-signature_fail": ["LOG_INCLUSION_INVALID"],
  "rekor2-checkpoint-missing-origin_fail": ["LOG_PROOF_INCONSISTENT"],
  "rekor2-checkpoint-missing-root-hash_fail": ["LOG_PROOF_INCONSISTENT"],
  "rekor2-checkpoint-missing-size_fail": ["LOG_PROOF_INCONSISTENT"],
  "rekor2-checkpoint-no-matching-signature_fail": ["LOG_INCLUSION_INVALID"],
  "rekor2-dsse-invalid-sig_fail": ["LOG_ENTRY_MISMATCH", "ATTESTATION_SIGNATURE_INVALID"],
  "rekor2-dsse-mismatch-envelope_fail": ["LOG_ENTRY_MISMATCH"],
  "rekor2-dsse-mismatch-sig_fail": ["LOG_ENTRY_MISMATCH"],
  "rekor2-no-inclusion-proof_fail": ["ATTESTATION_PROOF_MISSING"],
  "rekor2-no-timestamp_fail": ["TIMESTAMP_INVALID"],
  "rekor2-timestamp-outside-trust-root-tsa-validity_fail": ["TIMESTAMP_INVALID"],
  "rekor2-timestamp-outside-tsa-cert-validity_fail": ["TIMESTAMP_INVALID"],
  "rekor2-timestamp-payload-mismatch_fail": ["TIMESTAMP_INVALID"],
  "rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail": ["TIMESTAMP_INVALID"],
  "rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail": ["TIMESTAMP_INVALID"],
  // Refused sooner, for line breaks in its base64; below, without them.
  "rekor2-timestamp-with-incorrect-time_fail": ["ATTESTATION_BASE64_NOT_CANONICAL"],
  "set-invalid-signature_fail": ["LOG_INCLUSION_INVALID"],
  "signature-mismatch_fail": ["LOG_ENTRY_MISMATCH", "ATTESTATION_SIGNATURE_INVALID"],
  "trust-root-tlog-missing-validity-start_fail": ["TRUSTED_ROOT_UNDATED"],
  "wrong-hashedrekord-artifact_fail": ["LOG_ENTRY_MISMATCH"],
  "wrong-hashedrekord-cert-and-sig_fail": ["LOG_ENTRY_MISMATCH"],
  "wrong-hashedrekord-entry_fail": ["LOG_ENTRY_MISMATCH"],
  "wrong-material_fail": ["ATTESTATION_SIGNATURE_INVALID", "SUBJECT_MISMATCH"],
};

/** By digest, the signature is over the digest that the bundle states, so which of the two is wrong shows elsewhere. */
const refusalsByDigest: typeof refusals = {
  "message-digest-mismatch_fail": ["LOG_ENTRY_MISMATCH", "ATTESTATION_SIGNATURE_INVALID", "SUBJECT_MISMATCH"],
  "wrong-material_fail": ["SUBJECT_MISMATCH"],
};

const { path, present } = externalCases(
  "Sigstore conformance",
  "sigstore/conformance/bundle-verify",
  (folder) => 2 * casesIn(folder).length,
);

function casesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** The suite's arguments for a case, up to the artifact. */
function argumentsOf(name: string, bundle = join(path, name, "bundle.sigstore.json")): string[] {
  const file = (part: string) => [join(path, name, part)].filter(existsSync);
  const text = (part: string, otherwise: string) =>
    file(part).map((full) => readFileSync(full, "utf8").trim())[0] ?? otherwise;
  const signer = file("key.pub").flatMap((key) => ["--key", key]);
  const identity = [
    ...["--certificate-identity", text("identity", BEACON)],
    ...["--certificate-oidc-issuer", text("issuer", "https://token.actions.githubusercontent.com")],
  ];
  return [
    ...["verify-bundle", "--bundle", bundle],
    ...(signer.length > 0 ? signer : identity),
    ...file("trusted_root.json").flatMap((root) => ["--trusted-root", root]),
  ];
}

function artifactOf(name: string): string {
  const own = join(path, name, "artifact");
  return existsSync(own) ? own : join(path, "a.txt");
}

function digestOf(name: string): string {
  return `sha256:${createHash("sha256")
    .update(readFileSync(artifactOf(name)))
    .digest("hex")}`;
}

describe.runIf(present)("Sigstore conformance", () => {
  it("has a stated reason for every refusal, and for nothing else", () => {
    const refused = casesIn(path).filter((name) => name.endsWith("_fail"));
    expect(refused.sort()).toEqual(Object.keys(refusals).sort());
  });

  for (const name of present ? casesIn(path) : []) {
    const codes = refusals[name] ?? [];
    it(`${codes.length === 0 ? "accepts" : "refuses"} ${name}, by path and by digest`, () => {
      expect(conformanceCodes([...argumentsOf(name), artifactOf(name)], now)).toEqual(codes);
      const byDigest = refusalsByDigest[name] ?? codes;
      expect(conformanceCodes([...argumentsOf(name), digestOf(name)], now)).toEqual(byDigest);
    });
  }

  it("refuses the timestamp with an incorrect time also once its base64 is mended", () => {
    const name = "rekor2-timestamp-with-incorrect-time_fail";
    const bundle = JSON.parse(readFileSync(join(path, name, "bundle.sigstore.json"), "utf8"));
    const [timestamp] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps;
    timestamp.signedTimestamp = timestamp.signedTimestamp.replaceAll("\n", "");
    const mended = join(mkdtempSync(join(tmpdir(), "pawl-conformance-")), "bundle.sigstore.json");
    writeFileSync(mended, JSON.stringify(bundle));
    expect(conformanceCodes([...argumentsOf(name, mended), artifactOf(name)], now)).toEqual(["CHAIN_INVALID"]);
  });

  it("accepts no bundle with a bare key where an identity is asked for, nor one with an identity where a key is", () => {
    const keyed = "managed-key-happy-path";
    const key = join(path, keyed, "key.pub");
    const bundle = join(path, keyed, "bundle.sigstore.json");
    expect(conformanceCodes([...argumentsOf("happy-path-v0.3", bundle), artifactOf(keyed)], now)).toEqual([
      "ATTESTATION_BARE_KEY",
    ]);
    const named = join(path, "happy-path-v0.3", "bundle.sigstore.json");
    expect(
      conformanceCodes(["verify-bundle", "--bundle", named, "--key", key, artifactOf("happy-path-v0.3")], now),
    ).toEqual(["ATTESTATION_FIELD_INVALID"]);
  });

  it("refuses a bare key's bundle for another artifact or by another key", () => {
    const keyed = "managed-key-happy-path";
    const others = [join(path, "wrong-material_fail", "artifact"), digestOf("wrong-material_fail")];
    expect(others.map((other) => conformanceCodes([...argumentsOf(keyed), other], now))).toEqual([
      ["ATTESTATION_SIGNATURE_INVALID"],
      ["SUBJECT_MISMATCH"],
    ]);
  });

  it("answers as a process: exit code, and the reason on stderr", () => {
    const run = (name: string) => {
      const args = ["scripts/conformance.ts", ...argumentsOf(name), artifactOf(name)];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      return { status, stderr: stderr.trim() };
    };
    expect(run("happy-path-v0.3")).toEqual({ status: 0, stderr: "" });
    expect(run("wrong-material_fail")).toEqual({
      status: 1,
      stderr: "refused: ATTESTATION_SIGNATURE_INVALID, SUBJECT_MISMATCH",
    });
  });
});
