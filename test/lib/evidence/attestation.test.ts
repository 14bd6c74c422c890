import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { systemRandom } from "#lib/core/effects.ts";
import { parseBundle } from "#lib/evidence/bundle.ts";
import { attestationChecks } from "#lib/evidence/checks.ts";
import { parseLeaf } from "#lib/evidence/leaf.ts";
import { checkLogEntry } from "#lib/evidence/logEntry.ts";
import { checkSameReading, judge, toEntity, verifySignature } from "#lib/evidence/sigstore.ts";
import { parseTrustedRoot } from "#lib/evidence/trustedRoot.ts";
import { type Attestation, verifyAttestation } from "#lib/evidence/verifyAttestation.ts";
import * as der from "#lib/sandbox/der.ts";
import { raw, text } from "#lib/sandbox/leaf.ts";
import { type AttestOverrides, createSandboxSigstore, type SigstoreBundle } from "#lib/sandbox/sigstore.ts";
import { claimsOfStep } from "../sandbox/claims.fixture.ts";
import { failures } from "./step.fixture.ts";

/** Bundles under a root of the test's own, each departing from an honest one in one way. */

const now = 1_790_000_000;
const sigstore = createSandboxSigstore({ clock: () => now, random: systemRandom });
const rootBytes = (root: unknown) => new TextEncoder().encode(JSON.stringify(root));
const trust = {
  profile: "public-good",
  root: parseTrustedRoot(rootBytes(sigstore.trustedRoot)),
  issuer: claimsOfStep().iss,
  serverUrl: "https://github.com",
} as const;

const artifact = new TextEncoder().encode("artifact");
const SHA256 = "c7c5c1d70c5dec4416ab6158afd0b223ef40c29b1dc1f97ed9428b94d4cadb1c";
const statement = (change: Record<string, unknown> = {}) =>
  JSON.stringify({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "artifact", digest: { sha256: SHA256 } }],
    predicateType: "https://example.org/predicate",
    predicate: {},
    ...change,
  });

function attest(overrides: AttestOverrides = {}, payload = statement()): SigstoreBundle {
  return sigstore.attest({ payload: Buffer.from(payload), claims: claimsOfStep(), overrides });
}

function verifyText(bundle: string, about: Partial<Attestation> = { artifact }) {
  return verifyAttestation({ bundle: new TextEncoder().encode(bundle), ...about }, { trust }, now + 60);
}

const verify = (bundle: unknown, about?: Partial<Attestation>) => verifyText(JSON.stringify(bundle), about);

type Mutable = ReturnType<typeof JSON.parse>;
/** A deep copy with changes. */
function changed(change: (bundle: Mutable) => void): unknown {
  const copy = structuredClone(attest());
  change(copy);
  return copy;
}

describe("an honest bundle", () => {
  it("passes, with every check of the list in the report", () => {
    const report = verify(attest());
    expect(failures(report)).toEqual([]);
    expect(report.verdict).toBe("passed");
    expect(report.checks.map(({ name }) => name)).toEqual(attestationChecks.map(({ name }) => name));
  });

  it("ignores what is new and not critical in Fulcio's own arc", () => {
    const report = verify(attest({ extensions: (honest) => [...honest, raw(24, "new"), raw(99, "newer")] }));
    expect(failures(report)).toEqual([]);
  });

  it("passes by digest alone, of either algorithm", () => {
    expect(failures(verify(attest(), { digest: { algorithm: "sha256", value: SHA256 } }))).toEqual([]);
    const other = verify(attest(), { digest: { algorithm: "sha512", value: SHA256.repeat(2) } });
    expect(failures(other)).toEqual(["artifact: SUBJECT_MISMATCH"]);
  });
});

describe("the bundle's form", () => {
  const entry = (bundle: Mutable) => bundle.verificationMaterial.tlogEntries[0];
  const cases: Record<string, [unknown, string]> = {
    "media type 9.9": [
      changed((b) => Object.assign(b, { mediaType: "application/vnd.dev.sigstore.bundle+json;version=9.9" })),
      "ATTESTATION_MEDIA_TYPE_UNKNOWN",
    ],
    "a media type with a suffix": [
      changed((b) => Object.assign(b, { mediaType: `${b.mediaType};charset=utf-8` })),
      "ATTESTATION_MEDIA_TYPE_UNKNOWN",
    ],
    "no media type": [changed((b) => delete b.mediaType), "ATTESTATION_MEDIA_TYPE_UNKNOWN"],
    "v0.1 without a proof": [
      changed((b) => {
        const { certificate } = b.verificationMaterial;
        b.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.1";
        delete b.verificationMaterial.certificate;
        b.verificationMaterial.x509CertificateChain = { certificates: [certificate] };
        delete entry(b).inclusionProof;
      }),
      "ATTESTATION_PROOF_MISSING",
    ],
    "both contents": [
      changed((b) =>
        Object.assign(b, {
          messageSignature: { messageDigest: { algorithm: "SHA2_256", digest: "AAAA" }, signature: "AAAA" },
        }),
      ),
      "ATTESTATION_CONTENT_AMBIGUOUS",
    ],
    "no content": [changed((b) => delete b.dsseEnvelope), "ATTESTATION_CONTENT_AMBIGUOUS"],
    "two signatures": [
      changed((b) => b.dsseEnvelope.signatures.push(b.dsseEnvelope.signatures[0])),
      "ATTESTATION_SIGNATURE_COUNT",
    ],
    "no signature": [changed((b) => b.dsseEnvelope.signatures.pop()), "ATTESTATION_SIGNATURE_COUNT"],
    "a bare public key": [
      changed((b) => {
        delete b.verificationMaterial.certificate;
        b.verificationMaterial.publicKey = { hint: "key" };
      }),
      "ATTESTATION_BARE_KEY",
    ],
    "two certificates": [
      changed((b) => {
        b.verificationMaterial.x509CertificateChain = { certificates: [b.verificationMaterial.certificate] };
      }),
      "ATTESTATION_FIELD_INVALID",
    ],
    "a certificate and a chain in a version that knows both": [
      changed((b) => {
        b.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.2";
        b.verificationMaterial.x509CertificateChain = { certificates: [b.verificationMaterial.certificate] };
      }),
      "ATTESTATION_FIELD_INVALID",
    ],
    ...Object.fromEntries(
      ["a chain that carries a root", "a chain that carries what is no certificate"].map((name, index) => [
        name,
        [
          changed((b) => {
            const { certificate } = b.verificationMaterial;
            const root = sigstore.trustedRoot.certificateAuthorities[0]?.certChain.certificates[1];
            b.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.2";
            delete b.verificationMaterial.certificate;
            b.verificationMaterial.x509CertificateChain = {
              certificates: [certificate, index === 0 ? root : { rawBytes: "AAAA" }],
            };
          }),
          "ATTESTATION_FIELD_INVALID",
        ],
      ]),
    ),
    "a proof without a checkpoint": [
      changed((b) => {
        delete entry(b).inclusionProof.checkpoint;
      }),
      "ATTESTATION_PROOF_MISSING",
    ],
    "an unknown field": [changed((b) => Object.assign(b, { extra: 1 })), "ATTESTATION_FIELD_INVALID"],
    "base64 with bits left over": [
      changed((b) => {
        b.dsseEnvelope.signatures[0].sig = b.dsseEnvelope.signatures[0].sig.replace(/.(=*)$/, "_$1");
      }),
      "ATTESTATION_BASE64_NOT_CANONICAL",
    ],
    "base64 with a line break": [
      changed((b) => {
        entry(b).canonicalizedBody = `${entry(b).canonicalizedBody}\n`;
      }),
      "ATTESTATION_BASE64_NOT_CANONICAL",
    ],
    "nine log entries": [
      changed((b) => {
        b.verificationMaterial.tlogEntries = Array.from({ length: 9 }, () => entry(b));
      }),
      "ATTESTATION_TOO_MANY_PARTS",
    ],
    "its log entry twice": [
      changed((b) => {
        b.verificationMaterial.tlogEntries.push(entry(b));
      }),
      "ATTESTATION_LOG_ENTRY_REPEATED",
    ],
    "its log entry twice, at another place and time": [
      changed((b) => {
        b.verificationMaterial.tlogEntries.push({ ...entry(b), logIndex: "1", integratedTime: "1" });
      }),
      "ATTESTATION_LOG_ENTRY_REPEATED",
    ],
    "nine lines under a checkpoint": [
      changed((b) => {
        const { checkpoint } = entry(b).inclusionProof;
        const [, own] = checkpoint.envelope.split("\n\n");
        checkpoint.envelope += own.repeat(8);
      }),
      "ATTESTATION_TOO_MANY_PARTS",
    ],
    "nine timestamps": [
      changed((b) => {
        b.verificationMaterial.timestampVerificationData = {
          rfc3161Timestamps: Array.from({ length: 9 }, () => ({ signedTimestamp: "AAAA" })),
        };
      }),
      "ATTESTATION_TOO_MANY_PARTS",
    ],
    "a negative log index": [
      changed((b) => {
        entry(b).logIndex = "-1";
      }),
      "ATTESTATION_FIELD_INVALID",
    ],
    "a bundle over the size cap": [
      changed((b) => Object.assign(b.dsseEnvelope, { payload: "AAAA".repeat(300_000) })),
      "ATTESTATION_TOO_LARGE",
    ],
  };
  it("lets eight sign a checkpoint, of whom one is known", () => {
    const witnessed = changed((b) => {
      const { checkpoint } = entry(b).inclusionProof;
      const [head, own] = checkpoint.envelope.split("\n\n");
      checkpoint.envelope = `${head}\n\n${"\u2014 witness AAAAAAAA\n".repeat(7)}${own}`;
    });
    expect(failures(verify(witnessed))).toEqual([]);
  });

  for (const [name, [bundle, code]] of Object.entries(cases)) {
    it(`is refused: ${name}`, () => expect(failures(verify(bundle))).toEqual([`bundle: ${code}`]));
  }

  it("is refused as text: not JSON, repeated keys, __proto__, deep nesting, not UTF-8", () => {
    const honest = JSON.stringify(attest());
    expect(failures(verifyText("{"))).toEqual(["bundle: ATTESTATION_JSON_MALFORMED"]);
    expect(failures(verifyText(`\ufeff${honest}`))).toEqual(["bundle: ATTESTATION_JSON_MALFORMED"]);
    expect(failures(verifyText(honest.replace("{", '{"mediaType":"x",')))).toEqual(["bundle: JSON_KEY_REPEATED"]);
    expect(failures(verifyText(honest.replace("{", '{"\\u006dediaType":"x",')))).toEqual(["bundle: JSON_KEY_REPEATED"]);
    expect(failures(verifyText(honest.replace("{", '{"__proto__":{},')))).toEqual(["bundle: JSON_KEY_REPEATED"]);
    expect(failures(verifyText("[".repeat(100_000)))).toEqual(["bundle: JSON_TOO_DEEP"]);
    const report = verifyAttestation({ bundle: Uint8Array.of(0xff, 0xfe) }, { trust }, now);
    expect(failures(report)).toEqual(["bundle: ATTESTATION_JSON_MALFORMED"]);
  });

  it("survives any single changed character without an untyped failure", () => {
    const honest = JSON.stringify(attest());
    for (let at = 0; at < honest.length; at += 41) {
      const report = verifyText(`${honest.slice(0, at)}${honest[at] === "0" ? "1" : "0"}${honest.slice(at + 1)}`);
      expect(report.verdict, `character ${at}: ${honest.slice(at - 20, at + 5)}`).toBe("failed");
      expect(failures(report).join()).not.toContain("EVIDENCE_UNREADABLE");
    }
  });
});

describe("the signing certificate", () => {
  const KEY_USAGE = "2.5.29.15";
  const EXTENDED_KEY_USAGE = "2.5.29.37";
  const ALTERNATIVE_NAME = "2.5.29.17";
  const FULCIO = "1.3.6.1.4.1.57264.1.";
  const replace = (oid: string, value: Uint8Array, critical?: boolean): AttestOverrides => ({
    extensions: (honest) =>
      honest.map((e) => (e.oid === oid ? { ...e, value, ...(critical !== undefined && { critical }) } : e)),
  });
  const add = (...extensions: readonly der.Extension[]): AttestOverrides => ({
    extensions: (honest) => [...honest, ...extensions],
  });
  const drop = (oid: string): AttestOverrides => ({ extensions: (honest) => honest.filter((e) => e.oid !== oid) });
  const uri = (value: string) => der.implicit(6, Buffer.from(value, "latin1"));
  const issuer = claimsOfStep().iss;
  const utf8 = (value: string) => Buffer.from(value, "utf8");
  const san = `https://github.com/${claimsOfStep().job_workflow_ref}`;

  const cases: Record<string, [AttestOverrides, string]> = {
    "an extension twice": [add(text(11, "self-hosted")), "LEAF_EXTENSION_REPEATED"],
    "an unknown extension outside the arc": [
      add({ oid: "1.3.6.1.4.1.57265.1.1", value: utf8("x") }),
      "LEAF_EXTENSION_UNKNOWN",
    ],
    "an unknown critical extension inside the arc": [
      add({ oid: `${FULCIO}99`, critical: true, value: utf8("x") }),
      "LEAF_EXTENSION_UNKNOWN",
    ],
    "an extension below a member of the arc": [
      add({ oid: `${FULCIO}8.1`, value: utf8("x") }),
      "LEAF_EXTENSION_UNKNOWN",
    ],
    "no .8": [drop(`${FULCIO}8`), "LEAF_ISSUER_MISSING"],
    ".1 differing from .8": [replace(`${FULCIO}1`, utf8(`${issuer}/octo`)), "LEAF_ISSUER_AMBIGUOUS"],
    ".8 as IA5String": [
      replace(`${FULCIO}8`, Buffer.concat([Uint8Array.of(0x16, issuer.length), utf8(issuer)])),
      "LEAF_EXTENSION_MALFORMED",
    ],
    ".8 without a string around it": [replace(`${FULCIO}8`, utf8(issuer)), "LEAF_EXTENSION_MALFORMED"],
    ".15 with bytes after it": [
      replace(`${FULCIO}15`, Buffer.concat([der.utf8String("810000002"), Uint8Array.of(0)])),
      "LEAF_EXTENSION_MALFORMED",
    ],
    ".15 with a length that is not minimal": [
      replace(`${FULCIO}15`, Buffer.concat([Uint8Array.of(0x0c, 0x81, 9), utf8("810000002")])),
      "LEAF_EXTENSION_MALFORMED",
    ],
    ".15 of an indefinite length": [
      replace(`${FULCIO}15`, Buffer.concat([Uint8Array.of(0x0c, 0x80), utf8("810000002"), Uint8Array.of(0, 0)])),
      "LEAF_EXTENSION_MALFORMED",
    ],
    ".15 that is not UTF-8": [replace(`${FULCIO}15`, Uint8Array.of(0x0c, 1, 0xff)), "LEAF_EXTENSION_MALFORMED"],
    ".1 that is not UTF-8": [replace(`${FULCIO}1`, Uint8Array.of(0xe8)), "LEAF_EXTENSION_MALFORMED"],
    ".3 that is not UTF-8": [replace(`${FULCIO}3`, Uint8Array.of(0xe8)), "LEAF_EXTENSION_MALFORMED"],
    "two alternative names": [
      replace(ALTERNATIVE_NAME, der.sequence(uri(san), uri("https://example.org"))),
      "LEAF_IDENTITY_NOT_ONE_URI",
    ],
    "an e-mail address": [
      replace(ALTERNATIVE_NAME, der.sequence(der.implicit(1, utf8("a@example.org")))),
      "LEAF_IDENTITY_NOT_ONE_URI",
    ],
    "no alternative name": [drop(ALTERNATIVE_NAME), "LEAF_IDENTITY_NOT_ONE_URI"],
    "an alternative name that is not critical": [
      replace(ALTERNATIVE_NAME, der.sequence(uri(san)), false),
      "LEAF_IDENTITY_NOT_ONE_URI",
    ],
    "an alternative name with high bits": [
      replace(ALTERNATIVE_NAME, der.sequence(uri(san.replace("h", "\u00e8")))),
      "LEAF_IDENTITY_NOT_ONE_URI",
    ],
    "key usage for certificates": [replace(KEY_USAGE, der.bitString(Uint8Array.of(0x86), 1)), "LEAF_USAGE_REFUSED"],
    "no key usage": [drop(KEY_USAGE), "LEAF_USAGE_REFUSED"],
    "extended key usage for servers": [
      replace(EXTENDED_KEY_USAGE, der.sequence(der.objectIdentifier("1.3.6.1.5.5.7.3.1"))),
      "LEAF_USAGE_REFUSED",
    ],
    "two extended key usages": [
      replace(
        EXTENDED_KEY_USAGE,
        der.sequence(der.objectIdentifier("1.3.6.1.5.5.7.3.3"), der.objectIdentifier("1.3.6.1.5.5.7.3.1")),
      ),
      "LEAF_USAGE_REFUSED",
    ],
    "no extended key usage": [drop(EXTENDED_KEY_USAGE), "LEAF_USAGE_REFUSED"],
    "CA:TRUE": [add({ oid: "2.5.29.19", critical: true, value: der.sequence(der.boolean(true)) }), "LEAF_IS_AUTHORITY"],
    "a lifetime of eleven minutes": [{ notBefore: now - 30, notAfter: now + 631 }, "LEAF_LIFETIME_EXCEEDED"],
    "an end before the beginning": [{ notBefore: now, notAfter: now - 60 }, "LEAF_LIFETIME_EXCEEDED"],
  };
  for (const [name, [overrides, code]] of Object.entries(cases)) {
    it(`is refused: ${name}`, () =>
      expect(failures(verify(attest(overrides)))).toEqual([`signing-certificate: ${code}`]));
  }

  it("is refused with bytes after it or cut off", () => {
    const leaf = (change: (der: Buffer) => Uint8Array) =>
      changed((b) => {
        const { certificate } = b.verificationMaterial;
        certificate.rawBytes = Buffer.from(change(Buffer.from(certificate.rawBytes, "base64"))).toString("base64");
      });
    for (const change of [
      (bytes: Buffer) => Buffer.concat([bytes, Uint8Array.of(0)]),
      (bytes: Buffer) => bytes.subarray(0, -1),
      () => Uint8Array.of(0x30, 0),
    ]) {
      expect(failures(verify(leaf(change)))).toEqual(["signing-certificate: LEAF_NOT_DER"]);
    }
  });

  it("accepts CA:FALSE said in so many bytes", () => {
    expect(failures(verify(attest(add({ oid: "2.5.29.19", critical: true, value: der.sequence() }))))).toEqual([]);
  });
});

describe("time, chain, logs and signature", () => {
  const elsewhere = () => attest().verificationMaterial.tlogEntries;
  const entry = (bundle: Mutable) => bundle.verificationMaterial.tlogEntries[0];
  const cases: Record<string, [unknown, readonly string[]]> = {
    "a promise by a stranger": [attest({ log: { promise: "foreign" } }), ["transparency-log: LOG_INCLUSION_INVALID"]],
    "a checkpoint by a stranger": [attest({ log: { proof: "foreign" } }), ["transparency-log: LOG_INCLUSION_INVALID"]],
    "no promise for its time": [attest({ log: { promise: "none" } }), ["signing-time: LOG_TIME_UNSIGNED"]],
    "a leaf that had expired": [
      attest({ notBefore: now - 7200, notAfter: now - 6600 }),
      ["certificate-chain: CHAIN_INVALID"],
    ],
    "a leaf of the future": [
      attest({ notBefore: now + 600, notAfter: now + 1200 }),
      ["certificate-chain: CHAIN_INVALID"],
    ],
    "a time in the future": [
      attest({ notBefore: now + 900, notAfter: now + 1500, log: { integratedTime: now + 1000 } }),
      ["signing-time: TIMESTAMP_IN_FUTURE"],
    ],
    "no SCT": [attest({ sct: "none" }), ["certificate-log: TRANSPARENCY_INVALID"]],
    "an SCT by a stranger": [attest({ sct: "foreign" }), ["certificate-log: TRANSPARENCY_INVALID"]],
    "a leaf by a stranger": [attest({ issuer: "foreign" }), ["certificate-chain: CHAIN_INVALID"]],
    "a signature by a stranger": [attest({ signature: "foreign" }), ["signature: ATTESTATION_SIGNATURE_INVALID"]],
    "another payload": [
      changed((b) => {
        b.dsseEnvelope.payload = Buffer.from(statement({ predicateType: "else" })).toString("base64");
      }),
      ["transparency-log: LOG_ENTRY_MISMATCH", "signature: ATTESTATION_SIGNATURE_INVALID"],
    ],
    "the log entry of another bundle": [
      changed((b) => {
        b.verificationMaterial.tlogEntries = elsewhere();
      }),
      ["transparency-log: LOG_ENTRY_MISMATCH"],
    ],
    "an unrelated log entry besides its own": [
      changed((b) => {
        b.verificationMaterial.tlogEntries.push(...elsewhere());
      }),
      ["signing-time: TIMESTAMP_INVALID"],
    ],
    "no log entry": [
      changed((b) => {
        b.verificationMaterial.tlogEntries = [];
      }),
      ["signing-time: TIMESTAMP_INVALID"],
    ],
    "another log index": [
      changed((b) => {
        entry(b).logIndex = String(Number(entry(b).logIndex) + 1);
      }),
      ["transparency-log: LOG_INCLUSION_INVALID"],
    ],
    "another time": [
      changed((b) => {
        entry(b).integratedTime = String(now + 1);
      }),
      ["transparency-log: LOG_INCLUSION_INVALID"],
    ],
    "another index in the proof": [
      changed((b) => {
        entry(b).inclusionProof.logIndex = "0";
      }),
      ["transparency-log: LOG_INCLUSION_INVALID"],
    ],
    "another tree size": [
      changed((b) => {
        entry(b).inclusionProof.treeSize = "1000000";
      }),
      ["transparency-log: LOG_PROOF_INCONSISTENT"],
    ],
    "another root hash": [
      changed((b) => {
        entry(b).inclusionProof.rootHash = Buffer.alloc(32).toString("base64");
      }),
      ["transparency-log: LOG_PROOF_INCONSISTENT"],
    ],
    "another log": [
      changed((b) => {
        entry(b).logId.keyId = Buffer.alloc(32).toString("base64");
      }),
      ["transparency-log: LOG_ENTRY_MISSING"],
    ],
    "another kind of entry": [
      changed((b) => {
        entry(b).kindVersion.kind = "rekord";
      }),
      ["transparency-log: LOG_ENTRY_MISMATCH"],
    ],
    "an unreadable timestamp": [
      changed((b) => {
        b.verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [{ signedTimestamp: "AAAA" }] };
      }),
      ["signing-time: ATTESTATION_FIELD_INVALID"],
    ],
  };
  for (const [name, [bundle, codes]] of Object.entries(cases)) {
    it(`is refused: ${name}`, () => {
      const report = verify(bundle);
      expect(report.verdict).toBe("failed");
      expect(failures(report)).toEqual(codes);
    });
  }

  it("is refused under another root, and under its own where the log's key had expired", () => {
    const other = createSandboxSigstore({ clock: () => now, random: systemRandom }).trustedRoot;
    const under = (root: unknown) =>
      failures(
        verifyAttestation(
          { bundle: new TextEncoder().encode(JSON.stringify(attest())) },
          { trust: { ...trust, root: parseTrustedRoot(rootBytes(root)) } },
          now,
        ),
      );
    expect(under(other)).toEqual(["certificate-chain: CHAIN_INVALID", "transparency-log: LOG_ENTRY_MISSING"]);
    const expired = JSON.parse(JSON.stringify(sigstore.trustedRoot)) as Mutable;
    expired.tlogs[0].publicKey.validFor.end = new Date((now - 1) * 1000).toISOString();
    expect(under(expired)).toEqual(["transparency-log: LOG_KEY_EXPIRED"]);
  });

  it("is refused as an artifact signature without the artifact", () => {
    const bundle = changed((b) => {
      const signature = b.dsseEnvelope.signatures[0].sig;
      delete b.dsseEnvelope;
      const digest = Buffer.from(SHA256, "hex").toString("base64");
      b.messageSignature = { messageDigest: { algorithm: "SHA2_256", digest }, signature };
    });
    expect(failures(verify(bundle, {}))).toContain("signature: ARTIFACT_REQUIRED");
    expect(failures(verify(bundle))).toContain("signature: ATTESTATION_SIGNATURE_INVALID");
  });
});

describe("what stands beside the library", () => {
  const parsed = (bundle: SigstoreBundle) => parseBundle(new TextEncoder().encode(JSON.stringify(bundle)));
  const one = parsed(attest());
  const other = parsed(attest());

  it("refuses a log entry that names another certificate than the bundle", () => {
    const [entry] = one.logEntries;
    if (!entry) throw new Error("no entry");
    checkLogEntry(entry, one.leaf);
    expect(() => checkLogEntry(entry, other.leaf)).toThrow(expect.objectContaining({ code: "LOG_ENTRY_MISMATCH" }));
  });

  it("refuses an index that no promise signed and that is not the proof's", () => {
    const [entry] = one.logEntries;
    if (!entry) throw new Error("no entry");
    const unpromised = { ...entry, hasPromise: false };
    expect(() => checkLogEntry(unpromised, one.leaf)).toThrow(
      expect.objectContaining({ code: "LOG_PROOF_INCONSISTENT" }),
    );
    checkLogEntry({ ...unpromised, logIndex: entry.proof.logIndex }, one.leaf);
  });

  it("refuses a certificate that the library reads as other bytes", () => {
    const entity = toEntity(one, undefined);
    checkSameReading(entity, parseLeaf(one.leaf));
    expect(() => checkSameReading(entity, parseLeaf(other.leaf))).toThrow(
      expect.objectContaining({ code: "LEAF_NOT_DER" }),
    );
  });

  it("refuses as its signature what the library refuses as a whole and no stage does", () => {
    const judged = (bundle: SigstoreBundle) => {
      const read = parsed(bundle);
      const { material } = trust.root;
      const limits = { logEntries: 1, certificateLogs: 1 } as const;
      const { publicKey } = parseLeaf(read.leaf);
      const { logEntries, leaf: signer } = read;
      return judge({ entity: toEntity(read, undefined), logEntries, publicKey, signer, material, limits });
    };
    expect(judged(attest()).accepted).toBe(true);
    const refused = judged(attest({ sct: "none" }));
    expect(refused.accepted).toBe(false);
    verifySignature(refused, false);
    expect(() => verifySignature(refused, true)).toThrow(
      expect.objectContaining({ code: "ATTESTATION_SIGNATURE_INVALID" }),
    );
  });
});

describe("the statement", () => {
  const digest = { sha256: SHA256 };
  const cases: Record<string, [string, string]> = {
    "another _type": [statement({ _type: "https://in-toto.io/Statement/v2" }), "statement: STATEMENT_MALFORMED"],
    "no subjects": [statement({ subject: [] }), "statement: STATEMENT_MALFORMED"],
    "nine subjects": [
      statement({ subject: Array.from({ length: 9 }, () => ({ name: "a", digest })) }),
      "statement: STATEMENT_MALFORMED",
    ],
    "an unknown field": [statement({ extra: 1 }), "statement: STATEMENT_MALFORMED"],
    "an upper-case digest": [
      statement({ subject: [{ name: "a", digest: { sha256: SHA256.toUpperCase() } }] }),
      "statement: STATEMENT_MALFORMED",
    ],
    "not JSON": ["{", "statement: STATEMENT_MALFORMED"],
    "a repeated key": [statement().replace("{", '{"subject":[],'), "statement: JSON_KEY_REPEATED"],
    "another subject": [
      statement({ subject: [{ name: "a", digest: { sha256: "0".repeat(64) } }] }),
      "artifact: SUBJECT_MISMATCH",
    ],
    "the digest under another algorithm": [
      statement({ subject: [{ name: "a", digest: { sha512: SHA256 } }] }),
      "artifact: SUBJECT_MISMATCH",
    ],
    "a provenance of another run": [
      statement({
        predicateType: "https://slsa.dev/provenance/v1",
        predicate: { runDetails: { metadata: { invocationId: "https://github.com/a/b/actions/runs/1/attempts/1" } } },
      }),
      "predicate: PREDICATE_CONTRADICTS_CERTIFICATE",
    ],
  };
  for (const [name, [payload, failure]] of Object.entries(cases)) {
    it(`is refused: ${name}`, () => expect(failures(verify(attest({}, payload)))).toEqual([failure]));
  }

  it("is refused under another payload type, also one that looks the same", () => {
    for (const payloadType of [
      "application/json",
      "application/vnd.in-toto+j\u017fon",
      "application/vnd.in-toto+json ",
    ]) {
      expect(failures(verify(attest({ payloadType })))).toEqual(["statement: STATEMENT_PAYLOAD_TYPE_UNKNOWN"]);
    }
  });
});

describe("a trusted root", () => {
  const refusedWith = (root: unknown, code: string) =>
    expect(() => parseTrustedRoot(rootBytes(root))).toThrow(expect.objectContaining({ code }));
  const root = () => JSON.parse(JSON.stringify(sigstore.trustedRoot)) as Mutable;

  it("is refused where an entry does not say from when it holds", () => {
    for (const list of ["tlogs", "ctlogs"]) {
      const undated = root();
      delete undated[list][0].publicKey.validFor;
      refusedWith(undated, "TRUSTED_ROOT_UNDATED");
    }
    const undated = root();
    delete undated.certificateAuthorities[0].validFor.start;
    refusedWith(undated, "TRUSTED_ROOT_UNDATED");
  });

  it("is refused where it is no such document", () => {
    refusedWith({ ...root(), mediaType: "application/json" }, "TRUSTED_ROOT_MALFORMED");
    refusedWith([], "TRUSTED_ROOT_MALFORMED");
    const broken = root();
    broken.tlogs[0].publicKey.rawBytes = "AAAA";
    refusedWith(broken, "TRUSTED_ROOT_MALFORMED");
    const pkg = readFileSync("package.json");
    expect(() => parseTrustedRoot(pkg)).toThrow(expect.objectContaining({ code: "TRUSTED_ROOT_MALFORMED" }));
  });
});
