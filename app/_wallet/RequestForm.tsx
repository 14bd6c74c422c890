"use client";

import { useId, useState } from "react";
import { zeroHash } from "viem";
import { z } from "zod";
import { inputSchema } from "#lib/capability/input.ts";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { encodeBase64url } from "#lib/core/encoding.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes, parseJsonBytes } from "#lib/core/json.ts";
import { stepRequestTypes } from "#lib/gateway/wire.ts";
import { permitConsumerDomain } from "#lib/permits/stepPermit.ts";
import { describe } from "../_components/exampleInput.ts";
import form from "../_components/form.module.css";
import type { Runtime } from "../_components/runtime.ts";
import type { Entitlement } from "./entitlement.ts";
import { gateway } from "./gateway.ts";
import { ActionButton, type ReadyWallet } from "./parts.tsx";
import { rememberInput } from "./requestedInputs.ts";
import type { Say } from "./useAction.ts";

/** How long a signed request may be acted on. */
const REQUEST_SECONDS = 900;

/** Says what the next step should work on, and has the gateway start a run for it. */
export function RequestForm(props: {
  readonly runtime: Runtime;
  readonly entitlement: Entitlement;
  readonly wallet: ReadyWallet;
  readonly step: number;
  readonly onRequested: (runId: string) => void;
}) {
  const { runtime, entitlement, wallet, step, onRequested } = props;
  const { policy } = entitlement.offer;
  const { text, example = "{}" } = describe(entitlement.offer.description);
  const [payload, setPayload] = useState(example);
  const id = useId();

  const request = async (say: Say) => {
    const value = parseJsonBytes(new TextEncoder().encode(payload), z.json(), {
      what: "input",
      maxBytes: policy?.limits.inputBytes ?? 0,
    });
    const input = canonicalBytes(inputSchema.parse({ v: 1, salt: encodeBase64url(systemRandom(32)), payload: value }));
    const inputHash = sha256Hex(input);
    const deadline = systemClock() + REQUEST_SECONDS;
    const message = { entitlement: entitlement.id, step, inputHash, resultKey: zeroHash, deadline: BigInt(deadline) };
    say("Sign the request in your wallet…");
    const signature = await wallet.transactor.wallet.signTypedData({
      domain: permitConsumerDomain(runtime.deployment),
      types: stepRequestTypes,
      primaryType: "StepRequest",
      message,
    });
    say("Starting the workflow…");
    rememberInput(window.localStorage, { entitlement: entitlement.id, step }, input);
    const { repository, runId } = await gateway.requestStep({
      ...message,
      deadline,
      input: encodeBase64url(input),
      signature,
    });
    onRequested(runId);
    return `Run ${runId} of ${repository} was started.`;
  };

  return (
    <>
      <h3>Request step {step}</h3>
      <div className={form.field}>
        <label htmlFor={id}>Input (JSON)</label>
        <textarea
          id={id}
          value={payload}
          spellCheck={false}
          onChange={(event) => setPayload(event.target.value)}
          aria-describedby={`${id}-hint`}
        />
        <span id={`${id}-hint`} className={form.hint}>
          {text} Only the run and the gateway see the input; the chain sees its hash. The result is public.
        </span>
      </div>
      <ActionButton label={`Request step ${step}`} tone="primary" action={request} note="a signature, no transaction" />
    </>
  );
}
