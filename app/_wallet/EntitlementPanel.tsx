"use client";

import { useState } from "react";
import { escrowAbi, settlementAbi } from "#lib/chain/generated/abis.ts";
import { formatAmount, type TokenInfo } from "../_components/amounts.ts";
import form from "../_components/form.module.css";
import styles from "../_components/parts.module.css";
import { Card } from "../_components/parts.tsx";
import type { Runtime } from "../_components/runtime.ts";
import { typedSteps } from "../_components/typed.ts";
import type { Entitlement } from "./entitlement.ts";
import { NextStep } from "./NextStep.tsx";
import { PendingStep } from "./PendingStep.tsx";
import { ActionButton, type ReadyWallet, WithWallet } from "./parts.tsx";
import { Result } from "./Result.tsx";
import { send } from "./useAction.ts";
import { WalletProviders } from "./WalletProviders.tsx";

export type Credit = { readonly token: TokenInfo; readonly amount: bigint };

// In the order of the contract's enum.
const EVIDENCE = 0;
const CONDUCT = 1;

/** How many paid steps offer their result at once. */
const SHOWN_RESULTS = 10;

type Props = {
  readonly runtime: Runtime;
  readonly entitlement: Entitlement;
  readonly token: TokenInfo;
  readonly native: TokenInfo;
  /** The buyer's withdrawable money. */
  readonly credits: readonly Credit[];
};

/** Everything that can be done with an entitlement now, by whoever looks at it. */
export function EntitlementPanel(props: Props) {
  return (
    <WalletProviders runtime={props.runtime}>
      <WithWallet runtime={props.runtime} purpose="take the next step">
        {(wallet) => <Actions {...props} wallet={wallet} />}
      </WithWallet>
    </WalletProviders>
  );
}

function Actions({ runtime, entitlement, token, native, credits, wallet }: Props & { readonly wallet: ReadyWallet }) {
  const isBuyer = wallet.address === entitlement.buyer;
  const pending = entitlement.steps.filter(({ status }) =>
    ["open", "lapsed", "claimed", "challenged"].includes(status),
  );
  const paid = entitlement.steps
    .flatMap(({ run, status }) => (run && status === "paid" ? [run] : []))
    .slice(-SHOWN_RESULTS)
    .reverse();
  const waiting = credits.filter(({ amount }) => amount > 0n);
  return (
    <div className={styles.stack}>
      {!isBuyer && (
        <p className={styles.note}>
          Your wallet is not the buyer of this entitlement. What is left are the calls that anybody may make.
        </p>
      )}
      {pending.map((step) => (
        <PendingStep
          key={step.step}
          runtime={runtime}
          entitlement={entitlement}
          step={step}
          token={token}
          native={native}
          wallet={wallet}
        />
      ))}
      <LostChallenges runtime={runtime} entitlement={entitlement} native={native} wallet={wallet} />
      {isBuyer && entitlement.status === "active" && (
        <NextStep runtime={runtime} entitlement={entitlement} wallet={wallet} />
      )}
      {isBuyer && paid.length > 0 && (
        <details className={styles.fold}>
          <summary>
            <strong>Results of paid steps</strong>
          </summary>
          <div>
            {paid.map((run) => (
              <Result key={run.runKey} runtime={runtime} run={run} wallet={wallet} />
            ))}
          </div>
        </details>
      )}
      {(isBuyer || entitlement.status === "expired") && entitlement.unopened > 0 && (
        <Refund runtime={runtime} entitlement={entitlement} token={token} wallet={wallet} isBuyer={isBuyer} />
      )}
      {isBuyer && waiting.length > 0 && (
        <Card label="Withdraw">
          <h3>Your credit</h3>
          {waiting.map((credit) => (
            <ActionButton
              key={credit.token.token}
              label={`Withdraw ${formatAmount(credit.amount, credit.token)}`}
              tone="primary"
              action={async (say) => {
                await send(
                  wallet.transactor,
                  {
                    address: runtime.deployment.escrow,
                    abi: escrowAbi,
                    functionName: "withdraw",
                    args: [credit.token.token, wallet.address],
                  },
                  say,
                );
                return "Withdrawn to your wallet.";
              }}
            />
          ))}
        </Card>
      )}
      {pending.length === 0 &&
        !(isBuyer && entitlement.status === "active") &&
        waiting.length === 0 &&
        entitlement.unopened === 0 && <p className={styles.note}>Nothing: every step is settled.</p>}
    </div>
  );
}

/** A challenge against a step that the rejection of an earlier one voided decides nothing any more. */
function LostChallenges(props: {
  readonly runtime: Runtime;
  readonly entitlement: Entitlement;
  readonly native: TokenInfo;
  readonly wallet: ReadyWallet;
}) {
  const { runtime, entitlement, native, wallet } = props;
  const bonds = entitlement.steps.flatMap(({ voided }) =>
    voided
      .filter(({ status }) => status === "voided")
      .flatMap((run) => [
        ...(run.evidenceChallenge === "open" ? [{ run, kind: EVIDENCE, amount: run.evidenceBond }] : []),
        ...(run.conductChallenge === "open" ? [{ run, kind: CONDUCT, amount: run.conductBond }] : []),
      ]),
  );
  return bonds.map(({ run, kind, amount }) => (
    <Card key={`${run.runKey}-${kind}`} label={`Bond of step ${run.step}`}>
      <h3>A bond can be taken back</h3>
      <p className={styles.note}>
        An earlier step was rejected, and step {run.step} with it, before the challenge of it was decided.
      </p>
      <ActionButton
        label={`Return ${formatAmount(amount ?? 0n, native)}`}
        note="becomes the challenger's credit"
        action={async (say) => {
          await send(
            wallet.transactor,
            {
              address: runtime.deployment.settlement,
              abi: settlementAbi,
              functionName: "reclaimBond",
              args: [run.runKey, kind],
            },
            say,
          );
          return "Returned as credit.";
        }}
      />
    </Card>
  ));
}

function Refund(props: {
  readonly runtime: Runtime;
  readonly entitlement: Entitlement;
  readonly token: TokenInfo;
  readonly wallet: ReadyWallet;
  readonly isBuyer: boolean;
}) {
  const { runtime, entitlement, token, wallet, isBuyer } = props;
  const { unopened, offer, buyer, salt } = entitlement;
  // Until somebody types, all of them, however many that is by now.
  const [typed, setTyped] = useState<string>();
  const entered = typed ?? String(unopened);
  const steps = typedSteps(entered, unopened);
  return (
    <details className={styles.fold}>
      <summary>
        <strong>Refund or cancel</strong>
      </summary>
      <div>
        <div className={form.field}>
          <label htmlFor="refund-steps">Steps to refund (1 to {unopened})</label>
          <input
            id="refund-steps"
            inputMode="numeric"
            value={entered}
            aria-invalid={steps === undefined}
            aria-describedby="refund-steps-hint"
            onChange={(event) => setTyped(event.target.value)}
          />
          <span id="refund-steps-hint" className={form.problem}>
            {steps === undefined && `Enter a number from 1 to ${unopened}.`}
          </span>
        </div>
        <ActionButton
          label={`Refund ${steps ? formatAmount(offer.terms.price * BigInt(steps), token) : ""}`}
          disabled={steps === undefined}
          note={isBuyer ? "becomes your credit, to be withdrawn" : "becomes the buyer's credit"}
          action={async (say) => {
            await send(
              wallet.transactor,
              {
                address: runtime.deployment.escrow,
                abi: escrowAbi,
                functionName: "refund",
                args: [offer.terms, buyer, salt, steps ?? 0],
              },
              say,
            );
            return "Refunded. The credit can be withdrawn now.";
          }}
        />
        {isBuyer && (
          <ActionButton
            label="Cancel all permits"
            tone="danger"
            note="makes every permit you signed and that was not used yet worthless"
            action={async (say) => {
              await send(
                wallet.transactor,
                {
                  address: runtime.deployment.escrow,
                  abi: escrowAbi,
                  functionName: "cancelPermits",
                  args: [offer.id, salt],
                },
                say,
              );
              return "Cancelled.";
            }}
          />
        )}
      </div>
    </details>
  );
}
