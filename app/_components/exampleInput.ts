/**
 * Sellers write an example of a step's input into the description, because the workload's input is the workload's own
 * business: `… Example input: {"text": "…"}`.
 */
export type Described = {
  /** The description without the example. */
  readonly text: string;
  /** The first JSON object or array in it, laid out; undefined if there is none. */
  readonly example: string | undefined;
};

export function describe(description: string): Described {
  for (let start = nextBracket(description, 0); start >= 0; start = nextBracket(description, start + 1)) {
    for (let end = description.length; end > start; end--) {
      const last = description[end - 1];
      if (last !== "}" && last !== "]") continue;
      const value = parsed(description.slice(start, end));
      if (value === undefined) continue;
      const before = description.slice(0, start).replace(/\s*(example input|for example|example):?\s*$/i, "");
      return { text: `${before}${description.slice(end)}`.trim(), example: JSON.stringify(value, null, 2) };
    }
  }
  return { text: description, example: undefined };
}

function nextBracket(text: string, from: number): number {
  const found = text.slice(from).search(/[{[]/);
  return found < 0 ? -1 : from + found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
