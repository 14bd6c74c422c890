"use client";

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { systemClock } from "#lib/core/effects.ts";
import form from "../_components/form.module.css";
import styles from "../_components/parts.module.css";
import { Card, ErrorNote, Hex as HexText, Skeleton } from "../_components/parts.tsx";
import type { Runtime } from "../_components/runtime.ts";
import { useNow } from "../_components/useNow.ts";
import type { Entitlement } from "./entitlement.ts";
import { errorJson } from "./errors.ts";
import { gateway } from "./gateway.ts";
import { type NextAction, nextAction, type StartedRun } from "./nextAction.ts";
import { PermitForm } from "./PermitForm.tsx";
import type { ReadyWallet } from "./parts.tsx";
import { RequestedInputView } from "./RequestedInputView.tsx";
import { RequestForm } from "./RequestForm.tsx";

const INBOX_POLL_MS = 2000;

type Props = { readonly runtime: Runtime; readonly entitlement: Entitlement; readonly wallet: ReadyWallet };

/** From asking for the next step to permitting its run. */
export function NextStep({ runtime, entitlement, wallet }: Props) {
  const { id, epoch, offer } = entitlement;
  const inbox = useQuery({
    // Proposals of an earlier epoch are worthless: a new one starts with an empty inbox.
    queryKey: ["inbox", id, epoch],
    queryFn: () => gateway.inbox(id),
    refetchInterval: INBOX_POLL_MS,
    retry: false,
    enabled: offer.terms.gateway === runtime.gateway,
  });
  const [started, setStarted] = useState<StartedRun>();
  /** At which point the buyer wanted another run than the one that was started or permitted. */
  const [givenUp, setGivenUp] = useState("");
  const now = useNow(systemClock());
  const action = nextAction(entitlement, { asks: inbox.data ?? [], started, gateway: runtime.gateway, now });

  switch (action.at) {
    case "none":
      return null;
    case "all-opened":
      return <p className={styles.note}>Every step that was bought has been opened.</p>;
    case "challenged":
      return (
        <p className={styles.note}>
          The next step can be requested once the challenge of step {action.step} is decided: until then nobody knows
          which state it would continue.
        </p>
      );
    case "too-many-pending":
      return (
        <p className={styles.note}>
          {offer.terms.maxPending === 1 ? "One step waits" : `${offer.terms.maxPending} steps wait`} for payment, which
          is as many as this offer allows: have the earliest paid, then request the next.
        </p>
      );
    case "other-gateway":
      return (
        <p className={styles.note}>
          This offer&rsquo;s gateway is another server than this one. Ask for steps there:{" "}
          <HexText value={offer.terms.gateway} whole />
        </p>
      );
    default:
      return (
        <Card label={`Step ${action.step}`}>
          {inbox.error && <ErrorNote error={errorJson(inbox.error)} />}
          {inbox.isPending ? <Skeleton label="Loading the permit inbox" /> : content(action)}
        </Card>
      );
  }

  function content(next: Extract<NextAction, { readonly step: number }>): ReactNode {
    const { step } = next;
    const point = "runId" in next ? `${next.at} ${next.runId}` : undefined;
    const isGivenUp = point === givenUp;
    const askAgain = (
      <div>
        <button type="button" className={form.button} onClick={() => setGivenUp(point ?? "")}>
          Ask again
        </button>
      </div>
    );
    if (next.at === "permit") {
      const { askId, proposal } = next.ask;
      return (
        <PermitForm
          key={`${askId}-${proposal.epoch}`}
          runtime={runtime}
          entitlement={entitlement}
          wallet={wallet}
          ask={next.ask}
        />
      );
    }
    if (next.at === "waiting" && !isGivenUp) {
      return (
        <>
          <h3>Step {step}: waiting for the run to ask</h3>
          <p className={styles.note} aria-live="polite">
            The workflow was started. As soon as its run asks, its permit is shown here for you to sign.
          </p>
          <RequestedInputView entitlement={id} step={step} />
          {askAgain}
        </>
      );
    }
    if (next.at === "permitted" && !isGivenUp) {
      return (
        <>
          <h3>Step {step}: permitted</h3>
          <p className={styles.note} aria-live="polite">
            Run {next.runId} is proving that it is still alive. The gateway then uses your permit up on-chain and
            releases the keys to it. If you cancelled the permit, or the run has ended, ask again.
          </p>
          {askAgain}
        </>
      );
    }
    return (
      <>
        {next.at === "request" && next.hasWaited && (
          <p className={styles.note}>An earlier run asked for this step, and its wait for your permit is over.</p>
        )}
        <RequestForm
          runtime={runtime}
          entitlement={entitlement}
          wallet={wallet}
          step={step}
          onRequested={(runId) => setStarted({ step, runId })}
        />
      </>
    );
  }
}
