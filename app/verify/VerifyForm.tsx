"use client";

import { useRef, useState } from "react";
import form from "../_components/form.module.css";
import styles from "../_components/parts.module.css";
import { ErrorNote, Section } from "../_components/parts.tsx";
import { ReportView } from "../_components/ReportView.tsx";
import { type VerifyOutcome, verifyEvidence } from "../_server/verifyEvidence.ts";
import { pageError } from "../_wallet/errorCatalogue.ts";
import drop from "./verify.module.css";

/** Takes a file by drop or by choice, and shows the report over it. */
export function VerifyForm({ isSandbox }: { readonly isSandbox: boolean }) {
  const [outcome, setOutcome] = useState<VerifyOutcome>();
  const [isWorking, setWorking] = useState(false);
  const [isOver, setOver] = useState(false);
  const [chosen, setChosen] = useState("");
  const evidence = useRef<HTMLInputElement>(null);

  const verify = async (data: FormData) => {
    setWorking(true);
    setOutcome(undefined);
    try {
      setOutcome(await verifyEvidence(data));
    } catch (thrown) {
      const problem = thrown instanceof Error ? thrown.message : "unknown";
      setOutcome({ ok: false, error: pageError("UPLOAD_FAILED", { problem }, thrown).toJSON() });
    } finally {
      setWorking(false);
    }
  };

  return (
    <>
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          void verify(new FormData(event.currentTarget));
        }}
      >
        <label
          className={drop.drop}
          data-over={isOver}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            if (!evidence.current || event.dataTransfer.files.length === 0) return;
            evidence.current.files = event.dataTransfer.files;
            setChosen(event.dataTransfer.files[0]?.name ?? "");
            evidence.current.form?.requestSubmit();
          }}
        >
          <strong>{chosen || "Drop a capsule or a bundle here"}</strong>
          <span className={form.hint}>or choose a file, at most 60 MiB</span>
          <input
            ref={evidence}
            type="file"
            name="evidence"
            required
            onChange={(event) => setChosen(event.currentTarget.files?.[0]?.name ?? "")}
          />
        </label>
        <details>
          <summary>For a bundle: artifact and trust root</summary>
          <div className={form.group} style={{ paddingTop: "var(--s3)" }}>
            <div className={form.field}>
              <label htmlFor="artifact">What it attests, if you have the file</label>
              <input id="artifact" type="file" name="artifact" />
            </div>
            <div className={form.field}>
              <label htmlFor="root">Trust root</label>
              <select id="root" name="root" defaultValue="own">
                <option value="own">{isSandbox ? "This deployment's: SANDBOX" : "This deployment's"}</option>
                <option value="public">Sigstore public good instance</option>
              </select>
              <span className={form.hint}>
                A capsule is always held against the chain and this deployment&rsquo;s root.
              </span>
            </div>
          </div>
        </details>
        <div className={form.actions}>
          <button type="submit" className={form.primary} disabled={isWorking}>
            {isWorking ? "Verifying…" : "Verify"}
          </button>
        </div>
      </form>
      <div aria-live="polite" className={styles.section}>
        {outcome && !outcome.ok && <ErrorNote error={outcome.error} />}
        {outcome?.ok && (
          <Section title={outcome.what === "capsule" ? "Report over the capsule" : "Report over the bundle"}>
            <ReportView report={outcome.report} isSandbox={outcome.isSandbox} />
          </Section>
        )}
      </div>
    </>
  );
}
