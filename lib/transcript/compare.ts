import { bytesToHex, type Hex } from "viem";
import { taggedHash, uint } from "../core/hash.ts";
import { canonicalBytes, type Json } from "../core/json.ts";
import { type TranscriptEvent, untrustedFieldsOf } from "./event.ts";
import { createFrontier, leafHash } from "./merkle.ts";

/** What of two runs is held against one another. */
export type Comparison = {
  /** Times count as well. */
  readonly times?: boolean;
  /** Salts count as well; no two honest logs share any. */
  readonly salts?: boolean;
  /** Fields of `data` that do not count, as dotted paths: outputs that are sealed under fresh keys, for one. */
  readonly ignore?: readonly string[];
};

/**
 * What an event says of the run: type and data. Its place is that in the list; its link follows from salts and times, so
 * it says nothing of its own.
 */
export function contentOf(event: TranscriptEvent, { times, salts, ignore = [] }: Comparison = {}): Json {
  return {
    type: event.type,
    data: ignore.reduce<Json>((data, path) => without(data, path.split(".")), { ...event.data }),
    ...(times && { at: event.at }),
    ...(salts && { salt: event.salt }),
  };
}

/**
 * Collects the fingerprint of what a run did: T(`transcript-content`, u64 count ‖ tree root over the events' content).
 * Runs that did the same have the same, whenever they ran; it commits to neither times nor salts, so it identifies no log.
 */
export function createContentFingerprint(comparison: Comparison = {}) {
  const frontier = createFrontier();
  return {
    see: (event: TranscriptEvent): void => frontier.append(leafHash(canonicalBytes(contentOf(event, comparison)))),
    value: (): Hex => bytesToHex(taggedHash("transcript-content", uint(frontier.count(), 64), frontier.root())),
  };
}

export type FieldChange = {
  /** Dotted. */
  readonly field: string;
  /** Absent where the field was added. */
  readonly before?: Json;
  /** Absent where it was removed. */
  readonly after?: Json;
  /** Whether either event says that a stranger's text stands there. */
  readonly untrusted?: true;
};

export type Difference =
  | { readonly kind: "removed"; readonly before: number; readonly type: string }
  | { readonly kind: "added"; readonly after: number; readonly type: string }
  | {
      readonly kind: "changed";
      readonly before: number;
      readonly after: number;
      readonly type: string;
      readonly fields: readonly FieldChange[];
    };

/** Above this many pairs, events are held against one another place by place. */
const MAX_PAIRS = 4_000_000;

/**
 * What changed from one run to another, in order: events that only one of them has, and fields of those that both have.
 * Indices are those of the events in their own logs.
 */
export function compareRuns(
  before: readonly TranscriptEvent[],
  after: readonly TranscriptEvent[],
  comparison: Comparison = {},
): readonly Difference[] {
  const keyOf = (event: TranscriptEvent) => Buffer.from(canonicalBytes(contentOf(event, comparison))).toString("utf8");
  const a = before.map((event) => ({ event, key: keyOf(event) }));
  const b = after.map((event) => ({ event, key: keyOf(event) }));
  let start = 0;
  while (start < a.length && start < b.length && a[start]?.key === b[start]?.key) start += 1;
  let same = 0;
  while (same < Math.min(a.length, b.length) - start && a.at(-1 - same)?.key === b.at(-1 - same)?.key) same += 1;
  const gaps = gapsBetween(a.slice(start, a.length - same), b.slice(start, b.length - same));
  return gaps.flatMap((gap) => differencesIn(gap, comparison));
}

type Keyed = { readonly event: TranscriptEvent; readonly key: string };
type Gap = { readonly removed: readonly TranscriptEvent[]; readonly added: readonly TranscriptEvent[] };

/** What lies between the events of a longest common subsequence. */
function gapsBetween(a: readonly Keyed[], b: readonly Keyed[]): readonly Gap[] {
  if (a.length * b.length > MAX_PAIRS) return pairwiseGaps(a, b);
  const width = b.length + 1;
  // common[i * width + j]: length of the longest common subsequence of a from i and b from j.
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i]?.key === b[j]?.key ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const gaps: { removed: TranscriptEvent[]; added: TranscriptEvent[] }[] = [{ removed: [], added: [] }];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right, gap] = [a[i], b[j], gaps.at(-1)];
    if (left !== undefined && right !== undefined && left.key === right.key) {
      gaps.push({ removed: [], added: [] });
      [i, j] = [i + 1, j + 1];
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      gap?.removed.push(left.event);
      i += 1;
    } else if (right !== undefined) {
      gap?.added.push(right.event);
      j += 1;
    }
  }
  return gaps;
}

function pairwiseGaps(a: readonly Keyed[], b: readonly Keyed[]): readonly Gap[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, place) => {
    const [left, right] = [a[place], b[place]];
    const same = left?.key === right?.key;
    return { removed: same || !left ? [] : [left.event], added: same || !right ? [] : [right.event] };
  });
}

/** Within a gap, events of one type are taken for the same event changed, in order. */
function differencesIn({ removed, added }: Gap, comparison: Comparison): readonly Difference[] {
  const differences: Difference[] = [];
  let next = 0;
  const addedUpTo = (end: number) => {
    for (const { index, type } of added.slice(next, end)) differences.push({ kind: "added", after: index, type });
    next = end;
  };
  for (const event of removed) {
    const place = added.findIndex(({ type }, at) => at >= next && type === event.type);
    const other = added[place];
    if (other === undefined) {
      differences.push({ kind: "removed", before: event.index, type: event.type });
      continue;
    }
    addedUpTo(place);
    next = place + 1;
    const untrusted = [event, other].flatMap(untrustedFieldsOf).map((field) => `data.${field}`);
    const isUntrusted = (field: string) => untrusted.some((name) => field === name || field.startsWith(`${name}.`));
    const fields = changedFields(contentOf(event, comparison), contentOf(other, comparison)).map(
      (change): FieldChange => (isUntrusted(change.field) ? { ...change, untrusted: true } : change),
    );
    differences.push({ kind: "changed", before: event.index, after: other.index, type: event.type, fields });
  }
  addedUpTo(added.length);
  return differences;
}

/** The fields that differ between two values, as deep as both are objects or both are lists. */
export function changedFields(before: Json, after: Json, path: readonly string[] = []): readonly FieldChange[] {
  if (isBranch(before) && isBranch(after) && Array.isArray(before) === Array.isArray(after)) {
    const [a, b] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
    const names = [...new Set([...a.keys(), ...b.keys()])];
    return names.flatMap((name) => {
      const [left, right] = [a.get(name), b.get(name)];
      if (left !== undefined && right !== undefined) return changedFields(left, right, [...path, name]);
      const field = [...path, name].join(".");
      return [{ field, ...(left !== undefined && { before: left }), ...(right !== undefined && { after: right }) }];
    });
  }
  return before === after ? [] : [{ field: path.join("."), before, after }];
}

function isBranch(value: Json): value is Json[] | { [key: string]: Json } {
  return typeof value === "object" && value !== null;
}

/** The value without the field at a path; unchanged where there is none. */
function without(value: Json, [name, ...rest]: readonly string[]): Json {
  if (name === undefined || !isBranch(value) || Array.isArray(value) || !Object.hasOwn(value, name)) return value;
  const { [name]: inner, ...others } = value;
  return rest.length === 0 || inner === undefined ? others : { ...others, [name]: without(inner, rest) };
}
