import { createLane, type Lane, type TestRun } from "./lane.ts";
import type { Mutant } from "./mutant.ts";

/**
 * `caught`: a test failed. `masked`: none failed, and the list says why. `survived`: none failed, and one should have.
 * `unmasked`: a test failed for a mutant that the list calls masked. `broken`: the tests could not run.
 */
export type Outcome = "caught" | "masked" | "survived" | "unmasked" | "broken";
export type MutantResult = {
  readonly mutant: Mutant;
  readonly outcome: Outcome;
  /** Name of the first failed test. */
  readonly by: string | undefined;
  readonly seconds: number;
  readonly tail: string;
};

const GOOD: ReadonlySet<Outcome> = new Set(["caught", "masked"]);
export const isGood = ({ outcome }: MutantResult): boolean => GOOD.has(outcome);

/**
 * Runs mutants, `lanes` at a time, each lane in a copy of its own. The tests are run first without any fault: a test
 * that fails on the unchanged source would catch everything.
 *
 * @throws Error when a test fails without a fault
 */
export async function runMutants(
  mutants: readonly Mutant[],
  options: { readonly projectRoot: string; readonly lanes: number; readonly report: (result: MutantResult) => void },
): Promise<readonly MutantResult[]> {
  const lanes: Lane[] = [];
  const results: MutantResult[] = [];
  const queue = [...mutants];
  const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
  try {
    for (let index = 0; index < options.lanes; index++) lanes.push(await createLane(options.projectRoot));
    await Promise.all(
      lanes.map(async (lane, index) => {
        const own = files.filter((_, position) => position % lanes.length === index);
        if (own.length > 0) requireGreen(await lane.baseline(own));
      }),
    );
    await Promise.all(
      lanes.map(async (lane) => {
        for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
          const result = judge(mutant, await lane.run(mutant));
          results.push(result);
          options.report(result);
        }
      }),
    );
  } finally {
    await Promise.all(lanes.map((lane) => lane.remove()));
  }
  const order = new Map(mutants.map((mutant, index) => [mutant, index]));
  return results.sort((a, b) => (order.get(a.mutant) ?? 0) - (order.get(b.mutant) ?? 0));
}

function requireGreen({ exitCode, passed, failed, tail }: TestRun): void {
  if (exitCode === 0 && passed > 0) return;
  throw new Error(`the tests fail without any fault: ${failed[0] ?? tail}`);
}

function judge(mutant: Mutant, { exitCode, passed, failed, seconds, tail }: TestRun): MutantResult {
  const [by] = failed;
  const caught = by !== undefined;
  // A run that fails without a failed test did not compile or load, which proves nothing about the tests.
  const ran = caught || (exitCode === 0 && passed > 0);
  const outcome: Outcome = !ran
    ? "broken"
    : mutant.masked === undefined
      ? caught
        ? "caught"
        : "survived"
      : caught
        ? "unmasked"
        : "masked";
  return { mutant, outcome, by, seconds, tail };
}
