import type { VerificationReport } from "#lib/evidence/report.ts";
import { Facts, Hex, JsonView } from "./parts.tsx";
import styles from "./report.module.css";

const MARKS = { passed: "✓", failed: "✕", "not applicable": "–" } as const;
const MARK_WORDS = { passed: "Passed", failed: "Failed", "not applicable": "Not applicable" } as const;

/** A verification report: the verdict, then every check by name. */
export function ReportView({
  report,
  isSandbox,
}: {
  readonly report: VerificationReport;
  readonly isSandbox: boolean;
}) {
  const count = (status: keyof typeof MARKS) => report.checks.filter((check) => check.status === status).length;
  const ordered = [...report.checks].sort((a, b) => Number(b.status === "failed") - Number(a.status === "failed"));
  return (
    <>
      <div className={styles.verdict} data-verdict={report.verdict} role="status">
        <span className={styles.mark} data-status={report.verdict} aria-hidden="true">
          {MARKS[report.verdict]}
        </span>
        <div>
          <strong>{report.verdict === "passed" ? "The evidence holds" : "The evidence does not hold"}</strong>
          <p>
            {count("passed")} checks passed, {count("failed")} failed, {count("not applicable")} did not apply.
            {isSandbox && " Sandbox trust root: this proves nothing outside this machine."}
          </p>
        </div>
      </div>
      <ul className={styles.checks}>
        {ordered.map((check) => (
          <li key={check.name}>
            <span className={styles.mark} data-status={check.status} role="img" aria-label={MARK_WORDS[check.status]}>
              {MARKS[check.status]}
            </span>
            <div>
              <h4>{nameWords(check.name)}</h4>
              <p>
                {check.code && (
                  <>
                    <code>{check.code}</code>{" "}
                  </>
                )}
                {check.sentence}
              </p>
              {check.expected !== null || check.actual !== null ? (
                <dl>
                  {check.expected !== null && (
                    <>
                      <dt>expected</dt>
                      <dd>{check.expected}</dd>
                    </>
                  )}
                  {check.actual !== null && (
                    <>
                      <dt>found</dt>
                      <dd>{check.actual}</dd>
                    </>
                  )}
                </dl>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
      <details>
        <summary>What the evidence says</summary>
        <JsonView label="Facts read from the evidence" text={JSON.stringify(report.facts, null, 2)} />
      </details>
      <details>
        <summary>Hashes of what was checked</summary>
        <Facts
          facts={Object.entries(report.hashes).map(([name, hash]) => ({
            name: nameWords(name),
            value: <Hex value={hash} whole />,
          }))}
        />
      </details>
    </>
  );
}

/** `signer-commit` and `signerCommit` as `Signer commit`. */
function nameWords(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/[-_.]/g, " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
