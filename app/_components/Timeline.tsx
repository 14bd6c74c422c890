import Link from "next/link";
import type { MarketRun, MarketStep } from "#lib/market/market.ts";
import { formatAmount, type TokenInfo } from "./amounts.ts";
import { Countdown } from "./Countdown.tsx";
import parts from "./parts.module.css";
import { Badge, Facts, Hex, Moment } from "./parts.tsx";
import { endingWords, rulingWords } from "./runWords.ts";
import styles from "./timeline.module.css";
import { stepStatusWords } from "./words.ts";

/** The steps of an entitlement, from the first to the last that was opened, then what is left. */
export function Timeline(props: {
  readonly steps: readonly MarketStep[];
  readonly unopened: number;
  /** Per step, in the token's smallest unit. */
  readonly price: bigint;
  readonly token: TokenInfo;
  /** Verdicts of this server's verifier, by permit hash. */
  readonly verdicts: ReadonlyMap<string, string>;
  /** Claims of the offer can be proven on-chain. */
  readonly isProvable: boolean;
  readonly now: number;
}) {
  const { steps, unopened, price, token, verdicts, isProvable, now } = props;
  const shown = steps.filter(({ run, voided }) => run !== undefined || voided.length > 0);
  return (
    <ol className={styles.timeline}>
      {shown.map((step) => {
        const { label, tone } = stepStatusWords[step.status];
        const ruling = step.run && rulingWords(step.run, price, token);
        return (
          <li key={step.step} className={styles.step}>
            <span className={styles.number} data-tone={tone}>
              {step.step}
            </span>
            <div className={styles.body}>
              <div className={styles.head}>
                <h3>Step {step.step}</h3>
                <Badge tone={tone}>{label}</Badge>
                {step.run && <span className={parts.note}>{situation(step, step.run, token, now)}</span>}
              </div>
              {ruling && <p className={parts.note}>{ruling}</p>}
              {step.run && (
                <RunDetails
                  run={step.run}
                  verdict={verdicts.get(step.run.permitHash)}
                  isProvable={isProvable}
                  now={now}
                />
              )}
              {step.voided.map((run) => (
                <p key={run.runKey} className={parts.note}>
                  An earlier run of this step {endingWords(run)}. It can never be claimed (run {run.runId},{" "}
                  <Moment at={run.endedAt ?? run.openedAt} now={now} />
                  ).
                </p>
              ))}
            </div>
          </li>
        );
      })}
      {unopened > 0 && (
        <li className={styles.step}>
          <span className={styles.number}>+{unopened}</span>
          <div className={styles.body}>
            <div className={styles.head}>
              <h3>{unopened === 1 ? "One step" : `${unopened} steps`} not opened</h3>
            </div>
            <p className={parts.note}>Still the buyer&rsquo;s money, refundable at any time.</p>
          </div>
        </li>
      )}
    </ol>
  );
}

function situation({ status }: MarketStep, run: MarketRun, token: TokenInfo, now: number) {
  switch (status) {
    case "open":
      return (
        <>
          To be claimed: <Countdown until={run.claimDeadline ?? now} now={now} over="the deadline has passed." />
        </>
      );
    case "lapsed":
      return "Not claimed in time. Anyone can free its number.";
    case "claimed":
      return (
        <Countdown until={run.windowEnd ?? now} now={now} over="The dispute window is over: anyone can have it paid." />
      );
    case "challenged":
      return run.conductChallenge === "open" ? (
        <>
          The arbiter decides:{" "}
          <Countdown until={run.rulingEnd ?? now} now={now} over="silent, so the buyer can be refunded" />
        </>
      ) : (
        <>
          Proof demanded:{" "}
          <Countdown until={run.proofEnd ?? now} now={now} over="none came, so the claim can be rejected" />
        </>
      );
    case "paid":
      return `${formatAmount(run.sellerAmount ?? 0n, token)} to the seller${run.buyerAmount ? `, ${formatAmount(run.buyerAmount, token)} back to the buyer` : ""}`;
    default:
      return null;
  }
}

function RunDetails({
  run,
  verdict,
  isProvable,
  now,
}: {
  readonly run: MarketRun;
  readonly verdict: string | undefined;
  readonly isProvable: boolean;
  readonly now: number;
}) {
  return (
    <>
      <p className={styles.links}>
        {verdict && (
          <Link href={`/verify?permit=${run.permitHash}`}>
            {verdict === "passed" ? "Verified: see the report" : "Verification failed: see why"}
          </Link>
        )}
        {isProvable && (run.claimHash || verdict) && (
          <Link href={`/proofs/${run.permitHash}`} prefetch={false}>
            {run.proven ? "Proven on-chain: see each stage" : "What a proof on-chain would check"}
          </Link>
        )}
        {(run.claimHash || verdict) && (
          <a href={`/v1/permits/${run.permitHash}/capsule`} download={`step-${run.step}.capsule`}>
            Download the evidence capsule
          </a>
        )}
      </p>
      <details>
        <summary>
          Run {run.runId}, attempt {run.runAttempt}, opened <Moment at={run.openedAt} now={now} />
        </summary>
        <Facts
          facts={[
            { name: "Repository id", value: run.repositoryId },
            { name: "Source commit", value: <Hex value={run.sourceCommit ?? ""} whole /> },
            { name: "Permit", value: <Hex value={run.permitHash} whole /> },
            { name: "Signed by", value: <Hex value={run.permitSigner ?? ""} whole /> },
            { name: "Worker key", value: <Hex value={run.workerKey ?? ""} whole /> },
            { name: "Input hash", value: <Hex value={run.inputHash ?? ""} whole /> },
            { name: "Opened in", value: <Hex value={run.openTransaction} whole /> },
            ...(run.claimHash
              ? [
                  { name: "Claim", value: <Hex value={run.claimHash} whole /> },
                  { name: "Result hash", value: <Hex value={run.claim?.resultHash ?? ""} whole /> },
                  { name: "Report hash", value: <Hex value={run.reportHash ?? ""} whole /> },
                  { name: "Evidence hash", value: <Hex value={run.evidenceHash ?? ""} whole /> },
                  { name: "Claimed in", value: <Hex value={run.claimTransaction ?? ""} whole /> },
                ]
              : []),
            ...(run.endTransaction ? [{ name: "Ended in", value: <Hex value={run.endTransaction} whole /> }] : []),
          ]}
        />
      </details>
    </>
  );
}
