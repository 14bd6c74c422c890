import { systemClock } from "#lib/core/effects.ts";
import { ActivityList } from "../_components/ActivityList.tsx";
import { LiveRefresh } from "../_components/LiveRefresh.tsx";
import { Moment, PageHead } from "../_components/parts.tsx";
import { getService } from "../_server/service.ts";

export const metadata = { title: "Activity" };

export default async function ActivityPage() {
  const { market } = await getService();
  const [activity, progress] = await Promise.all([market.activity({ limit: 100 }), market.progress()]);
  const now = systemClock();
  return (
    <>
      <PageHead title="Activity">
        <p>
          What the contracts emitted, newest first.{" "}
          {progress ? (
            <>
              Read up to block {progress.blockNumber}, <Moment at={progress.seenAt} now={now} />.
            </>
          ) : (
            "The index has not read the chain yet."
          )}
        </p>
      </PageHead>
      <ActivityList activity={activity} now={now} />
      <LiveRefresh everySeconds={5} />
    </>
  );
}
