import type { Hex } from "viem";
import { bytes32 } from "#lib/core/encoding.ts";

/** Remembers in this browser which input was asked for, so that the permit can be held against it after a reload. */
export function rememberInput(storage: Storage, entitlement: Hex, step: number, inputHash: Hex): void {
  storage.setItem(key(entitlement, step), inputHash);
}

export function rememberedInput(storage: Storage, entitlement: Hex, step: number): Hex | null {
  return bytes32.safeParse(storage.getItem(key(entitlement, step))).data ?? null;
}

function key(entitlement: Hex, step: number): string {
  return `pawl.input.${entitlement}.${step}`;
}
