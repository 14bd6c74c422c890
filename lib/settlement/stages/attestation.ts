import { bytesToHex, concat, type Hex, type PublicClient, sha256, slice, stringToHex } from "viem";
import { z } from "zod";
import type { CapsuleParts } from "../../capsule/capsule.ts";
import type { Deployment } from "../../chain/deployment.ts";
import { chainError } from "../../chain/errors.ts";
import { contractErrors, p384Abi, settlementAbi, sha384Abi, sigstoreVerifierAbi } from "../../chain/generated/abis.ts";
import { findPawlError, type PawlError } from "../../core/error.ts";
import { sha256Hex } from "../../core/hash.ts";
import { parseBundle } from "../../evidence/bundle.ts";
import type { StepClaim } from "../../evidence/claim.ts";
import { evidenceError } from "../../evidence/errors.ts";
import { type LeafFacts, readSigningCertificate } from "../../evidence/extensions.ts";
import { parseUnambiguousJson } from "../../evidence/jsonText.ts";
import { type Leaf, parseLeaf } from "../../evidence/leaf.ts";
import { issuanceOf, type PreparedAttestation, signatureNumbers } from "../../evidence/onchain/attestation.ts";
import { isSameEntry, rebuildEntry } from "../../evidence/onchain/logPromise.ts";
import type { Evidence } from "../../evidence/onchain/queuedRoots.ts";
import { statementBytes } from "../../evidence/statement.ts";
import { permitHash, type StepPermit } from "../../permits/stepPermit.ts";
import { ask, askP256, askSha256, gasSum } from "./ask.ts";
import { type CertificateTexts, compareIdentity, type IdentityFacts } from "./identity.ts";
import { fails, hash, holds, moment, type ProofStage, refusalOf, text, unjudged } from "./stage.ts";

/** `IEvidenceVerifier.Facts`: what the attestation of a step must say, as `Settlement` rebuilds it. */
export type ProofFacts = IdentityFacts & {
  readonly claimHash: Hex;
  readonly certificateHash: Hex;
  readonly resultHash: Hex;
  readonly bundleHash: Hex;
  readonly openedAt: number;
};

export type AttestationSubject = {
  readonly client: PublicClient;
  readonly deployment: Deployment;
  readonly evidence: Evidence;
  readonly parts: CapsuleParts;
  readonly claim: StepClaim;
  readonly permit: StepPermit;
  /** Of the permit that the step was opened with. */
  readonly opened: { readonly entitlement: Hex; readonly permitHash: Hex };
  readonly facts: ProofFacts;
  readonly prepared: PreparedAttestation;
  /** The attestation as the verifier reads it. */
  readonly proof: Hex;
};

/** From the claim's bytes to the authority's signature: what depends on the capsule alone, and never changes. */
export async function attestationStages(subject: AttestationSubject): Promise<readonly ProofStage[]> {
  const rebuilt = statementBytes(subject.facts);
  const leaf = leafIn(subject.parts.bundle);
  return Promise.all([
    claimStage(subject),
    statementStage(subject, rebuilt),
    certificateStage(subject),
    signatureStage(subject, rebuilt, leaf),
    logStage(subject, rebuilt, leaf),
    authorityStage(subject),
  ]);
}

/** The claim, rebuilt by `Settlement`, is the first thing attested. */
async function claimStage(subject: AttestationSubject): Promise<ProofStage> {
  const { client, deployment, parts, claim, permit, opened, prepared } = subject;
  const { chainId: _chain, settlement: _settlement, entitlement: _entitlement, ...words } = claim;
  const { answer, gas } = await ask(client, {
    address: deployment.settlement,
    abi: settlementAbi,
    functionName: "hashClaim",
    args: [opened.entitlement, words],
  });
  const attested = firstSubjectOf(prepared.payload);
  const found = {
    gas,
    values: [
      text("Bytes of the claim", String(parts.claim.length)),
      hash("Rebuilt by the contract, its SHA-256 is", answer),
      attested === undefined
        ? text("The attestation's first subject is", "none that can be read")
        : hash("The attestation's first subject is", attested),
      hash("Permit that the claim names", claim.permitHash),
    ],
  };
  const named = permitHash(permit, deployment);
  if (claim.permitHash !== opened.permitHash || named !== opened.permitHash) {
    const values = { expected: opened.permitHash, actual: claim.permitHash };
    return fails("claim", chainError(contractErrors.PermitHashMismatch.code, values), found);
  }
  if (answer !== sha256Hex(parts.claim) || answer !== attested) {
    const values = { expected: answer, actual: attested ?? sha256Hex(parts.claim) };
    return fails("claim", evidenceError("CLAIM_MISMATCH", values), found);
  }
  return holds("claim", found);
}

/** The statement is rebuilt from four digests and never parsed. */
async function statementStage(subject: AttestationSubject, rebuilt: Uint8Array): Promise<ProofStage> {
  const { client, facts, prepared } = subject;
  const payload = bytesToHex(rebuilt);
  const [signed, hashed] = await Promise.all([askSha256(client, signedBytesOf(payload)), askSha256(client, payload)]);
  const found = {
    gas: gasSum(signed.gas, hashed.gas),
    values: [
      hash("Claim", facts.claimHash),
      hash("Certificate of the run", facts.certificateHash),
      hash("Result", facts.resultHash),
      hash("State for the next step", facts.bundleHash),
      hash("SHA-256 of the statement", hashed.answer),
      hash("SHA-256 of what was signed", signed.answer),
    ],
  };
  if (payload === prepared.payload) return holds("statement", found);
  const values = { expected: hashed.answer, actual: sha256(prepared.payload) };
  return fails("statement", evidenceError("STATEMENT_MISMATCH", values), found);
}

/** Refusals that the verifier makes only once the certificate is walked and its run is the right one. */
const AFTER_CERTIFICATE: ReadonlySet<string> = new Set(
  [
    contractErrors.LogTimeOutside,
    contractErrors.NotASignature,
    contractErrors.StatementSignatureInvalid,
    contractErrors.LogPromiseInvalid,
    contractErrors.CertificateSignatureInvalid,
    ...p384Abi.flatMap((item) => (item.type === "error" ? [contractErrors[item.name]] : [])),
  ].map(({ code }) => code),
);

/** The verifier walks the certificate before it looks at anything else, so its first refusal tells. */
async function certificateStage(subject: AttestationSubject): Promise<ProofStage> {
  const { client, evidence, facts, prepared, proof, parts } = subject;
  const verifier = { address: evidence.sigstoreVerifier, abi: sigstoreVerifierAbi } as const;
  const [{ answer: oidcIssuerHash }, texts, refusal] = await Promise.all([
    ask(client, { ...verifier, functionName: "oidcIssuerHash", args: [] }),
    textsOf(subject),
    ask(client, { ...verifier, functionName: "verify", args: [facts, proof] }).then(() => undefined, refusalOf),
  ]);
  const comparisons = texts === undefined ? [] : compareIdentity(texts, facts, oidcIssuerHash);
  const found = {
    comparisons,
    values: [
      text("Bytes of the certificate", String((prepared.attestation.certificate.length - 2) / 2)),
      ...extensionCount(parts.bundle),
    ],
  };
  return refusal === undefined || AFTER_CERTIFICATE.has(refusal.code)
    ? holds("certificate", found)
    : fails("certificate", refusal, found);
}

/** As the contract reads them; where it refuses the attestation for another reason, as the library does. */
async function textsOf({
  client,
  evidence,
  prepared,
  parts,
}: AttestationSubject): Promise<CertificateTexts | undefined> {
  const args = [prepared.payload, prepared.attestation] as const;
  const address = evidence.sigstoreVerifier;
  try {
    const { answer } = await ask(client, { address, abi: sigstoreVerifierAbi, functionName: "read", args });
    return [answer.alternativeName, ...answer.extensions.slice(1)];
  } catch (thrown) {
    refusalOf(thrown);
  }
  return textsByLibrary(parts.bundle);
}

function textsByLibrary(bundle: Uint8Array): CertificateTexts | undefined {
  try {
    const { facts } = readSigningCertificate(parseBundle(bundle).leaf);
    return Array.from({ length: 24 }, (_, number) => {
      const field = FACT_OF[number];
      return field === undefined ? "" : (facts[field] ?? "");
    });
  } catch (thrown) {
    // The contract's refusal is shown: there is nothing to compare.
    if (findPawlError(thrown)) return undefined;
    throw thrown;
  }
}

type TextField = Exclude<keyof LeafFacts, "notBefore" | "notAfter">;
/** By number in Fulcio's arc; 0 is the subject alternative name. */
const FACT_OF: Readonly<Record<number, TextField>> = {
  0: "san",
  8: "issuer",
  9: "signerUri",
  10: "signerDigest",
  11: "runnerEnvironment",
  12: "sourceRepositoryUri",
  13: "sourceDigest",
  14: "sourceRef",
  15: "sourceRepositoryId",
  16: "ownerUri",
  17: "ownerId",
  18: "buildConfigUri",
  19: "buildConfigDigest",
  20: "trigger",
  21: "runInvocationUri",
  22: "visibility",
  23: "environment",
};

function extensionCount(bundle: Uint8Array) {
  const leaf = leafIn(bundle);
  return leaf instanceof Error ? [] : [text("Extensions, each walked", String(leaf.extensions.size))];
}

/** The run's own key signed the rebuilt statement. */
async function signatureStage(
  { client, prepared }: AttestationSubject,
  rebuilt: Uint8Array,
  leaf: Leaf | PawlError,
): Promise<ProofStage> {
  if (leaf instanceof Error) return unjudged("signature", leaf);
  const { x, y } = pointOf(leaf.publicKey);
  const digest = sha256(signedBytesOf(bytesToHex(rebuilt)));
  const { signature } = prepared.attestation;
  const values = [
    hash("Key of the run, x", x),
    hash("Key of the run, y", y),
    hash("SHA-256 of what was signed", digest),
  ];
  const numbers = signatureNumbers("P-256", bytesOf(signature));
  if (!numbers) return fails("signature", chainError(contractErrors.NotASignature.code), { values });
  const { answer, gas } = await askP256(client, digest, numbers, { x, y });
  return answer
    ? holds("signature", { values, gas })
    : fails("signature", chainError(contractErrors.StatementSignatureInvalid.code), { values, gas });
}

/** The log promised an entry about this very signature, at a time at which certificate and roots were valid. */
async function logStage(
  { client, prepared, parts }: AttestationSubject,
  rebuilt: Uint8Array,
  leaf: Leaf | PawlError,
): Promise<ProofStage> {
  const { attestation, log, issuer } = prepared;
  const entry = rebuildEntry(attestation, sha256(bytesToHex(rebuilt)));
  const [carried] = parseBundle(parts.bundle).logEntries;
  const time = Number(attestation.integratedTime);
  const { answer, gas } = await askP256(
    client,
    entry.promisedHash,
    { r: attestation.promiseR, s: attestation.promiseS },
    log,
  );
  const windows = [
    ...(leaf instanceof Error ? [] : [{ from: leaf.notBefore, until: leaf.notAfter, of: "Certificate" }]),
    { from: issuer.validFrom, until: issuer.validUntil, of: "Authority" },
    { from: log.validFrom, until: log.validUntil, of: "Log" },
  ];
  const values = [
    hash("SHA-256 of the rebuilt entry", sha256(bytesToHex(entry.body))),
    text("The evidence carries", carried && isSameEntry(entry, carried.body) ? "the same entry" : "another entry"),
    hash("SHA-256 of what the log promised", entry.promisedHash),
    hash("Log", entry.logId),
    text("Place in the log", String(attestation.logIndex)),
    moment("Logged at", time),
    ...windows.flatMap(({ of, from, until }) => [moment(`${of} valid from`, from), moment(`${of} valid until`, until)]),
  ];
  const outside = windows.find(({ from, until }) => time < from || time > until);
  if (outside) {
    const found = { logTime: time, validFrom: outside.from, validUntil: outside.until };
    return fails("log", chainError(contractErrors.LogTimeOutside.code, found), { values, gas });
  }
  if (!answer) return fails("log", chainError(contractErrors.LogPromiseInvalid.code), { values, gas });
  return leaf instanceof Error ? unjudged("log", leaf, { values, gas }) : holds("log", { values, gas });
}

/** The authority signed the certificate. */
async function authorityStage({ client, evidence, prepared }: AttestationSubject): Promise<ProofStage> {
  const { attestation } = prepared;
  const issuance = issuanceOf(bytesOf(attestation.certificate));
  const keyId = attestation.issuerKeyId;
  const message = bytesToHex(issuance.signedBytes);
  const sizes = [text("Bytes that the authority signed", String(issuance.signedBytes.length))];
  const numbers = signatureNumbers("P-384", issuance.signature);
  if (!numbers) return fails("authority", chainError(contractErrors.NotASignature.code), { values: sizes });
  const { r, s } = { r: u384(numbers.r), s: u384(numbers.s) };
  const p384 = { address: evidence.p384, abi: p384Abi } as const;
  const hints = attestation.issuerHints;
  try {
    const sha384 = { address: evidence.sha384, abi: sha384Abi } as const;
    const { answer: digest, gas } = await ask(client, { ...sha384, functionName: "hash", args: [message] });
    const verified = await (hints === "0x"
      ? ask(client, { ...p384, functionName: "verifyPlain", args: [keyId, digest, r, s] })
      : ask(client, { ...p384, functionName: "verify", args: [keyId, digest, r, s, hints] }));
    const values = [
      ...sizes,
      hash("Their SHA-384", `0x${hexOf(digest.high, 16)}${hexOf(digest.low, 32)}`),
      hash("Authority's key", keyId),
    ];
    const found = { values, gas: gasSum(gas, verified.gas) };
    return verified.answer
      ? holds("authority", found)
      : fails("authority", chainError(contractErrors.CertificateSignatureInvalid.code), found);
  } catch (thrown) {
    return fails("authority", refusalOf(thrown), { values: sizes });
  }
}

/** What a DSSE envelope's signature is over (its protocol's PAE), for an in-toto statement. */
function signedBytesOf(payload: Hex): Hex {
  return concat([stringToHex(`DSSEv1 28 application/vnd.in-toto+json ${(payload.length - 2) / 2} `), payload]);
}

const MAX_STATEMENT_DEPTH = 8;
const statementSchema = z.object({
  subject: z.array(z.object({ digest: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }) })).min(1),
});

/** For showing only: the statement is compared as a whole. */
function firstSubjectOf(payload: Hex): Hex | undefined {
  try {
    const json = parseUnambiguousJson(new TextDecoder().decode(bytesOf(payload)), MAX_STATEMENT_DEPTH);
    const [first] = statementSchema.parse(json).subject;
    return first && `0x${first.digest.sha256}`;
  } catch (thrown) {
    if (findPawlError(thrown) || thrown instanceof z.ZodError || thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/** The certificate taken apart, or why it cannot be. */
function leafIn(bundle: Uint8Array): Leaf | PawlError {
  try {
    return parseLeaf(parseBundle(bundle).leaf);
  } catch (thrown) {
    const error = findPawlError(thrown);
    if (error) return error;
    throw thrown;
  }
}

/** x and y, of a SubjectPublicKeyInfo that ends with an uncompressed point on P-256. */
function pointOf(keyInfo: Uint8Array): { readonly x: Hex; readonly y: Hex } {
  const point = bytesToHex(keyInfo.subarray(-64));
  return { x: slice(point, 0, 32), y: slice(point, 32, 64) };
}

function bytesOf(hex: Hex): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), "hex"));
}

function u384(value: bigint): { readonly high: bigint; readonly low: bigint } {
  return { high: value >> 256n, low: value & ((1n << 256n) - 1n) };
}

function hexOf(value: bigint, bytes: number): string {
  return value.toString(16).padStart(2 * bytes, "0");
}

/** The attestation without the word that names the verifier. */
export function attestationIn(proof: Hex): Hex {
  return slice(proof, 32);
}
