import { encodeAbiParameters, type Hex, keccak256, stringToHex } from "viem";
import { checkTermsAgainstPolicy } from "../offers/terms.ts";
import {
  type EntitlementIdentity,
  type EntitlementState,
  loadEntitlement,
  readEntitlementState,
  readStepOpening,
  type StepOpening,
} from "../permits/entitlement.ts";
import type { StepContext } from "../permits/stepContext.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import { gatewayError } from "./errors.ts";

/** The step that may open next, and the head it must follow. */
export type NextStep = {
  readonly step: number;
  readonly parentHead: Hex;
  readonly state: EntitlementState;
  /** An open run of this very step whose claim deadline has passed: opening again voids it. */
  readonly stale: StepOpening | undefined;
};

/** Reads entitlements from the chain; what cannot change is kept. */
export function createEntitlementReader(dependencies: GatewayDependencies) {
  const { client, deployment, signer, clock } = dependencies;
  const known = new Map<Hex, EntitlementIdentity>();

  return {
    context(entitlement: Hex): StepContext {
      return { chainId: deployment.chainId, permitConsumer: deployment.permitConsumer, entitlement };
    },

    /** @throws ENTITLEMENT_NOT_FOUND, OFFER_OF_ANOTHER_GATEWAY, POLICY_WRONG_DEPLOYMENT, TERMS_INCONSISTENT */
    async identity(entitlement: Hex): Promise<EntitlementIdentity> {
      const cached = known.get(entitlement);
      if (cached) return cached;
      const identity = await loadEntitlement(client, deployment, entitlement);
      const { terms, policy } = identity.offer;
      if (terms.gateway !== signer.address.toLowerCase()) {
        throw gatewayError("OFFER_OF_ANOTHER_GATEWAY", { gateway: terms.gateway, thisGateway: signer.address });
      }
      checkTermsAgainstPolicy(terms, policy, deployment);
      known.set(entitlement, identity);
      return identity;
    },

    /**
     * Holds `step` against the ledger.
     *
     * @throws STEP_CANNOT_OPEN, ENTITLEMENT_OVER
     */
    async nextStep(entitlement: Hex, step: number): Promise<NextStep> {
      const state = await readEntitlementState(client, deployment, entitlement);
      const now = clock();
      if (now >= state.expiresAt) throw gatewayError("ENTITLEMENT_OVER", { expiresAt: state.expiresAt, now });
      const opening =
        state.opened > 0 ? await readStepOpening(client, deployment, entitlement, state.opened) : undefined;
      // The ledger's head is the mark of the run that took the step, and stays so after its time, until it is voided.
      const open = opening !== undefined && state.head === openMarkerOf(opening);
      const stale = open && now >= opening.claimDeadline ? opening : undefined;
      const expected = stale ? state.opened : state.opened + 1;
      const refuse = (problem: string) =>
        gatewayError("STEP_CANNOT_OPEN", { step, expected, bought: state.bought, problem });
      if (step !== expected) throw refuse("steps open in order");
      if (step > state.bought) throw refuse("the step was not bought");
      if (open && !stale) throw refuse("the previous step is still running");
      if (state.challenged !== 0) throw refuse("a claim of this entitlement is challenged");
      if (step - 1 - state.settled >= state.maxPending) throw refuse("too many claims are waiting to be paid");
      return { step, parentHead: stale ? stale.parentHead : state.head, state, stale };
    },
  };
}

/** Head of an entitlement while a run has its step: `keccak256(abi.encode("open", parentHead, permitHash, runKey))`. */
function openMarkerOf({ parentHead, permitHash, runKey }: StepOpening): Hex {
  const words = [{ type: "bytes32" }, { type: "bytes32" }, { type: "bytes32" }, { type: "bytes32" }] as const;
  return keccak256(encodeAbiParameters(words, [stringToHex("open", { size: 32 }), parentHead, permitHash, runKey]));
}

export type EntitlementReader = ReturnType<typeof createEntitlementReader>;
