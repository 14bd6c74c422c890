import { encodeFunctionData, type Hex } from "viem";
import { trustRootsAbi } from "#lib/chain/generated/abis.ts";
import { type CoveredRoots, issuerRoot, issuerRootId, logRoot, logRootId } from "#lib/evidence/onchain/roots.ts";

/** A call to `TrustRoots` for governor or guardian to make: both are contracts or keep their keys elsewhere. */
export type RootCall = { readonly what: string; readonly data: Hex };

/**
 * What the governor calls to append those roots that the chain does not know.
 *
 * @param known ids of all roots that were ever queued
 */
export function callsToQueue({ issuers, logs }: CoveredRoots, known: ReadonlySet<Hex>): readonly RootCall[] {
  return [
    ...issuers
      .filter((issuer) => !known.has(issuerRootId(issuer)))
      .map((issuer) => ({
        what: `queue authority ${issuerRootId(issuer)}`,
        data: encodeFunctionData({ abi: trustRootsAbi, functionName: "queueIssuer", args: [issuerRoot(issuer)] }),
      })),
    ...logs
      .filter((log) => !known.has(logRootId(log)))
      .map((log) => ({
        what: `queue log ${logRootId(log)}`,
        data: encodeFunctionData({ abi: trustRootsAbi, functionName: "queueLog", args: [logRoot(log)] }),
      })),
  ];
}

/**
 * What the guardian calls to revoke.
 *
 * @param effectiveFrom unix seconds, at most 48 hours before the block that includes the call, and not after it
 */
export function callToRevoke(ids: readonly Hex[], effectiveFrom: number): RootCall {
  return {
    what: `revoke ${ids.join(", ")} as of ${new Date(effectiveFrom * 1000).toISOString()}`,
    data: encodeFunctionData({ abi: trustRootsAbi, functionName: "revoke", args: [ids, effectiveFrom] }),
  };
}
