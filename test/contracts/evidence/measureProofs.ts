import type { IdentityClaims } from "#lib/sandbox/claims.ts";
import { claimsOfStep } from "../../lib/sandbox/claims.fixture.ts";
import { factsOf } from "./facts.ts";
import { createProvenTrade } from "./provenTrade.ts";

/** In gas, but for what is called bytes. */
export type ProofFigures = {
  /** The certificate of a step's run, DER. */
  readonly certificateBytes: number;
  /** Whole transactions: the first claim of an entitlement, and one whose slots were all used before. */
  readonly claimWithProofFirst: number;
  readonly claimWithProof: number;
  /** A claim by signature that is proven later. */
  readonly prove: number;
  /** Of such a transaction. */
  readonly calldata: number;
  readonly calldataBytes: number;
  /** Walking the certificate, and holding it against the step. */
  readonly der: number;
  readonly identity: number;
  /** Rebuilding the statement, and its signature on P-256. */
  readonly dsse: number;
  /** Rebuilding the log's entry, and its signature on P-256. */
  readonly set: number;
};

const MAX_PENDING = 4;

/**
 * Names as long as those in a public attestation of 2024 (1,860 bytes): a reusable workflow of a long name, called by a
 * repository of another.
 */
const LONG: Partial<IdentityClaims> = {
  job_workflow_ref: `long-organisation/attested-workflows/.github/workflows/attested-step.yml@${"5".repeat(40)}`,
  repository: "attested-steps/neutral-runs",
  repository_owner: "attested-steps",
  workflow_ref: "attested-steps/neutral-runs/.github/workflows/step.yml@refs/heads/main",
};

export type Sizes = { readonly usual: ProofFigures; readonly long: ProofFigures };

/** Gas of proofs on the newest hardfork. What was minted once is kept, so the figures are exact. */
export async function measureProofs(kept: {
  readonly usual: URL;
  readonly long: URL;
  readonly refresh: boolean;
}): Promise<Sizes> {
  const { refresh } = kept;
  return {
    usual: await measure({ file: kept.usual, refresh }, claimsOfStep()),
    long: await measure({ file: kept.long, refresh }, claimsOfStep(LONG)),
  };
}

async function measure(
  kept: { readonly file: URL; readonly refresh: boolean },
  claims: IdentityClaims,
): Promise<ProofFigures> {
  const trade = await createProvenTrade({ kept, claims });
  const { w } = trade;
  try {
    const entitlement = await w.buy(await trade.publish({ maxPending: MAX_PENDING }), 20);
    const used: number[] = [];
    let input = "0x";
    let parent: Awaited<ReturnType<typeof trade.open>> | undefined;
    for (let step = 1; step <= MAX_PENDING + 2; step++) {
      const claimed = await trade.open(entitlement, parent);
      const args = [entitlement.terms, trade.provenClaim(claimed)];
      const { gasUsed, transactionHash } = await w.send("stranger", "settlement", "claimWithProof", args);
      used.push(Number(gasUsed));
      ({ input } = await w.client.getTransaction({ hash: transactionHash }));
      parent = await w.landed(claimed);
      await w.finalize(parent);
    }
    const claimed = await w.claim((await trade.open(entitlement, parent)).opened);
    const args = [entitlement.terms, trade.provenClaim(claimed), claimed.ref.windowEnd];
    const { gasUsed } = await w.send("stranger", "settlement", "prove", args);
    const attestation = trade.attestationOf(claimed);
    const probe = await w.deployDouble("SigstoreProbe");
    const stages = (await probe.read("measure", [factsOf(claimed), attestation])) as Readonly<
      Record<"certificate" | "identity" | "statement" | "logPromise", bigint>
    >;
    const data = Buffer.from(input.slice(2), "hex");
    return {
      certificateBytes: attestation.certificate.length / 2 - 1,
      claimWithProofFirst: used[0] ?? 0,
      claimWithProof: used.at(-1) ?? 0,
      prove: Number(gasUsed),
      // EIP-2028: 16 for a byte, 4 for a zero.
      calldata: data.reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0),
      calldataBytes: data.length,
      der: Number(stages.certificate),
      identity: Number(stages.identity),
      dsse: Number(stages.statement),
      set: Number(stages.logPromise),
    };
  } finally {
    await trade.close();
  }
}
