import { type Hex, stringToBytes } from "viem";
import { askInfo } from "../capability/envelope.ts";
import { hpkeOpen, type WorkerKeyPair } from "../capability/hpke.ts";
import { askAudience, releaseAudience } from "../capability/keySchedule.ts";
import { sha256Hex } from "../core/hash.ts";
import { pollMac } from "../gateway/runMac.ts";
import type { PollAnswer } from "../gateway/wire.ts";
import type { StepContext } from "../permits/stepContext.ts";
import type { StepDependencies } from "./dependencies.ts";
import { runnerError } from "./errors.ts";
import { fetchIdToken, type OwnClaims } from "./idToken.ts";
import { patiently } from "./patience.ts";

const POLL_MS = 1000;

/** A run that the gateway has admitted. */
export type Asked = {
  readonly askId: Hex;
  readonly pollSecret: Uint8Array;
  readonly claims: OwnClaims;
  readonly askedAt: number;
};

/** Asks for the step with a token bound to it and to this run's key. @throws ID_TOKEN_REFUSED, and the gateway's refusals */
export async function ask(
  dependencies: StepDependencies,
  context: StepContext,
  step: number,
  worker: WorkerKeyPair,
): Promise<Asked> {
  const { environment, gateway, fetch, clock } = dependencies;
  const workerKey = worker.publicKey;
  return patiently(dependencies, async () => {
    const { token, claims } = await fetchIdToken(environment, askAudience(context, step, workerKey), fetch);
    const answer = await gateway.ask({ ...context, step, workerKey, token });
    const sealed = {
      enc: new Uint8Array(Buffer.from(answer.enc, "base64url")),
      ct: new Uint8Array(Buffer.from(answer.ct, "base64url")),
    };
    const info = askInfo(context, step, sha256Hex(stringToBytes(token)));
    const pollSecret = await hpkeOpen(worker.privateKey, sealed, info);
    return { askId: answer.askId, pollSecret, claims, askedAt: clock() };
  });
}

export type Permitted = Extract<PollAnswer, { status: "permitted" }>;
export type Released = Extract<PollAnswer, { status: "released" }>;

/** The policy is not known before the permit comes, so its longest allowed wait bounds this one. */
const LONGEST_PERMIT_WAIT_SECONDS = 3600;

/** @throws PERMIT_WAIT_OVER */
export async function waitForPermit(dependencies: StepDependencies, asked: Asked): Promise<Permitted> {
  while (dependencies.clock() - asked.askedAt < LONGEST_PERMIT_WAIT_SECONDS) {
    const answer = await poll(dependencies, asked);
    if (answer.status === "permitted") return answer;
    await dependencies.sleep(POLL_MS);
  }
  throw runnerError("PERMIT_WAIT_OVER", { seconds: LONGEST_PERMIT_WAIT_SECONDS });
}

/** Seconds from the consumption until it must be in a safe block. */
const LONGEST_RELEASE_WAIT_SECONDS = 1800;

/** Proves with a second token that the run is alive, then waits for its keys. @throws RELEASE_WAIT_OVER */
export async function waitForRelease(
  dependencies: StepDependencies,
  asked: Asked,
  context: StepContext,
  step: number,
  worker: WorkerKeyPair,
  P: Hex,
): Promise<Released> {
  const audience = releaseAudience(context, step, worker.publicKey, P);
  await patiently(dependencies, async () => {
    const { token } = await fetchIdToken(dependencies.environment, audience, dependencies.fetch);
    await dependencies.gateway.release(asked.askId, { ...proof(dependencies, asked), token });
  });
  const from = dependencies.clock();
  while (dependencies.clock() - from < LONGEST_RELEASE_WAIT_SECONDS) {
    const answer = await poll(dependencies, asked);
    if (answer.status === "released") return answer;
    await dependencies.sleep(POLL_MS);
  }
  throw runnerError("RELEASE_WAIT_OVER", { seconds: LONGEST_RELEASE_WAIT_SECONDS });
}

function poll(dependencies: StepDependencies, asked: Asked): Promise<PollAnswer> {
  return patiently(dependencies, () => dependencies.gateway.poll(asked.askId, proof(dependencies, asked)));
}

/** Proof of holding the poll secret, now. */
export function proof({ clock }: StepDependencies, asked: Asked) {
  const at = clock();
  return { at, mac: pollMac(asked.pollSecret, asked.askId, at) };
}
