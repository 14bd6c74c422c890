import type { Hex } from "viem";
import { z } from "zod";
import { address, bytes32, commitSha, decimal } from "../../core/encoding.ts";
import type { Stake } from "./budget.ts";
import { type WatchedClaim, watchedClaimSchema } from "./claim.ts";
import type { Look } from "./decision.ts";

/**
 * What a watcher remembers: an append-only list of records, one JSON object a line. A transaction is recorded, signed,
 * before it is sent; so after a crash the same bytes are sent again, and never a second transaction beside them.
 */

const text = z.string().max(300);
const seconds = z.int().min(0);
const wei = decimal.transform(BigInt);
const bytes = z.custom<Hex>((value) => typeof value === "string" && /^0x(?:[0-9a-f]{2}){1,65536}$/.test(value), {
  message: "expected bytes in lower-case hex",
});

const runSchema = z.strictObject({
  repository: text,
  repositoryId: decimal,
  runId: decimal,
  runAttempt: z.int().min(1),
  checkRunId: decimal,
  sha: commitSha,
  event: text,
  workflowPath: text,
  calledCommit: commitSha.nullable(),
  runsOn: text,
});

const outcomeSchema = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("passed"), run: runSchema.nullable() }),
  z.strictObject({ status: z.literal("failed"), check: text, code: text, proofFails: z.boolean() }),
  z.strictObject({ status: z.literal("missing"), code: text }),
  z.strictObject({ status: z.literal("unjudged"), code: text }),
]);

const headerSchema = z.strictObject({
  is: z.literal("journal"),
  v: z.literal(1),
  chainId: z.int().min(1),
  settlement: address,
  /** Whose key pays the bonds. */
  watcher: address,
});
export type JournalHeader = Omit<z.output<typeof headerSchema>, "is" | "v">;

const attemptSchema = z.strictObject({
  is: z.literal("attempt"),
  claim: bytes32,
  action: z.enum(["challenge", "reject", "reclaim"]),
  /** Of a challenge: the check that failed and its code. The contract takes no words. */
  reason: z.strictObject({ check: text, code: text }).nullable(),
  at: seconds,
  block: z.int().min(0),
  nonce: z.int().min(0),
  hash: bytes32,
  /** The signed transaction. */
  raw: bytes,
  value: wei,
  gas: wei,
  maxFeePerGas: wei,
  maxPriorityFeePerGas: wei,
});
export type Attempt = z.output<typeof attemptSchema>;

export const recordSchema = z.discriminatedUnion("is", [
  headerSchema,
  /** Everything up to this block was read for these targets. */
  z.strictObject({ is: z.literal("scanned"), scope: bytes32, block: z.int().min(0), hash: bytes32 }),
  z.strictObject({ is: z.literal("purchase"), entitlement: bytes32 }),
  z.strictObject({ is: z.literal("claim"), claim: watchedClaimSchema }),
  z.strictObject({
    is: z.literal("look"),
    claim: bytes32,
    evidenceHash: bytes32,
    at: seconds,
    tries: z.int().min(0),
    outcome: outcomeSchema,
  }),
  z.strictObject({ is: z.literal("observed"), claim: bytes32, at: seconds, code: text.nullable() }),
  attemptSchema,
  /** A challenge by this key that the chain has and the journal does not. */
  z.strictObject({ is: z.literal("adopted"), claim: bytes32, bond: wei, at: seconds }),
  /** The chain has decided. `bond` is what was lost. */
  z.strictObject({
    is: z.literal("closed"),
    claim: bytes32,
    result: z.enum(["not challenged", "bond returned", "bond lost"]),
    bond: wei,
  }),
]);
export type JournalRecord = z.output<typeof recordSchema>;

/** Everything that is remembered about one claim. */
export type ClaimEntry = {
  readonly claim: WatchedClaim;
  readonly look?: Look & { readonly evidenceHash: Hex };
  readonly observed?: { readonly at: number; readonly code: string | null };
  readonly attempts: readonly Attempt[];
  readonly adopted?: { readonly bond: bigint; readonly at: number };
  readonly closed?: { readonly result: string; readonly bond: bigint };
};

export type JournalState = {
  readonly scanned: { readonly scope: Hex; readonly block: number; readonly hash: Hex } | undefined;
  readonly purchases: ReadonlySet<Hex>;
  readonly claims: ReadonlyMap<Hex, ClaimEntry>;
};

/** What records add up to. */
export function createMemory(): { readonly state: JournalState; readonly remember: (record: JournalRecord) => void } {
  const purchases = new Set<Hex>();
  const claims = new Map<Hex, ClaimEntry>();
  let scanned: JournalState["scanned"];

  function remember(record: JournalRecord): void {
    switch (record.is) {
      case "journal":
        return;
      case "scanned":
        scanned = { scope: record.scope, block: record.block, hash: record.hash };
        return;
      case "purchase":
        purchases.add(record.entitlement);
        return;
      case "claim": {
        const { claim } = record;
        // One that the chain shows anew, on another fork, is open again.
        const { closed: _reopened, ...known } = claims.get(claim.claimHash) ?? { attempts: [] };
        claims.set(claim.claimHash, { ...known, claim });
        return;
      }
      default: {
        const entry = claims.get(record.claim);
        if (entry !== undefined) claims.set(record.claim, withRecord(entry, record));
      }
    }
  }

  return {
    state: {
      get scanned() {
        return scanned;
      },
      purchases,
      claims,
    },
    remember,
  };
}

type AboutClaim = Exclude<JournalRecord, { readonly is: "journal" | "scanned" | "purchase" | "claim" }>;

function withRecord(entry: ClaimEntry, record: AboutClaim): ClaimEntry {
  switch (record.is) {
    case "look": {
      const { at, tries, outcome, evidenceHash } = record;
      return { ...entry, look: { at, tries, outcome, evidenceHash } };
    }
    case "observed":
      return { ...entry, observed: { at: record.at, code: record.code } };
    case "attempt":
      return { ...entry, attempts: [...entry.attempts, record] };
    case "adopted":
      return { ...entry, adopted: { bond: record.bond, at: record.at } };
    case "closed":
      return { ...entry, closed: { result: record.result, bond: record.bond } };
  }
}

/** The claims' challenges as money at risk. */
export function stakesOf(entries: Iterable<ClaimEntry>): readonly Stake[] {
  return [...entries].flatMap(stakeOf);
}

function stakeOf({ attempts, adopted, closed }: ClaimEntry): readonly Stake[] {
  const challenges = attempts.filter(({ action }) => action === "challenge");
  const first = challenges[0]?.at ?? adopted?.at;
  if (first === undefined) return [];
  // Of transactions with one nonce a block takes one.
  const byNonce = Map.groupBy(challenges, ({ nonce }) => nonce);
  const fees = [...byNonce.values()].map((same) => most(same.map(({ gas, maxFeePerGas }) => gas * maxFeePerGas)));
  const open = most([...challenges.map(({ value }) => value), adopted?.bond ?? 0n]);
  return [{ bond: closed ? closed.bond : open, fees: fees.reduce((sum, fee) => sum + fee, 0n), at: first }];
}

function most(amounts: readonly bigint[]): bigint {
  let greatest = 0n;
  for (const amount of amounts) if (amount > greatest) greatest = amount;
  return greatest;
}
