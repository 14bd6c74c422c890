import type { Hex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256Hex } from "#lib/core/hash.ts";
import { type OnchainAttestation, prepareAttestation } from "#lib/evidence/onchain/attestation.ts";
import { coveredRoots } from "#lib/evidence/onchain/roots.ts";
import { statementBytes } from "#lib/evidence/statement.ts";
import type { StepExpectation } from "#lib/evidence/trade.ts";
import { verifyStep } from "#lib/evidence/verify.ts";
import type { IdentityClaims } from "#lib/sandbox/claims.ts";
import * as der from "#lib/sandbox/der.ts";
import { raw, text } from "#lib/sandbox/leaf.ts";
import type { AttestOverrides } from "#lib/sandbox/sigstore.ts";
import {
  attestedAt,
  failures,
  type MintedStep,
  mintStep,
  type StepChanges,
  type Topology,
  topologies,
  trust,
} from "../../lib/evidence/step.fixture.ts";
import { FIRST_BUILD_MS } from "./local.ts";
import {
  encodeAttestation,
  flipEveryByte,
  paddingOf,
  type VerifierChain,
  verifierChain,
  windowsOf,
} from "./verifier.fixture.ts";

/**
 * The contract beside the library: the same evidence, the same verdict. Everything here is really issued, signed and
 * logged by an authority and a log whose keys the contract knows, so a refusal is about what the case says.
 */

let onchain: VerifierChain;
beforeAll(async () => {
  onchain = await verifierChain(coveredRoots(trust.root), trust.issuer);
}, FIRST_BUILD_MS);
afterAll(() => onchain.chain.connection.close());

/** What Settlement rebuilds from terms, permit and claim. */
function factsOf({ parts, claim, expectation }: MintedStep) {
  const { terms, permit } = expectation;
  return {
    claimHash: sha256Hex(parts.claim),
    certificateHash: claim.certificateHash,
    resultHash: claim.resultHash,
    bundleHash: claim.bundleHash,
    signerWorkflow: terms.signerWorkflow,
    signerCommit: terms.signerCommit,
    callerWorkflow: terms.callerWorkflow,
    repositoryId: permit.repositoryId,
    sourceOwnerId: terms.sourceOwnerId,
    sourceCommit: permit.sourceCommit,
    runId: permit.runId,
    runAttempt: permit.runAttempt,
    openedAt: expectation.openedAt,
  };
}

/** Has the contract verify a step's attestation; `change` is made to the finished proof. */
async function verifyOnChain(
  minted: MintedStep,
  change: (attestation: OnchainAttestation) => OnchainAttestation = (honest) => honest,
): Promise<{ readonly logTime: number; readonly roots: readonly Hex[] }> {
  const { attestation } = prepareAttestation(minted.parts.bundle, onchain.roots);
  const proof = encodeAttestation(onchain.verifier, change(attestation));
  const [logTime, roots] = (await onchain.verifier.read("verify", [factsOf(minted), proof])) as [bigint, Hex[]];
  return { logTime: Number(logTime), roots };
}

const verifyByLibrary = ({ parts, expectation }: MintedStep) =>
  verifyStep(parts, expectation, trust, { now: attestedAt + 3600 });

const identity = (changes: Partial<IdentityClaims>): StepChanges => ({
  identity: (claims) => ({ ...claims, ...changes }),
});
const attest = (overrides: AttestOverrides): StepChanges => ({ attest: overrides });
type Extensions = NonNullable<AttestOverrides["extensions"]>;
const extensions = (change: Extensions): StepChanges => attest({ extensions: change });
const ARC = "1.3.6.1.4.1.57264.1.";
const replaced = (oid: string, value: Uint8Array): StepChanges =>
  extensions((all) => all.map((one) => (one.oid === oid ? { ...one, value } : one)));
const without = (oid: string): StepChanges => extensions((all) => all.filter((one) => one.oid !== oid));
const added = (...more: readonly der.Extension[]): StepChanges => extensions((all) => [...all, ...more]);
const OTHER = "8".repeat(40);
const uri = (value: string) => der.implicit(6, Buffer.from(value, "latin1"));
const SAN = "2.5.29.17";
const named = "https://github.com/pawl/pawl";

/** What differs, the contract's error, and the library's failing checks among others. */
type Refusal = readonly [title: string, changes: StepChanges, error: string, library: string];
const refusals: readonly Refusal[] = [
  ["another identity provider", identity({ iss: `${trust.issuer}/octo` }), "FactMismatch 8", "ISSUER_MISMATCH"],
  [
    "an identity provider with a slash at the end",
    identity({ iss: `${trust.issuer}/` }),
    "FactMismatch 8",
    "ISSUER_MISMATCH",
  ],
  [
    "another signer workflow",
    identity({ job_workflow_ref: `pawl/pawl/.github/workflows/other.yml@${"5".repeat(40)}` }),
    "FactMismatch 9",
    "SIGNER_WORKFLOW_MISMATCH",
  ],
  [
    "a signer that was called by a branch",
    identity({ job_workflow_ref: "pawl/pawl/.github/workflows/pawl-step.yml@refs/heads/main" }),
    "FactMismatch 9",
    "SIGNER_UNPINNED",
  ],
  [
    "a signer whose ref holds the pinned workflow",
    identity({
      job_workflow_ref: `evil/evil/.github/workflows/x.yml@pawl/pawl/.github/workflows/pawl-step.yml@${"5".repeat(40)}`,
    }),
    "FactMismatch 9",
    "SIGNER_WORKFLOW_MISMATCH",
  ],
  ["another signer commit", identity({ job_workflow_sha: OTHER }), "FactMismatch 10", "SIGNER_COMMIT_MISMATCH"],
  [
    "another caller",
    identity({ workflow_ref: "pawl-neutral/steps/.github/workflows/evil.yml@refs/heads/main" }),
    "FactMismatch 18",
    "CALLER_WORKFLOW_MISMATCH",
  ],
  ["another repository id", identity({ repository_id: "810000003" }), "FactMismatch 15", "SOURCE_REPOSITORY_MISMATCH"],
  [
    "a longer repository id",
    identity({ repository_id: "8100000020" }),
    "FactMismatch 15",
    "SOURCE_REPOSITORY_MISMATCH",
  ],
  ["another owner", identity({ repository_owner_id: "9200003" }), "FactMismatch 17", "SOURCE_OWNER_MISMATCH"],
  ["another source commit", identity({ sha: OTHER }), "FactMismatch 13", "SOURCE_COMMIT_MISMATCH"],
  ["a caller at another commit", identity({ workflow_sha: OTHER }), "FactMismatch 19", "SOURCE_COMMIT_MISMATCH"],
  ["another run", identity({ run_id: "17000000002" }), "FactMismatch 21", "RUN_MISMATCH"],
  ["another attempt", identity({ run_attempt: "2" }), "FactMismatch 21", "RUN_MISMATCH"],
  ["a run id with a leading zero", identity({ run_id: "017000000001" }), "FactMismatch 21", "RUN_MISMATCH"],
  [
    "a run of no repository",
    extensions((all) =>
      all
        .filter(({ oid }) => oid !== `${ARC}12`)
        .map((one) => (one.oid === `${ARC}21` ? text(21, "/actions/runs/17000000001/attempts/1") : one)),
    ),
    "FactMismatch 12",
    "RUN_MISMATCH",
  ],
  ["another trigger", identity({ event_name: "schedule" }), "FactMismatch 20", "TRIGGER_MISMATCH"],
  ["no trigger", without(`${ARC}20`), "FactMismatch 20", "TRIGGER_MISMATCH"],
  [
    "a runner of one's own",
    identity({ runner_environment: "self-hosted" }),
    "FactMismatch 11",
    "RUNNER_ENVIRONMENT_MISMATCH",
  ],
  ["a private repository", identity({ repository_visibility: "private" }), "FactMismatch 22", "VISIBILITY_MISMATCH"],
  ["a deployment environment", identity({ environment: "prod" }), "FactMismatch 23", "ENVIRONMENT_UNEXPECTED"],

  ["a repeated extension", added(text(8, trust.issuer)), "CertificateExtensionRepeated", "LEAF_EXTENSION_REPEATED"],
  [
    "a repeated extension that nobody reads",
    added(text(99, "x"), text(99, "y")),
    "CertificateExtensionRepeated",
    "LEAF_EXTENSION_REPEATED",
  ],
  [
    "a repeated key identifier",
    added({ oid: "2.5.29.14", value: der.octetString(new Uint8Array(20)) }),
    "CertificateExtensionRepeated",
    "LEAF_EXTENSION_REPEATED",
  ],
  [
    "an unknown extension",
    added({ oid: "1.2.3.4", value: der.utf8String("x") }),
    "CertificateExtensionUnknown",
    "LEAF_EXTENSION_UNKNOWN",
  ],
  [
    "an unknown certificate extension",
    added({ oid: "2.5.29.32", value: der.sequence() }),
    "CertificateExtensionUnknown",
    "LEAF_EXTENSION_UNKNOWN",
  ],
  [
    "a precertificate's poison",
    added({ oid: "1.3.6.1.4.1.11129.2.4.3", critical: true, value: der.nullValue() }),
    "CertificateExtensionUnknown",
    "LEAF_EXTENSION_UNKNOWN",
  ],
  [
    "a critical extension of Fulcio's arc",
    added({ ...text(99, "x"), critical: true }),
    "CertificateExtensionUnknown",
    "LEAF_EXTENSION_UNKNOWN",
  ],
  [
    "an extension below Fulcio's arc",
    added({ ...text(99, "x"), oid: `${ARC}99.1` }),
    "CertificateExtensionUnknown",
    "LEAF_EXTENSION_UNKNOWN",
  ],
  [
    "a known critical extension of Fulcio's arc",
    extensions((all) => all.map((one) => (one.oid === `${ARC}20` ? { ...one, critical: true } : one))),
    "CertificateExtensionUnknown",
    "LEAF_EXTENSION_UNKNOWN",
  ],
  ["no identity provider", without(`${ARC}8`), "CertificateIssuerAmbiguous", "LEAF_ISSUER_MISSING"],
  [
    "two identity providers",
    replaced(`${ARC}1`, raw(1, "https://other.example").value),
    "CertificateIssuerAmbiguous",
    "LEAF_ISSUER_AMBIGUOUS",
  ],
  [
    "text behind an extension's text",
    replaced(`${ARC}20`, new Uint8Array([...der.utf8String("workflow_dispatch"), 0])),
    "NotDer",
    "LEAF_EXTENSION_MALFORMED",
  ],
  [
    "an extension of another string type",
    replaced(`${ARC}20`, der.printableString("workflow_dispatch")),
    "NotDer",
    "LEAF_EXTENSION_MALFORMED",
  ],
  [
    "a length in more bytes than it needs",
    replaced(`${ARC}20`, new Uint8Array([0x0c, 0x81, 17, ...Buffer.from("workflow_dispatch")])),
    "NotDer",
    "LEAF_EXTENSION_MALFORMED",
  ],
  [
    "no end to a length",
    replaced(`${ARC}20`, new Uint8Array([0x0c, 0x80, ...Buffer.from("workflow_dispatch"), 0, 0])),
    "NotDer",
    "LEAF_EXTENSION_MALFORMED",
  ],
  [
    "two names",
    replaced(SAN, der.sequence(uri(named), uri(named))),
    "CertificateIdentityNotOneUri",
    "LEAF_IDENTITY_NOT_ONE_URI",
  ],
  [
    "an e-mail address as the name",
    replaced(SAN, der.sequence(der.implicit(1, Buffer.from("a@b.example")))),
    "CertificateIdentityNotOneUri",
    "LEAF_IDENTITY_NOT_ONE_URI",
  ],
  ["no name", without(SAN), "CertificateIdentityNotOneUri", "LEAF_IDENTITY_NOT_ONE_URI"],
  [
    "a name that is not critical",
    extensions((all) => all.map((one) => (one.oid === SAN ? { ...one, critical: false } : one))),
    "CertificateIdentityNotOneUri",
    "LEAF_IDENTITY_NOT_ONE_URI",
  ],
  ...[
    "https://github.com/\u00e9",
    "https://github.com/ x",
    "https://github.com/\u007f",
    `${named}${"/a".repeat(20)}\n`,
  ].map(
    (name): Refusal => [
      `a name with ${JSON.stringify(name.slice(-1))}`,
      replaced(SAN, der.sequence(uri(name))),
      "CertificateIdentityNotOneUri",
      "LEAF_IDENTITY_NOT_ONE_URI",
    ],
  ),
  [
    "another name than the signer",
    replaced(SAN, der.sequence(uri(named))),
    "FactMismatch 0",
    "SIGNER_IDENTITY_MISMATCH",
  ],
  [
    "another use of the key",
    replaced("2.5.29.15", der.bitString(Uint8Array.of(0xa0), 5)),
    "CertificateUsageRefused",
    "LEAF_USAGE_REFUSED",
  ],
  ["no use of the key", without("2.5.29.15"), "CertificateUsageRefused", "LEAF_USAGE_REFUSED"],
  [
    "another purpose",
    replaced("2.5.29.37", der.sequence(der.objectIdentifier("1.3.6.1.5.5.7.3.1"))),
    "CertificateUsageRefused",
    "LEAF_USAGE_REFUSED",
  ],
  ["no purpose", without("2.5.29.37"), "CertificateUsageRefused", "LEAF_USAGE_REFUSED"],
  [
    "an authority's certificate",
    added({ oid: "2.5.29.19", critical: true, value: der.sequence(der.boolean(true)) }),
    "CertificateIsAuthority",
    "LEAF_IS_AUTHORITY",
  ],
  [
    "a certificate of an hour",
    attest({ notBefore: attestedAt - 1800, notAfter: attestedAt + 1800 }),
    "CertificateLifetimeExceeded",
    "LEAF_LIFETIME_EXCEEDED",
  ],
  [
    "a certificate that ends before it begins",
    attest({ notBefore: attestedAt + 1, notAfter: attestedAt - 1 }),
    "CertificateLifetimeExceeded",
    "LEAF_LIFETIME_EXCEEDED",
  ],
  [
    "a log time before the certificate",
    attest({ notBefore: attestedAt + 1, notAfter: attestedAt + 601 }),
    "LogTimeOutside",
    "CHAIN_INVALID",
  ],
  [
    "a log time after the certificate",
    attest({ notBefore: attestedAt - 601, notAfter: attestedAt - 1 }),
    "LogTimeOutside",
    "CHAIN_INVALID",
  ],
  [
    "a promise by another log's key",
    attest({ log: { promise: "foreign" } }),
    "LogPromiseInvalid",
    "LOG_INCLUSION_INVALID",
  ],
  [
    "a signature by another key",
    attest({ signature: "foreign" }),
    "StatementSignatureInvalid",
    "ATTESTATION_SIGNATURE_INVALID",
  ],
  [
    "a statement with other spaces",
    { statement: (honest) => new TextEncoder().encode(`${new TextDecoder().decode(honest)} `) },
    "StatementSignatureInvalid",
    "STATEMENT_MISMATCH",
  ],
  [
    "a statement of another claim",
    {
      statement: () => {
        const digest = `0x${"77".repeat(32)}` as const;
        return statementBytes({ claimHash: digest, certificateHash: digest, resultHash: digest, bundleHash: digest });
      },
    },
    "StatementSignatureInvalid",
    "STATEMENT_MISMATCH",
  ],
];

describe("an attestation on-chain", () => {
  for (const topology of topologies) {
    it(`is accepted in topology ${topology}, as by the library`, async () => {
      const minted = await mintStep({ topology });
      expect((await verifyByLibrary(minted)).verdict).toBe("passed");
      const { logTime, roots } = await verifyOnChain(minted);
      expect(logTime).toBe(attestedAt);
      expect(new Set(roots).size).toBe(2);
    });
  }

  it.each([7, 24, 127, 128, 255])("is accepted with an extension .%d that nobody knows yet", async (number) => {
    const minted = await mintStep(added(text(number, "news")));
    expect(failures(await verifyByLibrary(minted))).toEqual([]);
    await verifyOnChain(minted);
  });

  it("is accepted with constraints that deny authority", async () => {
    const minted = await mintStep(added({ oid: "2.5.29.19", critical: true, value: der.sequence() }));
    expect(failures(await verifyByLibrary(minted))).toEqual([]);
    await verifyOnChain(minted);
  });

  it("is accepted without hints, by the slower way", async () => {
    await verifyOnChain(await mintStep(), (honest) => ({ ...honest, issuerHints: "0x" }));
  });

  it("is accepted with either of the log's two signatures, which are both right", async () => {
    const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    await verifyOnChain(await mintStep(), (honest) => ({ ...honest, promiseS: ORDER - honest.promiseS }));
  });

  for (const [title, changes, error, library] of refusals) {
    it(`is refused with ${title}, by both`, async () => {
      const minted = await mintStep(changes);
      await expect(verifyOnChain(minted)).rejects.toThrow(new RegExp(`^${error}`));
      expect(failures(await verifyByLibrary(minted)).join()).toContain(library);
    });
  }

  const direct: readonly (readonly [string, Topology, Partial<IdentityClaims>, string])[] = [
    ["a source at another commit", "direct", { sha: OTHER }, "FactMismatch 13"],
    ["a workflow at another commit", "direct", { workflow_sha: OTHER }, "FactMismatch 19"],
    ["another commit than the permit's", "hosted", { sha: OTHER }, "FactMismatch 13"],
    ["another repository than the permit's", "hosted", { repository_id: "810000003" }, "FactMismatch 15"],
  ];
  it.each(direct)("is refused with %s in topology %s", async (_title, topology, changes, error) => {
    const minted = await mintStep({ topology, ...identity(changes) });
    await expect(verifyOnChain(minted)).rejects.toThrow(new RegExp(`^${error}`));
    expect((await verifyByLibrary(minted)).verdict).toBe("failed");
  });

  it.each([
    ["a run without a number", { run_id: "0" }, { runId: 0n }],
    ["an attempt without a number", { run_attempt: "0" }, { runAttempt: 0 }],
  ] as const)("is refused with %s, which no run has, by both", async (_title, claims, permitted) => {
    const minted = await mintStep({ ...identity(claims), permit: (honest) => ({ ...honest, ...permitted }) });
    await expect(verifyOnChain(minted)).rejects.toThrow("FactMismatch 21");
    expect(failures(await verifyByLibrary(minted)).join()).toContain("RUN_MISMATCH");
  });

  it("is compared in the largest numbers that a permit can hold, by both", async () => {
    const [runId, runAttempt] = [2n ** 64n - 1n, 2 ** 32 - 1];
    const minted = await mintStep({
      ...identity({ run_id: runId.toString(), run_attempt: runAttempt.toString() }),
      permit: (honest) => ({ ...honest, runId, runAttempt }),
    });
    expect(failures(await verifyByLibrary(minted)).join()).not.toContain("RUN_MISMATCH");
    await verifyOnChain(minted);
  });

  it("is refused where a workflow of its own is pinned at another commit than the source", async () => {
    const minted = await mintStep({ topology: "direct" });
    const { expectation } = minted;
    const elsewhere: StepExpectation = {
      ...expectation,
      permit: { ...expectation.permit, sourceCommit: `0x${OTHER}` },
    };
    await expect(verifyOnChain({ ...minted, expectation: elsewhere })).rejects.toThrow("FactMismatch 10");
  });
});

describe("a proof", () => {
  it("is refused for each fact that differs in one bit", async () => {
    const minted = await mintStep();
    const { attestation } = prepareAttestation(minted.parts.bundle, onchain.roots);
    const proof = encodeAttestation(onchain.verifier, attestation);
    const honest = factsOf(minted);
    const flipped = (value: Hex | bigint | number) =>
      typeof value === "string"
        ? (`0x${(BigInt(value) ^ 1n).toString(16).padStart(value.length - 2, "0")}` as Hex)
        : typeof value === "bigint"
          ? value ^ 1n
          : value ^ 1;
    const refused: string[] = [];
    for (const [name, value] of Object.entries(honest)) {
      const facts = { ...honest, [name]: flipped(value) };
      await onchain.verifier.read("verify", [facts, proof]).catch(() => refused.push(name));
    }
    // The moment of opening concerns the roots alone.
    expect(refused).toEqual(Object.keys(honest).filter((name) => name !== "openedAt"));
  });

  it("is refused by a certificate that another key signed", async () => {
    const minted = await mintStep();
    const { attestation } = prepareAttestation(minted.parts.bundle, onchain.roots);
    const foreign = await mintStep(attest({ issuer: "foreign" }));
    // Off-chain, no hints can be made for a signature that the authority did not make.
    expect(() => prepareAttestation(foreign.parts.bundle, onchain.roots)).toThrow(
      expect.objectContaining({ code: "PROOF_ISSUER_UNKNOWN" }),
    );
    const last = Number.parseInt(attestation.certificate.slice(-2), 16) ^ 1;
    const certificate = `${attestation.certificate.slice(0, -2)}${last.toString(16).padStart(2, "0")}` as Hex;
    // The log's entry holds the certificate too, so it is the first to differ.
    await expect(verifyOnChain(minted, (honest) => ({ ...honest, certificate }))).rejects.toThrow("LogPromiseInvalid");
  });

  it("is refused under roots whose windows the log's time is outside of", async () => {
    const minted = await mintStep();
    const outside: readonly ((honest: OnchainAttestation) => OnchainAttestation)[] = [
      (honest) => ({ ...honest, issuerValidFrom: attestedAt + 1 }),
      (honest) => ({ ...honest, issuerValidUntil: attestedAt - 1 }),
      (honest) => ({ ...honest, log: { ...honest.log, validFrom: attestedAt + 1 } }),
      (honest) => ({ ...honest, log: { ...honest.log, validUntil: attestedAt - 1 } }),
    ];
    for (const change of outside) await expect(verifyOnChain(minted, change)).rejects.toThrow(/^LogTimeOutside/);
    // A window that is made wider is another root, which nobody queued.
    const honest = await verifyOnChain(minted);
    const wider = await verifyOnChain(minted, (found) => ({ ...found, issuerValidUntil: 2 ** 40 - 1 }));
    expect(wider.roots[0]).not.toBe(honest.roots[0]);
    const otherLog = await verifyOnChain(minted, (found) => ({
      ...found,
      log: { ...found.log, validUntil: 2 ** 40 - 2 },
    }));
    expect(otherLog.roots[1]).not.toBe(honest.roots[1]);
  });

  it("is refused with a promise for another entry of the same log", async () => {
    const [minted, other] = [await mintStep(), await mintStep()];
    const { attestation: foreign } = prepareAttestation(other.parts.bundle, onchain.roots);
    await expect(
      verifyOnChain(minted, (honest) => ({
        ...honest,
        promiseR: foreign.promiseR,
        promiseS: foreign.promiseS,
        logIndex: foreign.logIndex,
        envelopeHash: foreign.envelopeHash,
      })),
    ).rejects.toThrow("LogPromiseInvalid");
  });

  it("is refused with another time or index than the log promised", async () => {
    const minted = await mintStep();
    for (const change of [{ integratedTime: BigInt(attestedAt + 1) }, { logIndex: 123_456n }]) {
      await expect(verifyOnChain(minted, (honest) => ({ ...honest, ...change }))).rejects.toThrow("LogPromiseInvalid");
    }
  });

  it("is refused when it is cut off anywhere", async () => {
    const minted = await mintStep();
    const proof = encodeAttestation(
      onchain.verifier,
      prepareAttestation(minted.parts.bundle, onchain.roots).attestation,
    );
    const facts = factsOf(minted);
    for (const length of [0, 31, 32, 33, 511, 512, 600, 2000, 4000, 7000]) {
      const cut = proof.slice(0, 2 + 2 * length) as Hex;
      await expect(onchain.verifier.read("verify", [facts, cut])).rejects.toThrow();
    }
  });

  it("is refused on a chain without the precompile", async () => {
    const older = await verifierChain(coveredRoots(trust.root), trust.issuer, "prague");
    try {
      const minted = await mintStep();
      const { attestation } = prepareAttestation(minted.parts.bundle, older.roots);
      const proof = encodeAttestation(older.verifier, attestation);
      await expect(older.verifier.read("verify", [factsOf(minted), proof])).rejects.toThrow(
        "StatementSignatureInvalid",
      );
    } finally {
      await older.chain.connection.close();
    }
  });
});

describe("every byte of a proof", () => {
  it("is needed, but for what pads the encoding", async () => {
    const minted = await mintStep();
    const { attestation } = prepareAttestation(minted.parts.bundle, onchain.roots);
    const proof = encodeAttestation(onchain.verifier, attestation);
    const facts = factsOf(minted);
    const { same, other } = await flipEveryByte(proof, 0, (flipped) =>
      onchain.verifier.read("verify", [facts, flipped]),
    );
    expect(same).toEqual(paddingOf(proof, 0));
    // Ends of a root's validity that still hold the log's time name another root, which was never queued.
    expect(other.filter((place) => !windowsOf(0).includes(place))).toEqual([]);
  }, 120_000);
});
