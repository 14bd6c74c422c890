"use client";

import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { bytesToHex, type Hex, zeroHash } from "viem";
import { z } from "zod";
import { inputSchema } from "#lib/capability/input.ts";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { encodeBase64url } from "#lib/core/encoding.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes, parseJsonBytes } from "#lib/core/json.ts";
import { type InboxEntry, stepRequestTypes } from "#lib/gateway/wire.ts";
import { permitConsumerDomain, type StepPermit, stepPermitJson, stepPermitTypes } from "#lib/permits/stepPermit.ts";
import { describe } from "../_components/exampleInput.ts";
import form from "../_components/form.module.css";
import styles from "../_components/parts.module.css";
import { Badge, Card, ErrorNote, Hex as HexText, Skeleton } from "../_components/parts.tsx";
import type { Runtime } from "../_components/runtime.ts";
import { durationWords } from "../_components/words.ts";
import type { Entitlement } from "./EntitlementPanel.tsx";
import { errorJson } from "./errors.ts";
import { gateway } from "./gateway.ts";
import { ActionButton, type ReadyWallet } from "./parts.tsx";
import { canSign, type PermitKnowledge, reviewPermit } from "./permitReview.ts";
import { rememberedInput, rememberInput } from "./requestedInputs.ts";
import type { Say } from "./useAction.ts";

/** How long a signed request may be acted on. */
const REQUEST_SECONDS = 900;
const INBOX_POLL_MS = 2000;

type Props = { readonly runtime: Runtime; readonly entitlement: Entitlement; readonly wallet: ReadyWallet };

/** From asking for the next step to permitting its run. */
export function NextStep({ runtime, entitlement, wallet }: Props) {
  const step = entitlement.opened + 1;
  const inbox = useQuery({
    queryKey: ["inbox", entitlement.id],
    queryFn: () => gateway.inbox(entitlement.id),
    refetchInterval: INBOX_POLL_MS,
    retry: false,
  });
  const [requested, setRequested] = useState<number>();
  const running = entitlement.steps.find(({ status }) => status === "open");
  if (running) return null;
  if (entitlement.unopened === 0) {
    return entitlement.opened === entitlement.settled ? null : (
      <p className={styles.note}>Every step that was bought has been opened.</p>
    );
  }
  if (entitlement.opened - entitlement.settled >= entitlement.offer.terms.maxPending) {
    return <p className={styles.note}>Too many steps wait for payment: have the earliest paid first.</p>;
  }
  if (entitlement.offer.terms.gateway !== runtime.gateway) {
    return (
      <p className={styles.note}>
        This offer&rsquo;s gateway is another server than this one. Ask for steps there:{" "}
        <HexText value={entitlement.offer.terms.gateway} whole />
      </p>
    );
  }
  const asks = (inbox.data ?? []).filter((ask) => ask.step === step);
  const ask = asks.find(({ proposal }) => proposal !== null);
  // A permit that was given for a run which then ended leaves its ask behind, so only the newest one is told about.
  const permitted = asks[0]?.permitHash ? asks[0] : undefined;

  return (
    <Card label={`Step ${step}`}>
      {inbox.error && <ErrorNote error={errorJson(inbox.error)} />}
      {ask ? (
        <PermitReview runtime={runtime} entitlement={entitlement} wallet={wallet} ask={ask} />
      ) : permitted ? (
        <>
          <h3>Step {step}: permitted</h3>
          <p className={styles.note} aria-live="polite">
            Run {permitted.facts.runId} is proving that it is still alive. The gateway then uses your permit up on-chain
            and releases the keys to it.
          </p>
        </>
      ) : requested === step ? (
        <>
          <h3>Step {step}: waiting for the run to ask</h3>
          <p className={styles.note} aria-live="polite">
            The workflow was started. As soon as its run asks, its permit is shown here for you to sign.
          </p>
          <div>
            <button type="button" className={form.button} onClick={() => setRequested(undefined)}>
              Ask again
            </button>
          </div>
        </>
      ) : (
        <RequestForm
          runtime={runtime}
          entitlement={entitlement}
          wallet={wallet}
          step={step}
          onRequested={() => setRequested(step)}
        />
      )}
    </Card>
  );
}

function RequestForm(props: Props & { readonly step: number; readonly onRequested: () => void }) {
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
    rememberInput(window.localStorage, entitlement.id, step, inputHash);
    const { repository, runId } = await gateway.requestStep({
      ...message,
      deadline,
      input: encodeBase64url(input),
      signature,
    });
    onRequested();
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

function PermitReview({ runtime, entitlement, wallet, ask }: Props & { readonly ask: InboxEntry }) {
  const [permit, setPermit] = useState<StepPermit>();
  const { proposal } = ask;
  useEffect(() => {
    // The gateway proposes anew on every poll; salt and, for a given run, everything else then stay as first shown.
    if (proposal) setPermit((shown) => shown ?? { ...proposal, salt: bytesToHex(systemRandom(32)) });
  }, [proposal]);
  if (!permit) return <Skeleton label="Loading the permit" />;

  const known: PermitKnowledge = {
    entitlement: entitlement.id,
    epoch: entitlement.epoch,
    nextStep: entitlement.opened + 1,
    terms: entitlement.offer.terms,
    parent: lastClaim(entitlement),
    requestedInput: rememberedInput(window.localStorage, entitlement.id, permit.step),
  };
  const lines = reviewPermit(permit, ask, known);
  const mayBeSigned = canSign(lines);

  const sign = async (say: Say) => {
    say("Sign the permit in your wallet…");
    const signature = await wallet.transactor.wallet.signTypedData({
      domain: permitConsumerDomain(runtime.deployment),
      types: stepPermitTypes,
      primaryType: "StepPermit",
      message: permit,
    });
    say("Handing the permit to the gateway…");
    await gateway.submitPermit(ask.askId, { permit: stepPermitJson(permit), signature, signer: wallet.address });
    return "Permitted. The run goes on.";
  };

  const { facts } = ask;
  return (
    <>
      <h3>A run asks for your permit: step {permit.step}</h3>
      <p>
        Run <strong>{facts.runId}</strong> (attempt {facts.runAttempt}) of <strong>{facts.repository}</strong>, at
        commit <HexText value={facts.sha} />, on a {facts.runnerEnvironment} runner, started by {facts.event}. Its job
        is defined by <span className={styles.hash}>{facts.jobWorkflowRef}</span>.
      </p>
      <p className={styles.note}>What you sign, field by field, beside where this page found the same.</p>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">You sign</th>
            <th scope="col">Compared with</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.field}>
              <td>{line.meaning}</td>
              <td data-label="You sign">
                {line.field === "deadline" ? (
                  <span className={styles.hash}>
                    {line.signed} <small>({timeLeft(permit.deadline)})</small>
                  </span>
                ) : (
                  <HexText value={line.signed} />
                )}
              </td>
              <td data-label="Compared with">
                <Badge tone={line.verdict === "differs" ? "bad" : line.verdict === "agrees" ? "good" : "plain"}>
                  {line.verdict === "free" ? "note" : line.verdict}
                </Badge>{" "}
                {line.source}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {!mayBeSigned && (
        <p className={form.problem} role="alert">
          A field differs from what the offer, the ledger or you said. Do not sign this permit.
        </p>
      )}
      <ActionButton
        label="Sign the permit"
        tone="primary"
        disabled={!mayBeSigned}
        action={sign}
        note="lets exactly this run take exactly this step"
      />
    </>
  );
}

function timeLeft(deadline: bigint): string {
  const seconds = Number(deadline) - systemClock();
  return seconds > 0 ? `${durationWords(seconds)} left` : "over";
}

/** Commitments of the last accepted claim, as the event had them. */
function lastClaim({ steps }: Entitlement): { readonly state: Hex; readonly net: Hex } | null {
  const claim = steps.findLast(({ run }) => run?.claim)?.run?.claim;
  return claim ? { state: claim.nextStateCommitment, net: claim.nextNetCommitment } : null;
}
