import { endOfString, refuseDeepNesting } from "../core/jsonText.ts";
import { evidenceError } from "./errors.ts";

/**
 * Parses JSON that is not required to be canonical (a bundle, an in-toto payload) without letting two readers see two
 * documents: repeated keys, `__proto__` and deep nesting are refused.
 *
 * @throws JSON_KEY_REPEATED, JSON_TOO_DEEP, and a SyntaxError when the text is not JSON
 */
export function parseUnambiguousJson(text: string, maxDepth: number): unknown {
  refuseDeepNesting(text, maxDepth, "evidence");
  const value: unknown = JSON.parse(text);
  refuseRepeatedKeys(text);
  return value;
}

/** Walks text that is known to be JSON. */
function refuseRepeatedKeys(text: string): void {
  const scopes: (Set<string> | "array")[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    const scope = scopes.at(-1);
    if (character === "{") {
      scopes.push(new Set());
      expectsKey = true;
    } else if (character === "[") {
      scopes.push("array");
      expectsKey = false;
    } else if (character === "}" || character === "]") {
      scopes.pop();
      expectsKey = false;
    } else if (character === ",") expectsKey = scope instanceof Set;
    else if (character === '"') {
      const end = endOfString(text, at);
      if (expectsKey && scope instanceof Set) {
        const key = String(JSON.parse(text.slice(at, end + 1)));
        if (scope.has(key) || key === "__proto__") throw evidenceError("JSON_KEY_REPEATED", { key });
        scope.add(key);
        expectsKey = false;
      }
      at = end;
    }
  }
}
