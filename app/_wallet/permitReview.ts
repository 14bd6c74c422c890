import { type Hex, zeroHash } from "viem";
import type { InboxEntry } from "#lib/gateway/wire.ts";
import type { OfferTerms } from "#lib/offers/terms.ts";
import type { StepPermit } from "#lib/permits/stepPermit.ts";

/** What the page knows without the gateway: from the chain, the offer, and what was requested in this browser. */
export type PermitKnowledge = {
  readonly entitlement: Hex;
  readonly epoch: number;
  readonly nextStep: number;
  readonly terms: OfferTerms;
  /** Commitments of the last accepted claim; null before the first. */
  readonly parent: { readonly state: Hex; readonly net: Hex } | null;
  /** Hash of the input that this browser asked for; null where it was another. */
  readonly requestedInput: Hex | null;
};

export type PermitLine = {
  readonly field: keyof StepPermit;
  /** What it means, for a person. */
  readonly meaning: string;
  readonly signed: string;
  /** Where the page looked, and what it found there. */
  readonly source: string;
  readonly verdict: "agrees" | "differs" | "free";
};

/**
 * Holds every field of a permit, before it is signed, against what the page knows by itself. A field that nobody but
 * the run can know is "free": it says whom the permit is for.
 */
export function reviewPermit(permit: StepPermit, ask: InboxEntry, known: PermitKnowledge): readonly PermitLine[] {
  const { terms } = known;
  const { facts } = ask;
  const line = (
    field: keyof StepPermit,
    meaning: string,
    source: string,
    expected: string | bigint | number | null,
  ): PermitLine => ({
    field,
    meaning,
    signed: String(permit[field]),
    source,
    verdict: expected === null ? "free" : String(permit[field]) === String(expected) ? "agrees" : "differs",
  });
  return [
    line("entitlement", "Entitlement", "this page", known.entitlement),
    line("epoch", "Epoch", "the ledger", known.epoch),
    line("step", "Step", "the ledger's next step", known.nextStep),
    line("gateway", "Gateway", "the offer", terms.gateway),
    line(
      "repositoryId",
      "Repository",
      terms.sourceRepositoryId === 0n ? `the run: ${facts.repository}` : `the offer; the run says ${facts.repository}`,
      terms.sourceRepositoryId === 0n ? facts.repositoryId : terms.sourceRepositoryId,
    ),
    line("runId", "Run", "the run's token", facts.runId),
    line("runAttempt", "Attempt", "the run's token", facts.runAttempt),
    line(
      "sourceCommit",
      "Source commit",
      BigInt(terms.sourceCommit) === 0n ? "the run's token" : "the offer",
      BigInt(terms.sourceCommit) === 0n ? `0x${facts.sha}` : terms.sourceCommit,
    ),
    line("signerCommit", "Workflow commit", "the offer", terms.signerCommit),
    line("policyHash", "Policy", "the offer", terms.policyHash),
    line(
      "inputHash",
      "Input",
      known.requestedInput === null ? "asked for elsewhere: compare it below" : "what you asked for here",
      known.requestedInput,
    ),
    line("workerKey", "Worker key", "the run: only it holds the other half", null),
    line(
      "resultKey",
      "Result",
      permit.resultKey === zeroHash ? "not sealed: anyone can read it" : "sealed to this key of yours",
      null,
    ),
    line(
      "parentStateCommitment",
      "Previous state",
      known.parent ? "the last claim" : "none: this is the first step",
      known.parent?.state ?? zeroHash,
    ),
    line(
      "parentNetCommitment",
      "Previous network state",
      known.parent ? "the last claim" : "none: this is the first step",
      known.parent?.net ?? zeroHash,
    ),
    terms.runnerTier === 2
      ? { ...line("observationHash", "Observation", "the gateway saw the live job", null), ...observed(permit) }
      : line("observationHash", "Observation", "tier 1 has none", zeroHash),
    line("salt", "Salt", "random, made in this browser", null),
    line("deadline", "Valid until", "how long the run waits", null),
  ];
}

/** Tier 2 without an observation is what tier 2 exists to prevent. */
function observed({ observationHash }: StepPermit): Pick<PermitLine, "verdict"> {
  return { verdict: observationHash === zeroHash ? "differs" : "free" };
}

/** What speaks against signing, in a sentence; null if nothing does. */
export function objectionTo(lines: readonly PermitLine[]): string | null {
  const differing = lines.filter(({ verdict }) => verdict === "differs").map(({ field }) => field);
  if (differing.length === 0) return null;
  // A cancellation reaches the ledger first, then the gateway's proposal and this page, in either order.
  return differing.every((field) => field === "epoch")
    ? "Permits were cancelled, and this page and the gateway do not know it both yet. It can be signed as soon as they agree on the epoch."
    : "A field differs from what the offer, the ledger or you said. Do not sign this permit.";
}
