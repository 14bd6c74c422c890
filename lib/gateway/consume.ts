import { type Hex, zeroHash } from "viem";
import type { Deployment } from "../chain/deployment.ts";
import { permitConsumerAbi } from "../chain/generated/abis.ts";
import { simulate, type Transactor, transact } from "../chain/transact.ts";
import type { ConsumeStep } from "./dependencies.ts";

/** Consumption of permits by the gateway's account. */
export function createConsumer(transactor: Transactor, deployment: Deployment): ConsumeStep {
  return ({ terms, buyer, salt, permit, signer, signature, observerSignature, stale }) => {
    const { entitlement: _e, gateway: _g, signerCommit: _c, policyHash: _p, ...supplied } = permit;
    const call = {
      address: deployment.permitConsumer,
      abi: permitConsumerAbi,
      functionName: "consume",
      args: [
        terms,
        {
          buyer,
          salt,
          permit: supplied,
          signer,
          signature,
          observerSignature,
          staleRunKey: stale?.runKey ?? zeroHash,
          stalePermitHash: stale?.permitHash ?? zeroHash,
        },
      ],
    } as const;
    return {
      simulate: () => simulate(transactor, call),
      send: async (): Promise<Hex> => (await transact(transactor, call)).transactionHash,
    };
  };
}
