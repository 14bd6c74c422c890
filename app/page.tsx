import Link from "next/link";
import type { OfferSort } from "#lib/market/market.ts";
import { formatAmount } from "./_components/amounts.ts";
import { describe } from "./_components/exampleInput.ts";
import form from "./_components/form.module.css";
import styles from "./_components/market.module.css";
import { Badge, Empty, Hex, PageHead } from "./_components/parts.tsx";
import { durationWords, offerStatusWords } from "./_components/words.ts";
import { tokenInfos } from "./_server/money.ts";
import { oneOf, type SearchParams, text } from "./_server/query.ts";
import { getService } from "./_server/service.ts";

const SORTS = {
  newest: "Newest first",
  cheapest: "Lowest price",
  "most-used": "Most steps paid",
} as const satisfies Record<OfferSort, string>;

export default async function MarketPage({ searchParams }: { readonly searchParams: SearchParams }) {
  const query = await searchParams;
  const search = text(query.q).slice(0, 200);
  const sort = oneOf(query.sort, Object.keys(SORTS) as OfferSort[]) ?? "newest";
  const showsAll = query.all === "on";
  const { market } = await getService();
  const offers = await market.listOffers({ search, sort, live: !showsAll });
  const tokens = await tokenInfos(offers.map(({ terms }) => terms.token));
  return (
    <>
      <PageHead title="Pay for a step only when anyone can check that it ran">
        <p>
          Each offer pins one workflow commit and one policy. You fund steps in advance, permit each run yourself, and
          the seller is paid when the run&rsquo;s evidence holds. Steps you did not open stay your money.
        </p>
      </PageHead>
      <form className={form.toolbar} action="/" method="get">
        <div className={`${form.field} ${form.grow}`}>
          <label htmlFor="q">Search</label>
          <input id="q" name="q" type="search" defaultValue={search} placeholder="Title, description or seller" />
        </div>
        <div className={form.field}>
          <label htmlFor="sort">Sort</label>
          <select id="sort" name="sort" defaultValue={sort}>
            {Object.entries(SORTS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <label className={form.check} style={{ minHeight: "2.6rem" }}>
          <input type="checkbox" name="all" defaultChecked={showsAll} /> Include ended
        </label>
        <button type="submit" className={form.button}>
          Show
        </button>
      </form>
      {offers.length === 0 ? (
        <Empty title={search ? "No offer matches" : "Nothing is for sale yet"}>
          <p>
            {search ? (
              <Link href="/">Show every offer</Link>
            ) : (
              <>
                A seller can{" "}
                <Link href="/publish" prefetch={false}>
                  publish the first offer
                </Link>
                .
              </>
            )}
          </p>
        </Empty>
      ) : (
        <ul className={styles.list}>
          {offers.map((offer) => {
            const token = tokens.get(offer.terms.token);
            const { label, tone } = offerStatusWords[offer.status];
            return (
              <li key={offer.id} className={styles.offer}>
                <h2>
                  <Link href={`/offers/${offer.id}`}>{offer.title || "Unreadable policy"}</Link>
                </h2>
                {token && (
                  <p className={styles.price}>
                    {formatAmount(offer.terms.price, token)} <small>per step</small>
                  </p>
                )}
                <p className={styles.description}>
                  {describe(offer.description).text ||
                    "This offer's policy cannot be read, so no run of it could be verified."}
                </p>
                <div className={styles.meta}>
                  {offer.status !== "live" && <Badge tone={tone}>{label}</Badge>}
                  <Badge tone={offer.terms.runnerTier === 2 ? "accent" : "plain"}>
                    {offer.terms.runnerTier === 2 ? "Tier 2: run observed live" : "Tier 1: code identity"}
                  </Badge>
                  {token && !token.isKnown && <Badge tone="warn">Unknown token</Badge>}
                  <span>paid {durationWords(offer.terms.disputeWindow)} after the claim</span>
                  <span>
                    {offer.stepsPaid} {offer.stepsPaid === 1 ? "step" : "steps"} paid
                  </span>
                  <span>
                    seller <Hex value={offer.seller} />
                  </span>
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}
