import type { Hex } from "viem";
import type { Stack } from "../stack/stack.ts";

export type DemoStep = {
  readonly step: number;
  readonly runId: string;
  /** The verifier's word, that word and a proof that somebody demanded, or the attestation alone. */
  readonly settledBy: "signature" | "proof on demand" | "proof";
  readonly permitTx: Hex;
  readonly claimTx: Hex;
  readonly finalizeTx: Hex;
  readonly certificateHash: Hex;
  readonly ms: number;
};
export type DemoRefusal = { readonly case: string; readonly code: string };
export type DemoOutcome = {
  readonly steps: readonly DemoStep[];
  readonly refused: readonly DemoRefusal[];
  /** Wei. */
  readonly balances: Readonly<Record<string, string>>;
  readonly ms: number;
};

export type DemoContext = {
  readonly stack: Stack;
  readonly folder: string;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
};

/** A permitted step whose run has finished, before anything is claimed. */
export type FinishedStep = { readonly runId: string; readonly permitHash: Hex; readonly capsuleFile: string };
