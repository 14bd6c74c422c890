import { encodeFunctionData, type Hex, keccak256, type LocalAccount, type PublicClient } from "viem";
import type { Deployment } from "../../chain/deployment.ts";
import { chainError } from "../../chain/errors.ts";
import { settlementAbi } from "../../chain/generated/abis.ts";
import { decodeRevert } from "../../chain/revert.ts";
import type { OfferTerms } from "../../offers/terms.ts";
import type { ClaimedStep } from "../claimedStep.ts";
import { bondWithRoom, readEvidenceBond } from "../evidenceBond.ts";
import { brokenLimit, exposureOf } from "./budget.ts";
import type { WatchedClaim } from "./claim.ts";
import type { Action, Limits } from "./decision.ts";
import { watchError } from "./errors.ts";
import type { Grounds } from "./grounds.ts";
import { type Attempt, type ClaimEntry, stakesOf } from "./journal.ts";
import type { Journal } from "./journalFile.ts";

const EVIDENCE = 0;
/** More than any of the three calls takes; for the price that is known before a call is simulated. */
const USUAL_GAS = 300_000n;
/** After so many blocks without it, a transaction is sent again; after the second number, with higher fees. */
const RESEND_BLOCKS = 5;
const REPLACE_BLOCKS = 25;

/** The block that decisions are made at. */
export type Moment = {
  readonly block: number;
  /** The chain's time, unix seconds. */
  readonly now: number;
  /** Transactions of the watcher's key up to this block. */
  readonly nonce: number;
};

/** What a challenge costs, in wei and wei per gas. */
export type Price = {
  /** The bond that is sent along, with room for the base fee to rise; what is too much comes back as credit. */
  readonly value: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** The most that a challenge can cost: bond and fees. */
  readonly most: bigint;
};

export type Sent = { readonly hash: Hex; readonly replaced: boolean };

type Task = {
  readonly action: Action;
  readonly claim: WatchedClaim;
  readonly claimed: ClaimedStep;
  readonly terms: OfferTerms;
  readonly reason: Pick<Grounds, "check" | "code"> | null;
};

/**
 * Sends what was decided. A transaction is signed and recorded before it is sent, so that whatever crashes, the same
 * bytes can be sent again; a replacement has the same nonce, of which a block takes one.
 */
export function createSender(dependencies: {
  readonly client: PublicClient;
  readonly account: LocalAccount;
  readonly deployment: Deployment;
  readonly journal: Journal;
  readonly limits: Limits;
}) {
  const { client, account, deployment, journal, limits } = dependencies;
  /** When this process last sent a transaction, by its hash. */
  const sentAt = new Map<Hex, number>();
  let turn: Promise<unknown> = Promise.resolve();

  /** What a challenge would cost in the next block. @throws CHAIN_UNREACHABLE, CHAIN_CALL_FAILED */
  async function price(): Promise<Price> {
    try {
      const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
      const fees = { maxFeePerGas, maxPriorityFeePerGas };
      const value = bondWithRoom(await readEvidenceBond(client, deployment.settlement, account.address, fees));
      return { value, maxFeePerGas, maxPriorityFeePerGas, most: value + USUAL_GAS * maxFeePerGas };
    } catch (thrown) {
      throw decodeRevert(thrown);
    }
  }

  /** One send after the other: each takes its nonce and its part of the budget before the next one looks at them. */
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const own = turn.then(work, work);
    turn = own.catch(() => undefined);
    return own;
  }

  /**
   * Signs, records and sends a new transaction.
   *
   * @param useful whether a transaction that no block has taken is still wanted; the nonce of one that is not is used
   * @throws the contract's refusal, CHAIN_FUNDS_INSUFFICIENT, WATCH_BUDGET_SPENT, WATCH_JOURNAL_UNWRITABLE
   */
  function send(task: Task, at: Moment, useful: (attempt: Attempt) => boolean): Promise<Sent> {
    return inTurn(async () => {
      const open = attempts().filter(({ nonce }) => nonce >= at.nonce);
      const taken = new Set(open.filter(useful).map(({ nonce }) => nonce));
      let nonce = at.nonce;
      while (taken.has(nonce)) nonce++;
      const attempt = await prepare(
        task,
        at,
        nonce,
        open.filter((other) => other.nonce === nonce),
      );
      journal.append(attempt);
      await broadcast(attempt, at);
      return { hash: attempt.hash, replaced: false };
    });
  }

  /**
   * Sends a recorded transaction again that no block has taken: after a restart the same bytes, after some blocks a
   * replacement where fees or bond have risen.
   */
  function resend(task: Task, at: Moment, last: Attempt): Promise<Sent | undefined> {
    return inTurn(async () => {
      const seen = sentAt.get(last.hash);
      if (seen !== undefined && at.block < seen + RESEND_BLOCKS) return undefined;
      if (await isOutdated(last, at)) {
        const same = attempts().filter(({ nonce }) => nonce === last.nonce);
        const attempt = await prepare(task, at, last.nonce, same);
        journal.append(attempt);
        await broadcast(attempt, at);
        return { hash: attempt.hash, replaced: true };
      }
      // Known already, or taken already: the next pass reads from the chain what became of it.
      await broadcast(last, at).catch(() => undefined);
      return { hash: last.hash, replaced: false };
    });
  }

  async function isOutdated(last: Attempt, at: Moment): Promise<boolean> {
    const current = await price();
    // A fee is a fifth above the base fee when it is chosen.
    const isPriced = current.maxFeePerGas * 5n <= last.maxFeePerGas * 6n && at.block < last.block + REPLACE_BLOCKS;
    return !isPriced || (last.action === "challenge" && bondOf(current) > last.value);
  }

  async function prepare(task: Task, at: Moment, nonce: number, rivals: readonly Attempt[]): Promise<Attempt> {
    const { action, claim, claimed, terms, reason } = task;
    const current = await price();
    const value = action === "challenge" ? current.value : 0n;
    const call = callOf(action, claimed, terms);
    const data = encodeFunctionData(call);
    const gas = await simulate(data, value);
    // Nodes take a transaction in another's place only for a tenth more, of both fees.
    const above = (fee: bigint, rival: bigint) => (fee > rival + rival / 8n ? fee : rival + rival / 8n + 1n);
    const fees = rivals.reduce(
      (most, rival) => ({
        maxFeePerGas: above(most.maxFeePerGas, rival.maxFeePerGas),
        maxPriorityFeePerGas: above(most.maxPriorityFeePerGas, rival.maxPriorityFeePerGas),
      }),
      { maxFeePerGas: current.maxFeePerGas, maxPriorityFeePerGas: current.maxPriorityFeePerGas },
    );
    const raw = await account.signTransaction({
      type: "eip1559",
      chainId: deployment.chainId,
      to: deployment.settlement,
      ...{ nonce, gas, data, value, ...fees },
    });
    const attempt: Attempt = {
      is: "attempt",
      claim: claim.claimHash,
      ...{ action, reason, at: at.now, block: at.block, nonce, hash: keccak256(raw), raw, value, gas, ...fees },
    };
    if (action === "challenge") requireBudget(attempt);
    return attempt;
  }

  /** @throws WATCH_BUDGET_SPENT */
  function requireBudget(attempt: Attempt): void {
    const entries = new Map(journal.state.claims);
    const entry = entries.get(attempt.claim);
    if (entry) entries.set(attempt.claim, withAttempt(entry, attempt));
    const after = exposureOf(stakesOf(entries.values()), attempt.at);
    const limit = brokenLimit(after, 0n, limits.budget);
    if (limit !== undefined) throw watchError("WATCH_BUDGET_SPENT", { limit, atRisk: after.total, day: after.day });
  }

  async function simulate(data: Hex, value: bigint): Promise<bigint> {
    try {
      const balance = await client.getBalance({ address: account.address });
      if (balance < value) throw chainError("CHAIN_FUNDS_INSUFFICIENT", { required: value, balance });
      const gas = await client.estimateGas({ account: account.address, to: deployment.settlement, data, value });
      return gas + gas / 4n;
    } catch (thrown) {
      throw decodeRevert(thrown);
    }
  }

  async function broadcast({ hash, raw }: Attempt, at: Moment): Promise<void> {
    sentAt.set(hash, at.block);
    try {
      await client.sendRawTransaction({ serializedTransaction: raw });
    } catch (thrown) {
      throw decodeRevert(thrown);
    }
  }

  function attempts(): readonly Attempt[] {
    return [...journal.state.claims.values()].flatMap((entry) => entry.attempts);
  }

  return { price, send, resend };
}

export type Sender = ReturnType<typeof createSender>;

/** The bond without the room for it to rise. */
function bondOf({ value }: Price): bigint {
  return (value * 4n) / 5n;
}

function withAttempt(entry: ClaimEntry, attempt: Attempt): ClaimEntry {
  return { ...entry, attempts: [...entry.attempts, attempt] };
}

function callOf(action: Action, claimed: ClaimedStep, terms: OfferTerms) {
  switch (action) {
    case "challenge":
      return { abi: settlementAbi, functionName: "challengeEvidence", args: [terms, claimed] } as const;
    case "reject":
      return { abi: settlementAbi, functionName: "rejectUnproven", args: [terms, claimed] } as const;
    case "reclaim":
      return { abi: settlementAbi, functionName: "reclaimBond", args: [claimed.runKey, EVIDENCE] } as const;
  }
}
