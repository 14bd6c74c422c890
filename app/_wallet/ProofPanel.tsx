"use client";

import Link from "next/link";
import { useState } from "react";
import { formatGwei } from "viem";
import { type Cost, estimateCost } from "#lib/chain/cost.ts";
import { settlementAbi } from "#lib/chain/generated/abis.ts";
import type { VerificationReport } from "#lib/evidence/report.ts";
import type { MarketRun } from "#lib/market/market.ts";
import { formatAmount, type TokenInfo } from "../_components/amounts.ts";
import form from "../_components/form.module.css";
import styles from "../_components/parts.module.css";
import { Facts } from "../_components/parts.tsx";
import { proofBringsWords, proofNote } from "../_components/proofWords.ts";
import { ReportView } from "../_components/ReportView.tsx";
import type { Runtime } from "../_components/runtime.ts";
import { type OfferedProof, proveStep } from "../_server/proveStep.ts";
import type { Entitlement } from "./entitlement.ts";
import { remoteError } from "./errors.ts";
import { ActionButton, type ReadyWallet } from "./parts.tsx";
import { type Say, send } from "./useAction.ts";

type Props = {
  readonly runtime: Runtime;
  readonly entitlement: Entitlement;
  readonly run: MarketRun;
  readonly native: TokenInfo;
  readonly wallet: ReadyWallet;
  readonly label: string;
  readonly tone?: "primary" | "button";
  /** Told the code of a refusal, for what only the step's card can say about it. */
  readonly onRefused?: (code: string) => void;
};

type Priced = { readonly proof: OfferedProof; readonly cost: Cost };

/** Whether a step's claim can be proven on this deployment at all. */
export function isProvable(runtime: Runtime, entitlement: Entitlement): boolean {
  return runtime.deployment.evidence !== undefined && entitlement.offer.terms.provable;
}

/**
 * Proves a step on-chain in two presses. The first has the server verify the evidence and prepare the proof, and prices
 * it here; the second sends it. Nothing is signed before its cost is on the page.
 */
export function ProofPanel(props: Props) {
  const { runtime, entitlement, run, native, wallet, label, tone = "button", onRefused } = props;
  const [priced, setPriced] = useState<Priced>();
  const [report, setReport] = useState<VerificationReport>();
  const terms = {
    endsWindow: BigInt(entitlement.offer.terms.arbiter) === 0n,
    disputeWindow: entitlement.offer.terms.disputeWindow,
  };
  const bond = run.evidenceChallenge === "open" ? (run.evidenceBond ?? 0n) : null;

  const prepare = async (say: Say): Promise<string> => {
    setPriced(undefined);
    setReport(undefined);
    say("Fetching the evidence, checking it and preparing the proof…");
    const outcome = await proveStep(run.permitHash);
    if (!outcome.ok) {
      setReport(outcome.report ?? undefined);
      onRefused?.(outcome.error.code);
      throw remoteError(outcome.error);
    }
    say("Trying it on the chain, to price it…");
    const { proof } = outcome;
    const cost = await priceOf(proof);
    setPriced({ proof, cost });
    return "The evidence holds. Nothing was sent yet: look at the cost below.";
  };

  return (
    <div className={styles.stack} style={{ gap: "var(--s3)" }}>
      {priced === undefined ? (
        <ActionButton
          label={label}
          tone={tone}
          note={proofNote({ kind: run.claimHash === null ? "settles" : "answers", bond }, terms)}
          action={prepare}
        />
      ) : (
        <section aria-label="Cost of the proof" className={styles.offered}>
          <h4>What the proof brings, and what it costs</h4>
          <p>{proofBringsWords({ kind: priced.proof.kind, bond }, terms, native)}</p>
          <Facts facts={costFacts(priced.cost, native)} />
          <div className={form.actions} style={{ alignItems: "start" }}>
            <ActionButton
              label={`Send the proof for about ${roundedAmount(priced.cost.total, native)}`}
              tone="primary"
              action={async (say) => {
                await sendProof(priced.proof, say);
                return "Proven on-chain.";
              }}
            />
            <button type="button" className={form.button} onClick={() => setPriced(undefined)}>
              Not now
            </button>
          </div>
          <p className={styles.note}>
            Paid by your wallet to the network, not to anybody here. The price of gas moves: your wallet shows the last
            word. <Link href={`/proofs/${run.permitHash}`}>See what the contracts check, stage by stage</Link>.
          </p>
        </section>
      )}
      {report && <ReportView report={report} isSandbox={runtime.isSandbox} />}
    </div>
  );

  function priceOf(proof: OfferedProof): Promise<Cost> {
    const { transactor, address } = wallet;
    const contract = { address: runtime.deployment.settlement, abi: settlementAbi } as const;
    return proof.kind === "settles"
      ? estimateCost(transactor.client, { ...contract, functionName: "claimWithProof", args: proof.args }, address)
      : estimateCost(transactor.client, { ...contract, functionName: "prove", args: proof.args }, address);
  }

  function sendProof(proof: OfferedProof, say: Say) {
    const contract = { address: runtime.deployment.settlement, abi: settlementAbi } as const;
    return proof.kind === "settles"
      ? send(wallet.transactor, { ...contract, functionName: "claimWithProof", args: proof.args }, say)
      : send(wallet.transactor, { ...contract, functionName: "prove", args: proof.args }, say);
  }
}

function costFacts({ gas, gasPrice, dataFee, total, dataBytes }: Cost, native: TokenInfo) {
  return [
    { name: "In all", value: `about ${roundedAmount(total, native)}`, note: "at this moment" },
    { name: "Gas", value: `${gas.toLocaleString("en-GB")} at ${formatGwei(gasPrice)} gwei` },
    {
      name: "Data",
      value: `${dataBytes.toLocaleString("en-GB")} bytes`,
      note:
        dataFee === 0n
          ? "the certificate and its signatures; their gas is counted"
          : `at most ${formatAmount(dataFee, native)} to publish them`,
    },
  ];
}

/** Three digits that count: enough to decide by. */
function roundedAmount(amount: bigint, native: TokenInfo): string {
  const digits = amount.toString();
  const unit = 10n ** BigInt(Math.max(0, digits.length - 3));
  return formatAmount(((amount + unit - 1n) / unit) * unit, native);
}
