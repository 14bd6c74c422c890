import { beforeAll, describe, expect, it } from "vitest";
import { type Allowlist, signAllowlist, verifyAllowlist } from "#lib/capsule/allowlist.ts";
import { type Capsule, openCapsule, packCapsule } from "#lib/capsule/capsule.ts";
import { identitySignature, signManifest, verifySigners } from "#lib/capsule/signatures.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { capsuleAnchors } from "#lib/evidence/capsuleChecks.ts";
import { identityVerifier } from "#lib/evidence/capsuleIdentity.ts";
import { parseReport, readReport, reportBytes, reportHash, type VerificationReport } from "#lib/evidence/report.ts";
import { parseTrustedRoot } from "#lib/evidence/trustedRoot.ts";
import { verifyStep } from "#lib/evidence/verify.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";
import { createSandboxSigstore } from "#lib/sandbox/sigstore.ts";
import {
  allowlistOf,
  anchors,
  entryOf,
  listOf,
  minted,
  now,
  packMinted,
  root,
  signerOf,
} from "../capsule/capsule.fixture.ts";
import { claimsOfStep } from "../sandbox/claims.fixture.ts";
import { failures, trust } from "./step.fixture.ts";

/*
 * A report over a capsule: signers by name, each valid or not, trusted or not and why. An invalid signature fails; an
 * untrusted one does not, unless its principal was expected. Anchors are those of the files. Old reports are refused.
 */
const signer = signerOf();
let capsule: Capsule;
let allowlist: Allowlist;
beforeAll(async () => {
  capsule = await openCapsule(await packMinted());
  capsule = { ...capsule, signatures: [await signManifest(capsule.manifestBytes, signer)] };
  allowlist = await allowlistOf(entryOf(signer));
});

const verify = (
  given: Partial<{ capsule: Capsule; allowlist: Allowlist; principals: readonly string[]; leaveSigners: true }> = {},
) => verifyStep(minted.parts, minted.expectation, trust, { now, capsule: { capsule, ...given } });
const sentence = (report: VerificationReport, name: string) =>
  report.checks.find((check) => check.name === name)?.sentence;

describe("the report over a capsule", () => {
  it("passes with a signer who is not trusted, and says that no allowlist was given", async () => {
    const report = await verify();
    expect(report.verdict).toBe("passed");
    expect(report.signers).toMatchObject([{ signature: "valid", trusted: false, code: "CAPSULE_ALLOWLIST_MISSING" }]);
    expect(sentence(report, "capsule-signers")).toContain("No allowlist");
  });

  it("names who is trusted, and passes when an expected principal is among them", async () => {
    const report = await verify({ allowlist, principals: ["acme"] });
    expect(report.verdict).toBe("passed");
    expect(report.signers).toMatchObject([{ principal: "acme", trusted: true, code: null }]);
    expect(sentence(await verify({ allowlist }), "capsule-signers")).toContain("trusts 1 of 1");
  });

  it("fails when an expected principal is not there, not trusted, or nobody can be", async () => {
    const expired = await allowlistOf(entryOf(signer, { notAfter: now }));
    const missing = ["capsule-signers: CAPSULE_PRINCIPAL_MISSING"];
    expect(failures(await verify({ allowlist, principals: ["acme", "other"] }))).toEqual(missing);
    expect(failures(await verify({ allowlist: expired, principals: ["acme"] }))).toEqual(missing);
    expect(failures(await verify({ principals: ["acme"] }))).toEqual(missing);
  });

  it("fails for a capsule that calls itself something else, and trusts nobody for that", async () => {
    const renamed = await openCapsule(await packMinted({ namespace: "skills.docs" }));
    const resigned = { ...renamed, signatures: [await signManifest(renamed.manifestBytes, signer)] };
    const docsOnly = await allowlistOf(entryOf(signer, { principal: "docs-bot", namespaces: ["skills.docs"] }));
    const report = await verify({ capsule: resigned, allowlist: docsOnly, principals: ["docs-bot"] });
    expect(report.signers).toMatchObject([
      { signature: "valid", trusted: false, code: "CAPSULE_NAMESPACE_REFUSED", principal: "docs-bot" },
    ]);
    expect(failures(report)).toEqual([
      "capsule-anchors: CAPSULE_NAMESPACE_MISMATCH",
      "capsule-signers: CAPSULE_PRINCIPAL_MISSING",
    ]);
    expect(failures(await verify({ capsule: resigned, allowlist }))).toEqual([
      "capsule-anchors: CAPSULE_NAMESPACE_MISMATCH",
    ]);
  });

  it("fails for one invalid signature beside a trusted one", async () => {
    const other = await signManifest(new Uint8Array(1), signerOf());
    const report = await verify({ capsule: { ...capsule, signatures: [...capsule.signatures, other] }, allowlist });
    expect(failures(report)).toEqual(["capsule-signatures: CAPSULE_SIGNATURE_INVALID"]);
    expect(report.signers.map(({ signature }) => signature)).toEqual(["valid", "invalid"]);
  });

  it("verifies no signature where none was asked for, and says so", async () => {
    const other = await signManifest(new Uint8Array(1), signerOf());
    const signed = { ...capsule, signatures: [...capsule.signatures, other] };
    const report = await verify({ capsule: signed, leaveSigners: true });
    expect(report.verdict).toBe("passed");
    expect(report.signers).toEqual([]);
    expect(sentence(report, "capsule-signatures")).toContain("not asked for");
    expect(sentence(report, "capsule-signers")).toContain("not asked for");
    const asked = await verify({ capsule: signed, leaveSigners: true, principals: ["acme"] });
    expect(failures(asked)).toContain("capsule-signatures: CAPSULE_SIGNATURE_INVALID");
  });

  it("fails when the manifest names another step than the files", async () => {
    for (const change of [{ step: 3 }, { chainId: 1 }, { claimHash: anchors.permitHash }]) {
      const other = await openCapsule(await packCapsule(minted.parts, { anchors: { ...anchors, ...change } }));
      expect(failures(await verify({ capsule: other }))).toEqual(["capsule-anchors: CAPSULE_ANCHORS_MISMATCH"]);
    }
    const block = { number: "17", hash: anchors.permitHash };
    const placed = await openCapsule(await packCapsule(minted.parts, { anchors: { ...anchors, block } }));
    expect((await verify({ capsule: placed })).verdict).toBe("passed");
    expect(capsuleAnchors(minted.parts)).toEqual(anchors);
  });

  it("is the same over a state bundle of which only the hash is known", async () => {
    const { stateBundle, ...others } = minted.parts;
    const { files } = capsule.manifest;
    const known = files.find(({ name }) => name === "state.bundle");
    if (!stateBundle || !known) throw new RangeError("the fixture has a state bundle");
    const options = { now, capsule: { capsule } };
    const byHash = await verifyStep({ ...others, stateBundle: known }, minted.expectation, trust, options);
    expect(reportHash(byHash)).toBe(reportHash(await verify()));
    const wrong = { ...known, sha256: anchors.permitHash };
    const report = await verifyStep({ ...others, stateBundle: wrong }, minted.expectation, trust, options);
    expect(failures(report)).toContain("state-bundle: STATE_BUNDLE_MISMATCH");
  });

  it("reads back, and not with a signer or a verdict that does not follow", async () => {
    const report = await verify({ allowlist });
    expect(parseReport(reportBytes(report))).toEqual(report);
    const [first] = report.signers;
    if (!first) throw new RangeError("no signer");
    for (const forged of [
      { ...first, signature: "invalid" as const },
      { ...first, principal: null },
      { ...first, trusted: false },
      { ...first, code: "X" },
      { ...first, signature: "invalid" as const, trusted: false, code: "X" },
    ]) {
      expect(() => parseReport(reportBytes({ ...report, signers: [forged] }))).toThrow(
        expect.objectContaining({ code: "SCHEMA_MISMATCH" }),
      );
    }
  });

  it("of version 1 is refused by name", async () => {
    const { signers: _none, ...old } = { ...(await verify()), v: 1 };
    const refused = expect.objectContaining({ code: "REPORT_VERSION_UNKNOWN" });
    expect(() => parseReport(canonicalBytes(old))).toThrow(refused);
    expect(() => readReport(old)).toThrow(refused);
  });
});

describe("an identity's signature", () => {
  const sigstore = createSandboxSigstore({ clock: () => now - 60, random: systemRandom });
  const policy = { ...trust, root: parseTrustedRoot(Buffer.from(JSON.stringify(sigstore.trustedRoot))) };
  const verifyIdentity = identityVerifier((given) => verifyAttestation(given, { trust: policy }, now), policy);
  const attest = (sha256: string) =>
    Buffer.from(
      JSON.stringify(
        sigstore.attest({
          payload: Buffer.from(
            JSON.stringify({
              _type: "https://in-toto.io/Statement/v1",
              subject: [{ name: "manifest.json", digest: { sha256 } }],
              predicateType: "https://example.org/capsule",
            }),
          ),
          claims: claimsOfStep(),
        }),
      ),
    );

  it("is a Sigstore bundle about the manifest, trusted where the allowlist names the workflow", async () => {
    const { createHash } = await import("node:crypto");
    const digest = createHash("sha256").update(capsule.manifestBytes).digest("hex");
    const signature = identitySignature(attest(digest));
    const [unknown] = verifySigners(capsule.manifestBytes, [signature], "evidence", { now, allowlist, verifyIdentity });
    expect(unknown).toMatchObject({ signature: "valid", trusted: false, code: "CAPSULE_SIGNER_UNKNOWN" });
    if (!unknown?.identity) throw new RangeError("no identity");
    const { key: _key, ...entry } = entryOf(signer);
    const bytes = await signAllowlist(listOf([{ ...entry, identity: unknown.identity }]), [root]);
    const listed = verifyAllowlist(bytes, { roots: [root.key], now });
    expect(
      verifySigners(capsule.manifestBytes, [signature], "evidence", { now, allowlist: listed, verifyIdentity }),
    ).toMatchObject([{ kind: "sigstore", principal: "acme", signature: "valid", trusted: true, code: null }]);
  });

  it("about anything else, by another root, or malformed, is invalid", () => {
    for (const bundle of [attest("0".repeat(64)), Buffer.from("{}"), Buffer.from("no bundle")]) {
      expect(
        verifySigners(capsule.manifestBytes, [identitySignature(bundle)], "evidence", { now, verifyIdentity }),
      ).toMatchObject([{ signature: "invalid", trusted: false, identity: null, code: "VERIFICATION_FAILED" }]);
    }
  });
});
