import { endOfString, refuseDeepNesting } from "../core/jsonText.ts";
import { evidenceError } from "./errors.ts";

/**
 * Parses JSON that is not required to be canonical (a bundle, an in-toto payload) without letting two readers see two
 * documents: repeated keys, `__proto__` and deep nesting are refused. So is more than `maxValues` values, which cost far
 * more to hold than to write.
 *
 * @throws JSON_KEY_REPEATED, JSON_TOO_DEEP, JSON_TOO_MANY_VALUES, and a SyntaxError when the text is not JSON
 */
export function parseUnambiguousJson(text: string, maxDepth: number, maxValues = MAX_VALUES): unknown {
  refuseDeepNesting(text, maxDepth, "evidence");
  refuseManyValues(text, maxValues);
  const value: unknown = JSON.parse(text);
  refuseRepeatedKeys(text);
  return value;
}

/** Several times what a bundle of eight log entries with full proofs holds. */
const MAX_VALUES = 4096;

/** Each comma and each bracket makes at most one more value. */
function refuseManyValues(text: string, maxValues: number): void {
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === "," || character === "{" || character === "[") {
      values += 1;
      if (values > maxValues) throw evidenceError("JSON_TOO_MANY_VALUES", { maxValues });
    }
  }
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
        const written = text.slice(at + 1, end);
        const key = written.includes("\\") ? String(JSON.parse(text.slice(at, end + 1))) : written;
        if (scope.has(key) || key === "__proto__") throw evidenceError("JSON_KEY_REPEATED", { key });
        scope.add(key);
        expectsKey = false;
      }
      at = end;
    }
  }
}
