import Link from "next/link";
import { LiveRefresh } from "./_components/LiveRefresh.tsx";
import { Empty } from "./_components/parts.tsx";

export default function NotFound() {
  return (
    <Empty title="There is nothing here">
      <p>
        The market has not seen what this address names. If it was made a moment ago, it appears here by itself.
        Otherwise go <Link href="/">back to the market</Link>.
      </p>
      <LiveRefresh everySeconds={3} />
    </Empty>
  );
}
