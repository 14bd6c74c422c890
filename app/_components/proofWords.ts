import type { ProofOutlook } from "#lib/settlement/stages/ledger.ts";
import { formatAmount, type TokenInfo } from "./amounts.ts";
import { durationWords } from "./words.ts";

/** What a proof on-chain does, in words: before it is paid for, and where it is explained. */

type Money = Pick<TokenInfo, "symbol" | "decimals">;
type Proof = {
  readonly kind: "settles" | "answers";
  /** Bond of whoever demands a proof, wei; null where nobody does. */
  readonly bond: bigint | null;
};

type Terms = {
  /** The offer names no arbiter, so that nothing can be objected to after a proof. */
  readonly endsWindow: boolean;
  readonly disputeWindow: number;
};

/** What the sender of a proof gets for it. */
export function proofBringsWords({ kind, bond }: Proof, { endsWindow, disputeWindow }: Terms, native: Money): string {
  if (kind === "settles") {
    return endsWindow
      ? "The contract checks the run's certificate itself and settles the step at once. Nobody's word is needed, and nobody can challenge it."
      : `The contract checks the run's certificate itself and takes the claim without the verifier's word. Nobody can demand proof of it; the buyer can still object to how the work was done for ${durationWords(disputeWindow)}.`;
  }
  const payment = endsWindow
    ? " The dispute window ends with it, so the step can be paid."
    : " Objections to how the work was done stay open to the buyer until the dispute window ends.";
  return bond === null
    ? `The contract checks the run's certificate itself. After that nobody can demand proof of this claim.${payment}`
    : `Answers the demand: the claim stands, and the challenger's bond of ${formatAmount(bond, native)} goes to the seller.${payment}`;
}

/** When a proof pays, on one line beside its button. */
export function proofNote({ kind, bond }: Proof, { endsWindow, disputeWindow }: Terms): string {
  if (bond !== null) return "the challenger's bond goes to the seller; you see the cost before you sign";
  if (endsWindow) return "settles the step at once; you see the cost before you sign";
  return kind === "settles"
    ? `claims without the verifier's word; payable after ${durationWords(disputeWindow)}`
    : "nobody can demand proof of it after that; you see the cost before you sign";
}

/** What becomes of a step's money by its proof. */
export function outlookWords(
  { state, demand, ...terms }: ProofOutlook,
  native: Money,
): { readonly title: string; readonly sentence: string } {
  switch (state) {
    case "proven":
      return {
        title: "It was proven",
        sentence:
          "The chain ran these checks in a transaction and recorded the claim as proven. A root that is revoked later changes nothing about it.",
      };
    case "closed":
      return {
        title: "There is nothing left to prove",
        sentence:
          "The step is neither open for this run nor claimed by it any more: it was paid, rejected, or its time has passed. The stages still say whether the evidence holds.",
      };
    default:
      return {
        title: openTitle(state, demand !== null),
        sentence: proofBringsWords({ kind: state, bond: demand === null ? null : BigInt(demand.bond) }, terms, native),
      };
  }
}

function openTitle(state: "settles" | "answers", isDemanded: boolean): string {
  if (state === "settles") return "Anyone can settle the step with it";
  return isDemanded ? "Anyone can answer the demand with it" : "Anyone can prove the claim with it";
}
