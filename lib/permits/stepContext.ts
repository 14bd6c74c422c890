import { type Address, concat, type Hex, hexToBytes } from "viem";
import { label, uint } from "../core/hash.ts";

/** Which contract, chain and entitlement a key or a token belongs to. */
export type StepContext = {
  readonly chainId: number;
  readonly permitConsumer: Address;
  readonly entitlement: Hex;
};

/** What a derived value is for: 0 ask, 1 state, 2 network, 3 input. */
export const contextKind = { ask: 0, state: 1, net: 2, input: 3 } as const;
export type ContextKind = (typeof contextKind)[keyof typeof contextKind];

/** `X(n,k)` = u256 chainId ‖ permitConsumer ‖ u256 entitlement ‖ u64 step ‖ u8 kind: 93 bytes. */
export function stepContextBytes(context: StepContext, step: number, kind: ContextKind): Uint8Array {
  return concat([
    uint(context.chainId, 256),
    hexToBytes(context.permitConsumer),
    hexToBytes(context.entitlement),
    uint(step, 64),
    uint(kind, 8),
  ]);
}

/** `I(x,n,k)` = L(x) ‖ X(n,k): the info string of a key derivation. */
export function derivationInfo(name: string, context: StepContext, step: number, kind: ContextKind): Uint8Array {
  return concat([label(name), stepContextBytes(context, step, kind)]);
}
