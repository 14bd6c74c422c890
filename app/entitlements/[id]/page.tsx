import Link from "next/link";
import { notFound } from "next/navigation";
import { zeroAddress } from "viem";
import { escrowAbi } from "#lib/chain/generated/abis.ts";
import { systemClock } from "#lib/core/effects.ts";
import { ActivityList } from "../../_components/ActivityList.tsx";
import { LiveRefresh } from "../../_components/LiveRefresh.tsx";
import styles from "../../_components/parts.module.css";
import { Account, Amount, Badge, Card, Facts, Hex, Moment, PageHead, Section } from "../../_components/parts.tsx";
import { Timeline } from "../../_components/Timeline.tsx";
import { tokenInfo } from "../../_server/money.ts";
import { hashIn, orNotFound } from "../../_server/query.ts";
import { getRuntime } from "../../_server/runtime.ts";
import { getService } from "../../_server/service.ts";
import { EntitlementPanel } from "../../_wallet/panels.tsx";

type Props = { readonly params: Promise<{ readonly id: string }> };

export const metadata = { title: "Entitlement" };

export default async function EntitlementPage({ params }: Props) {
  const id = hashIn((await params).id);
  if (!id) notFound();
  const { market, claims, client, deployment } = await getService();
  const entitlement = await orNotFound(market.entitlement(id));
  const { offer, steps, buyer } = entitlement;
  const { token } = offer.terms;
  const permits = steps.flatMap(({ run }) => (run ? [run.permitHash] : []));
  const creditIn = (money: typeof token) =>
    client.readContract({ address: deployment.escrow, abi: escrowAbi, functionName: "creditOf", args: [money, buyer] });
  const [runtime, price, native, activity, reports, tokenCredit, nativeCredit] = await Promise.all([
    getRuntime(),
    tokenInfo(token),
    tokenInfo(zeroAddress),
    market.activity({ entitlement: id, limit: 20 }),
    Promise.all(permits.map((permit) => claims.report(permit))),
    creditIn(token),
    creditIn(zeroAddress),
  ]);
  const verdicts = new Map(reports.flatMap((report) => (report ? [[report.permitHash, report.verdict] as const] : [])));
  const credits = [
    { token: price, amount: tokenCredit },
    ...(token === zeroAddress ? [] : [{ token: native, amount: nativeCredit }]),
  ];
  const now = systemClock();
  return (
    <>
      <PageHead
        title={offer.title || "Unreadable policy"}
        trail={
          <>
            <Link href={`/entitlements?address=${buyer}`} prefetch={false}>
              My steps
            </Link>{" "}
            / entitlement <Hex value={id} />
          </>
        }
      >
        <div className={styles.badges}>
          <Badge tone={entitlement.status === "active" ? "good" : entitlement.status === "expired" ? "warn" : "plain"}>
            {entitlement.status === "active" ? "Active" : entitlement.status === "expired" ? "Expired" : "Finished"}
          </Badge>
          {runtime.isSandbox && <Badge tone="warn">Sandbox evidence</Badge>}
        </div>
      </PageHead>
      <div className={styles.columns}>
        <div className={styles.section} style={{ gap: "var(--s6)" }}>
          <Section title="What you can do">
            <EntitlementPanel
              runtime={runtime}
              entitlement={entitlement}
              token={price}
              native={native}
              credits={credits}
            />
          </Section>
          <Section title="Steps">
            <Timeline
              steps={steps}
              unopened={entitlement.unopened}
              price={offer.terms.price}
              token={price}
              verdicts={verdicts}
              isProvable={runtime.deployment.evidence !== undefined && offer.terms.provable}
              now={now}
            />
          </Section>
          <Section title="History">
            <ActivityList activity={activity} now={now} isAboutOne />
          </Section>
        </div>
        <Card label="About this entitlement">
          <Facts
            facts={[
              { name: "Offer", value: <Link href={`/offers/${offer.id}`}>{offer.title || "Unreadable policy"}</Link> },
              { name: "Buyer", value: <Account address={buyer} /> },
              {
                name: "Bought",
                value: `${entitlement.bought}${entitlement.refunded > 0 ? ` (${entitlement.refunded} refunded)` : ""}`,
              },
              { name: "Paid", value: entitlement.settled },
              {
                name: "In escrow",
                value: (
                  <Amount value={offer.terms.price * BigInt(entitlement.bought - entitlement.settled)} token={price} />
                ),
              },
              { name: "Since", value: <Moment at={entitlement.purchasedAt} now={now} /> },
              { name: "Expires", value: <Moment at={entitlement.expiresAt} now={now} /> },
            ]}
          />
        </Card>
      </div>
      <LiveRefresh everySeconds={3} />
    </>
  );
}
