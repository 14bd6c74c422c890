"use client";

import type { Hex } from "viem";
import { JsonView } from "../_components/parts.tsx";
import { rememberedInput } from "./requestedInputs.ts";

/** The input that this browser asked a step to work on, where it still knows it. */
export function RequestedInputView(place: { readonly entitlement: Hex; readonly step: number }) {
  const text = rememberedInput(window.localStorage, place)?.text;
  if (!text) return null;
  return (
    <details>
      <summary>The input you asked for, with its salt</summary>
      <JsonView label="The input you asked for" text={JSON.stringify(JSON.parse(text), null, 2)} />
    </details>
  );
}
