import "reflect-metadata";
import { generateKeyPairSync, X509Certificate as NodeCertificate } from "node:crypto";
import { X509Certificate, X509CertificateGenerator } from "@peculiar/x509";
import { bytesToHex, concat, keccak256 } from "viem";
import { describe, expect, it } from "vitest";
import { systemRandom } from "#lib/core/effects.ts";
import { coveredRoots, issuerRootId, logRootId, NEVER, unexpired } from "#lib/evidence/onchain/roots.ts";
import { parseTrustedRoot, productionRoot } from "#lib/evidence/trustedRoot.ts";
import { createSandboxSigstore, type TrustedRootJson } from "#lib/sandbox/sigstore.ts";

/** What of a trusted root the chain can check, and what is left out and said so. */

const NOW = 1_790_000_000;
const sigstore = createSandboxSigstore({ clock: () => NOW, random: systemRandom });
const parse = (root: TrustedRootJson) => parseTrustedRoot(new TextEncoder().encode(JSON.stringify(root)));

/** The root with other certificates in the place of its authority's. */
function withAuthority(certificates: readonly Uint8Array[]): TrustedRootJson {
  const { trustedRoot } = sigstore;
  const chain = certificates.map((bytes) => ({ rawBytes: Buffer.from(bytes).toString("base64") }));
  return {
    ...trustedRoot,
    certificateAuthorities: trustedRoot.certificateAuthorities.map((authority) => ({
      ...authority,
      certChain: { certificates: chain },
    })),
  };
}

async function selfSigned(algorithm: EcKeyGenParams, name = "CN=other, O=pawl"): Promise<Uint8Array> {
  const signing = { ...algorithm, hash: "SHA-384" };
  const keys = await crypto.subtle.generateKey(signing, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name, keys, signingAlgorithm: signing, notBefore: new Date(0), notAfter: new Date(4e12) },
    crypto,
  );
  return new Uint8Array(certificate.rawData);
}

describe("the pinned production root", () => {
  const covered = coveredRoots(productionRoot());

  it("has two authorities and one log that the chain can check, and one that it cannot", () => {
    expect(covered.issuers.map(issuerRootId)).toHaveLength(2);
    expect(covered.logs.map(({ logId }) => logId)).toEqual([
      // Rekor's first instance, whose log id is in every entry of it.
      "0xc0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d",
    ]);
    expect(covered.leftOut).toEqual([
      "the log cf1199155bddd051268d1f16ac5c0c75c009f6fb5a63f4177f8e18d7051e3fa0, whose key is not on P-256",
    ]);
  });

  it("loses the authority that has expired, by name", () => {
    const { issuers, logs, leftOut } = unexpired(covered, NOW);
    expect(issuers).toEqual([covered.issuers[1]]);
    expect(logs).toEqual(covered.logs);
    expect(leftOut).toHaveLength(2);
    expect(leftOut[1]).toMatch(/^the authority with key 0x[0-9a-f]{64}, which has expired$/);
  });

  it("keeps what ends in this very second, and loses it in the next", () => {
    const [{ validUntil } = { validUntil: 0 }] = covered.issuers;
    expect(unexpired(covered, validUntil).issuers).toHaveLength(2);
    expect(unexpired(covered, validUntil + 1).issuers).toHaveLength(1);
    expect(unexpired(covered, NEVER).logs).toHaveLength(1);
  });
});

describe("the root of a sandbox", () => {
  const [issuer, ...otherIssuers] = coveredRoots(parse(sigstore.trustedRoot)).issuers;
  const [log, ...otherLogs] = coveredRoots(parse(sigstore.trustedRoot)).logs;
  const [authority] = sigstore.trustedRoot.certificateAuthorities;
  const [intermediate, root] = (authority?.certChain.certificates ?? []).map(({ rawBytes }) =>
    Buffer.from(rawBytes, "base64"),
  );
  if (issuer === undefined || log === undefined || intermediate === undefined || root === undefined)
    throw new Error("the sandbox has no authority or no log");

  it("has one authority and one log, and nothing is left out", () => {
    expect([otherIssuers, otherLogs, coveredRoots(parse(sigstore.trustedRoot)).leftOut]).toEqual([[], [], []]);
  });

  it("has for its authority the certificate that signs leaves, not the one above it", () => {
    const { x = "", y = "" } = new NodeCertificate(intermediate).publicKey.export({ format: "jwk" });
    const key = concat([x, y].map((part) => bytesToHex(Buffer.from(part, "base64url"))));
    expect(issuer.key).toBe(key);
  });

  it("has the name that certificates give as their issuer, byte for byte", () => {
    const signed = new X509Certificate(intermediate);
    expect(issuer.nameHash).toBe(keccak256(new Uint8Array(signed.subjectName.toArrayBuffer())));
    expect(issuer.nameHash).not.toBe(keccak256(new Uint8Array(signed.issuerName.toArrayBuffer())));
  });

  it("is valid where both the root and the certificate say so", () => {
    const { validFrom, validTo } = new NodeCertificate(intermediate);
    const earliest = Math.max(Date.parse(validFrom), Date.parse(authority?.validFor.start ?? "")) / 1000;
    expect([issuer.validFrom, issuer.validUntil]).toEqual([Math.floor(earliest), Date.parse(validTo) / 1000]);
    expect(log.validUntil).toBe(NEVER);
  });

  it("is not valid before the root says so, although the certificate is", () => {
    const later = new Date((issuer.validFrom + 1000) * 1000).toISOString();
    const [entry] = sigstore.trustedRoot.certificateAuthorities;
    if (entry === undefined) throw new Error("the sandbox has no authority");
    const changed = { ...sigstore.trustedRoot, certificateAuthorities: [{ ...entry, validFor: { start: later } }] };
    expect(coveredRoots(parse(changed)).issuers[0]?.validFrom).toBe(issuer.validFrom + 1000);
  });

  it("has other ids for every other key, name and validity", () => {
    const ids = [
      issuerRootId(issuer),
      issuerRootId({ ...issuer, key: `0x${"11".repeat(96)}` }),
      issuerRootId({ ...issuer, nameHash: keccak256("0x") }),
      issuerRootId({ ...issuer, validFrom: issuer.validFrom + 1 }),
      issuerRootId({ ...issuer, validUntil: issuer.validUntil - 1 }),
      logRootId(log),
      logRootId({ ...log, x: log.y, y: log.x }),
      logRootId({ ...log, validUntil: 1 }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("authorities that the chain cannot check", () => {
  it.each([
    ["P-256", { name: "ECDSA", namedCurve: "P-256" }],
    ["P-521", { name: "ECDSA", namedCurve: "P-521" }],
  ])("are left out by name where their key is on %s", async (_, algorithm) => {
    const { issuers, leftOut } = coveredRoots(parse(withAuthority([await selfSigned(algorithm)])));
    expect(issuers).toEqual([]);
    expect(leftOut).toEqual(["the authority CN=other, O=pawl, whose key is not on P-384"]);
  });

  it("are taken alone, where they have no certificate above them", async () => {
    const certificate = await selfSigned({ name: "ECDSA", namedCurve: "P-384" });
    const { issuers, leftOut } = coveredRoots(parse(withAuthority([certificate])));
    expect([issuers.length, leftOut]).toEqual([1, []]);
  });
});

describe("logs that the chain cannot check", () => {
  it.each(["P-384", "secp256k1"])("are left out by name where their key is on %s", (namedCurve) => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve });
    const spki = publicKey.export({ format: "der", type: "spki" });
    const tlogs = sigstore.trustedRoot.tlogs.map((log) => ({
      ...log,
      publicKey: { ...log.publicKey, rawBytes: spki.toString("base64") },
    }));
    const { logs, leftOut } = coveredRoots(parse({ ...sigstore.trustedRoot, tlogs }));
    expect(logs).toEqual([]);
    expect(leftOut).toEqual([expect.stringMatching(/^the log [0-9a-f]{64}, whose key is not on P-256$/)]);
  });
});
