"use client";

import Link from "next/link";
import { useId, useState } from "react";
import type { Hex } from "viem";
import { escrowAbi, settlementAbi } from "#lib/chain/generated/abis.ts";
import { systemClock } from "#lib/core/effects.ts";
import type { VerificationReport } from "#lib/evidence/report.ts";
import type { MarketRun, MarketStep } from "#lib/market/market.ts";
import { bondWithRoom, readEvidenceBond } from "#lib/settlement/evidenceBond.ts";
import { claimCall } from "#lib/settlement/signedClaim.ts";
import { formatAmount, type TokenInfo } from "../_components/amounts.ts";
import { Countdown } from "../_components/Countdown.tsx";
import form from "../_components/form.module.css";
import styles from "../_components/parts.module.css";
import { Card } from "../_components/parts.tsx";
import { ReportView } from "../_components/ReportView.tsx";
import type { Runtime } from "../_components/runtime.ts";
import { paymentWords, rulingWords } from "../_components/runWords.ts";
import { MAX_STATEMENT, publishedStatement } from "../_components/statement.ts";
import { useNow } from "../_components/useNow.ts";
import { claimStep } from "../_server/claimStep.ts";
import { CHAIN_LAG_SECONDS } from "./chainLag.ts";
import { claimedStepOf } from "./claimedStep.ts";
import type { Entitlement } from "./entitlement.ts";
import { remoteError } from "./errors.ts";
import { isProvable, ProofPanel } from "./ProofPanel.tsx";
import { ActionButton, type ReadyWallet } from "./parts.tsx";
import { Result } from "./Result.tsx";
import { type Say, send } from "./useAction.ts";

type Props = {
  readonly runtime: Runtime;
  readonly entitlement: Entitlement;
  readonly step: MarketStep;
  readonly token: TokenInfo;
  readonly native: TokenInfo;
  readonly wallet: ReadyWallet;
};

/** What can be done about a step between its opening and its payment. */
export function PendingStep(props: Props) {
  const { step, entitlement, wallet } = props;
  const { run } = step;
  if (!run) return null;
  const isBuyer = wallet.address === entitlement.buyer;
  return (
    <Card label={`Step ${step.step}`}>
      {step.status === "open" && <OpenStep {...props} run={run} />}
      {step.status === "lapsed" && <LapsedStep {...props} run={run} />}
      {step.status === "claimed" && <ClaimedStep {...props} run={run} isBuyer={isBuyer} />}
      {step.status === "challenged" && <ChallengedStep {...props} run={run} />}
      {isBuyer && run.claimHash && <Result runtime={props.runtime} run={run} wallet={wallet} />}
    </Card>
  );
}

type RunProps = Props & { readonly run: MarketRun };

function OpenStep({ step, run, runtime, wallet, entitlement, native }: RunProps) {
  const [report, setReport] = useState<VerificationReport>();
  const [hasFailed, setFailed] = useState(false);
  // What one attempt of a run concluded is final: there is nothing left to collect.
  if (hasFailed) return <FailedRun step={step} run={run} entitlement={entitlement} runtime={runtime} />;
  return (
    <>
      <h3>Step {step.step} is running</h3>
      <p className={styles.note}>
        Run {run.runId} holds its keys. When it is done, its evidence can be verified and claimed by anybody.{" "}
        <Countdown until={run.claimDeadline ?? 0} now={systemClock()} over="The claim deadline has passed." />
      </p>
      <ActionButton
        label="Verify and claim"
        tone="primary"
        note="collects the evidence, checks it, and claims if it holds"
        action={async (say) => {
          say("Collecting and verifying the evidence…");
          const outcome = await claimStep(run.permitHash);
          setReport(outcome.report ?? undefined);
          setFailed(!outcome.ok && outcome.error.code === "RUN_NOT_SUCCESSFUL");
          if (!outcome.ok) throw remoteError(outcome.error);
          const { transaction, signed } = outcome.answer;
          if (transaction === null) {
            await send(wallet.transactor, claimCall(runtime.deployment, entitlement.offer.terms, signed), say);
          }
          return "Verified and claimed.";
        }}
      />
      {report && <ReportView report={report} isSandbox={runtime.isSandbox} />}
      {isProvable(runtime, entitlement) && (
        <ProofPanel
          runtime={runtime}
          entitlement={entitlement}
          run={run}
          native={native}
          wallet={wallet}
          label="Prove on-chain"
          onRefused={(code) => setFailed(code === "RUN_NOT_SUCCESSFUL")}
        />
      )}
    </>
  );
}

/** What a failed run leaves its buyer with: nothing to pay, and the step's number once its deadline has passed. */
function FailedRun({ step, run, entitlement, runtime }: Pick<RunProps, "step" | "run" | "entitlement" | "runtime">) {
  const [owner, name] = entitlement.offer.policy?.workflows.caller.split("/") ?? [];
  return (
    <>
      <h3>The run of step {step.step} failed</h3>
      <p>
        It made no evidence, so nobody can be paid for it. Most often the input was not what the workload takes; the log
        of{" "}
        {runtime.isSandbox || !owner || !name ? (
          `run ${run.runId}`
        ) : (
          <a href={`https://github.com/${owner}/${name}/actions/runs/${run.runId}`}>run {run.runId}</a>
        )}{" "}
        says why.
      </p>
      <p className={styles.note}>
        The step is still taken:{" "}
        <Countdown until={run.claimDeadline ?? 0} now={systemClock()} over="the claim deadline has passed" />. Then it
        can be freed here, and requested again or refunded.
      </p>
    </>
  );
}

function LapsedStep({ step, run, runtime, wallet, entitlement }: RunProps) {
  return (
    <>
      <h3>Step {step.step} was not claimed in time</h3>
      <ActionButton
        label="Free the step"
        note="its number can then be permitted again, or refunded"
        action={async (say) => {
          await send(
            wallet.transactor,
            {
              address: runtime.deployment.escrow,
              abi: escrowAbi,
              functionName: "timeout",
              args: [entitlement.id, run.runKey, run.permitHash, handle(run.parentHead)],
            },
            say,
          );
          return "Free again.";
        }}
      />
    </>
  );
}

function ClaimedStep(props: RunProps & { readonly isBuyer: boolean }) {
  const { step, run, runtime, wallet, entitlement, isBuyer, native, token } = props;
  const { terms } = entitlement.offer;
  const isOver = useNow(systemClock()) >= (run.windowEnd ?? 0) + CHAIN_LAG_SECONDS;
  const isNext = step.step === entitlement.settled + 1;
  const claimed = claimedStepOf(entitlement, run);
  const ruling = rulingWords(run, terms.price, token);
  const { settlement, escrow } = runtime.deployment;
  return (
    <>
      <h3>Step {step.step} is claimed</h3>
      {ruling && <p>{ruling}</p>}
      <p className={styles.note}>
        {isOver ? (
          "The dispute window is over."
        ) : (
          <>
            It can be challenged: <Countdown until={run.windowEnd ?? 0} now={systemClock()} over="a moment longer." />
          </>
        )}
      </p>
      {isOver && (
        <ActionButton
          label={`Have step ${step.step} paid`}
          tone="primary"
          disabled={!isNext}
          note={isNext ? paymentWords(run, terms.price, token) : "an earlier step has to be paid first"}
          action={async (say) => {
            await send(
              wallet.transactor,
              { address: escrow, abi: escrowAbi, functionName: "finalize", args: [claimed, entitlement.offer.id] },
              say,
            );
            return "Paid.";
          }}
        />
      )}
      {!isOver && isBuyer && (
        <ActionButton
          label="Agree to payment now"
          note="ends the dispute window; you can then no longer challenge"
          action={async (say) => {
            await send(
              wallet.transactor,
              { address: settlement, abi: settlementAbi, functionName: "acknowledge", args: [terms, claimed, "0x"] },
              say,
            );
            return "Agreed. Anyone can have it paid now.";
          }}
        />
      )}
      {!isOver && isProvable(runtime, entitlement) && !run.proven && (
        <ProofPanel
          runtime={runtime}
          entitlement={entitlement}
          run={run}
          native={native}
          wallet={wallet}
          label="Prove on-chain"
        />
      )}
      {run.proven && (
        <p className={styles.note}>
          It is proven on-chain: nobody can demand proof of it any more.{" "}
          <Link href={`/proofs/${run.permitHash}`}>See the proof, stage by stage</Link>.
        </p>
      )}
      {!isOver && terms.provable && !run.proven && run.evidenceChallenge === null && <EvidenceChallenge {...props} />}
      {!isOver && isBuyer && BigInt(terms.arbiter) !== 0n && run.conductChallenge === null && (
        <ConductChallenge {...props} native={native} />
      )}
    </>
  );
}

function EvidenceChallenge({ run, runtime, wallet, entitlement }: RunProps) {
  const { settlement } = runtime.deployment;
  return (
    <ActionButton
      label="Demand proof on-chain"
      tone="danger"
      note="posts a bond, which the seller gets if the proof comes in time"
      action={async (say) => {
        say("Asking for the bond…");
        const { client } = wallet.transactor;
        const fees = await client.estimateFeesPerGas();
        const bond = await readEvidenceBond(client, settlement, wallet.address, fees);
        await send(
          wallet.transactor,
          {
            address: settlement,
            abi: settlementAbi,
            functionName: "challengeEvidence",
            args: [entitlement.offer.terms, claimedStepOf(entitlement, run)],
            value: bondWithRoom(bond),
          },
          say,
        );
        return "Proof was demanded.";
      }}
    />
  );
}

function ConductChallenge({ run, runtime, wallet, entitlement, native }: RunProps) {
  const [statement, setStatement] = useState("");
  const { terms } = entitlement.offer;
  const id = useId();
  return (
    <details>
      <summary>Object to how the step was done</summary>
      <div className={form.form} style={{ gap: "var(--s3)", paddingTop: "var(--s3)" }}>
        <div className={form.field}>
          <label htmlFor={id}>What was wrong</label>
          <textarea
            id={id}
            maxLength={MAX_STATEMENT}
            value={statement}
            onChange={(event) => setStatement(event.target.value)}
          />
          <span className={form.hint}>
            Public, and read by the arbiter. The bond is {formatAmount(terms.conductBond, native)};{" "}
            {formatAmount(terms.arbiterFee, native)} of it pay a ruling.
          </span>
        </div>
        <ActionButton
          label="Challenge conduct"
          tone="danger"
          disabled={statement.trim() === ""}
          action={async (say) => {
            const { statementHash, statementLocator } = publishedStatement(statement.trim());
            await send(
              wallet.transactor,
              {
                address: runtime.deployment.settlement,
                abi: settlementAbi,
                functionName: "challengeConduct",
                args: [terms, claimedStepOf(entitlement, run), statementHash, statementLocator],
                value: terms.conductBond,
              },
              say,
            );
            return "The arbiter has been called.";
          }}
        />
      </div>
    </details>
  );
}

function ChallengedStep({ step, run, runtime, wallet, entitlement, native }: RunProps) {
  const now = useNow(systemClock()) - CHAIN_LAG_SECONDS;
  const { settlement } = runtime.deployment;
  const call = { address: settlement, abi: settlementAbi } as const;
  const args = [entitlement.offer.terms, claimedStepOf(entitlement, run)] as const;
  return (
    <>
      <h3>Step {step.step} is challenged</h3>
      {run.conductChallenge === "open" && (
        <p className={styles.note}>
          The arbiter rules: <Countdown until={run.rulingEnd ?? 0} now={now} over="silent." />
        </p>
      )}
      {run.evidenceChallenge === "open" && (
        <p className={styles.note}>
          Proof was demanded: <Countdown until={run.proofEnd ?? 0} now={now} over="none came." />
        </p>
      )}
      {run.evidenceChallenge === "open" && now < (run.proofEnd ?? 0) && isProvable(runtime, entitlement) && (
        <ProofPanel
          runtime={runtime}
          entitlement={entitlement}
          run={run}
          native={native}
          wallet={wallet}
          label="Answer with a proof"
          tone="primary"
        />
      )}
      {run.conductChallenge === "open" && now >= (run.rulingEnd ?? 0) && (
        <ActionButton
          label="Reject the claim: no ruling came"
          tone="primary"
          action={async (say: Say) => {
            await send(wallet.transactor, { ...call, functionName: "rejectUnruled", args }, say);
            return "Rejected. The step is free again.";
          }}
        />
      )}
      {run.evidenceChallenge === "open" && now >= (run.proofEnd ?? 0) && (
        <ActionButton
          label="Reject the claim: no proof came"
          tone="primary"
          action={async (say: Say) => {
            await send(wallet.transactor, { ...call, functionName: "rejectUnproven", args }, say);
            return "Rejected. The step is free again.";
          }}
        />
      )}
    </>
  );
}

function handle(parentHead: Hex | null): Hex {
  if (parentHead === null) throw new TypeError("an opened run has a parent head");
  return parentHead;
}
