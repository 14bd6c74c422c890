import { coreError } from "../core/errors.ts";
import { canonicalBytes, type Json, parseSchema } from "../core/json.ts";
import { eventSchema, type TranscriptEvent } from "./event.ts";

const MAX_DEPTH = 64;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one line, without its line feed. It accepts exactly what `parseCanonical` accepts, at a quarter of the cost,
 * because a log has very many lines.
 *
 * @param what names the line in an error
 * @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN
 */
export function parseLine(line: Uint8Array, what: string): TranscriptEvent {
  let text: string;
  try {
    text = decoder.decode(line);
  } catch (cause) {
    throw coreError("JSON_NOT_UTF8", { what }, cause);
  }
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw coreError("JSON_MALFORMED", { what, begins: text.slice(0, 40) }, cause);
  }
  if (!isCanonical(value, text, what)) throw coreError("JSON_NOT_CANONICAL", { what });
  return parseSchema(eventSchema, value, what);
}

/**
 * Where all keys already stand in RFC 8785's order, JSON.stringify writes exactly the canonical text, save for half a
 * surrogate pair, which it escapes and RFC 8785 refuses. Whatever is not surely canonical by that rule (a key that is a
 * number comes before its turn, too) is canonicalised and compared.
 */
function isCanonical(value: Json, text: string, what: string): boolean {
  const sorted = isSorted(value, 1, what);
  if (sorted && !text.includes("\\ud") && JSON.stringify(value) === text) return true;
  return Buffer.from(canonicalBytes(value)).toString("utf8") === text;
}

/** Whether the keys of every object are in order of their UTF-16 units. @throws JSON_TOO_DEEP */
function isSorted(value: Json, depth: number, what: string): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > MAX_DEPTH) throw coreError("JSON_TOO_DEEP", { what, maxDepth: MAX_DEPTH });
  let sorted = true;
  if (Array.isArray(value)) {
    // Every branch is walked, although one that is unsorted answers for all: the depth has to hold everywhere.
    for (const entry of value) sorted = isSorted(entry, depth + 1, what) && sorted;
    return sorted;
  }
  let before: string | undefined;
  for (const key of Object.keys(value)) {
    if ((before !== undefined && key <= before) || key === "__proto__") sorted = false;
    before = key;
    sorted = isSorted(value[key] ?? null, depth + 1, what) && sorted;
  }
  return sorted;
}
