import { type Hex, hashTypedData } from "viem";
import { z } from "zod";
import type { Deployment } from "../chain/deployment.ts";
import { settlementAbi } from "../chain/generated/abis.ts";
import type { Call } from "../chain/transact.ts";
import { address, bytes32 } from "../core/encoding.ts";
import { signatureSchema } from "../gateway/wire.ts";
import type { OfferTerms } from "../offers/terms.ts";

/** EIP-712 struct that an offer's verifier signs, under Settlement's domain. */
const verifiedClaimTypes = {
  VerifiedClaim: [
    { name: "claimHash", type: "bytes32" },
    { name: "reportHash", type: "bytes32" },
    { name: "evidenceHash", type: "bytes32" },
    { name: "deadline", type: "uint64" },
  ],
} as const;

/**
 * A claim with its verifier's signature, field for field the `SignedClaim` of the contracts. Whoever holds it can submit
 * it, and the money goes where the offer says.
 */
export const signedClaimSchema = z.strictObject({
  buyer: address,
  /** Salt of the entitlement. */
  salt: bytes32,
  runKey: bytes32,
  parentHead: bytes32,
  claim: z.strictObject({
    step: z.int().min(1).max(0xffff_ffff),
    permitHash: bytes32,
    certificateHash: bytes32,
    resultHash: bytes32,
    bundleHash: bytes32,
    nextStateCommitment: bytes32,
    nextNetCommitment: bytes32,
    transcriptRoot: bytes32,
  }),
  reportHash: bytes32,
  evidenceHash: bytes32,
  /** Last moment of use, unix seconds. */
  deadline: z.int().positive(),
  signature: signatureSchema,
  /** Where the capsule is published. Nothing trusts this text. */
  evidenceLocator: z.string().max(2048),
});
export type SignedClaim = z.output<typeof signedClaimSchema>;

/** What a verifier approves by its signature. */
export type Approval = Pick<SignedClaim, "reportHash" | "evidenceHash" | "deadline"> & { readonly claimHash: Hex };

export function approvalDigest({ deadline, ...approval }: Approval, deployment: Deployment): Hex {
  return hashTypedData({
    domain: {
      name: "Pawl Settlement",
      version: "1",
      chainId: deployment.chainId,
      verifyingContract: deployment.settlement,
    },
    types: verifiedClaimTypes,
    primaryType: "VerifiedClaim",
    message: { ...approval, deadline: BigInt(deadline) },
  });
}

/** The call that submits a signed claim, by a relayer or by anybody's wallet. */
export function claimCall(
  deployment: Deployment,
  terms: OfferTerms,
  signed: SignedClaim,
): Call<typeof settlementAbi, "claim"> {
  return {
    address: deployment.settlement,
    abi: settlementAbi,
    functionName: "claim",
    args: [terms, { ...signed, deadline: BigInt(signed.deadline) }],
  };
}
