import Link from "next/link";
import { systemClock } from "#lib/core/effects.ts";
import { formatAmount } from "../_components/amounts.ts";
import styles from "../_components/parts.module.css";
import { Badge, Empty, Hex, Moment, PageHead } from "../_components/parts.tsx";
import { tokenInfos } from "../_server/money.ts";
import { addressIn, type SearchParams } from "../_server/query.ts";
import { getRuntime } from "../_server/runtime.ts";
import { getService } from "../_server/service.ts";
import { MyAddress } from "../_wallet/panels.tsx";

export const metadata = { title: "My steps" };

const STATUS = {
  active: { label: "Active", tone: "good" },
  expired: { label: "Expired", tone: "warn" },
  finished: { label: "Finished", tone: "plain" },
} as const;

export default async function EntitlementsPage({ searchParams }: { readonly searchParams: SearchParams }) {
  const buyer = addressIn((await searchParams).address);
  const [{ market }, runtime] = await Promise.all([getService(), getRuntime()]);
  const entitlements = buyer ? await market.entitlementsOf(buyer) : [];
  const tokens = await tokenInfos(entitlements.map(({ offer }) => offer.terms.token));
  const now = systemClock();
  return (
    <>
      <PageHead title="My steps">
        <p>
          {buyer ? (
            <>
              What <Hex value={buyer} /> has bought.
            </>
          ) : (
            "Steps you have bought, their runs and your refunds."
          )}
        </p>
      </PageHead>
      <MyAddress runtime={runtime} page="/entitlements" shown={buyer ?? null} purpose="see what you bought" />
      {buyer && entitlements.length === 0 && (
        <Empty title="Nothing bought yet">
          <p>
            Choose an offer on the <Link href="/">market</Link>.
          </p>
        </Empty>
      )}
      {entitlements.length > 0 && (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Offer</th>
              <th scope="col">State</th>
              <th scope="col">Paid, pending, not opened</th>
              <th scope="col">Refundable</th>
              <th scope="col">Expires</th>
            </tr>
          </thead>
          <tbody>
            {entitlements.map((entitlement) => {
              const { id, offer, status, settled, opened, bought, unopened, expiresAt } = entitlement;
              const token = tokens.get(offer.terms.token);
              return (
                <tr key={id}>
                  <td>
                    <Link href={`/entitlements/${id}`} prefetch={false}>
                      {offer.title || "Unreadable policy"}
                    </Link>
                    <span className={styles.note}>
                      <Hex value={id} />
                    </span>
                  </td>
                  <td>
                    <Badge tone={STATUS[status].tone}>{STATUS[status].label}</Badge>
                  </td>
                  <td data-label="Paid, pending, not opened">
                    <div className={styles.progress}>
                      <span>
                        {settled}, {opened - settled}, {unopened} of {bought}
                      </span>
                      <div className={styles.meter} aria-hidden="true">
                        <span style={{ width: `${share(settled, bought)}%` }} />
                        <span style={{ width: `${share(opened - settled, bought)}%` }} />
                      </div>
                    </div>
                  </td>
                  <td data-label="Refundable">{token && formatAmount(offer.terms.price * BigInt(unopened), token)}</td>
                  <td data-label="Expires">
                    <Moment at={expiresAt} now={now} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </>
  );
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}
