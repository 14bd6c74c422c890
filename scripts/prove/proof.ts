import { createRequire } from "node:module";

// The published types of the compiler's package miss the model checker.
const solc = createRequire(import.meta.url)("solc") as { readonly compile: (input: string) => string };

/** What is asked of the prover: the sources, the contract whose functions are proven, and the kinds of failure. */
export type Proof = {
  readonly sources: Readonly<Record<string, string>>;
  readonly file: string;
  readonly contract: string;
  readonly targets: readonly ("assert" | "overflow" | "underflow")[];
};

type Target = {
  /** File, line, kind of failure and the expression. */
  readonly line: string;
  readonly outcome: "proved" | "violated" | "unknown";
  /** Values that break it. */
  readonly counterexample: string;
};
export type ProofResult = { readonly targets: readonly Target[]; readonly seconds: number };

type Message = {
  readonly errorCode?: string;
  readonly severity: string;
  readonly message: string;
  readonly formattedMessage: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number };
};

/** The compiler's codes for what its bounded model checker found. */
const SAFE = "2961";
const DEPRECATED = "8158";

/**
 * Runs the bounded model checker that is inside the compiler. The proofs have no loops and no calls to elsewhere, so
 * "bounded" leaves nothing out.
 *
 * @throws when the compiler reports anything that is not a verdict: then it has not read what was meant
 */
export function prove(proof: Proof): ProofResult {
  const started = performance.now();
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: "Solidity",
        sources: Object.fromEntries(Object.entries(proof.sources).map(([name, content]) => [name, { content }])),
        settings: {
          modelChecker: {
            engine: "bmc",
            contracts: { [proof.file]: [proof.contract] },
            targets: proof.targets,
            showProvedSafe: true,
            showUnproved: true,
          },
          outputSelection: {},
        },
      }),
    ),
  ) as { readonly errors?: readonly Message[] };
  const targets = new Map<string, Target>();
  for (const message of output.errors ?? []) {
    if (isNotice(message)) continue;
    const target = targetOf(message, proof.sources);
    const known = targets.get(target.line);
    // One place is reached from several functions: it is proved when it is proved from each of them.
    if (known === undefined || known.outcome === "proved" || target.outcome === "violated") {
      targets.set(target.line, target);
    }
  }
  return { targets: [...targets.values()], seconds: (performance.now() - started) / 1000 };
}

function isNotice(message: Message): boolean {
  return (
    message.errorCode === DEPRECATED || message.message.startsWith("The BMC engine of the SMTChecker is deprecated")
  );
}

function targetOf(message: Message, sources: Proof["sources"]): Target {
  const { sourceLocation: place } = message;
  const source = place === undefined ? undefined : sources[place.file];
  const verdict =
    /^BMC: (?:Assertion violation|Overflow|Underflow)\b.* (check is safe!|happens here\.|might happen here\.)/;
  const outcome = verdict.exec(message.message)?.[1];
  if (place === undefined || source === undefined || outcome === undefined) throw new Error(message.formattedMessage);
  if ((outcome === "check is safe!") !== (message.errorCode === SAFE)) throw new Error(message.formattedMessage);
  const expression = source.slice(place.start, place.end).replace(/\s+/g, " ");
  const kind = message.message.slice("BMC: ".length, message.message.indexOf(" ", "BMC: ".length));
  return {
    line: `${place.file}:${source.slice(0, place.start).split("\n").length} ${kind} ${expression}`,
    outcome: outcome === "check is safe!" ? "proved" : outcome === "happens here." ? "violated" : "unknown",
    counterexample: counterexampleOf(message.formattedMessage),
  };
}

/** The values that break a target, without those that are nothing. */
function counterexampleOf(message: string): string {
  const lines = /Counterexample:\n([\s\S]*?)\n\n/.exec(message)?.[1]?.split("\n") ?? [];
  const values = lines.map((line) => line.trim()).filter((line) => /^\w+ = (?!0$|false$)/.test(line));
  return values.length > 0 ? values.join(", ") : lines.length > 0 ? "every value 0" : "";
}
