import type { Hex } from "viem";
import { z } from "zod";
import { inputSchema } from "#lib/capability/input.ts";
import { bytes32 } from "#lib/core/encoding.ts";
import { findPawlError } from "#lib/core/error.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes, parseJsonBytes } from "#lib/core/json.ts";

/** What this browser asked a step to work on. */
export type RequestedInput = {
  readonly inputHash: Hex;
  /** Canonical input.json; null where it is too long to keep here. */
  readonly text: string | null;
};

const json = z.json();
const rememberedSchema = z.object({ inputHash: bytes32, text: z.string().nullable() });

/** Storage of a whole site is a few megabytes. */
const MAX_KEPT = 50_000;

/**
 * Remembers in this browser which input was asked for, so that the permit can be held against it after a reload.
 *
 * @param input canonical bytes of input.json
 */
export function rememberInput(storage: Pick<Storage, "setItem">, place: StepPlace, input: Uint8Array): void {
  const text = input.length > MAX_KEPT ? null : new TextDecoder().decode(input);
  const remembered: RequestedInput = { inputHash: sha256Hex(input), text };
  storage.setItem(key(place), JSON.stringify(remembered));
}

export function rememberedInput(storage: Pick<Storage, "getItem">, place: StepPlace): RequestedInput | null {
  const stored = storage.getItem(key(place));
  if (stored === null) return null;
  try {
    return rememberedSchema.safeParse(JSON.parse(stored)).data ?? null;
  } catch (thrown) {
    // Storage belongs to the browser: what is unreadable there counts as nothing remembered.
    if (thrown instanceof SyntaxError) return null;
    throw thrown;
  }
}

type StepPlace = { readonly entitlement: Hex; readonly step: number };

function key({ entitlement, step }: StepPlace): string {
  return `pawl.input.${entitlement}.${step}`;
}

/** Generous: this is what somebody pasted, not what a run takes. */
const MAX_PASTED_BYTES = 16 * 1_048_576;

/**
 * Whether a text is the input that a hash stands for. Its layout does not matter: what counts is its canonical form.
 * `not an input`: JSON, but not the whole of input.json, whose salt is part of the hash.
 */
export function compareInput(text: string, inputHash: Hex): "equal" | "different" | "not JSON" | "not an input" {
  let value: z.infer<typeof json>;
  try {
    value = parseJsonBytes(new TextEncoder().encode(text), json, { what: "input.json", maxBytes: MAX_PASTED_BYTES });
  } catch (thrown) {
    if (findPawlError(thrown) === undefined) throw thrown;
    return "not JSON";
  }
  const input = inputSchema.safeParse(value).data;
  if (input === undefined) return "not an input";
  return sha256Hex(canonicalBytes(input)) === inputHash ? "equal" : "different";
}
