import type { Hex, LocalAccount, PublicClient } from "viem";
import type { Deployment } from "../../chain/deployment.ts";
import { decodeRevert } from "../../chain/revert.ts";
import type { Clock } from "../../core/effects.ts";
import { findPawlError, type PawlError } from "../../core/error.ts";
import { type EntitlementIdentity, loadEntitlement } from "../../permits/entitlement.ts";
import { exposureOf } from "./budget.ts";
import type { WatchedClaim, WatchTargets } from "./claim.ts";
import type { ObserveConduct } from "./conduct.ts";
import { type Action, type Alarm, type Decision, decide, type Limits, type Look } from "./decision.ts";
import { watchError } from "./errors.ts";
import { findChallenge, type ReadClaim, readFacts } from "./facts.ts";
import { createFollower } from "./follow.ts";
import type { Reason } from "./grounds.ts";
import type { Attempt, ClaimEntry } from "./journal.ts";
import { stakesOf } from "./journal.ts";
import type { Journal } from "./journalFile.ts";
import type { Judge } from "./judge.ts";
import { createSender, type Moment, type Price } from "./send.ts";

/** Claims that are looked at side by side, so that a slow address holds up few of them. */
const AT_ONCE = 4;
/** After so many blocks what the chain decided is taken for final. */
const FINAL_BLOCKS = 64;
const MAX_BACKOFF_MS = 300_000;

/** What a watcher says it has seen and done. `claim` is its hash. */
export type WatchEvent =
  | { readonly event: "claim"; readonly claim: WatchedClaim; readonly own: boolean }
  | { readonly event: "evidence"; readonly claim: WatchedClaim; readonly look: Look }
  | {
      readonly event: "signed" | "sent again" | "replaced";
      readonly claim: WatchedClaim;
      readonly action: Action;
      readonly transaction: Hex;
      readonly reason: Reason | null;
    }
  | { readonly event: "refused"; readonly claim: WatchedClaim; readonly error: PawlError }
  | { readonly event: "alarm"; readonly claim: WatchedClaim; readonly about: Alarm; readonly reason: Reason }
  | { readonly event: "closed"; readonly claim: WatchedClaim; readonly result: string; readonly bond: bigint }
  | { readonly event: "failure"; readonly claim?: WatchedClaim; readonly error: PawlError };

export type WatchSummary = {
  /** Claims that are not decided yet. */
  readonly open: number;
  /** Transactions that no block has taken yet. */
  readonly inFlight: number;
  readonly alarms: readonly Alarm[];
  /** Claims that could not be read. */
  readonly failures: number;
  readonly exposure: { readonly total: bigint; readonly day: bigint };
};

export type WatcherDependencies = {
  readonly client: PublicClient;
  /** Pays bonds and fees. Nobody else may use its key: nonces are counted here. */
  readonly account: LocalAccount;
  readonly deployment: Deployment;
  readonly journal: Journal;
  readonly targets: WatchTargets;
  readonly limits: Limits;
  readonly judge: Judge;
  /** Without it no run is looked for again. */
  readonly observe?: ObserveConduct | undefined;
  readonly report: (event: WatchEvent) => void;
  /** This machine's time, only to notice an endpoint that lags; what is decided goes by the chain's. */
  readonly clock: Clock;
  readonly lagSeconds?: number;
  readonly finalBlocks?: number;
};

/**
 * A buyer's guard: follows the claims of entitlements, has their evidence judged, and challenges what
 * {@link decide} says. Everything that must outlive the process is in the journal and on the chain.
 */
export function createWatcher(dependencies: WatcherDependencies) {
  const { client, account, deployment, journal, targets, limits, judge, observe, report, clock } = dependencies;
  const { lagSeconds = 300, finalBlocks = FINAL_BLOCKS } = dependencies;
  const reader = { client, deployment, watcher: account.address };
  const follower = createFollower({ client, deployment, journal, targets, watcher: account.address });
  const sender = createSender({ client, account, deployment, journal, limits });
  const identities = new Map<Hex, EntitlementIdentity>();
  /** What was said already, so that a claim that waits for a person does not fill the log. */
  const said = new Set<string>();
  /** What each claim that was attended to waits for: a signed transaction that does nothing else is not wanted. */
  const wanted = new Map<Hex, Action | undefined>();
  let isLate = false;
  /** Read at the beginning of a pass, and after everything that can take long. */
  let latest: Moment | undefined;

  /**
   * Reads what is new, judges, and acts, once.
   *
   * @throws CHAIN_UNREACHABLE, CHAIN_CALL_FAILED, WATCH_JOURNAL_UNWRITABLE; what fails for one claim is reported
   */
  async function pass(signal: AbortSignal): Promise<WatchSummary> {
    latest = await moment();
    noticeLag(latest);
    await follower.follow(latest.block);
    const open = [...journal.state.claims.values()].filter(({ closed }) => closed === undefined);
    open.sort((a, b) => a.claim.windowEnd - b.claim.windowEnd);
    const price = await sender.price();
    const alarms: Alarm[] = [];
    let failures = 0;
    const queue = open.values();
    const work = async () => {
      for (const { claim } of queue) {
        if (signal.aborted) return;
        try {
          const decision = await attend(claim, price, signal);
          if (decision.do === "alarm") alarms.push(decision.about);
        } catch (thrown) {
          if (signal.aborted) return;
          failures++;
          report({ event: "failure", claim, error: decodeRevert(thrown) });
          // Without a journal nothing may go on.
          if (findPawlError(thrown)?.code === "WATCH_JOURNAL_UNWRITABLE") throw thrown;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const after = await moment();
    const left = [...journal.state.claims.values()].filter(({ closed }) => closed === undefined);
    return {
      open: left.length,
      inFlight: left.flatMap(({ attempts }) => attempts).filter(({ nonce }) => nonce >= after.nonce).length,
      alarms,
      failures,
      exposure: exposureOf(stakesOf(journal.state.claims.values()), after.now),
    };
  }

  async function moment(): Promise<Moment> {
    try {
      const { number, timestamp } = await client.getBlock({ blockTag: "latest" });
      const nonce = await client.getTransactionCount({ address: account.address, blockNumber: number });
      return { block: Number(number), now: Number(timestamp), nonce };
    } catch (thrown) {
      throw decodeRevert(thrown);
    }
  }

  function noticeLag({ block, now }: Moment): void {
    const wasLate = isLate;
    isLate = clock() - now > lagSeconds;
    if (isLate && !wasLate)
      report({ event: "failure", error: watchError("WATCH_CHAIN_LATE", { block, timestamp: now }) });
  }

  /** Brings one claim as far as it goes now. */
  async function attend(claim: WatchedClaim, price: Price, signal: AbortSignal): Promise<Decision> {
    const identity = await identityOf(claim.entitlement);
    const own = follower.isOwn(claim.entitlement);
    sayOnce(`claim ${claim.blockHash}`, claim, { event: "claim", claim, own });
    // A look, and an observation after it, change what is decided; nothing is looked at twice in a pass.
    for (let looks = 0; ; looks++) {
      const at = latest ?? (await moment());
      const read = await readFacts(reader, claim, identity, own, BigInt(at.block));
      const decision = decide(situationOf(claim, read, at, price));
      if (decision.do === "look" && looks < 2) await look(claim, at, signal);
      else if (decision.do === "observe" && looks < 2 && observe) await observeRun(claim, at, observe);
      else {
        const done = await act(decision, claim, read, identity, at, signal);
        return conductSeen(claim) ?? done;
      }
      latest = await moment();
    }
  }

  function situationOf(claim: WatchedClaim, { facts }: ReadClaim, at: Moment, price: Price) {
    const { attempts, look: last, observed } = entryOf(claim);
    const open = attempts.filter(({ nonce }) => nonce >= at.nonce);
    const mined = new Set(
      attempts.filter(({ action, nonce }) => action === "challenge" && nonce < at.nonce).map(({ nonce }) => nonce),
    );
    return {
      now: at.now,
      facts,
      look: last?.evidenceHash === claim.evidenceHash ? last : undefined,
      observedAt: observed?.at,
      inFlight: new Set(open.map(({ action }) => action)),
      failedSends: mined.size,
      limits,
      exposure: exposureOf(stakesOf(journal.state.claims.values()), at.now),
      price: price.most,
    };
  }

  async function look(claim: WatchedClaim, at: Moment, signal: AbortSignal): Promise<void> {
    const outcome = await judge(claim, at.now, signal);
    signal.throwIfAborted();
    const before = entryOf(claim).look;
    const isVerdict = outcome.status === "passed" || outcome.status === "failed";
    const tries = isVerdict ? 0 : (before?.evidenceHash === claim.evidenceHash ? before.tries : 0) + 1;
    const found = { at: at.now, tries, outcome };
    journal.append({ is: "look", claim: claim.claimHash, evidenceHash: claim.evidenceHash, ...found });
    report({ event: "evidence", claim, look: found });
  }

  async function observeRun(claim: WatchedClaim, at: Moment, through: ObserveConduct): Promise<void> {
    const outcome = entryOf(claim).look?.outcome;
    if (outcome?.status !== "passed" || outcome.run === null) return;
    const conduct = await through(outcome.run);
    const code = conduct.status === "grounds" ? conduct.code : null;
    journal.append({ is: "observed", claim: claim.claimHash, at: at.now, code });
  }

  /** What GitHub no longer shows as attested is the buyer's to act on. */
  function conductSeen(claim: WatchedClaim): Decision | undefined {
    const code = entryOf(claim).observed?.code;
    if (code === null || code === undefined) return undefined;
    return alarmed("conduct", { check: "final-observation", code }, claim);
  }

  /** @returns the decision, or an alarm where it cannot be carried out */
  async function act(
    decision: Decision,
    claim: WatchedClaim,
    read: ReadClaim,
    identity: EntitlementIdentity,
    at: Moment,
    signal: AbortSignal,
  ): Promise<Decision> {
    const isAction = decision.do === "challenge" || decision.do === "reject" || decision.do === "reclaim";
    const action = isAction ? decision.do : decision.do === "await" ? decision.action : undefined;
    wanted.set(claim.claimHash, action);
    if (signal.aborted) return decision;
    if (decision.do === "alarm") return alarmed(decision.about, decision.reason, claim);
    if (isAction) {
      const reason = decision.do === "challenge" ? decision.reason : null;
      return (await send({ action: decision.do, reason }, claim, read, identity, at)) ?? decision;
    }
    if (decision.do === "await") {
      const last = entryOf(claim).attempts.findLast((sent) => sent.action === action && sent.nonce >= at.nonce);
      if (last) return (await send(last, claim, read, identity, at, last)) ?? decision;
    }
    if (decision.do === "nothing" && decision.because === "over") await close(claim, identity, at);
    return decision;
  }

  function alarmed(about: Alarm, reason: Reason, claim: WatchedClaim): Decision {
    sayOnce(`${about} ${reason.code}`, claim, { event: "alarm", claim, about, reason });
    return { do: "alarm", about, reason };
  }

  /** @param last what was sent before and no block has taken */
  async function send(
    { action, reason }: { readonly action: Action; readonly reason: Reason | null },
    claim: WatchedClaim,
    { claimed }: ReadClaim,
    identity: EntitlementIdentity,
    at: Moment,
    last?: Attempt,
  ): Promise<Decision | undefined> {
    const { terms } = identity.offer;
    const task = { action, claim, claimed, terms, reason };
    try {
      const sent = last ? await sender.resend(task, at, last) : await sender.send(task, at, isWanted);
      if (sent === undefined) return undefined;
      const event = sent.replaced ? "replaced" : last ? "sent again" : "signed";
      report({ event, claim, action, transaction: sent.hash, reason });
      return undefined;
    } catch (thrown) {
      const error = decodeRevert(thrown);
      if (error.kind === "backend") throw error;
      const why = reason ?? { check: action, code: error.code };
      if (error.code === "WATCH_BUDGET_SPENT") {
        return alarmed(error.values.limit === "total" ? "budget total" : "budget of the day", why, claim);
      }
      if (error.code === "CHAIN_FUNDS_INSUFFICIENT") return alarmed("no funds", why, claim);
      // Somebody was faster: the next pass decides anew.
      report({ event: "refused", claim, error });
      return undefined;
    }
  }

  function isWanted({ claim, action }: Attempt): boolean {
    if (wanted.has(claim)) return wanted.get(claim) === action;
    return journal.state.claims.get(claim)?.closed === undefined;
  }

  /** Ends the watch over a claim once what ended it lies deep enough to stay. */
  async function close(claim: WatchedClaim, identity: EntitlementIdentity, at: Moment): Promise<void> {
    const deep = at.block - finalBlocks;
    if (claim.block > deep) return;
    const { facts } = await readFacts(reader, claim, identity, false, BigInt(deep));
    if (facts.pending || facts.challenge?.ours) return;
    const challenge = facts.evidence === "none" ? undefined : await findChallenge(reader, claim);
    const isLost = challenge?.ours === true && (facts.evidence === "answered" || facts.proven);
    const result = !challenge?.ours ? "not challenged" : isLost ? "bond lost" : "bond returned";
    const bond = isLost && challenge ? challenge.bond : 0n;
    journal.append({ is: "closed", claim: claim.claimHash, result, bond });
    report({ event: "closed", claim, result, bond });
  }

  async function identityOf(entitlement: Hex): Promise<EntitlementIdentity> {
    const known = identities.get(entitlement) ?? (await loadEntitlement(client, deployment, entitlement));
    identities.set(entitlement, known);
    return known;
  }

  function entryOf({ claimHash }: WatchedClaim): ClaimEntry {
    const entry = journal.state.claims.get(claimHash);
    if (entry === undefined) throw new TypeError("a claim that the journal does not know");
    return entry;
  }

  function sayOnce(what: string, { claimHash }: WatchedClaim, event: WatchEvent): void {
    const key = `${claimHash} ${what}`;
    if (said.has(key)) return;
    said.add(key);
    report(event);
  }

  return {
    pass,

    /**
     * Passes until the signal aborts. One that fails is reported and tried again, ever more slowly.
     *
     * @param pause waits so many milliseconds, or until the signal aborts
     * @param after hears of every pass that went through; what it throws ends the watch
     */
    async run(options: {
      readonly signal: AbortSignal;
      readonly everyMilliseconds: number;
      readonly pause: (milliseconds: number) => Promise<void>;
      readonly after?: (summary: WatchSummary) => void;
    }): Promise<void> {
      const { signal, everyMilliseconds, pause, after } = options;
      for (let failures = 0; !signal.aborted; ) {
        let summary: WatchSummary | undefined;
        try {
          summary = await pass(signal);
          failures = 0;
        } catch (thrown) {
          const error = decodeRevert(thrown);
          if (error.code === "WATCH_JOURNAL_UNWRITABLE") throw error;
          failures++;
          if (!signal.aborted) report({ event: "failure", error });
        }
        if (summary && !signal.aborted) after?.(summary);
        const wait = Math.min(everyMilliseconds * 2 ** Math.min(failures, 8), MAX_BACKOFF_MS);
        if (!signal.aborted) await pause(Math.max(wait, everyMilliseconds));
      }
    },
  };
}

export type Watcher = ReturnType<typeof createWatcher>;
