import type { Clock, RandomBytes } from "../core/effects.ts";
import type { GatewayClient } from "../gateway/client.ts";
import type { RunnerEnvironment } from "./environment.ts";
import type { Isolation } from "./isolation.ts";

/** What one step needs of the world. */
export type StepDependencies = {
  readonly environment: RunnerEnvironment;
  readonly gateway: GatewayClient;
  /** Finds out how this machine keeps a workload apart. @throws ISOLATION_UNAVAILABLE */
  readonly isolate: () => Promise<Isolation>;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Progress for the job's log. Never given a secret. */
  readonly log: (line: string) => void;
};
