import Link from "next/link";
import { zeroAddress } from "viem";
import { escrowAbi } from "#lib/chain/generated/abis.ts";
import { systemClock } from "#lib/core/effects.ts";
import { LiveRefresh } from "../_components/LiveRefresh.tsx";
import styles from "../_components/parts.module.css";
import { Amount, Badge, Empty, Hex, Moment, PageHead, Section } from "../_components/parts.tsx";
import { offerStatusWords, stepStatusWords } from "../_components/words.ts";
import { tokenInfo, tokenInfos } from "../_server/money.ts";
import { addressIn, type SearchParams } from "../_server/query.ts";
import { getRuntime } from "../_server/runtime.ts";
import { getService } from "../_server/service.ts";
import { MyAddress, SellerPanel } from "../_wallet/panels.tsx";

export const metadata = { title: "Seller desk" };

export default async function SellerPage({ searchParams }: { readonly searchParams: SearchParams }) {
  const seller = addressIn((await searchParams).address);
  const runtime = await getRuntime();
  return (
    <>
      <PageHead title="Seller desk">
        <p>
          {seller ? (
            <>
              Offers, claims and earnings of <Hex value={seller} />.
            </>
          ) : (
            "Your offers, the claims that wait for payment, and your earnings."
          )}
        </p>
      </PageHead>
      <MyAddress runtime={runtime} page="/seller" shown={seller ?? null} purpose="see your offers" />
      {seller && <Desk seller={seller} />}
      {seller && <LiveRefresh everySeconds={3} />}
    </>
  );
}

async function Desk({ seller }: { readonly seller: `0x${string}` }) {
  const [{ market, client, deployment }, runtime] = await Promise.all([getService(), getRuntime()]);
  const { offers, pending } = await market.sellerDesk(seller);
  const escrow = { address: deployment.escrow, abi: escrowAbi } as const;
  const [tokens, native, earnings, credit] = await Promise.all([
    tokenInfos(offers.map(({ terms }) => terms.token)),
    tokenInfo(zeroAddress),
    Promise.all(offers.map(({ id }) => client.readContract({ ...escrow, functionName: "earningsOf", args: [id] }))),
    client.readContract({ ...escrow, functionName: "creditOf", args: [zeroAddress, seller] }),
  ]);
  const now = systemClock();
  if (offers.length === 0) {
    return (
      <Empty title="Nothing published yet">
        <p>
          <Link href="/publish" prefetch={false}>
            Publish your first offer
          </Link>
          .
        </p>
      </Empty>
    );
  }
  return (
    <>
      <Section title="Offers">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Offer</th>
              <th scope="col">State</th>
              <th scope="col">Sold, steps paid</th>
              <th scope="col">Stake</th>
              <th scope="col">Earned, not withdrawn</th>
            </tr>
          </thead>
          <tbody>
            {offers.map((offer, index) => {
              const token = tokens.get(offer.terms.token) ?? native;
              const status = offerStatusWords[offer.status];
              return (
                <tr key={offer.id}>
                  <td>
                    <Link href={`/offers/${offer.id}`}>{offer.title || "Unreadable policy"}</Link>
                    <span className={styles.note}>
                      <Amount value={offer.terms.price} token={token} /> per step
                    </span>
                  </td>
                  <td>
                    <Badge tone={status.tone}>{status.label}</Badge>
                  </td>
                  <td data-label="Sold, steps paid">
                    {offer.entitlementsSold}, {offer.stepsPaid}
                  </td>
                  <td data-label="Stake">
                    {offer.stake === 0n ? "none" : <Amount value={offer.stake} token={native} />}
                  </td>
                  <td data-label="Earned, not withdrawn">
                    <Amount value={earnings[index] ?? 0n} token={token} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Section>
      <Section title="Withdraw and manage">
        <SellerPanel
          runtime={runtime}
          seller={seller}
          native={native}
          credit={credit}
          offers={offers.map((offer, index) => ({
            id: offer.id,
            title: offer.title || "Unreadable policy",
            terms: offer.terms,
            status: offer.status,
            stake: offer.stake,
            stakeWithdrawableAt: offer.stakeWithdrawableAt,
            token: tokens.get(offer.terms.token) ?? native,
            earned: earnings[index] ?? 0n,
          }))}
        />
      </Section>
      <Section title="Steps in flight" lead="Opened, and not yet paid.">
        {pending.length === 0 ? (
          <Empty title="No step is open or waits for payment" />
        ) : (
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Offer</th>
                <th scope="col">Step</th>
                <th scope="col">State</th>
                <th scope="col">Opened</th>
                <th scope="col">Next date</th>
              </tr>
            </thead>
            <tbody>
              {pending.map(({ run, offer }) => {
                const isChallenged = run.conductChallenge === "open" || run.evidenceChallenge === "open";
                const status =
                  stepStatusWords[run.status === "open" ? "open" : isChallenged ? "challenged" : "claimed"];
                return (
                  <tr key={run.runKey}>
                    <td>
                      <Link href={`/entitlements/${run.entitlement}`} prefetch={false}>
                        {offer.title || "Unreadable policy"}
                      </Link>
                    </td>
                    <td data-label="Step">{run.step}</td>
                    <td>
                      <Badge tone={status.tone}>{status.label}</Badge>
                    </td>
                    <td data-label="Opened">
                      <Moment at={run.openedAt} now={now} />
                    </td>
                    <td data-label="Next date">
                      <Moment
                        at={(run.status === "open" ? run.claimDeadline : run.windowEnd) ?? run.openedAt}
                        now={now}
                      />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Section>
    </>
  );
}
