import type { Claimed } from "../world.ts";

/** What Settlement rebuilds of a claim from terms and permit; `openedAt` concerns the roots, and stands here for any. */
export function factsOf({ claim, ref, opened: { permit, entitlement } }: Claimed, openedAt = 1) {
  const { terms } = entitlement;
  return {
    claimHash: ref.claimHash,
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
    openedAt,
  };
}
