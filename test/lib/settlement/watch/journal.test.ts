import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type Hex, keccak256, numberToHex } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Attempt, type JournalHeader, type JournalRecord, stakesOf } from "#lib/settlement/watch/journal.ts";
import { openJournal } from "#lib/settlement/watch/journalFile.ts";
import { tried } from "../../../properties.ts";

/**
 * a journal
 * ├── gives back what was written, whatever it was
 * ├── loses a last line that was cut off at any byte, and nothing else
 * ├── is refused where a line is none of a watcher's, or the file is another's
 * └── adds challenges up: a bond a claim, a fee a nonce
 */

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pawl-journal-"));
  file = join(folder, "journal.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const word = (name: number): Hex => keccak256(numberToHex(name));
const header: JournalHeader = { chainId: 31_337, settlement: `0x${"a".repeat(40)}`, watcher: `0x${"b".repeat(40)}` };
const CLAIM = word(1);
const claim = {
  ...{ entitlement: word(2), step: 1, runKey: word(3), claimHash: CLAIM, parentHead: word(4), permitHash: word(5) },
  ...{ evidenceHash: word(6), evidenceLocator: "/x", windowEnd: 100, block: 7, blockHash: word(8) },
};
const attempt = (changes: Partial<Attempt> = {}): Attempt => ({
  ...{ is: "attempt", claim: CLAIM, action: "challenge", reason: { check: "claim", code: "CLAIM_MISMATCH" } },
  ...{ at: 50, block: 9, nonce: 0, hash: word(9), raw: "0x02ff", value: 1_000n, gas: 10n },
  ...{ maxFeePerGas: 3n, maxPriorityFeePerGas: 1n },
  ...changes,
});

function writtenWith(...records: readonly JournalRecord[]) {
  const journal = openJournal(folder, header);
  for (const record of records) journal.append(record);
  journal.close();
  const again = openJournal(folder, header);
  again.close();
  return again.state;
}
const refusal = (code: string, values: Record<string, unknown> = {}) =>
  expect.objectContaining({ code, values: expect.objectContaining(values) });

describe("a journal", () => {
  it("gives back what was written", () => {
    const state = writtenWith(
      { is: "claim", claim },
      { is: "purchase", entitlement: word(2) },
      { is: "scanned", scope: word(10), block: 12, hash: word(11) },
      { is: "look", claim: CLAIM, evidenceHash: word(6), at: 40, tries: 2, outcome: { status: "missing", code: "X" } },
      { is: "observed", claim: CLAIM, at: 41, code: null },
      attempt(),
    );
    expect(state.scanned).toEqual({ scope: word(10), block: 12, hash: word(11) });
    expect([...state.purchases]).toEqual([word(2)]);
    expect(state.claims.get(CLAIM)).toEqual({
      claim,
      look: { evidenceHash: word(6), at: 40, tries: 2, outcome: { status: "missing", code: "X" } },
      observed: { at: 41, code: null },
      attempts: [attempt()],
    });
  });

  it("opens a closed claim again that the chain shows anew", () => {
    const closed = { is: "closed", claim: CLAIM, result: "not challenged", bond: 0n } as const;
    expect(writtenWith({ is: "claim", claim }, closed).claims.get(CLAIM)?.closed).toBeDefined();
    const anew = { is: "claim", claim: { ...claim, blockHash: word(80) } } as const;
    expect(writtenWith(anew).claims.get(CLAIM)?.closed).toBeUndefined();
  });

  it("is read by its owner only", () => {
    writtenWith();
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it("drops a last line that was cut off, at whatever byte, and goes on after the line before", () => {
    writtenWith({ is: "claim", claim }, attempt());
    const whole = readFileSync(file);
    const before = whole.subarray(0, whole.lastIndexOf(0x0a, whole.length - 2) + 1);
    fc.assert(
      fc.property(fc.integer({ min: before.length, max: whole.length - 1 }), (length) => {
        writeFileSync(file, whole.subarray(0, length));
        expect(writtenWith().claims.get(CLAIM)?.attempts).toEqual([]);
        expect(readFileSync(file)).toEqual(before);
        expect(writtenWith(attempt()).claims.get(CLAIM)?.attempts).toEqual([attempt()]);
        expect(readFileSync(file)).toEqual(whole);
      }),
      tried("watch: a journal cut off", 40),
    );
  });

  it("is refused where any other line is damaged: what was spent would be unknown", () => {
    writtenWith({ is: "claim", claim }, attempt());
    const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
    for (const [index, line] of lines.entries()) {
      for (const bad of ["", "{}", line.slice(1), `${line.slice(0, -1)},"more":1}`]) {
        writeFileSync(file, `${lines.with(index, bad).join("\n")}\n`);
        expect(() => openJournal(folder, header)).toThrow(refusal("WATCH_JOURNAL_BROKEN", { line: index + 1 }));
      }
    }
    // A refusal does not keep the folder locked.
    writeFileSync(file, `${lines.join("\n")}\n`);
    openJournal(folder, header).close();
  });

  it("has one beginning, at the beginning", () => {
    writtenWith();
    appendFileSync(file, readFileSync(file));
    expect(() => openJournal(folder, header)).toThrow(refusal("WATCH_JOURNAL_BROKEN", { line: 2 }));
  });

  it("of another chain, deployment or key is refused", () => {
    writtenWith();
    for (const [field, other] of [
      ["chainId", 1],
      ["settlement", `0x${"c".repeat(40)}`],
      ["watcher", `0x${"c".repeat(40)}`],
    ] as const) {
      expect(() => openJournal(folder, { ...header, [field]: other })).toThrow(
        refusal("WATCH_JOURNAL_FOREIGN", { field }),
      );
    }
  });

  it("needs a folder that can be written", () => {
    writeFileSync(join(folder, "file"), "");
    const inside = join(folder, "file", "journal");
    expect(() => openJournal(inside, header)).toThrow(refusal("WATCH_JOURNAL_UNWRITABLE"));
    expect(existsSync(inside)).toBe(false);
  });

  it("that cannot be written any more says so, and remembers nothing that is not on disk", () => {
    const journal = openJournal(folder, header);
    journal.append({ is: "claim", claim });
    journal.close();
    expect(() => journal.append(attempt())).toThrow(refusal("WATCH_JOURNAL_UNWRITABLE"));
    expect(journal.state.claims.get(CLAIM)?.attempts).toEqual([]);
  });
});

describe("what is at risk", () => {
  const stakes = (...records: readonly JournalRecord[]) =>
    stakesOf(writtenWith({ is: "claim", claim }, ...records).claims.values());

  it("is nothing without a challenge", () => {
    expect(stakes(attempt({ action: "reject", reason: null, value: 0n }))).toEqual([]);
  });

  it("is the bond once, and the greatest fee of each nonce", () => {
    const replaced = attempt({ value: 1_200n, maxFeePerGas: 4n, hash: word(20), at: 55 });
    const later = attempt({ nonce: 1, hash: word(21), at: 60 });
    expect(stakes(attempt(), replaced, later)).toEqual([{ bond: 1_200n, fees: 40n + 30n, at: 50 }]);
  });

  it("is the fees alone once the bond came back, and the bond that a proof took", () => {
    const closed = (result: "bond returned" | "bond lost", bond: bigint) =>
      stakes(attempt(), { is: "closed", claim: CLAIM, result, bond });
    expect(closed("bond returned", 0n)).toEqual([{ bond: 0n, fees: 30n, at: 50 }]);
    rmSync(file);
    expect(closed("bond lost", 800n)).toEqual([{ bond: 800n, fees: 30n, at: 50 }]);
  });

  it("is also a bond that only the chain knew", () => {
    expect(stakes({ is: "adopted", claim: CLAIM, bond: 700n, at: 44 })).toEqual([{ bond: 700n, fees: 0n, at: 44 }]);
  });
});
