import { readFile, writeFile } from "node:fs/promises";
import type { Hex } from "viem";
import { systemRandom } from "#lib/core/effects.ts";
import { type OnchainAttestation, prepareAttestation } from "#lib/evidence/onchain/attestation.ts";
import { coveredRoots } from "#lib/evidence/onchain/roots.ts";
import { statementBytes } from "#lib/evidence/statement.ts";
import { parseTrustedRoot } from "#lib/evidence/trustedRoot.ts";
import { workflowIdentity } from "#lib/offers/workflowPin.ts";
import type { IdentityClaims } from "#lib/sandbox/claims.ts";
import { createSandboxSigstore } from "#lib/sandbox/sigstore.ts";
import { encodeProof } from "#lib/settlement/proof.ts";
import { claimsOfStep } from "../../lib/sandbox/claims.fixture.ts";
import { type Claimed, createWorld, type Entitlement, NATIVE, type World } from "../world.ts";

/**
 * A trade whose claims are attested for real, by an authority and a log that the deployed contracts know. Keys and
 * signatures are random, and their digits cost gas; so what was minted once for a measurement is kept.
 */
export type ProvenTrade = Awaited<ReturnType<typeof createProvenTrade>>;

/** When everything is attested, unix seconds: later than any clock of a machine that runs this. */
export const ATTESTED_AT = 2_100_000_000;

export type Kept = { readonly file: URL; readonly refresh: boolean };
type Minted = {
  readonly trustedRoot: unknown;
  readonly bundles: readonly (readonly [claimHash: Hex, bundle: unknown])[];
};

/**
 * @param options.kept file of what was minted before; `refresh` mints anew and writes it
 * @param options.claims of the runs' tokens, which certificates repeat
 */
export async function createProvenTrade(options: { readonly kept?: Kept; readonly claims?: IdentityClaims } = {}) {
  const { kept, claims = claimsOfStep() } = options;
  const known: Minted | undefined =
    kept && !kept.refresh ? (JSON.parse(await readFile(kept.file, "utf8")) as Minted) : undefined;
  const sigstore = createSandboxSigstore({ clock: () => ATTESTED_AT, random: systemRandom });
  const trustedRoot = known?.trustedRoot ?? sigstore.trustedRoot;
  const roots = coveredRoots(parseTrustedRoot(bytesOf(trustedRoot)));
  const minted: [Hex, unknown][] = [];
  const w = await createWorld({ evidence: { roots, oidcIssuer: claims.iss } });
  const { evidence } = w.deployment;
  // The next block, in which an offer is published or steps are bought.
  await w.nextAt(ATTESTED_AT - 1_200);
  if (!evidence) throw new Error("the deployment does not check evidence");

  /** What the certificate of a step's run says. */
  function identityOf({ opened: { permit } }: Claimed): IdentityClaims {
    return { ...claims, run_id: permit.runId.toString(), run_attempt: permit.runAttempt.toString() };
  }

  function bundleOf(claimed: Claimed, identity: IdentityClaims): Uint8Array {
    const { claimHash } = claimed.ref;
    const { certificateHash, resultHash, bundleHash } = claimed.claim;
    const payload = statementBytes({ claimHash, certificateHash, resultHash, bundleHash });
    const [, found] = (known?.bundles ?? minted).find(([of]) => of === claimHash) ?? [];
    if (found !== undefined) return bytesOf(found);
    if (known) throw new Error("the claims are others than those minted for: mint again by refreshing");
    const bundle = sigstore.attest({ payload, claims: identity });
    minted.push([claimHash, bundle]);
    return bytesOf(bundle);
  }

  return {
    w,
    roots,
    /** A bundle of no claim. */
    attested: () => {
      const none = `0x${"00".repeat(32)}` as const;
      const digests = { claimHash: none, certificateHash: none, resultHash: none, bundleHash: none };
      return bytesOf(sigstore.attest({ payload: statementBytes(digests), claims: claimsOfStep() }));
    },
    /** Publishes an offer that pins what the runs' certificates say. Without an arbiter unless told. */
    async publish(overrides: Parameters<World["publish"]>[0] = {}) {
      const path = (ref: string) => ref.split("@")[0] ?? "";
      return w.publish({
        arbiter: NATIVE,
        arbitrationWindow: 0,
        conductBond: 0n,
        arbiterFee: 0n,
        stepTimeout: 5_000,
        signerWorkflow: workflowIdentity(path(claims.job_workflow_ref)),
        signerCommit: `0x${claims.job_workflow_sha}`,
        callerWorkflow: workflowIdentity(path(claims.workflow_ref)),
        sourceRepositoryId: BigInt(claims.repository_id),
        sourceOwnerId: BigInt(claims.repository_owner_id),
        sourceCommit: `0x${claims.sha}`,
        entitlementTtl: 100_000,
        validUntil: 2 ** 39,
        ...overrides,
      });
    },
    /** Opens the next step, some minutes before its attestation, and names a claim for it. */
    async open(entitlement: Entitlement, parent?: Claimed, overrides: Parameters<World["permit"]>[1] = {}) {
      const opened = await w.open(entitlement, parent, {
        repositoryId: BigInt(claims.repository_id),
        sourceCommit: `0x${claims.sha}`,
        ...overrides,
      });
      return w.claimOf(opened);
    },
    /** The Sigstore bundle of a claim's run, as its file has it. */
    bundleOf: (claimed: Claimed) => bundleOf(claimed, identityOf(claimed)),
    /** What the verifier reads of a claim's attestation. */
    attestationOf(claimed: Claimed): OnchainAttestation {
      return prepareAttestation(bundleOf(claimed, identityOf(claimed)), roots).attestation;
    },
    /** The `ProvenClaim` of a step, with a real proof. `change` makes the certificate say something else. */
    provenClaim(claimed: Claimed, change: (identity: IdentityClaims) => IdentityClaims = (honest) => honest) {
      const { attestation } = prepareAttestation(bundleOf(claimed, change(identityOf(claimed))), roots);
      return {
        buyer: claimed.ref.buyer,
        salt: claimed.ref.salt,
        claim: claimed.claim,
        permit: claimed.opened.permit,
        proof: encodeProof(evidence.sigstoreVerifier, attestation),
        evidenceHash: claimed.ref.claimHash,
        evidenceLocator: `/v1/permits/${claimed.claim.permitHash}/capsule`,
      };
    },
    async close(): Promise<void> {
      if (kept?.refresh) await writeFile(kept.file, `${JSON.stringify({ trustedRoot, bundles: minted })}\n`);
      await w.connection.close();
    },
  };
}

function bytesOf(json: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(json));
}
