import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { z } from "zod";
import { parseJsonBytes } from "../core/json.ts";

const MAX_STATE_BYTES = 4_194_304;

/**
 * Reads a JSON file of the state folder; undefined when there is none.
 *
 * @throws JSON_MALFORMED, SCHEMA_MISMATCH when it is there but not what was written
 */
export function readState<S extends z.ZodType>(file: string, schema: S): z.output<S> | undefined {
  if (!existsSync(file)) return undefined;
  return parseJsonBytes(readFileSync(file), schema, { what: file, maxBytes: MAX_STATE_BYTES });
}

/** Writes aside and renames: a crash leaves the old content or the new, never half. Readable by the owner only. */
export function writeState(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
