import type { ErrorJson } from "#lib/core/error.ts";
import { NEVER } from "#lib/evidence/onchain/roots.ts";
import type { Comparison, ProofStage, RootStanding, StageValue } from "#lib/settlement/stages/stage.ts";
import { CopyButton } from "./CopyButton.tsx";
import parts from "./parts.module.css";
import { Badge } from "./parts.tsx";
import styles from "./proof.module.css";
import report from "./report.module.css";
import { extensionWords, rootWords, stageWords } from "./stageWords.ts";
import { shortHex, type Tone, utcWords } from "./words.ts";

const OUTCOMES: Readonly<Record<ProofStage["outcome"], { readonly label: string; readonly tone: Tone }>> = {
  holds: { label: "Holds", tone: "good" },
  fails: { label: "Does not hold", tone: "bad" },
  unjudged: { label: "Cannot be judged", tone: "warn" },
};

/** A proof's stages, from byte to payout. */
export function ProofView({ stages }: { readonly stages: readonly ProofStage[] }) {
  return (
    <ol className={styles.stages}>
      {stages.map((stage, index) => (
        <Stage key={stage.name} stage={stage} number={index + 1} />
      ))}
    </ol>
  );
}

/** The verdict over all stages. */
export function ProofVerdict({ stages }: { readonly stages: readonly ProofStage[] }) {
  const failed = stages.flatMap((stage, index) => (stage.outcome !== "holds" ? [{ stage, number: index + 1 }] : []));
  const [first] = failed;
  const gas = stages.find(({ name }) => name === "whole")?.gas ?? null;
  return (
    <div className={report.verdict} data-verdict={first ? "failed" : "passed"} role="status">
      <span className={report.mark} data-status={first ? "failed" : "passed"} aria-hidden="true">
        {first ? "✕" : "✓"}
      </span>
      <div>
        <strong>
          {first
            ? `${stages.length - failed.length} of ${stages.length} stages hold`
            : `All ${stages.length} stages hold`}
        </strong>
        <p>
          {first
            ? `First to fail is stage ${first.number}: ${stageWords[first.stage.name].title.toLowerCase()}.`
            : `The contracts were asked about each, and about the whole${gas === null ? "" : ` (about ${count(gas)} gas)`}.`}
        </p>
      </div>
    </div>
  );
}

function Stage({ stage, number }: { readonly stage: ProofStage; readonly number: number }) {
  const { title, why } = stageWords[stage.name];
  const { label, tone } = OUTCOMES[stage.outcome];
  const id = `stage-${stage.name}`;
  return (
    <li className={styles.stage} data-outcome={stage.outcome} id={stage.name}>
      <section aria-labelledby={id} className={styles.body}>
        <header className={styles.head}>
          <span className={styles.number} data-tone={tone} aria-hidden="true">
            {number}
          </span>
          <h2 id={id}>{title}</h2>
          <Badge tone={tone}>{label}</Badge>
        </header>
        <p className={styles.why}>{why}</p>
        {stage.refusal && <Refusal refusal={stage.refusal} />}
        {stage.comparisons.length > 0 && <Comparisons lines={stage.comparisons} />}
        {stage.roots.length > 0 && <Roots roots={stage.roots} />}
        {stage.values.length > 0 && <Values values={stage.values} isOpen={stage.outcome !== "holds"} />}
        {stage.gas !== null && (
          <p className={parts.note}>
            {stage.name === "settlement" ? "The whole transaction's call" : "Asking the chain this"} takes about{" "}
            {count(stage.gas)} gas.
          </p>
        )}
      </section>
    </li>
  );
}

function Refusal({ refusal }: { readonly refusal: ErrorJson }) {
  const values = Object.entries(refusal.values);
  return (
    <div className={parts.error}>
      <p>
        <code>{refusal.code}</code> {refusal.message}
      </p>
      {values.length > 0 && (
        <dl>
          {values.map(([name, value]) => (
            <div key={name} style={{ display: "contents" }}>
              <dt>{name}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function Comparisons({ lines }: { readonly lines: readonly Comparison[] }) {
  const differing = lines.filter(({ equal }) => !equal).length;
  return (
    <details open={differing > 0}>
      <summary>
        {differing === 0
          ? `All ${lines.length} compared lines are as the step needs them`
          : `${differing} of ${lines.length} compared lines differ`}
      </summary>
      <table className={`${parts.table} ${styles.lines}`}>
        <thead>
          <tr>
            <th scope="col">Line of the certificate</th>
            <th scope="col">The step needs</th>
            <th scope="col">The certificate says</th>
          </tr>
        </thead>
        <tbody>
          {[...lines]
            .sort((a, b) => Number(a.equal) - Number(b.equal))
            .map(({ extension, what, needs, says, equal }) => (
              <tr key={extension} data-equal={equal}>
                <th scope="row">
                  <span className={styles.line}>
                    <span
                      className={report.mark}
                      data-status={equal ? "passed" : "failed"}
                      role="img"
                      aria-label={equal ? "Equal:" : "Differs:"}
                    >
                      {equal ? "✓" : "✕"}
                    </span>
                    <span>
                      {what} <small>{extensionWords(extension)}</small>
                    </span>
                  </span>
                </th>
                <td data-label="needs">{needs}</td>
                <td data-label="says">{equal && says === needs ? "the same" : says || "nothing"}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </details>
  );
}

function Roots({ roots }: { readonly roots: readonly RootStanding[] }) {
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th scope="col">Root</th>
          <th scope="col">Announced</th>
          <th scope="col">Counts for this step</th>
        </tr>
      </thead>
      <tbody>
        {roots.map(({ kind, id, queuedAt, refusal }) => (
          <tr key={id}>
            <td>
              {rootWords[kind]}
              <br />
              <Hash value={id} name={rootWords[kind]} />
            </td>
            <td data-label="Announced">{queuedAt === 0 ? "never" : utcWords(queuedAt)}</td>
            <td data-label="Counts">{refusal === null ? "yes" : `no: ${refusal.message}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Values({ values, isOpen }: { readonly values: readonly StageValue[]; readonly isOpen: boolean }) {
  return (
    <details open={isOpen}>
      <summary>{values.length === 1 ? "What was looked at" : `What was looked at, ${values.length} values`}</summary>
      <dl className={`${parts.facts} ${styles.values}`}>
        {values.map((value) => (
          <div key={value.name}>
            <dt>{value.name}</dt>
            <dd>
              <Value {...value} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Value({ name, value, form }: StageValue) {
  if (form === "hash") return <Hash value={value} name={name} />;
  return form === "moment" ? momentWords(Number(value)) : value;
}

function Hash({ value, name }: { readonly value: string; readonly name: string }) {
  return (
    <span className={styles.hash}>
      <span className={parts.hash} title={value}>
        {shortHex(value)}
      </span>
      <CopyButton value={value} name={name} />
    </span>
  );
}

function momentWords(at: number): string {
  if (at >= NEVER) return "no end";
  return at === 0 ? "no beginning" : utcWords(at);
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}
