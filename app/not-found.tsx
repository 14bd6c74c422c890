"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { canAppear } from "./_components/canAppear.ts";
import { LiveRefresh } from "./_components/LiveRefresh.tsx";
import { Empty } from "./_components/parts.tsx";

export default function NotFound() {
  return canAppear(usePathname()) ? (
    <Empty title="There is nothing here yet">
      <p>
        The market has not seen what this address names. If it was made a moment ago, it appears here by itself.
        Otherwise go <Link href="/">back to the market</Link>.
      </p>
      <LiveRefresh everySeconds={3} />
    </Empty>
  ) : (
    <Empty title="There is no such page">
      <p>
        Nothing will ever be at this address: perhaps a part of it is missing. Go{" "}
        <Link href="/">back to the market</Link>.
      </p>
    </Empty>
  );
}
