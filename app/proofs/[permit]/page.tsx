import { headers } from "next/headers";
import Link from "next/link";
import { notFound } from "next/navigation";
import { Suspense } from "react";
import type { Hex as HexString } from "viem";
import { zeroAddress } from "viem";
import { type ErrorJson, findPawlError } from "#lib/core/error.ts";
import { LiveRefresh } from "../../_components/LiveRefresh.tsx";
import { ProofVerdict, ProofView } from "../../_components/ProofView.tsx";
import styles from "../../_components/parts.module.css";
import { Card, Empty, ErrorNote, Hex, PageHead, Skeleton } from "../../_components/parts.tsx";
import { outlookWords } from "../../_components/proofWords.ts";
import { tokenInfo } from "../../_server/money.ts";
import { hashIn } from "../../_server/query.ts";
import { getRuntime } from "../../_server/runtime.ts";
import { getService } from "../../_server/service.ts";

type Props = { readonly params: Promise<{ readonly permit: string }> };

export const metadata = { title: "A proof, stage by stage" };

export default async function ProofPage({ params }: Props) {
  const permit = hashIn((await params).permit);
  if (!permit) notFound();
  return (
    <>
      <PageHead
        title="A proof, stage by stage"
        trail={
          <>
            <Link href={`/verify?permit=${permit}`}>Verify</Link> / permit <Hex value={permit} />
          </>
        }
      >
        <p>
          A step can be settled without anybody&rsquo;s word: the contracts check the evidence of its run themselves.
          Here each part of that check is asked of them, one after the other, from the first byte to the payment.
        </p>
      </PageHead>
      <Suspense fallback={<Asking />}>
        <Proof permit={permit} />
      </Suspense>
    </>
  );
}

function Asking() {
  return (
    <div className={styles.stack}>
      <p className={styles.note}>Fetching the evidence and asking the chain about each stage. It takes a moment.</p>
      <Skeleton label="Asking the chain" />
      <Skeleton label="Asking the chain" />
      <Skeleton label="Asking the chain" />
    </div>
  );
}

async function Proof({ permit }: { readonly permit: HexString }) {
  const [outcome, runtime, native] = await Promise.all([explained(permit), getRuntime(), tokenInfo(zeroAddress)]);
  if (!outcome.ok) return <NoProof error={outcome.error} permit={permit} />;
  const { stages, outlook, consumption } = outcome.proof;
  const { title, sentence } = outlookWords(outlook, native);
  return (
    <>
      <ProofVerdict stages={stages} />
      <Card label="What the proof does">
        <h2>{title}</h2>
        <p>{sentence}</p>
        <p className={styles.note}>
          Step {consumption.step} of{" "}
          <Link href={`/entitlements/${consumption.identity.id}`}>
            entitlement <Hex value={consumption.identity.id} />
          </Link>
          .{" "}
          {runtime.isSandbox &&
            "The authority and the log are the sandbox's: this proves nothing outside this machine. "}
          <a href={`/v1/permits/${permit}/capsule`} download="step.capsule">
            Download the evidence
          </a>{" "}
          and run <code>npx pawl prove --dry-run</code> to see the same without this page.
        </p>
      </Card>
      <ProofView stages={stages} />
    </>
  );
}

async function explained(permit: HexString) {
  const { claims, log, pageLimit } = await getService();
  try {
    await pageLimit.take(await headers());
    return { ok: true, proof: await claims.explain(permit) } as const;
  } catch (thrown) {
    const error = findPawlError(thrown);
    if (!error) throw thrown;
    if (error.kind === "backend") log.error({ code: error.code, err: thrown }, error.message);
    return { ok: false, error: error.toJSON() } as const;
  }
}

/** Why there is nothing to show, and what to do about it. */
function NoProof({ error, permit }: { readonly error: ErrorJson; readonly permit: HexString }) {
  switch (error.code) {
    case "ASK_UNKNOWN":
    case "CLAIM_RUN_UNKNOWN":
      return (
        <Empty title="No run with this permit">
          <p>
            This server knows of none. The address holds the hash of a step&rsquo;s permit: follow the link of a step in{" "}
            <Link href="/entitlements">My steps</Link>.
          </p>
        </Empty>
      );
    case "RUN_NOT_COMPLETED":
      return (
        <Empty title="The run is not done yet">
          <p>Its evidence is made at its end. The stages appear here by themselves.</p>
          <LiveRefresh everySeconds={10} />
        </Empty>
      );
    case "RUN_NOT_SUCCESSFUL":
      return (
        <Empty title="The run failed">
          <p>It made no evidence, so there is nothing to prove and nobody can be paid for it.</p>
        </Empty>
      );
    case "PROOF_NOT_PROVABLE":
    case "PROOF_NOT_DEPLOYED":
      return (
        <Empty title="This step is not proven on-chain">
          <p>{error.message}</p>
          <p>
            <Link href={`/verify?permit=${permit}`}>See the verifier&rsquo;s report</Link> instead.
          </p>
        </Empty>
      );
    default:
      return (
        <>
          <p>There is no proof to take apart. This is what the server was told:</p>
          <ErrorNote error={error} />
        </>
      );
  }
}
