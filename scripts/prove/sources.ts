import { readFileSync } from "node:fs";
import type { Defect } from "./defects.ts";
import type { Proof } from "./proof.ts";

const FOLDER = new URL("../../test/smt/", import.meta.url);
const FILES = ["Order.sol", "Deposit.sol", "Vault.sol", "Once.sol"];
/** Has no assertions: what is proven of it is that nothing overflows. */
const ARITHMETIC = "Arithmetic";
const LEDGER = "Ledger.sol";
const MOVES = /\n(?: {4}\/\/\/[^\n]*\n)* {4}function (\w+)\([\s\S]*?\n {4}\}\n/g;

/** The text of a file of `test/smt`. */
export function proofText(file: string): string {
  return readFileSync(new URL(file, FOLDER), "utf8");
}

/** Every contract of `test/smt` that proves something: one run of the prover each. */
export function proofs(): Proof[] {
  return FILES.flatMap((file) =>
    [...proofText(file).matchAll(/^contract (\w+)/gm)].map(([, contract = ""]) => proofOf(file, contract)),
  );
}

/** The proof that a defect has to break, with the defect. */
export function defective(defect: Defect): Proof {
  const proof = proofOf(defect.file, defect.contract);
  const ledger = proof.sources[LEDGER] ?? "";
  const start = ledger.indexOf(`    function ${defect.move}(`);
  const end = ledger.indexOf("\n    }\n", start);
  const move = ledger.slice(start, end);
  if (start < 0 || move.split(defect.from).length !== 2)
    throw new Error(`${defect.name}: ${defect.from} is not there once`);
  const broken = ledger.slice(0, start) + move.replace(defect.from, defect.to) + ledger.slice(end);
  return { ...proof, sources: { ...proof.sources, [LEDGER]: broken } };
}

function proofOf(file: string, contract: string): Proof {
  const others = /\n(?:\/\/\/[^\n]*\n)*contract (\w+) [^{]*(?:\{\}|[\s\S]*?\n\})\n/g;
  // The prover analyses all that a file holds for each contract that is asked for, so it gets no more than it needs.
  const text = without(proofText(file), others, (name) => name === contract);
  const ledger = contract === ARITHMETIC ? proofText(LEDGER) : without(proofText(LEDGER), MOVES, usedBy(text));
  return {
    sources: { [LEDGER]: ledger, [file]: text },
    file,
    contract,
    targets: contract === ARITHMETIC ? ["overflow", "underflow"] : ["assert"],
  };
}

/** The text without the parts that are not kept; lines keep their numbers. */
function without(text: string, parts: RegExp, isKept: (name: string) => boolean): string {
  return text.replace(parts, (part, name: string) => (isKept(name) ? part : "\n".repeat(part.split("\n").length - 1)));
}

function usedBy(text: string): (move: string) => boolean {
  const called = (caller: string) => [...caller.matchAll(/\b(\w+)\(/g)].map(([, name = ""]) => name);
  const used = new Set(called(text));
  // One move calls another at most.
  for (const [part, name = ""] of proofText(LEDGER).matchAll(MOVES)) {
    if (used.has(name)) for (const callee of called(part)) used.add(callee);
  }
  return (move) => used.has(move);
}
