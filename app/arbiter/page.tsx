import Link from "next/link";
import { zeroAddress } from "viem";
import { escrowAbi } from "#lib/chain/generated/abis.ts";
import { systemClock } from "#lib/core/effects.ts";
import { formatAmount } from "../_components/amounts.ts";
import { Countdown } from "../_components/Countdown.tsx";
import { LiveRefresh } from "../_components/LiveRefresh.tsx";
import styles from "../_components/parts.module.css";
import { Account, Amount, Badge, Card, Empty, Facts, Hex, JsonView, PageHead } from "../_components/parts.tsx";
import { statementOf } from "../_components/statement.ts";
import { tokenInfo, tokenInfos } from "../_server/money.ts";
import { addressIn, type SearchParams } from "../_server/query.ts";
import { getRuntime } from "../_server/runtime.ts";
import { getService } from "../_server/service.ts";
import { CreditPanel, MyAddress, RulingPanel } from "../_wallet/panels.tsx";

export const metadata = { title: "Arbiter desk" };

export default async function ArbiterPage({ searchParams }: { readonly searchParams: SearchParams }) {
  const arbiter = addressIn((await searchParams).address);
  const [{ market, claims, client, deployment }, runtime] = await Promise.all([getService(), getRuntime()]);
  const queue = arbiter ? await market.arbiterQueue(arbiter) : [];
  const [tokens, native, credit, reports] = await Promise.all([
    tokenInfos(queue.map(({ offer }) => offer.terms.token)),
    tokenInfo(zeroAddress),
    arbiter
      ? client.readContract({
          address: deployment.escrow,
          abi: escrowAbi,
          functionName: "creditOf",
          args: [zeroAddress, arbiter],
        })
      : 0n,
    Promise.all(queue.map(({ run }) => claims.report(run.permitHash))),
  ]);
  const now = systemClock();
  return (
    <>
      <PageHead title="Arbiter desk">
        <p>
          Conduct challenges
          {arbiter && (
            <>
              {" "}
              for <Hex value={arbiter} />
            </>
          )}
          , the most urgent first. Your silence refunds the buyer, and costs you the fee.
        </p>
      </PageHead>
      <MyAddress runtime={runtime} page="/arbiter" shown={arbiter ?? null} purpose="see what waits for your ruling" />
      {arbiter && queue.length === 0 && <Empty title="Nothing waits for a ruling" />}
      {arbiter && credit > 0n && <CreditPanel runtime={runtime} owner={arbiter} token={native} amount={credit} />}
      {queue.map(({ run, offer, buyer, salt }, index) => {
        const token = tokens.get(offer.terms.token) ?? native;
        const statement = statementOf(run);
        const report = reports[index];
        return (
          <Card key={run.runKey} label={`Step ${run.step} of ${offer.title}`}>
            <h2>
              {offer.title || "Unreadable policy"}, step {run.step}
            </h2>
            <p>
              <Badge tone="warn">
                <Countdown until={run.rulingEnd ?? now} now={now} over="Too late to rule" />
              </Badge>
            </p>
            <div
              className={styles.columns}
              style={{ gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 18rem), 1fr))" }}
            >
              <div className={styles.section} style={{ gap: "var(--s2)" }}>
                <h3>The buyer says</h3>
                <JsonView label="The buyer's statement" text={statement.text} />
                <p className={styles.note}>
                  {statement.isAuthentic
                    ? "This text hashes to what was put on-chain."
                    : "This text could not be held against the hash on-chain."}{" "}
                  It is the buyer&rsquo;s own account of it.
                </p>
              </div>
              <div className={styles.section} style={{ gap: "var(--s2)" }}>
                <h3>The evidence says</h3>
                <Facts
                  facts={[
                    {
                      name: "Verification",
                      value: report ? (
                        <Link href={`/verify?permit=${run.permitHash}`}>
                          {report.verdict === "passed" ? "passed: see the report" : "failed: see why"}
                        </Link>
                      ) : (
                        "this server has no report"
                      ),
                    },
                    { name: "Capsule", value: <a href={`/v1/permits/${run.permitHash}/capsule`}>download</a> },
                    { name: "Run", value: `${run.runId}, attempt ${run.runAttempt}` },
                    { name: "Price", value: <Amount value={offer.terms.price} token={token} /> },
                    { name: "Your fee", value: formatAmount(offer.terms.arbiterFee, native) },
                    { name: "Buyer", value: <Account address={buyer} /> },
                    { name: "Seller", value: <Account address={offer.seller} /> },
                  ]}
                />
                <p>
                  <Link href={`/entitlements/${run.entitlement}`} prefetch={false}>
                    All steps of this entitlement
                  </Link>{" "}
                  · <Link href={`/offers/${offer.id}`}>the offer&rsquo;s terms</Link>
                </p>
              </div>
            </div>
            <RulingPanel runtime={runtime} terms={offer.terms} token={token} buyer={buyer} salt={salt} run={run} />
          </Card>
        );
      })}
      {arbiter && <LiveRefresh everySeconds={3} />}
    </>
  );
}
