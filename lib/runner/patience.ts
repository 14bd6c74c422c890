import { findPawlError, type PawlError } from "../core/error.ts";
import type { StepDependencies } from "./dependencies.ts";

/** How long a run waits for a gateway that is away, failing or busy. */
const PATIENCE_SECONDS = 180;
const PAUSE_MS = 1000;
/** Where a busy gateway does not say how long to wait; and the longest wait it can ask for. */
const BUSY_PAUSE_SECONDS = 15;
const LONGEST_PAUSE_SECONDS = 60;

/**
 * Tries again while a backend fails or has too much to do. The gateway repairs itself by reading the chain, so a run
 * outlives its restart; every attempt makes its own token or MAC, because the one before may have been used up.
 *
 * @throws what the last attempt threw; a refusal, and whatever has no code, at once
 */
export async function patiently<T>(
  { clock, sleep, log }: Pick<StepDependencies, "clock" | "sleep" | "log">,
  attempt: () => Promise<T>,
): Promise<T> {
  const from = clock();
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      const error = findPawlError(thrown);
      if (error === undefined || !isPassing(error) || clock() - from > PATIENCE_SECONDS) throw thrown;
      log(`${error.code}; trying again`);
      await sleep(pauseAfter(error));
    }
  }
}

function isPassing({ kind }: PawlError): boolean {
  return kind === "backend" || kind === "too-many";
}

function pauseAfter({ kind, values: { retryAfter } }: PawlError): number {
  if (kind !== "too-many") return PAUSE_MS;
  const seconds = typeof retryAfter === "number" && retryAfter > 0 ? retryAfter : BUSY_PAUSE_SECONDS;
  return Math.min(seconds, LONGEST_PAUSE_SECONDS) * 1000;
}
