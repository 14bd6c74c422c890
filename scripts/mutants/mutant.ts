/** One deliberate fault: a defence taken out of the source, and the tests that must notice. */
export type Mutant = {
  /** `area/what`, unique. */
  readonly name: string;
  /** Relative to the project's root. */
  readonly file: string;
  /** Exact text, which must occur once in the file. */
  readonly from: string;
  /** What stands there instead; empty where the text is removed. */
  readonly to: string;
  /** The guard, equality or invariant that is gone. */
  readonly removes: string;
  /** Test files of which at least one must fail. */
  readonly tests: readonly string[];
  /** Runs only tests whose full name matches, where a whole file takes long. */
  readonly only?: string;
  /** Why nothing can fail although the text matters: another defence holds. Such a mutant must survive. */
  readonly masked?: string;
};

type Fault = Pick<Mutant, "removes" | "from"> & { readonly to?: string; readonly masked?: string } & {
  readonly tests?: readonly string[];
  readonly only?: string;
};

/** Mutants of one file. Without `to` the text is removed; without `tests` the file's usual ones must notice. */
export function mutantsOf(
  file: string,
  area: string,
  tests: readonly string[],
  faults: Readonly<Record<string, Fault>>,
): readonly Mutant[] {
  return Object.entries(faults).map(([name, fault]) => ({ to: "", tests, ...fault, name: `${area}/${name}`, file }));
}

/**
 * The source with the fault in it.
 *
 * @throws Error when the original text does not occur exactly once: the list has fallen behind the source
 */
export function withFault(source: string, { name, file, from, to }: Mutant): string {
  const occurrences = source.split(from).length - 1;
  if (occurrences !== 1) throw new Error(`${name}: its original text occurs ${occurrences} times in ${file}`);
  return source.replace(from, () => to);
}
