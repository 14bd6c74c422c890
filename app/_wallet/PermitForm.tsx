"use client";

import { useState } from "react";
import { bytesToHex, type Hex } from "viem";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { permitConsumerDomain, type StepPermit, stepPermitJson, stepPermitTypes } from "#lib/permits/stepPermit.ts";
import form from "../_components/form.module.css";
import styles from "../_components/parts.module.css";
import { Badge, Hex as HexText } from "../_components/parts.tsx";
import type { Runtime } from "../_components/runtime.ts";
import { useNow } from "../_components/useNow.ts";
import { durationWords, utcWords } from "../_components/words.ts";
import type { Entitlement } from "./entitlement.ts";
import { gateway } from "./gateway.ts";
import { InputComparison } from "./InputComparison.tsx";
import type { Proposed } from "./nextAction.ts";
import { ActionButton, type ReadyWallet } from "./parts.tsx";
import { objectionTo, type PermitKnowledge, reviewPermit } from "./permitReview.ts";
import { RequestedInputView } from "./RequestedInputView.tsx";
import { rememberedInput } from "./requestedInputs.ts";
import type { Say } from "./useAction.ts";

/** A permit beside what this page knows, to be signed. To be mounted anew for each run and epoch: its salt is of one. */
export function PermitForm({
  runtime,
  entitlement,
  wallet,
  ask,
}: {
  readonly runtime: Runtime;
  readonly entitlement: Entitlement;
  readonly wallet: ReadyWallet;
  readonly ask: Proposed;
}) {
  const [salt] = useState(() => bytesToHex(systemRandom(32)));
  const now = useNow(systemClock());
  const permit: StepPermit = { ...ask.proposal, salt };
  const place = { entitlement: entitlement.id, step: permit.step };
  const requested = rememberedInput(window.localStorage, place);
  const known: PermitKnowledge = {
    entitlement: entitlement.id,
    epoch: entitlement.epoch,
    nextStep: entitlement.opened + 1,
    terms: entitlement.offer.terms,
    parent: lastClaim(entitlement),
    requestedInput: requested?.inputHash ?? null,
  };
  const lines = reviewPermit(permit, ask, known);
  const objection = objectionTo(lines);

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
                  <span>
                    {utcWords(Number(permit.deadline))}{" "}
                    <span className={styles.note}>
                      {timeLeft(permit.deadline, now)}; signed as <span className={styles.hash}>{line.signed}</span>
                    </span>
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
      {requested ? <RequestedInputView {...place} /> : <InputComparison inputHash={permit.inputHash} />}
      {objection && (
        <p className={form.problem} role="alert">
          {objection}
        </p>
      )}
      <ActionButton
        label="Sign the permit"
        tone="primary"
        disabled={objection !== null}
        action={sign}
        note="lets exactly this run take exactly this step"
      />
    </>
  );
}

function timeLeft(deadline: bigint, now: number): string {
  const seconds = Number(deadline) - now;
  return seconds > 0 ? `${durationWords(seconds)} left` : "over";
}

/** Commitments of the last accepted claim, as the event had them. */
function lastClaim({ steps }: Entitlement): { readonly state: Hex; readonly net: Hex } | null {
  const claim = steps.findLast(({ run }) => run?.claim)?.run?.claim;
  return claim ? { state: claim.nextStateCommitment, net: claim.nextNetCommitment } : null;
}
