/**
 * How often a property is tried. `npm test` takes a quick sample; `npm run test:deep` multiplies it by `PAWL_RUNS` and
 * names the seed, which `PAWL_SEED` sets.
 */
export const runsFactor = positiveInteger("PAWL_RUNS") ?? 1;
const seed = positiveInteger("PAWL_SEED");

export type Tried = { readonly numRuns: number; readonly endOnFailure: boolean; readonly seed?: number };

/**
 * Parameters of a property for `fc.assert`.
 *
 * @param what for the report of a deep run
 * @param quickRuns tries in `npm test`
 * @param fixedSeed where the quick sample should be the same every time; properties with different ones also differ
 * from each other under one `PAWL_SEED`
 */
export function tried(what: string, quickRuns: number, fixedSeed?: number): Tried {
  const numRuns = quickRuns * runsFactor;
  const chosen = seed === undefined ? fixedSeed : seed + (fixedSeed ?? 1) - 1;
  reportDeep({ property: what, runs: numRuns, seed: chosen ?? null });
  return { numRuns, endOnFailure: process.env.PAWL_SHRINK === "0", ...(chosen !== undefined && { seed: chosen }) };
}

/** A line that a deep run collects; quick runs stay silent. */
export function reportDeep(figures: Readonly<Record<string, string | number | null>>): void {
  if (runsFactor > 1) console.log(`deep: ${JSON.stringify(figures)}`);
}

function positiveInteger(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${variable} must be a positive integer: ${text}`);
  return value;
}
