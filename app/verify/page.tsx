import Link from "next/link";
import { readReport } from "#lib/evidence/report.ts";
import styles from "../_components/parts.module.css";
import { Card, Empty, Hex, PageHead, Section } from "../_components/parts.tsx";
import { ReportView } from "../_components/ReportView.tsx";
import { hashIn, type SearchParams } from "../_server/query.ts";
import { getRuntime } from "../_server/runtime.ts";
import { getService } from "../_server/service.ts";
import { VerifyForm } from "./VerifyForm.tsx";

export const metadata = { title: "Verify evidence" };

export default async function VerifyPage({ searchParams }: { readonly searchParams: SearchParams }) {
  const permit = hashIn((await searchParams).permit);
  const [{ claims }, runtime] = await Promise.all([getService(), getRuntime()]);
  if (!permit) {
    return (
      <>
        <PageHead title="Verify evidence">
          <p>
            Drop an evidence capsule of a step, or any Sigstore bundle made by GitHub Actions. Every check is named, no
            wallet is needed, and the same code decides claims.
          </p>
        </PageHead>
        <VerifyForm isSandbox={runtime.isSandbox} />
      </>
    );
  }
  const stored = await claims.report(permit);
  return (
    <>
      <PageHead
        title="Verification report"
        trail={
          <>
            <Link href="/verify">Verify</Link> / permit <Hex value={permit} />
          </>
        }
      >
        <p>This server&rsquo;s verdict over the evidence of one step. Download the capsule and verify it yourself.</p>
      </PageHead>
      {stored ? (
        <>
          <Card>
            <p className={styles.note}>
              Report <Hex value={stored.reportHash} whole />
            </p>
            <p className={styles.note}>
              Evidence <Hex value={stored.evidenceHash} whole />
            </p>
            <p>
              <a href={`/v1/permits/${permit}/capsule`} download="step.capsule">
                Download the evidence capsule
              </a>
            </p>
            {runtime.deployment.evidence && (
              <p>
                <Link href={`/proofs/${permit}`} prefetch={false}>
                  See what the contracts make of it, stage by stage
                </Link>
              </p>
            )}
          </Card>
          <Section title="Checks">
            <ReportView report={readReport(stored.report)} isSandbox={runtime.isSandbox} />
          </Section>
        </>
      ) : (
        <Empty title="No report">
          <p>This server has verified no evidence of this permit.</p>
        </Empty>
      )}
    </>
  );
}
