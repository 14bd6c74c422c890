import type { Hex } from "viem";
import { decodeRevert } from "../../chain/revert.ts";
import type { ErrorJson, PawlError } from "../../core/error.ts";

/** The stages of a proof, in the order of the reasoning from byte to payout. */
export const stageNames = [
  "claim",
  "statement",
  "certificate",
  "signature",
  "log",
  "authority",
  "roots",
  "whole",
  "settlement",
] as const;
export type StageName = (typeof stageNames)[number];

/** Something that a stage looked at. Hashes are 0x and hex, moments unix seconds in decimal. */
export type StageValue = { readonly name: string; readonly value: string; readonly form: "hash" | "text" | "moment" };

/** A line of the certificate beside what the step needs there. */
export type Comparison = {
  /** Number in Fulcio's arc; 0 is the subject alternative name. */
  readonly extension: number;
  readonly what: string;
  readonly needs: string;
  readonly says: string;
  readonly equal: boolean;
};

/** A root that the proof stands on, and whether it counts for the step. Moments are unix seconds. */
export type RootStanding = {
  readonly kind: "verifier" | "authority" | "log";
  readonly id: Hex;
  /** 0: nobody ever queued it. */
  readonly queuedAt: number;
  readonly activeAt: number;
  /** 0: it is not revoked. */
  readonly revokedFrom: number;
  /** Why it does not count; null where it does. */
  readonly refusal: ErrorJson | null;
};

/** One stage of a proof's check. Plain data: it crosses to the browser as it is. */
export type ProofStage = {
  readonly name: StageName;
  /** `unjudged`: an earlier stage left nothing to look at. */
  readonly outcome: "holds" | "fails" | "unjudged";
  /** Why it does not hold, by the contract's code and sentence where a contract has one. */
  readonly refusal: ErrorJson | null;
  readonly values: readonly StageValue[];
  readonly comparisons: readonly Comparison[];
  readonly roots: readonly RootStanding[];
  /** About what the chain spends on the calls of this stage, beyond what any transaction costs; null if unknown. */
  readonly gas: number | null;
};

type Found = Partial<Pick<ProofStage, "values" | "comparisons" | "roots" | "gas">>;

export function holds(name: StageName, found: Found = {}): ProofStage {
  return made(name, "holds", null, found);
}

export function fails(name: StageName, refusal: PawlError | ErrorJson, found: Found = {}): ProofStage {
  return made(name, "fails", jsonOf(refusal), found);
}

export function unjudged(name: StageName, reason: PawlError | ErrorJson, found: Found = {}): ProofStage {
  return made(name, "unjudged", jsonOf(reason), found);
}

function made(
  name: StageName,
  outcome: ProofStage["outcome"],
  refusal: ErrorJson | null,
  { values = [], comparisons = [], roots = [], gas = null }: Found,
): ProofStage {
  return { name, outcome, refusal, values, comparisons, roots, gas };
}

function jsonOf(refusal: PawlError | ErrorJson): ErrorJson {
  return "toJSON" in refusal ? refusal.toJSON() : refusal;
}

/** What a contract, or a reader of evidence, refused. A chain that does not answer has refused nothing. */
export function refusalOf(thrown: unknown): PawlError {
  const refusal = decodeRevert(thrown);
  if (refusal.code === "CHAIN_UNREACHABLE") throw refusal;
  return refusal;
}

export const hash = (name: string, value: Hex): StageValue => ({ name, value, form: "hash" });
export const text = (name: string, value: string): StageValue => ({ name, value, form: "text" });
export const moment = (name: string, at: number | bigint): StageValue => ({ name, value: String(at), form: "moment" });
