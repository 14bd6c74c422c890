import "reflect-metadata";
import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { X509Certificate } from "@peculiar/x509";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { afterAll, describe, expect, it } from "vitest";
import { systemRandom } from "#lib/core/effects.ts";
import type { IdentityClaims } from "#lib/sandbox/claims.ts";
import { leafExtensions, leafTbs, raw, SCT_EXTENSION } from "#lib/sandbox/leaf.ts";
import { createMerkleTree } from "#lib/sandbox/merkle.ts";
import { type AttestOverrides, createSandboxSigstore, type SigstoreBundle } from "#lib/sandbox/sigstore.ts";
import { dsseEntryBody } from "#lib/sandbox/transparencyLog.ts";
import { claimsOfStep } from "./claims.fixture.ts";

const external = resolve(process.env.PAWL_EXTERNAL ?? "../shared/external");
const now = 1_790_000_000;
const clock = () => now;
const payload = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');

const folders: string[] = [];
const temporary = () => {
  const folder = mkdtempSync(join(tmpdir(), "pawl-sigstore-"));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const sigstore = createSandboxSigstore({ clock, random: systemRandom });
const attest = (overrides: AttestOverrides = {}) => sigstore.attest({ payload, claims: claimsOfStep(), overrides });
const verify = (bundle: SigstoreBundle, root: unknown = sigstore.trustedRoot) => {
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root)), {
    ctlogThreshold: 1,
    tlogThreshold: 1,
    timestampThreshold: 1,
  });
  return verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
};

describe("a sandbox bundle", () => {
  it("is accepted by @sigstore/verify under the sandbox's root, with the identity of the claims", () => {
    const signer = verify(attest());
    expect(signer.identity?.subjectAlternativeName).toBe(`https://github.com/${claimsOfStep().job_workflow_ref}`);
  });

  it("is refused under the production root and under another sandbox's root", () => {
    const bundle = attest();
    const other = createSandboxSigstore({ clock, random: systemRandom }).trustedRoot;
    expect(() => verify(bundle, other)).toThrow();
    const production = join(external, "sigstore/trusted_root.production.json");
    if (existsSync(production)) expect(() => verify(bundle, JSON.parse(readFileSync(production, "utf8")))).toThrow();
  });

  it("stays valid as the log grows, each with a proof against its own checkpoint", () => {
    const bundles = Array.from({ length: 9 }, () => attest());
    for (const bundle of bundles) verify(bundle);
    const indices = bundles.map((bundle) => bundle.verificationMaterial.tlogEntries[0]?.inclusionProof?.logIndex);
    expect(new Set(indices).size).toBe(9);
  });

  it("gives a global log index that is not the index in the proof", () => {
    const entry = attest().verificationMaterial.tlogEntries[0];
    expect(entry?.logIndex).not.toBe(entry?.inclusionProof?.logIndex);
  });

  it("chains up in openssl as well", () => {
    const folder = temporary();
    const [intermediate, root] = sigstore.trustedRoot.certificateAuthorities[0]?.certChain.certificates ?? [];
    const file = (name: string, base64: string | undefined) => {
      appendFileSync(join(folder, name), new X509Certificate(base64 ?? "").toString("pem"));
      return join(folder, name);
    };
    const leaf = attest().verificationMaterial.certificate.rawBytes;
    const output = execFileSync("openssl", [
      ...["verify", "-attime", String(now + 60), "-purpose", "any", "-ignore_critical", "-x509_strict"],
      ...["-CAfile", file("root.pem", root?.rawBytes), "-untrusted", file("intermediate.pem", intermediate?.rawBytes)],
      file("leaf.pem", leaf),
    ]);
    expect(output.toString()).toContain("leaf.pem: OK");
  });
});

describe("a sandbox bundle with a departure", () => {
  const refused: Record<string, AttestOverrides> = {
    "no promise and no proof": { log: { promise: "none", proof: "none" } },
    "a promise signed by a stranger": { log: { promise: "foreign" } },
    "a checkpoint signed by a stranger": { log: { proof: "foreign" } },
    "a leaf that had expired when it was logged": { notBefore: now - 7_200, notAfter: now - 6_600 },
    "no SCT": { sct: "none" },
    "an SCT signed by a stranger": { sct: "foreign" },
    "a leaf signed by a stranger": { issuer: "foreign" },
    "an envelope signed by a stranger": { signature: "foreign" },
    "the payload of another bundle": {
      bundle: (honest) => ({ ...honest, dsseEnvelope: { ...honest.dsseEnvelope, payload: "e30=" } }),
    },
    "the log entry of another bundle": {
      bundle: (honest) => ({
        ...honest,
        verificationMaterial: {
          ...honest.verificationMaterial,
          tlogEntries: attest().verificationMaterial.tlogEntries,
        },
      }),
    },
  };
  for (const [name, overrides] of Object.entries(refused)) {
    it(`is refused: ${name}`, () => {
      expect(() => verify(attest(overrides))).toThrow();
    });
  }

  it("can carry any extension list, still signed and logged", () => {
    const bundle = attest({ extensions: (honest) => [...honest, raw(1, "twice"), raw(99, "new")] });
    verify(bundle);
    const types = new X509Certificate(bundle.verificationMaterial.certificate.rawBytes).extensions.map((e) => e.type);
    expect(types.filter((type) => type === "1.3.6.1.4.1.57264.1.1")).toHaveLength(2);
    expect(types.at(-1)).toBe(SCT_EXTENSION);
  });
});

describe("the state folder", () => {
  it("keeps root and log over a restart", () => {
    const state = temporary();
    const before = createSandboxSigstore({ clock, random: systemRandom, state });
    for (let i = 0; i < 5; i++) before.attest({ payload, claims: claimsOfStep() });
    const after = createSandboxSigstore({ clock, random: systemRandom, state });
    expect(after.trustedRoot).toEqual(before.trustedRoot);
    expect(after.logSize()).toBe(5);
    verify(after.attest({ payload, claims: claimsOfStep() }), before.trustedRoot);
  });

  it("drops a log line that a crash cut off and refuses a broken one", () => {
    const state = temporary();
    const open = () => createSandboxSigstore({ clock, random: systemRandom, state });
    open().attest({ payload, claims: claimsOfStep() });
    appendFileSync(join(state, "log.txt"), "eyJhcG");
    expect(open().logSize()).toBe(1);
    open().attest({ payload, claims: claimsOfStep() });
    expect(open().logSize()).toBe(2);
    appendFileSync(join(state, "log.txt"), "not base64!\n");
    expect(open).toThrow(expect.objectContaining({ code: "SANDBOX_STATE_BROKEN" }));
  });
});

describe("the Merkle tree", () => {
  it("agrees with the plain definition of RFC 6962 for every size up to 40", () => {
    const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
    const plain = (leaves: Uint8Array[]): Uint8Array => {
      if (leaves.length === 0) return sha256();
      const [only] = leaves;
      if (leaves.length === 1 && only !== undefined) return sha256(Uint8Array.of(0), only);
      const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
      return sha256(Uint8Array.of(1), plain(leaves.slice(0, split)), plain(leaves.slice(split)));
    };
    const tree = createMerkleTree();
    const leaves: Uint8Array[] = [];
    for (let size = 0; size <= 40; size++) {
      expect(Buffer.from(tree.root(size))).toEqual(Buffer.from(plain(leaves)));
      const leaf = Buffer.from(`leaf ${size}`);
      leaves.push(leaf);
      tree.append(leaf);
    }
  });
});

const real = join(external, "sigstore/bundles/gh-attest-reusable-workflow-v03.sigstore.json");
const present = existsSync(real);
console.log(`external cases: ${present ? 2 : 0} run, ${present ? 0 : 2} skipped (real GitHub bundle)`);

describe.runIf(present)("compared with a real bundle of GitHub's", () => {
  const bundle = present ? JSON.parse(readFileSync(real, "utf8")) : undefined;

  it("rebuilds the real certificate's signed bytes exactly from its claims", () => {
    const certificate = new X509Certificate(bundle.verificationMaterial.certificate.rawBytes);
    const extension = (oid: string) => Buffer.from(certificate.getExtension(oid)?.value ?? new ArrayBuffer(0));
    const bare = (n: number) => extension(`1.3.6.1.4.1.57264.1.${n}`).toString("utf8");
    const utf8 = (n: number) => {
      const value = extension(`1.3.6.1.4.1.57264.1.${n}`);
      return value.subarray((value[1] ?? 0) < 0x80 ? 2 : 3).toString("utf8");
    };
    const path = (n: number) => utf8(n).replace("https://github.com/", "");
    const [, runId = "", attempt = ""] = utf8(21).match(/runs\/(\d+)\/attempts\/(\d+)$/) ?? [];
    const claims: IdentityClaims = {
      ...claimsOfStep(),
      iss: utf8(8),
      event_name: bare(2),
      sha: bare(3),
      workflow: bare(4),
      repository: bare(5),
      ref: bare(6),
      job_workflow_ref: path(9),
      job_workflow_sha: utf8(10),
      runner_environment: utf8(11),
      repository_id: utf8(15),
      repository_owner: path(16),
      repository_owner_id: utf8(17),
      workflow_ref: path(18),
      workflow_sha: utf8(19),
      repository_visibility: utf8(22),
      run_id: runId,
      run_attempt: attempt,
    };
    const publicKey = new Uint8Array(certificate.publicKey.rawData);
    const issuerKeyId = extension("2.5.29.35").subarray(4);
    const rebuilt = leafTbs({
      serial: Buffer.from(certificate.serialNumber, "hex"),
      issuerName: Buffer.from(certificate.issuerName.toArrayBuffer()),
      issuerKeyId,
      notBefore: certificate.notBefore.getTime() / 1000,
      notAfter: certificate.notAfter.getTime() / 1000,
      publicKey,
      extensions: [
        ...leafExtensions(claims, { publicKey, issuerKeyId }),
        { oid: SCT_EXTENSION, value: extension(SCT_EXTENSION) },
      ],
    });
    const der = Buffer.from(certificate.rawData);
    // Certificate ::= SEQUENCE (4 bytes of header) { tbsCertificate ... }.
    expect(der.subarray(4, 4 + rebuilt.length).toString("hex")).toBe(Buffer.from(rebuilt).toString("hex"));
  });

  it("rebuilds the real log entry's body exactly from envelope and certificate", () => {
    const certificate = Buffer.from(bundle.verificationMaterial.certificate.rawBytes, "base64");
    const body = Buffer.from(dsseEntryBody(bundle.dsseEnvelope, certificate)).toString("base64");
    expect(body).toBe(bundle.verificationMaterial.tlogEntries[0].canonicalizedBody);
  });
});

it("issues a leaf alone, for a key of the caller's", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const leaf = new X509Certificate(new Uint8Array(sigstore.issueLeaf({ publicKey: spki, claims: claimsOfStep() })));
  expect(leaf.notAfter.getTime() - leaf.notBefore.getTime()).toBe(600_000);
  expect(leaf.subject).toBe("");
  expect(Buffer.from(leaf.publicKey.rawData)).toEqual(spki);
});
