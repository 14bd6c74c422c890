import type { Hex } from "viem";
import { type Envelope, type EnvelopeKind, openEnvelope } from "../capability/envelope.ts";
import type { WorkerKeyPair } from "../capability/hpke.ts";
import type { Policy } from "../offers/policy.ts";
import { contextKind, type StepContext } from "../permits/stepContext.ts";
import type { StepPermit } from "../permits/stepPermit.ts";
import type { Released } from "./asking.ts";
import { isSignedBy } from "./signature.ts";

type ChainCapability = { readonly share: Uint8Array; readonly chain: Uint8Array };
/** What was released to this run: its share and the parent's keys of both chains, and the input. */
export type Capabilities = {
  readonly state: ChainCapability & { readonly parentSeal: Uint8Array };
  readonly net: ChainCapability;
  readonly input: Uint8Array;
};

/** Opens the three envelopes, each only if it is for this run in every field. @throws ENVELOPE_* */
export async function openCapabilities(
  release: Released,
  permit: StepPermit,
  policy: Policy,
  context: StepContext,
  P: Hex,
  worker: WorkerKeyPair,
): Promise<Capabilities> {
  const open = (envelope: Envelope, kind: EnvelopeKind) =>
    openEnvelope(
      envelope,
      {
        kind,
        chainId: context.chainId,
        permitConsumer: context.permitConsumer,
        entitlement: context.entitlement,
        step: permit.step,
        permitHash: P,
        repositoryId: permit.repositoryId.toString(),
        runId: permit.runId.toString(),
        runAttempt: permit.runAttempt,
        workerKey: worker.publicKey,
        gateway: policy.gateway,
      },
      worker.privateKey,
      async (hash, signature) => isSignedBy(policy.gateway, hash, signature),
    );
  const { envelopes } = release;
  const state = await open(envelopes.state, contextKind.state);
  const net = await open(envelopes.net, contextKind.net);
  return {
    state: { share: state.subarray(1, 33), chain: state.subarray(33, 65), parentSeal: state.subarray(65, 97) },
    net: { share: net.subarray(1, 33), chain: net.subarray(33, 65) },
    input: await open(envelopes.input, contextKind.input),
  };
}
