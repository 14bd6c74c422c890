import Link from "next/link";
import type { MarketActivity } from "#lib/market/market.ts";
import styles from "./parts.module.css";
import { Empty, Hex, Moment } from "./parts.tsx";
import { eventSentence } from "./words.ts";

/** Events, newest first, as a table that stacks on small screens. */
export function ActivityList(props: {
  readonly activity: readonly MarketActivity[];
  readonly now: number;
  /** All of it is about what the page is about, so that no event needs to say so. */
  readonly isAboutOne?: boolean;
}) {
  const { activity, now, isAboutOne = false } = props;
  if (activity.length === 0) return <Empty title="Nothing has happened yet" />;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">What</th>
          {!isAboutOne && <th scope="col">About</th>}
          <th scope="col">When</th>
          <th scope="col">Transaction</th>
        </tr>
      </thead>
      <tbody>
        {activity.map((event) => (
          <tr key={event.id}>
            <td>
              {eventSentence(event)}
              {typeof event.args.step === "number" && <span className={styles.note}>step {event.args.step}</span>}
            </td>
            {!isAboutOne && (
              <td data-label="About">
                {event.entitlement ? (
                  <Link href={`/entitlements/${event.entitlement}`} prefetch={false}>
                    entitlement <Hex value={event.entitlement} />
                  </Link>
                ) : event.offerId ? (
                  <Link href={`/offers/${event.offerId}`}>
                    offer <Hex value={event.offerId} />
                  </Link>
                ) : typeof event.args.owner === "string" ? (
                  <>
                    account <Hex value={event.args.owner.toLowerCase()} />
                  </>
                ) : (
                  ""
                )}
              </td>
            )}
            <td data-label="When">
              <Moment at={event.timestamp} now={now} />
            </td>
            <td data-label="Transaction">
              <Hex value={event.transactionHash} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
