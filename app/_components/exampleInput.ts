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

/** Brackets of plain prose may come before the example; a description that is nothing but brackets has none. */
const MAX_CANDIDATES = 8;

/** Sellers are strangers and pages are rendered for everybody: the work is linear in the description. */
export function describe(description: string): Described {
  let start = nextBracket(description, 0);
  for (let candidate = 0; candidate < MAX_CANDIDATES && start >= 0; candidate++) {
    const end = closingBracket(description, start);
    const value = end < 0 ? undefined : parsed(description.slice(start, end));
    if (value !== undefined) {
      const before = description.slice(0, start).replace(/\s{0,8}(example input|for example|example):?\s{0,8}$/i, "");
      return { text: `${before}${description.slice(end)}`.trim(), example: JSON.stringify(value, null, 2) };
    }
    start = nextBracket(description, start + 1);
  }
  return { text: description, example: undefined };
}

/** The end (exclusive) of what opens at `start`, with brackets in JSON strings left out; -1 where it never closes. */
function closingBracket(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    if (depth === 0) return at + 1;
  }
  return -1;
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
