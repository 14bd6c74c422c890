import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "#lib/core/json.ts";
import { checkChain } from "#lib/transcript/chain.ts";
import { changedFields, compareRuns, createContentFingerprint } from "#lib/transcript/compare.ts";
import type { TranscriptEvent } from "#lib/transcript/event.ts";
import { readTranscript } from "#lib/transcript/reader.ts";
import { tried } from "../../properties.ts";
import { code, record } from "./log.fixture.ts";

type Doing = readonly [type: string, data: Record<string, Json>];

/** The events of a run that did these things. */
function run(doings: readonly Doing[], seed = 1, at = 5): TranscriptEvent[] {
  const events: TranscriptEvent[] = [];
  const { bytes } = record(
    doings.length + 1,
    (log) => doings.forEach(([type, data]) => void log.append(type, data)),
    seed,
    at,
  );
  readTranscript(bytes, undefined, (event) => void events.push(event));
  return events;
}

const content = (events: readonly TranscriptEvent[], ignore: readonly string[] = []) => {
  const fingerprint = createContentFingerprint({ ignore });
  for (const event of events) fingerprint.see(event);
  return fingerprint.value();
};

const did: readonly Doing[] = [
  ["read", { file: "a" }],
  ["read", { file: "b" }],
  ["called", { tool: "x", options: { deep: [1, 2], kept: true } }],
];

describe("two runs", () => {
  it("that did the same differ in nothing but salts and times, and in those when they are asked for", () => {
    const [a, b] = [run(did, 1, 5), run(did, 2, 9)];
    expect(compareRuns(a, b)).toEqual([]);
    expect(compareRuns(a, b, { times: true }).map(({ kind }) => kind)).toEqual([
      "changed",
      "changed",
      "changed",
      "changed",
    ]);
    expect(compareRuns(a, b, { salts: true })).toHaveLength(4);
    expect(compareRuns(run(did), run(did), { salts: true, times: true })).toEqual([]);
  });

  it("show what was added, removed and changed, each at its place", () => {
    const after: Doing[] = [
      ["read", { file: "a" }],
      ["wrote", { file: "c" }],
      ["read", { file: "b" }],
      ["called", { tool: "x", options: { deep: [1, 3], added: null } }],
    ];
    expect(compareRuns(run(did), run(after))).toEqual([
      { kind: "added", after: 1, type: "wrote" },
      {
        kind: "changed",
        before: 2,
        after: 3,
        type: "called",
        fields: [
          { field: "data.options.deep.1", before: 2, after: 3 },
          { field: "data.options.kept", before: true },
          { field: "data.options.added", after: null },
        ],
      },
    ]);
    expect(compareRuns(run(after), run(did))[0]).toEqual({ kind: "removed", before: 1, type: "wrote" });
  });

  it("may differ in fields that were said not to count", () => {
    const other: readonly Doing[] = did.map(([type, data]) => [
      type,
      type === "called" ? { ...data, tool: "y" } : data,
    ]);
    expect(compareRuns(run(did), run(other))).toHaveLength(1);
    expect(compareRuns(run(did), run(other), { ignore: ["tool"] })).toEqual([]);
    expect(content(run(did))).not.toBe(content(run(other)));
    expect(content(run(did), ["tool"])).toBe(content(run(other), ["tool"]));
    const deep: readonly Doing[] = did.map(([type, data]) => [
      type,
      type === "called" ? { tool: "x", options: { deep: 1, kept: true } } : data,
    ]);
    expect(content(run(did), ["options.deep"])).toBe(content(run(deep), ["options.deep"]));
  });

  it("have the same content fingerprint exactly when nothing differs", () => {
    const doing = fc.tuple(
      fc.constantFrom("a", "b"),
      fc.dictionary(fc.constantFrom("x", "y"), fc.nat(2)),
    ) as fc.Arbitrary<Doing>;
    const doings = fc.array(doing, { maxLength: 6 });
    fc.assert(
      fc.property(doings, doings, (first, second) => {
        const [a, b] = [run(first, 1), run(second, 2)];
        expect(compareRuns(a, b).length === 0).toBe(content(a) === content(b));
      }),
      tried("runs differ when their content fingerprints do", 100),
    );
  });

  it("are explained whole: what is not in the differences is in both", () => {
    const doing = fc.tuple(
      fc.constantFrom("a", "b", "c"),
      fc.dictionary(fc.constantFrom("x"), fc.nat(2)),
    ) as fc.Arbitrary<Doing>;
    const doings = fc.array(doing, { maxLength: 8 });
    fc.assert(
      fc.property(doings, doings, (first, second) => {
        const [a, b] = [run(first), run(second)];
        const differences = compareRuns(a, b);
        const gone = new Set(differences.flatMap((d) => (d.kind === "added" ? [] : [d.before])));
        const come = new Set(differences.flatMap((d) => (d.kind === "removed" ? [] : [d.after])));
        const keep = ({ type, data }: TranscriptEvent) => JSON.stringify({ type, data });
        expect(a.filter(({ index }) => !gone.has(index)).map(keep)).toEqual(
          b.filter(({ index }) => !come.has(index)).map(keep),
        );
      }),
      tried("the differences of two runs leave what they share", 150),
    );
  });

  it("too long to align are held against one another place by place", () => {
    const long = (shift: number): Doing[] => Array.from({ length: 2_040 }, (_, n) => ["did", { n: n + shift }]);
    expect(compareRuns(run(long(0)), run(long(5_000)))).toHaveLength(2_040);
  }, 30_000);
});

describe("two values", () => {
  it("of different kinds are one change", () => {
    expect(changedFields({ a: [1] }, { a: { 0: 1 } })).toEqual([{ field: "a", before: [1], after: { 0: 1 } }]);
    expect(changedFields({ a: null }, { a: {} })).toEqual([{ field: "a", before: null, after: {} }]);
    expect(changedFields(1, 1)).toEqual([]);
  });
});

describe("a chain of links", () => {
  const root = (letter: string) => `0x${letter.repeat(64)}` as const;
  it("refuses circles, which no honest hash can make, whatever the order", () => {
    const [a, b, c] = [root("a"), root("b"), root("c")];
    for (const links of [
      [{ root: a, dependsOn: [a] }],
      [
        { root: a, dependsOn: [b] },
        { root: b, dependsOn: [a] },
      ],
      [
        { root: c, dependsOn: [] },
        { root: a, dependsOn: [c, b] },
        { root: b, dependsOn: [a] },
      ],
      [
        { root: a, dependsOn: [c] },
        { root: b, dependsOn: [a] },
        { root: c, dependsOn: [b] },
      ],
    ]) {
      expect(() => checkChain(links)).toThrow(code("TRANSCRIPT_CHAIN_CYCLE"));
    }
  });
});
