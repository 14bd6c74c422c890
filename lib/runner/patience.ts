import { findPawlError } from "../core/error.ts";
import type { StepDependencies } from "./dependencies.ts";

/** How long a run waits for a gateway that is away. */
const PATIENCE_SECONDS = 180;
const PAUSE_MS = 1000;

/**
 * Tries again while the gateway cannot be reached. It repairs itself by reading the chain, so a run outlives its
 * restart; every attempt makes its own token or MAC, because the one before may have been used up.
 *
 * @throws what the last attempt threw; a refusal at once
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
      const away = findPawlError(thrown)?.code === "GATEWAY_UNREACHABLE";
      if (!away || clock() - from > PATIENCE_SECONDS) throw thrown;
      log("the gateway does not answer; trying again");
      await sleep(PAUSE_MS);
    }
  }
}
