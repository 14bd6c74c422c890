import type { Allowlist } from "../capsule/allowlist.ts";
import type { Capsule, StepEvidence } from "../capsule/capsule.ts";
import { capsuleError } from "../capsule/errors.ts";
import { type CapsuleAnchors, EVIDENCE_NAMESPACE, type Manifest } from "../capsule/manifest.ts";
import { type SignerResult, trustedPrincipals, type VerifyIdentity, verifySigners } from "../capsule/signatures.ts";
import { sha256Hex } from "../core/hash.ts";
import { canonicalBytes } from "../core/json.ts";
import { permitHash } from "../permits/stepPermit.ts";
import type { Checklist } from "./checklist.ts";
import { parseTrade } from "./trade.ts";

/** The capsule that evidence came in, and who is expected to have signed it. */
export type CapsuleExpectation = {
  readonly capsule: Pick<Capsule<unknown>, "manifest" | "manifestBytes" | "signatures">;
  /** Without one no signer is trusted. */
  readonly allowlist?: Allowlist | undefined;
  /** Principals of the allowlist, each of whom must have signed. */
  readonly principals?: readonly string[] | undefined;
  /** Verifies no signature, where nobody is asked for: for a server to which anybody may post. */
  readonly leaveSigners?: boolean | undefined;
};

/** Where the step stands that evidence is about, by its own files. @throws JSON_*, SCHEMA_MISMATCH */
export function capsuleAnchors({ trade, claim }: Pick<StepEvidence, "trade" | "claim">): CapsuleAnchors {
  const { chainId, permitConsumer, settlement, permit, parents } = parseTrade(trade).expectation;
  const domain = { chainId, permitConsumer };
  return {
    ...{ chainId, permitConsumer, settlement, entitlement: permit.entitlement, step: permit.step },
    ...{ permitHash: permitHash(permit, domain), claimHash: sha256Hex(claim), parents },
  };
}

/** Holds a capsule's manifest and signatures against its files and the expectation. Answers with every signer. */
export function checkCapsule(
  checks: Checklist,
  evidence: StepEvidence,
  expected: CapsuleExpectation | undefined,
  trust: { readonly now: number; readonly verifyIdentity: VerifyIdentity },
): readonly SignerResult[] {
  if (!expected) {
    for (const name of ["capsule-anchors", "capsule-signatures", "capsule-signers"] as const) {
      checks.skip(name, "The evidence was given in parts, not as a capsule.");
    }
    return [];
  }
  const { capsule, allowlist, principals = [], leaveSigners = false } = expected;
  checks.run("capsule-anchors", () => checkManifest(capsule.manifest, capsuleAnchors(evidence)));
  if (leaveSigners && principals.length === 0) {
    for (const name of ["capsule-signatures", "capsule-signers"] as const) {
      checks.skip(name, "The capsule's signers were not asked for, so none of its signatures was checked.");
    }
    return [];
  }
  // What a signer must be trusted for is the verifier's to say: the manifest is the signer's own word.
  const signers = verifySigners(capsule.manifestBytes, capsule.signatures, EVIDENCE_NAMESPACE, { ...trust, allowlist });
  if (signers.length === 0) checks.skip("capsule-signatures", "Nobody signed the capsule.");
  else checks.run("capsule-signatures", () => checkSignatures(signers));
  if (principals.length > 0) checks.run("capsule-signers", () => checkPrincipals(signers, principals));
  else if (!allowlist) checks.skip("capsule-signers", "No allowlist of signers was given, so no signer is trusted.");
  else {
    const trusted = signers.filter((signer) => signer.trusted).length;
    checks.skip("capsule-signers", `No signer was expected. The allowlist trusts ${trusted} of ${signers.length}.`);
  }
  return signers;
}

function checkManifest({ namespace, anchors }: Manifest, found: CapsuleAnchors): void {
  if (namespace !== EVIDENCE_NAMESPACE) {
    throw capsuleError("CAPSULE_NAMESPACE_MISMATCH", { expected: EVIDENCE_NAMESPACE, actual: namespace });
  }
  const { block: _unchecked, ...stated } = anchors;
  const [actual, expected] = [stated, found].map((place) => Buffer.from(canonicalBytes(place)).toString("utf8"));
  if (actual !== expected) throw capsuleError("CAPSULE_ANCHORS_MISMATCH", { expected, actual });
}

function checkSignatures(signers: readonly SignerResult[]): void {
  const bad = signers.find(({ signature }) => signature !== "valid");
  if (!bad) return;
  const code = bad.signature === "unchecked" ? "CAPSULE_IDENTITY_UNCHECKED" : "CAPSULE_SIGNATURE_INVALID";
  throw capsuleError(code, { signer: bad.fingerprint, reason: bad.code });
}

function checkPrincipals(signers: readonly SignerResult[], principals: readonly string[]): void {
  const trusted = trustedPrincipals(signers);
  const missing = principals.find((principal) => !trusted.includes(principal));
  if (missing === undefined) return;
  const reason = signers.find(({ principal }) => principal === missing)?.code ?? signers[0]?.code;
  throw capsuleError("CAPSULE_PRINCIPAL_MISSING", {
    expected: missing,
    actual: trusted.join(", ") || `no trusted signer${reason ? ` (${reason})` : ""}`,
  });
}
