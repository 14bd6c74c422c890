import fc from "fast-check";
import { bytesToHex, stringToBytes, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { systemRandom } from "#lib/core/effects.ts";
import { findPawlError } from "#lib/core/error.ts";
import { taggedHash, uint } from "#lib/core/hash.ts";
import { canonicalBytes, parseCanonical } from "#lib/core/json.ts";
import { closingData, dependenciesOf, eventSchema } from "#lib/transcript/event.ts";
import { parseLine } from "#lib/transcript/line.ts";
import { leafHash } from "#lib/transcript/merkle.ts";
import { fileLimits, readTranscript, readTranscriptStream, stepLimits } from "#lib/transcript/reader.ts";
import { createTranscript } from "#lib/transcript/writer.ts";
import { tried } from "../../properties.ts";
import { closing, code, fileOf, type Line, linesOf, record, relinked } from "./log.fixture.ts";

/*
 * A log
 * ├── is refused when
 * │   ├── an event was changed, dropped, repeated, moved or added
 * │   ├── its last line is cut off, or it has none
 * │   ├── a line is not canonical, not UTF-8, too deep, of another form or version
 * │   ├── something follows the closing event
 * │   └── it is longer, or has more events or longer lines, than the reader takes
 * └── reads back
 *     ├── with the root that it was closed with
 *     ├── the same however it is cut into pieces
 *     └── in the same memory, however long it is
 */
describe("a transcript is refused", () => {
  const lines = linesOf(record(5).bytes);
  const at = (index: number): Line => lines[index] ?? {};
  const cases: Readonly<Record<string, readonly Line[]>> = {
    "without its first event": lines.slice(1),
    "without one in the middle": [...lines.slice(0, 2), ...lines.slice(3)],
    "with an event twice": [at(0), ...lines],
    "with two events in the other order": [at(1), at(0), ...lines.slice(2)],
    "with a time changed": lines.map((line, index) => (index === 1 ? { ...line, at: 2 } : line)),
    "with a salt changed": lines.map((line, index) => (index === 1 ? { ...line, salt: `0x${"1".repeat(32)}` } : line)),
    "with data changed": lines.map((line, index) => (index === 1 ? { ...line, data: {} } : line)),
    "with a link changed": lines.map((line, index) => (index === 4 ? { ...line, prev: zeroHash } : line)),
    "that begins at another number": [{ ...at(4), index: 1, prev: zeroHash }],
    "that begins with a link": [{ ...at(4), index: 0 }],
    "without an event": [],
  };
  for (const [name, changed] of Object.entries(cases)) {
    it(name, () => {
      expect(() => readTranscript(fileOf(changed))).toThrow(code("TRANSCRIPT_BROKEN"));
    });
  }

  it("with an event after the closing one, although the chain holds", () => {
    const late = relinked([...lines, { ...at(0), type: "late" }]);
    expect(() => readTranscript(fileOf(late))).toThrow(code("TRANSCRIPT_BROKEN"));
    const early = late.map((line) => (line.type === "outputs" ? { ...line, type: "early" } : line));
    expect(readTranscript(fileOf(relinked(early))).count).toBe(6);
  });

  it("with its last line cut off, wherever", () => {
    const { bytes } = record(2);
    for (let length = 1; length < bytes.length; length++) {
      const whole = bytes[length - 1] === 0x0a;
      const read = () => closingData(readTranscript(bytes.slice(0, length)));
      expect(read).toThrow(code("TRANSCRIPT_BROKEN"));
      if (!whole) expect(() => readTranscript(bytes.slice(0, length))).toThrow(code("TRANSCRIPT_BROKEN"));
    }
  });

  it("with a line that is not exactly one event in canonical form", () => {
    const [first] = Buffer.from(record(1).bytes).toString("utf8").split("\n");
    const text = first ?? "";
    const read = (line: string) => () => readTranscript(stringToBytes(`${line}\n`));
    expect(read(text)).not.toThrow();
    expect(read(` ${text}`)).toThrow(code("JSON_NOT_CANONICAL"));
    expect(read(`${text}\r`)).toThrow(code("JSON_NOT_CANONICAL"));
    expect(read(text.replace("{", '{"v":1,'))).toThrow(code("JSON_NOT_CANONICAL"));
    expect(read(text.replace('"index":0', '"index":0.0'))).toThrow(code("JSON_NOT_CANONICAL"));
    expect(read(text.replace('"data":{', '"data":{"a":"\\ud800",'))).toThrow(code("JSON_NOT_CANONICAL"));
    expect(read(text.replace('"data":{', `"data":{"a":${"[".repeat(70)}${"]".repeat(70)},`))).toThrow(
      code("JSON_TOO_DEEP"),
    );
    expect(read("")).toThrow(code("JSON_MALFORMED"));
    expect(read(text.replace('"v":1', '"v":2'))).toThrow(code("SCHEMA_MISMATCH"));
    expect(read(text.replace('"v":1', '"v":1,"x":1'))).toThrow(code("SCHEMA_MISMATCH"));
    expect(read(text.replace('{"at"', '{"V":1,"at"'))).toThrow(code("SCHEMA_MISMATCH"));
    expect(read(text.replace('{"at"', '{"an":1,"at"'))).toThrow(code("SCHEMA_MISMATCH"));
    expect(read(text.replace('"data"', '"critical_y":1,"data"'))).toThrow(code("CRITICAL_FIELD_UNKNOWN"));
    expect(read(text.replace(/"data":\{.*?\}/, '"data":[]'))).toThrow(code("SCHEMA_MISMATCH"));
    expect(() => readTranscript(Uint8Array.of(0xff, 0x0a))).toThrow(code("JSON_NOT_UTF8"));
  });

  it("over any of the reader's limits, and not at them", () => {
    const { bytes } = record(3);
    const longest = Math.max(
      ...Buffer.from(bytes)
        .toString("latin1")
        .split("\n")
        .map(({ length }) => length),
    );
    const exact = { maxEvents: 3, maxBytes: bytes.length, maxLineBytes: longest };
    expect(readTranscript(bytes, exact).count).toBe(3);
    for (const limit of ["maxEvents", "maxBytes", "maxLineBytes"] as const) {
      expect(() => readTranscript(bytes, { ...exact, [limit]: exact[limit] - 1 })).toThrow(
        code("TRANSCRIPT_TOO_LARGE"),
      );
    }
  });

  it("as soon as a line is too long, not when it ends", async () => {
    let taken = 0;
    const endless = async function* () {
      for (;;) {
        taken += 1;
        yield new Uint8Array(1_024).fill(0x20);
      }
    };
    await expect(readTranscriptStream(endless())).rejects.toThrow(code("TRANSCRIPT_TOO_LARGE"));
    expect(taken).toBe(fileLimits.maxLineBytes / 1_024 + 1);
  });

  it("for any changed, missing or added byte, with a code", () => {
    const { bytes, root } = record(4);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(2), (place, by, how) => {
        const changed = Uint8Array.from(bytes);
        changed[place] = (changed[place] ?? 0) ^ by;
        const file = [
          changed,
          Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1)]),
          Buffer.concat([bytes.subarray(0, place), Uint8Array.of(by), bytes.subarray(place)]),
        ][how];
        try {
          // A change of the last event leaves a chain that holds: only the root tells.
          expect(readTranscript(file ?? bytes).root).not.toBe(root);
        } catch (thrown) {
          if (findPawlError(thrown) === undefined) throw thrown;
        }
      }),
      tried("a transcript notices any changed byte", 300),
    );
  });
});

describe("a transcript", () => {
  it("reads back with the root it was closed with, for every length up to 40", () => {
    for (let count = 1; count <= 40; count++) {
      const { bytes, root } = record(count);
      expect(readTranscript(bytes)).toMatchObject({ count, root, bytes: bytes.length });
    }
  });

  it("is the same however it comes in pieces", async () => {
    const { bytes, root } = record(7);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = async function* () {
          for (const [index, place] of places.entries()) yield bytes.subarray(place, places[index + 1] ?? place);
        };
        expect((await readTranscriptStream(pieces())).root).toBe(root);
      }),
      tried("a transcript reads the same in any pieces", 50),
    );
  });

  it("may be read from a buffer that is used again", async () => {
    const { bytes, root } = record(7);
    const buffer = new Uint8Array(50);
    const pieces = async function* () {
      for (let from = 0; from < bytes.length; from += 50) {
        const piece = bytes.subarray(from, from + 50);
        buffer.set(piece);
        yield buffer.subarray(0, piece.length);
      }
    };
    expect((await readTranscriptStream(pieces())).root).toBe(root);
  });

  it("commits to the number of events", () => {
    const { bytes, root } = record(1);
    // One leaf is its own tree, so the count beside it can be seen.
    expect(root).toBe(bytesToHex(taggedHash("transcript", uint(1, 64), leafHash(bytes.subarray(0, -1)))));
  });

  it("takes nothing after its closing event, and no more than its limits", () => {
    const log = createTranscript({ clock: () => 1, random: systemRandom });
    log.close(closing);
    expect(() => log.append("late", {})).toThrow(code("TRANSCRIPT_BROKEN"));
    const small = createTranscript({ clock: () => 1, random: systemRandom }, { ...stepLimits, maxEvents: 1 });
    small.append("one", {});
    expect(() => small.append("two", {})).toThrow(code("TRANSCRIPT_TOO_LARGE"));
    const narrow = createTranscript({ clock: () => 1, random: systemRandom }, { ...stepLimits, maxLineBytes: 200 });
    expect(() => narrow.append("one", { text: "x".repeat(50) })).toThrow(code("TRANSCRIPT_TOO_LARGE"));
    const short = createTranscript({ clock: () => 1, random: systemRandom }, { ...stepLimits, maxBytes: 100 });
    expect(() => short.append("one", {})).toThrow(code("TRANSCRIPT_TOO_LARGE"));
  });

  it("writes only what its reader takes", () => {
    const log = createTranscript({ clock: () => 1, random: systemRandom });
    expect(() => log.append("Upper", {})).toThrow(code("SCHEMA_MISMATCH"));
    expect(() => log.append("number", { n: Number.NaN })).toThrow(code("JSON_NOT_CANONICAL"));
    expect(() => log.append("text", { n: "\ud800" })).toThrow(code("JSON_NOT_CANONICAL"));
    expect(log.count()).toBe(0);
  });

  it("says what its closing event holds, and what it depends on", () => {
    const root = `0x${"ab".repeat(32)}` as const;
    const depending = (dependsOn: Line[string]) =>
      readTranscript(record(2, (log) => log.append("opened", { dependsOn })).bytes).first;
    expect(closingData(readTranscript(record(1).bytes))).toEqual(closing);
    expect(dependenciesOf(depending([root]))).toEqual([root]);
    expect(dependenciesOf(readTranscript(record(1).bytes).first)).toEqual([]);
    for (const wrong of [[root, root], ["0x00"], root, null]) {
      expect(() => dependenciesOf(depending(wrong))).toThrow(code("TRANSCRIPT_BROKEN"));
    }
  });
});

describe("the quick reading of a line", () => {
  // Keys that look like numbers, share beginnings, or sort differently by code point than by UTF-16 unit.
  const key = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("1", "10", "9", "a", "aa", "__proto__", "\u{1f600}", "\ufb33"),
  );
  const { data: _, ...rest } = linesOf(record(1).bytes)[0] ?? {};
  it("accepts exactly what the careful one accepts", () => {
    const verdict = (read: () => unknown) => {
      try {
        read();
        return "accepted";
      } catch (thrown) {
        return findPawlError(thrown)?.code ?? String(thrown);
      }
    };
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.jsonValue(), { noNullPrototype: true }),
        fc.constantFrom(canonicalBytes, (value: unknown) => stringToBytes(JSON.stringify(value))),
        (data, write) => {
          let bytes: Uint8Array;
          try {
            bytes = write({ ...rest, data });
          } catch {
            return;
          }
          const careful = verdict(() => parseCanonical(bytes, eventSchema, { what: "line", maxBytes: bytes.length }));
          expect(verdict(() => parseLine(bytes, "line"))).toBe(careful);
        },
      ),
      tried("the quick reading of a line agrees with the careful one", 400),
    );
  });
});
