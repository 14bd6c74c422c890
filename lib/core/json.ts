import canonicalize from "canonicalize";
import type { z } from "zod";
import { coreError } from "./errors.ts";
import { refuseDeepNesting } from "./jsonText.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Deep enough for every format and for any sensible payload; what walks a value may recurse. */
const MAX_DEPTH = 64;

/**
 * RFC 8785 bytes of a JSON value.
 *
 * @throws JSON_NOT_CANONICAL for what JSON cannot hold: NaN, functions, half a surrogate pair
 */
export function canonicalBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalText(value, "value"));
}

/**
 * Parses bytes that must already be canonical JSON. Requiring `canonicalize(parse(x)) === x` refuses duplicate keys,
 * odd numbers, `__proto__` tricks and stray white space in one comparison, before any field is looked at.
 *
 * @throws JSON_TOO_LARGE, JSON_NOT_UTF8, JSON_TOO_DEEP, JSON_MALFORMED, JSON_NOT_CANONICAL, CRITICAL_FIELD_UNKNOWN, SCHEMA_MISMATCH
 */
export function parseCanonical<S extends z.ZodType>(
  bytes: Uint8Array,
  schema: S,
  options: { readonly what: string; readonly maxBytes: number },
): z.output<S> {
  const text = decodeText(bytes, options);
  const value = parseJson(text, options.what);
  if (canonicalText(value, options.what) !== text) throw coreError("JSON_NOT_CANONICAL", { what: options.what });
  return parseSchema(schema, value, options.what);
}

/** Parses JSON of free form (a request body). Same caps and codes, without the canonical comparison. */
export function parseJsonBytes<S extends z.ZodType>(
  bytes: Uint8Array,
  schema: S,
  options: { readonly what: string; readonly maxBytes: number },
): z.output<S> {
  return parseSchema(schema, parseJson(decodeText(bytes, options), options.what), options.what);
}

/**
 * Checks a value against a strict schema. The first issue is reported with its path and the offending value.
 * An unknown field whose name begins with `critical_`, at any depth, has a code of its own.
 */
export function parseSchema<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const critical = issue.keys.find((key) => key.startsWith("critical_"));
    if (critical !== undefined) {
      throw coreError("CRITICAL_FIELD_UNKNOWN", { what, field: fieldName([...issue.path, critical]) });
    }
  }
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  throw coreError("SCHEMA_MISMATCH", {
    what,
    field: fieldName(path) || "(root)",
    problem: issue?.message ?? "unknown",
    value: printable(valueAt(value, path)),
  });
}

function canonicalText(value: unknown, what: string): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw coreError("JSON_NOT_CANONICAL", { what }, cause);
  }
  if (text === undefined) throw coreError("JSON_NOT_CANONICAL", { what });
  return text;
}

function decodeText(bytes: Uint8Array, { what, maxBytes }: { what: string; maxBytes: number }): string {
  if (bytes.length > maxBytes) throw coreError("JSON_TOO_LARGE", { what, bytes: bytes.length, maxBytes });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw coreError("JSON_NOT_UTF8", { what }, cause);
  }
}

function parseJson(text: string, what: string): unknown {
  refuseDeepNesting(text, MAX_DEPTH, what);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw coreError("JSON_MALFORMED", { what, begins: text.slice(0, 40) }, cause);
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current: unknown = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

function fieldName(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}

function printable(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value);
  } catch {
    // Nesting or a bigint: saying so is all that cannot fail again.
    return "(unprintable)";
  }
}
