import type { Account, Figures, Offer, Token } from "./terms.ts";

/**
 * Everything the market remembers, written down the long way: a list of steps instead of counters, lists of used runs,
 * burnt nonces and open challenges instead of flags, and no hashes. Whatever can be worked out is not kept.
 */
export type State = {
  readonly figures: Figures;
  offers: Record<string, { readonly seller: Account; status: "live" | "retired" }>;
  entitlements: Record<string, Entitlement>;
  /** Every run that ever opened a step. A run stays here for ever, and that is what keeps it from serving twice. */
  runs: Record<string, Run>;
  /** Challenges whose bond is still held. */
  challenges: Challenge[];
  /** Which claim was proven for which run on GitHub, whatever the gateway. */
  proven: Record<string, string>;
  burntNonces: { readonly buyer: Account; readonly nonce: string }[];
  /** Of Permit2, which takes each once. */
  permit2Nonces: { readonly payer: Account; readonly nonce: number }[];
  stakes: Record<string, Stake>;
  /** What people can withdraw. */
  credits: Record<Token, Record<Account, bigint>>;
  /** What sellers can withdraw, per offer. */
  earnings: Record<string, bigint>;
  /** Money in everybody's pockets, the escrow's among them. */
  tokens: Record<Token, TokenState>;
  /** Accounts that are contracts, with the key that signs for them. */
  readonly contracts: Record<Account, { readonly owner: Account; readonly refusesMoney: boolean }>;
  /** When a key of the transparency log was last revoked. */
  rootRevokedAt: number | undefined;
};

export type Entitlement = {
  readonly offer: Offer;
  readonly buyer: Account;
  readonly salt: string;
  readonly expiresAt: number;
  /** Step n is the nth. Refunded steps leave the list. */
  steps: Step[];
  /** How often the buyer cancelled all permits, and how often a claim was rejected. */
  cancels: number;
  rejections: number;
  delegations: Record<Account, Delegation>;
};

export type Step = Unopened | Taken;
type Unopened = { readonly status: "unopened" };
type Taken = { readonly status: "open" | "claimed" | "paid"; readonly run: string };

export type Delegation = {
  readonly lastStep: number;
  readonly validUntil: number;
  /** The entitlement's rejections when it was given: one more ends it. */
  readonly rejections: number;
};

export type Run = {
  readonly name: string;
  readonly onGitHub: GitHubRun;
  readonly entitlement: string;
  readonly step: number;
  readonly permit: string;
  /** Where the chain stood when the step was opened. */
  readonly parent: Position;
  readonly openedAt: number;
  readonly claimDeadline: number;
  /** `void` is for ever, and so is `paid`. */
  status: "open" | "claimed" | "paid" | "void";
  /** What is known from the claim on. */
  claimed: ClaimedFacts | undefined;
};

export type ClaimedFacts = {
  readonly claim: string;
  /** Where the chain stands after this step. */
  readonly next: Position;
  windowEnd: number;
  /** The window was cut short. */
  broughtForward: boolean;
  proven: boolean;
  evidence: "none" | "open" | "answered";
  conduct: "none" | "open" | "upheld" | "split";
  /** The seller's part of the price, if the arbiter divided it. */
  sellerShare: bigint | undefined;
};

/** A place on an entitlement's chain: commitments to the workload's state and to its network state. */
export type Position = { readonly state: string; readonly net: string };
export const NOTHING = "nothing";
export const GENESIS: Position = { state: NOTHING, net: NOTHING };

export type ChallengeKind = "evidence" | "conduct";
export type Challenge = {
  readonly run: string;
  readonly kind: ChallengeKind;
  readonly poster: Account;
  readonly bond: bigint;
  /** From then on nobody can answer it any more. */
  readonly end: number;
};

export type Stake = { amount: bigint; withdrawableAt: number | undefined };

export type TokenState = {
  /** How an ERC-20 behaves at the moment. */
  mood: "honest" | "keeps a fee" | "answers false" | "reverts" | "drains";
  balances: Record<Account, bigint>;
  /** How much the escrow may take from whom, and how much Permit2 may. */
  allowances: Record<Account, bigint>;
  readonly permit2Allowances: Readonly<Record<Account, bigint>>;
  /** How many EIP-2612 permits of an owner were used; undefined where the token knows none. */
  readonly permitsUsed: Record<Account, number> | undefined;
};

/** An allowance that does not shrink. */
export const UNLIMITED = 2n ** 256n - 1n;

// ---------------------------------------------------------------- names

export function entitlementName(offer: string, buyer: Account, salt: string): string {
  return `${offer}'s ${salt} for ${buyer}`;
}

/** The gateway is part of it, so that a stranger cannot use up somebody else's run. */
export function runName(gateway: Account, run: GitHubRun): string {
  return `${gateway}'s ${gitHubRunName(run)}`;
}

export type GitHubRun = { readonly repository: number; readonly run: number; readonly attempt: number };
export function gitHubRunName({ repository, run, attempt }: GitHubRun): string {
  return `run ${repository}/${run}/${attempt}`;
}

// ---------------------------------------------------------------- what follows from the state

export function stepsThatAre(status: Step["status"], { steps }: Entitlement): readonly Step[] {
  return steps.filter((step) => step.status === status);
}

/** The first ones; all that follow are unopened. */
export function takenSteps({ steps }: Entitlement): readonly Taken[] {
  return steps.filter((step) => step.status !== "unopened");
}

/** Opened and not yet paid. */
export function pendingSteps(entitlement: Entitlement): readonly Taken[] {
  return takenSteps(entitlement).filter(({ status }) => status !== "paid");
}

/** Permits are signed for one epoch: a cancel or a rejection outdates all that are not used yet. */
export function epochOf({ cancels, rejections }: Entitlement): number {
  return cancels + rejections;
}

export function openRunOf(state: State, entitlement: Entitlement): Run | undefined {
  const last = takenSteps(entitlement).at(-1);
  return last?.status === "open" ? runOf(state, last.run) : undefined;
}

/** Where the next step has to start: after the last claim. While a step is open there is no such place. */
export function positionOf(state: State, entitlement: Entitlement): Position | { readonly open: string } {
  const last = takenSteps(entitlement).at(-1);
  if (last === undefined) return GENESIS;
  if (last.status === "open") return { open: last.run };
  return factsOf(runOf(state, last.run)).next;
}

export function samePlace(a: Position | { readonly open: string }, b: Position): boolean {
  return "state" in a && a.state === b.state && a.net === b.net;
}

export function isChallenged({ claimed }: Run): boolean {
  return claimed?.evidence === "open" || claimed?.conduct === "open";
}

export function challengeOf(state: State, run: string, kind: ChallengeKind): Challenge | undefined {
  return state.challenges.find((challenge) => challenge.run === run && challenge.kind === kind);
}

export function runOf(state: State, name: string): Run {
  const run = state.runs[name];
  if (run === undefined) throw new Error(`the model knows no ${name}`);
  return run;
}

export function factsOf(run: Run): ClaimedFacts {
  if (run.claimed === undefined) throw new Error(`${run.name} was not claimed`);
  return run.claimed;
}
