import { coreError } from "./errors.ts";

/**
 * Refuses JSON text that is nested deeper than `maxDepth`. Runs before the parser, so that neither it nor anything that
 * walks its value has to survive the depth. Brackets inside strings do not count; the text need not be JSON.
 *
 * @throws JSON_TOO_DEEP
 */
export function refuseDeepNesting(text: string, maxDepth: number, what: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === "{" || character === "[") {
      depth += 1;
      if (depth > maxDepth) throw coreError("JSON_TOO_DEEP", { what, maxDepth });
    } else if (character === "}" || character === "]") depth -= 1;
  }
}

/** Index of the quote that closes the string whose opening quote is at `start`, or of the text's end. */
export function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    // A quote is escaped by an odd number of backslashes before it.
    let before = quote;
    while (text[before - 1] === "\\") before -= 1;
    if ((quote - before) % 2 === 0) return quote;
  }
  return text.length;
}
