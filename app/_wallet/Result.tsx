"use client";

import { useState } from "react";
import { systemClock } from "#lib/core/effects.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { resultRequestTypes } from "#lib/gateway/wire.ts";
import type { MarketRun } from "#lib/market/market.ts";
import { permitConsumerDomain } from "#lib/permits/stepPermit.ts";
import { ResultView } from "../_components/ResultView.tsx";
import type { Runtime } from "../_components/runtime.ts";
import { pageError } from "./errorCatalogue.ts";
import { gateway } from "./gateway.ts";
import { ActionButton, type ReadyWallet } from "./parts.tsx";

const RESULT_REQUEST_SECONDS = 300;

/** The result of a step, which the gateway keeps for the buyer. */
export function Result({
  runtime,
  run,
  wallet,
}: {
  readonly runtime: Runtime;
  readonly run: MarketRun;
  readonly wallet: ReadyWallet;
}) {
  const [result, setResult] = useState<string>();
  return (
    <>
      <ActionButton
        label={`Read the result of step ${run.step}`}
        note="a signature, no transaction"
        action={async (say) => {
          const deadline = systemClock() + RESULT_REQUEST_SECONDS;
          say("Sign the request in your wallet…");
          const signature = await wallet.transactor.wallet.signTypedData({
            domain: permitConsumerDomain(runtime.deployment),
            types: resultRequestTypes,
            primaryType: "ResultRequest",
            message: { permitHash: run.permitHash, deadline: BigInt(deadline) },
          });
          const bytes = await gateway.result({ permitHash: run.permitHash, deadline, signature });
          const expected = run.claim?.resultHash;
          const actual = sha256Hex(bytes);
          if (expected !== undefined && actual !== expected) {
            throw pageError("FETCHED_RESULT_MISMATCH", { expected, actual });
          }
          setResult(new TextDecoder().decode(bytes));
          return "The result hashes to what was claimed. Its text comes from the workload: treat it as untrusted.";
        }}
      />
      {result && <ResultView step={run.step} text={result} />}
    </>
  );
}
