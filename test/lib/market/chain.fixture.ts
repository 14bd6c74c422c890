import {
  type Address,
  bytesToHex,
  encodeAbiParameters,
  encodeEventTopics,
  type Hex,
  keccak256,
  stringToBytes,
} from "viem";
import type { Deployment } from "#lib/chain/deployment.ts";
import { marketEvents } from "#lib/market/events.ts";
import type { createIndexer } from "#lib/market/indexer.ts";
import { type Policy, policyBytes, policyHashOf } from "#lib/offers/policy.ts";
import { entitlementIdOf, type OfferTerms, offerIdOf } from "#lib/offers/terms.ts";
import { workflowIdentity } from "#lib/offers/workflowPin.ts";

/** A chain in memory: blocks that hold events, and forks. */

export const word = (name: string): Hex => keccak256(stringToBytes(name));
export const account = (digit: string): Address => `0x${digit.repeat(40)}`;

export const deployment: Deployment = {
  chainId: 31_337,
  startBlock: 1,
  offerRegistry: account("1"),
  escrow: account("2"),
  permitConsumer: account("3"),
  settlement: account("4"),
};

type EventName = (typeof marketEvents)[number]["name"];
type FakeEvent = { readonly name: EventName; readonly args: Readonly<Record<string, unknown>> };
type Block = {
  readonly number: number;
  readonly hash: Hex;
  readonly timestamp: number;
  readonly events: readonly FakeEvent[];
};

type Client = Parameters<typeof createIndexer>[0]["client"];

export function createFakeChain(startTime = 1_800_000_000) {
  const chain: Block[] = [];
  let branch = 0;
  const blockAt = (number: number) => {
    const block = chain.find((candidate) => candidate.number === number);
    if (!block) throw new Error(`no block ${number}`);
    return block;
  };
  const fake = {
    getLogsCalls: 0,

    /** Appends one block. */
    mine(...events: readonly FakeEvent[]): number {
      const number = chain.length + 1;
      chain.push({ number, hash: word(`block ${branch} ${number}`), timestamp: startTime + number, events });
      return number;
    },

    /** Drops every block above `number`; what is mined next has other hashes. */
    fork(number: number): void {
      branch++;
      chain.splice(number);
    },

    client: {
      getBlock: async ({ blockNumber }: { readonly blockNumber?: bigint } = {}) => {
        const block = blockAt(blockNumber === undefined ? chain.length : Number(blockNumber));
        return { number: BigInt(block.number), hash: block.hash, timestamp: BigInt(block.timestamp) };
      },
      getLogs: async ({ fromBlock, toBlock }: { readonly fromBlock: bigint; readonly toBlock: bigint }) => {
        fake.getLogsCalls++;
        return chain
          .filter(({ number }) => BigInt(number) >= fromBlock && BigInt(number) <= toBlock)
          .flatMap((block) =>
            block.events.map((event, logIndex) => ({
              ...encode(event),
              blockNumber: BigInt(block.number),
              blockHash: block.hash,
              transactionHash: word(`transaction ${block.hash} ${logIndex}`),
              logIndex,
            })),
          );
      },
    } as unknown as Client,
  };
  return fake;
}

function encode({ name, args }: FakeEvent): { readonly topics: readonly Hex[]; readonly data: Hex } {
  const item = marketEvents.find((event) => event.name === name);
  if (!item) throw new Error(`no event ${name}`);
  const unindexed = item.inputs.filter((input) => !("indexed" in input && input.indexed));
  const topics = encodeEventTopics({ abi: [item], eventName: name, args } as never) as Hex[];
  return {
    topics,
    data: encodeAbiParameters(unindexed as never, unindexed.map((input) => args[input.name ?? ""]) as never),
  };
}

const policy: Policy = {
  v: 1,
  title: "Ledger",
  description: "Posts entries.",
  chainId: deployment.chainId,
  permitConsumer: deployment.permitConsumer,
  gateway: account("5"),
  workload: { repository: "acme/workloads", commit: "a".repeat(40), entry: "ledger.mjs" },
  workflows: { signer: "pawl/pawl/.github/workflows/pawl-step.yml", caller: "acme/runs/.github/workflows/run.yml" },
  runsOn: "ubuntu-24.04",
  limits: {
    permitWaitSeconds: 600,
    stepSeconds: 60,
    memoryBytes: 536_870_912,
    inputBytes: 1024,
    resultBytes: 1024,
    stateBytes: 1024,
  },
  restore: "fail_closed",
  tools: ["node"],
  network: { mode: "none" },
};

export const seller = account("6");
export const buyer = account("7");
export const arbiter = account("8");

/** An offer with its publication event. */
export function offerOf(change: Partial<OfferTerms> & { readonly title?: string } = {}) {
  const { title, ...terms } = change;
  const bytes = policyBytes({ ...policy, title: title ?? policy.title });
  const full: OfferTerms = {
    seller,
    token: account("0"),
    price: 1000n,
    maxSteps: 10,
    maxPending: 4,
    validUntil: 1_900_000_000,
    entitlementTtl: 86_400,
    stepTimeout: 900,
    disputeWindow: 60,
    proofWindow: 60,
    arbitrationWindow: 60,
    conductBond: 5n,
    arbiterFee: 2n,
    gateway: account("5"),
    verifier: account("9"),
    observer: account("0"),
    arbiter,
    signerWorkflow: workflowIdentity(policy.workflows.signer),
    signerCommit: `0x${"b".repeat(40)}`,
    callerWorkflow: workflowIdentity(policy.workflows.caller),
    sourceRepositoryId: 77n,
    sourceOwnerId: 0n,
    sourceCommit: `0x${"c".repeat(40)}`,
    policyHash: policyHashOf(bytes),
    runnerTier: 1,
    provable: false,
    salt: word("salt"),
    ...terms,
  };
  const id = offerIdOf(full);
  const published: FakeEvent = {
    name: "OfferPublished",
    args: { offerId: id, seller: full.seller, terms: full, policy: bytesToHex(bytes) },
  };
  return { id, terms: full, published };
}

/** An entitlement of an offer, with the events of its life. */
export function entitlementOf(offerId: Hex, name = "first") {
  const salt = word(`entitlement ${name}`);
  const id = entitlementIdOf(offerId, buyer, salt);
  const runKeyOf = (run: string) => word(`run ${name} ${run}`);
  const claimHashOf = (run: string) => word(`claim ${name} ${run}`);
  return {
    id,
    salt,
    runKeyOf,
    purchased: (steps: number): FakeEvent => ({
      name: "Purchased",
      args: {
        entitlement: id,
        offerId,
        buyer,
        payer: buyer,
        salt,
        steps,
        amount: 1000n * BigInt(steps),
        expiresAt: 1_900_000_000,
      },
    }),
    refunded: (steps: number): FakeEvent => ({
      name: "Refunded",
      args: { entitlement: id, buyer, token: account("0"), steps, amount: 1000n * BigInt(steps) },
    }),
    opened: (step: number, run: string): readonly FakeEvent[] => [
      {
        name: "PermitConsumed",
        args: {
          entitlement: id,
          step,
          permitHash: word(`permit ${run}`),
          runKey: runKeyOf(run),
          parentHead: word(`parent ${step}`),
          claimDeadline: 1_800_001_000,
          signer: buyer,
          repositoryId: 77n,
          runId: 4242n,
          runAttempt: 1,
          sourceCommit: `0x${"c".repeat(40)}`,
          workerKey: word("worker"),
          inputHash: word("input"),
          observationHash: word("observation"),
        },
      },
    ],
    timedOut: (step: number, run: string): FakeEvent => ({
      name: "StepTimedOut",
      args: { entitlement: id, step, runKey: runKeyOf(run) },
    }),
    claimed: (step: number, run: string): FakeEvent => ({
      name: "StepClaimed",
      args: {
        entitlement: id,
        step,
        claimHash: claimHashOf(run),
        runKey: runKeyOf(run),
        parentHead: word(`parent ${step}`),
        claim: {
          step,
          permitHash: word(`permit ${run}`),
          certificateHash: word("certificate"),
          resultHash: word("result"),
          bundleHash: word("bundle"),
          nextStateCommitment: word("state"),
          nextNetCommitment: word("net"),
          transcriptRoot: word("transcript"),
        },
        verifier: account("9"),
        reportHash: word("report"),
        evidenceHash: word("evidence"),
        windowEnd: 1_800_000_100,
        evidenceLocator: "nowhere",
      },
    }),
    challenged: (step: number, run: string, statementLocator = "data:text/plain,bad"): FakeEvent => ({
      name: "ConductChallenged",
      args: {
        entitlement: id,
        step,
        runKey: runKeyOf(run),
        arbiter,
        bond: 5n,
        rulingEnd: 1_800_000_200,
        statementHash: word("statement"),
        statementLocator,
      },
    }),
    rejected: (step: number, run: string): readonly FakeEvent[] => [
      { name: "StepRejected", args: { entitlement: id, step, runKey: runKeyOf(run), generation: 1, epoch: 1 } },
      { name: "ClaimRejected", args: { entitlement: id, step, runKey: runKeyOf(run), cause: 1 } },
    ],
    paid: (step: number, run: string): FakeEvent => ({
      name: "StepPaid",
      args: {
        entitlement: id,
        step,
        runKey: runKeyOf(run),
        sellerAmount: 1000n,
        buyerAmount: 0n,
      },
    }),
  };
}
