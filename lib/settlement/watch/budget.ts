/** What a watcher may lose, and what it has at risk. All money is wei, all times unix seconds of the chain. */
export type Budget = {
  /** Ever. */
  readonly total: bigint;
  /** In any 24 hours. */
  readonly perDay: bigint;
};

export type Exposure = { readonly total: bigint; readonly day: bigint };

/** Challenges of one claim, as far as money is concerned. */
export type Stake = {
  /** The bond that is, or can come to be, at risk: a claim takes one bond at most, however often it was tried. */
  readonly bond: bigint;
  /** The most that the challenge's transactions can have cost, whether they were accepted or not. */
  readonly fees: bigint;
  /** When the first of them was decided. */
  readonly at: number;
};

const DAY = 86_400;

/** Sums what was lost, or can still be. */
export function exposureOf(stakes: Iterable<Stake>, now: number): Exposure {
  let total = 0n;
  let day = 0n;
  for (const { bond, fees, at } of stakes) {
    total += bond + fees;
    if (at > now - DAY) day += bond + fees;
  }
  return { total, day };
}

/** Which limit one more risk would break; undefined if none. */
export function brokenLimit(exposure: Exposure, price: bigint, budget: Budget): keyof Budget | undefined {
  if (exposure.total + price > budget.total) return "total";
  if (exposure.day + price > budget.perDay) return "perDay";
  return undefined;
}
