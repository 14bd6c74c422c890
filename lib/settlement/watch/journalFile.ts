import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { findPawlError } from "../../core/error.ts";
import { parseJsonBytes } from "../../core/json.ts";
import { acquireLock } from "../../store/lock.ts";
import { watchError } from "./errors.ts";
import { createMemory, type JournalHeader, type JournalRecord, type JournalState, recordSchema } from "./journal.ts";

export type Journal = {
  readonly state: JournalState;
  /** Returns when the record is on disk. @throws WATCH_JOURNAL_UNWRITABLE */
  readonly append: (record: JournalRecord) => void;
  readonly close: () => void;
};

const MAX_LINE_BYTES = 262_144;
const LINE_FEED = 0x0a;

/**
 * Opens the journal in a folder, or begins it. One process at a time works with it. A last line that a crash cut off is
 * taken away: nothing was done on account of it.
 *
 * @throws WATCH_JOURNAL_LOCKED, WATCH_JOURNAL_FOREIGN, WATCH_JOURNAL_BROKEN, WATCH_JOURNAL_UNWRITABLE
 */
export function openJournal(folder: string, header: JournalHeader): Journal {
  const unlock = locked(folder);
  try {
    const file = openSync(join(folder, "journal.jsonl"), "a+", 0o600);
    try {
      const { state, remember } = createMemory();
      for (const record of read(file, header)) remember(record);
      const append = (record: JournalRecord) => {
        write(file, record);
        remember(record);
      };
      if (fstatSync(file).size === 0) {
        append({ is: "journal", v: 1, ...header });
        persistFolder(folder);
      }
      return {
        state,
        append,
        close: () => {
          closeSync(file);
          unlock();
        },
      };
    } catch (thrown) {
      closeSync(file);
      throw thrown;
    }
  } catch (thrown) {
    unlock();
    throw findPawlError(thrown) ?? watchError("WATCH_JOURNAL_UNWRITABLE", { folder }, thrown);
  }
}

function locked(folder: string): () => void {
  try {
    return acquireLock(join(folder, "watch.lock"), (owner) => watchError("WATCH_JOURNAL_LOCKED", { folder, owner }));
  } catch (thrown) {
    throw findPawlError(thrown) ?? watchError("WATCH_JOURNAL_UNWRITABLE", { folder }, thrown);
  }
}

function read(file: number, header: JournalHeader): readonly JournalRecord[] {
  const content = readFileSync(file);
  const whole = content.lastIndexOf(LINE_FEED) + 1;
  if (whole < content.length) ftruncateSync(file, whole);
  const records: JournalRecord[] = [];
  for (let from = 0; from < whole; ) {
    const to = content.indexOf(LINE_FEED, from);
    const line = records.length + 1;
    const record = parse(content.subarray(from, to), line);
    if ((line === 1) !== (record.is === "journal")) throw watchError("WATCH_JOURNAL_BROKEN", { line });
    if (record.is === "journal") requireSame(header, record);
    records.push(record);
    from = to + 1;
  }
  return records;
}

function parse(line: Uint8Array, number: number): JournalRecord {
  try {
    return parseJsonBytes(line, recordSchema, { what: "journal", maxBytes: MAX_LINE_BYTES });
  } catch (cause) {
    throw watchError("WATCH_JOURNAL_BROKEN", { line: number, problem: findPawlError(cause)?.code }, cause);
  }
}

function requireSame(expected: JournalHeader, found: JournalHeader): void {
  for (const field of ["chainId", "settlement", "watcher"] as const) {
    if (found[field] === expected[field]) continue;
    throw watchError("WATCH_JOURNAL_FOREIGN", { field, expected: expected[field], actual: found[field] });
  }
}

function write(file: number, record: JournalRecord): void {
  const line = JSON.stringify(record, (_, value) => (typeof value === "bigint" ? value.toString() : value));
  const bytes = Buffer.from(`${line}\n`);
  try {
    const before = fstatSync(file).size;
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    } catch (cause) {
      // Half a line, on a full disk, would stand in the way of the next one.
      ftruncateSync(file, before);
      throw cause;
    }
    fsyncSync(file);
  } catch (cause) {
    throw watchError("WATCH_JOURNAL_UNWRITABLE", {}, cause);
  }
}

/** A new file is there after a power cut only once its folder is on disk too. */
function persistFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
