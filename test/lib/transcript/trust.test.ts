import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, type Hex, stringToBytes } from "viem";
import { afterAll, describe, expect, it } from "vitest";
import { canonicalBytes } from "#lib/core/json.ts";
import { openArtifactStore } from "#lib/transcript/artifactStore.ts";
import { checkArtifact, openSnapshot, recordArtifact, recordSnapshot } from "#lib/transcript/artifacts.ts";
import { verifyTranscriptChain } from "#lib/transcript/chain.ts";
import { createContentFingerprint } from "#lib/transcript/compare.ts";
import { envelopeJson, signEnvelope } from "#lib/transcript/dsse.ts";
import { publicKeyOf } from "#lib/transcript/ed25519.ts";
import type { TranscriptEvent } from "#lib/transcript/event.ts";
import { EXPORT_TYPE, verifyExport, withCosignatures } from "#lib/transcript/export.ts";
import { encodeKeyring, parseKeyring } from "#lib/transcript/keyring.ts";
import { treeRoot } from "#lib/transcript/merkle.ts";
import { encodeNote, keyTypes, signNote, verifierKey } from "#lib/transcript/note.ts";
import { readTranscript } from "#lib/transcript/reader.ts";
import { cosign } from "#lib/transcript/witness.ts";
import { createTranscript } from "#lib/transcript/writer.ts";
import { exported, keyOf, keyringOf, now, owner, stranger } from "./export.fixture.ts";
import { closing, code, fileOf, type Line, linesOf, record, relinked, seeded } from "./log.fixture.ts";

/**
 * The ten properties that whoever relies on a run's record has to have. Against whoever can write to the disk (1 to 3, 7
 * to 9), whoever can also rewrite what the log says of itself (4, 10), whoever sets the clock (6), and whoever hands over
 * a key (5).
 */
const folder = mkdtempSync(join(tmpdir(), "pawl-transcript-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const honest = record(6);
const lines = linesOf(honest.bytes);
const trust = { keyring: keyringOf(owner), now };
const signed = exported(honest.bytes);
const replay = (changed: readonly Line[]) => readTranscript(fileOf(changed));

/** Every way in which the forger forgets to mend something, and the one in which nothing is forgotten. */
const forged = (changed: readonly Line[]) => {
  expect(() => replay(changed)).toThrow(code("TRANSCRIPT_BROKEN"));
  const rewritten = replay(relinked(changed));
  expect(rewritten.root).not.toBe(honest.root);
  expect(() => verifyExport(signed.envelope, trust, rewritten)).toThrow(code("EXPORT_OF_OTHER_TRANSCRIPT"));
};

describe("TRU-01: replay detects a modified event", () => {
  for (const field of ["at", "data", "salt", "type", "index", "prev"] as const) {
    for (const place of lines.keys()) {
      // The last event's successor is the root: the chain before it still holds.
      const change: Line = {
        at: 1,
        data: { changed: true },
        salt: `0x${"7".repeat(32)}`,
        type: "changed",
        index: 9,
        prev: honest.root,
      };
      const changed = lines.map((line, at) => (at === place ? { ...line, [field]: change[field] ?? null } : line));
      it(`${field} of event ${place}`, () => {
        const isLast = place === lines.length - 1 && field !== "index" && field !== "prev";
        if (isLast) expect(replay(changed).root).not.toBe(honest.root);
        else expect(() => replay(changed)).toThrow(code("TRANSCRIPT_BROKEN"));
      });
    }
  }

  it("also when every later event was written anew", () => {
    forged(lines.map((line, at) => (at === 2 ? { ...line, data: { changed: true } } : line)));
  });
});

describe("TRU-02: replay detects an inserted event", () => {
  for (let place = 0; place < lines.length; place++) {
    it(`before event ${place}`, () => forged(lines.toSpliced(place, 0, { ...lines[1] })));
  }
});

describe("TRU-03: replay detects a deleted or moved event", () => {
  for (let place = 0; place < lines.length - 1; place++) {
    it(`event ${place} deleted`, () => forged(lines.toSpliced(place, 1)));
  }

  it("the end cut off", () => {
    const cut = replay(lines.slice(0, -1));
    expect(cut.root).not.toBe(honest.root);
    expect(() => verifyExport(signed.envelope, trust, cut)).toThrow(code("EXPORT_OF_OTHER_TRANSCRIPT"));
  });

  for (let place = 0; place < lines.length - 2; place++) {
    it(`events ${place} and ${place + 1} exchanged`, () => {
      const [a = {}, b = {}] = lines.slice(place, place + 2);
      forged(lines.with(place, b).with(place + 1, a));
    });
  }
});

describe("TRU-04: the export's signature covers the fingerprint", () => {
  it("verifies, and names its signer", () => {
    expect(verifyExport(signed.envelope, trust, signed.summary)).toMatchObject({
      root: honest.root,
      count: 6,
      signers: [{ name: "owner", fingerprint: keyringOf(owner).keys[0]?.fingerprint }],
    });
  });

  it("refuses any other root, count, checkpoint, opening event or time under the same signature", () => {
    const other = exported(record(5, undefined, 9).bytes);
    const [mine, theirs] = [signed.envelope, other.envelope].map((bytes) => JSON.parse(Buffer.from(bytes).toString()));
    const payload = JSON.parse(Buffer.from(mine.envelope.payload, "base64").toString());
    const otherPayload = JSON.parse(Buffer.from(theirs.envelope.payload, "base64").toString());
    for (const field of ["root", "count", "checkpoint", "opening", "signedAt"]) {
      const changed = { ...payload, [field]: field === "signedAt" ? 1 : otherPayload[field] };
      const envelope = { ...mine.envelope, payload: Buffer.from(canonicalBytes(changed)).toString("base64") };
      expect(() => verifyExport(canonicalBytes({ ...mine, envelope }), trust)).toThrow(
        code("EXPORT_SIGNATURE_INVALID"),
      );
    }
    const typed = { ...mine, envelope: { ...mine.envelope, payloadType: "text/plain" } };
    expect(() => verifyExport(canonicalBytes(typed), trust)).toThrow(code("EXPORT_MALFORMED"));
    expect(() => verifyExport(canonicalBytes({ ...mine, note: theirs.note }), trust)).toThrow(
      code("EXPORT_INCONSISTENT"),
    );
    const unsigned = {
      ...mine,
      note: Buffer.from(Buffer.from(mine.note, "base64").toString().replace(/— .*/, "— a AAAAAAA=")).toString("base64"),
    };
    expect(() => verifyExport(canonicalBytes(unsigned), trust)).toThrow(code("NOTE_UNSIGNED"));
  });

  it("names each log apart in its checkpoint, so that no two runs look like forks of one log", () => {
    const origins = [1, 2].map(
      (seed) => verifyExport(exported(record(2, undefined, seed).bytes).envelope, trust).origin,
    );
    expect(new Set(origins).size).toBe(2);
    for (const name of origins) expect(name).toMatch(/^example\.org\/runs\/[0-9a-f]{64}$/);
  });

  it("refuses a signed statement whose parts contradict one another", () => {
    const file = JSON.parse(Buffer.from(signed.envelope).toString());
    const statement = JSON.parse(Buffer.from(file.envelope.payload, "base64").toString());
    const [origin = ""] = statement.checkpoint.split("\n");
    const other = exported(record(5, undefined, 9).bytes).summary;
    const changes: Readonly<Record<string, object>> = {
      "another size": { count: 7 },
      "another fingerprint": { root: other.root },
      "an opening event of another log": { opening: { ...statement.opening, event: other.first } },
      "an opening event that is not the first": { opening: { ...statement.opening, event: { ...lines[1] } } },
      "a checkpoint of another size": { checkpoint: statement.checkpoint.replace("\n6\n", "\n7\n") },
      "an origin without the log's name": { checkpoint: statement.checkpoint.replace(origin, "example.org/runs") },
      "the origin of another log": { checkpoint: statement.checkpoint.replace(/[0-9a-f]{64}/, "0".repeat(64)) },
    };
    const resigned = (change: object) => {
      const changed = { ...statement, ...change };
      const text: string = changed.checkpoint;
      const payload = canonicalBytes(changed);
      const [name = ""] = text.split("\n");
      const note = encodeNote({ text, signatures: [signNote(text, name, owner)] });
      const envelope = envelopeJson(signEnvelope(payload, EXPORT_TYPE, [owner]));
      return canonicalBytes({ v: 1, envelope, note: Buffer.from(note).toString("base64") });
    };
    expect(verifyExport(resigned({}), trust).root).toBe(honest.root);
    for (const [name, change] of Object.entries(changes)) {
      expect(() => verifyExport(resigned(change), trust), name).toThrow(code("EXPORT_INCONSISTENT"));
    }
    expect(() => verifyExport(resigned({ opening: { ...statement.opening, path: [] } }), trust)).toThrow(
      code("PROOF_MALFORMED"),
    );
  });

  it("refuses a signer who contradicts themself", () => {
    for (const wrong of [
      { count: 7 },
      { root: bytesToHex(treeRoot(signed.leaves)) },
      { first: { ...signed.summary.first, at: 1 } },
    ]) {
      expect(() => verifyExport(exported(honest.bytes, owner, wrong).envelope, trust)).toThrow(
        code("EXPORT_INCONSISTENT"),
      );
    }
  });
});

describe("TRU-05: the keyring tracks its keys by fingerprint", () => {
  it("believes no key that is not in it", () => {
    const envelope = exported(honest.bytes, stranger).envelope;
    expect(() => verifyExport(envelope, trust)).toThrow(code("EXPORT_SIGNER_UNKNOWN"));
    expect(() => verifyExport(signed.envelope, { ...trust, keyring: { v: 1, keys: [] } })).toThrow(
      code("EXPORT_SIGNER_UNKNOWN"),
    );
  });

  it("reads back, and refuses a key under another key's fingerprint, or twice", () => {
    const keyring = keyringOf(owner);
    expect(parseKeyring(encodeKeyring(keyring))).toEqual(keyring);
    const [mine] = keyring.keys;
    if (!mine) throw new RangeError("no key");
    const disguised = { ...mine, publicKey: publicKeyOf(stranger) };
    for (const keys of [[disguised], [mine, { ...mine, name: "again" }]]) {
      expect(() => parseKeyring(encodeKeyring({ v: 1, keys }))).toThrow(code("KEYRING_FINGERPRINT_MISMATCH"));
    }
    expect(() => parseKeyring(encodeKeyring(keyringOf(owner, { notBefore: 2, notAfter: 1 })))).toThrow(
      code("SCHEMA_MISMATCH"),
    );
  });

  it("has the fingerprint that openssl prints for the key", () => {
    // openssl pkey -in key.pem -pubout -outform DER | sha256sum
    const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKeyOf(owner)]);
    expect(keyringOf(owner).keys[0]?.fingerprint).toBe(`0x${createHash("sha256").update(spki).digest("hex")}`);
  });
});

describe("TRU-06: the clock decides nothing", () => {
  const early = record(6, undefined, 1, 1);
  const contentOf = (bytes: Uint8Array) => {
    const content = createContentFingerprint();
    readTranscript(bytes, undefined, content.see);
    return content.value();
  };

  it("a run under another clock has another fingerprint, but the same content", () => {
    expect(early.root).not.toBe(honest.root);
    expect(contentOf(early.bytes)).toBe(contentOf(honest.bytes));
    expect(contentOf(record(6, undefined, 99).bytes)).toBe(contentOf(honest.bytes));
    expect(contentOf(record(7).bytes)).not.toBe(contentOf(honest.bytes));
  });

  it("a time is committed to: nobody can change it afterwards", () => {
    expect(() => replay(lines.map((line, at) => (at === 0 ? { ...line, at: 1 } : line)))).toThrow(
      code("TRANSCRIPT_BROKEN"),
    );
  });

  it("times that stand still or run backwards break nothing: order is that of the chain", () => {
    const times = [50, 40, 40, 90, 0, 7];
    const log = createTranscript({ clock: () => times.shift() ?? 0, random: seeded(1) });
    for (let event = 0; event < 5; event++) log.append("event", {});
    expect(readTranscript(log.close(closing).bytes).count).toBe(6);
  });

  it("the signer's own date makes no expired key valid; a witness's does", () => {
    const keyring = keyringOf(owner, { notBefore: now - 1000, notAfter: now - 500 });
    expect(() => verifyExport(signed.envelope, { keyring, now })).toThrow(code("EXPORT_SIGNER_NOT_VALID"));
    expect(verifyExport(signed.envelope, { keyring, now: now - 500 }).root).toBe(honest.root);
    expect(() => verifyExport(signed.envelope, { keyring, now: now - 1001 })).toThrow(code("EXPORT_SIGNER_NOT_VALID"));
    const { checkpoint } = verifyExport(signed.envelope, trust);
    const key = keyOf(20);
    const policy = { witnesses: [verifierKey("w.example", keyTypes.cosignature, publicKeyOf(key))], threshold: 1 };
    const cosignedAt = (at: number) => withCosignatures(signed.envelope, [cosign(checkpoint, "w.example", key, at)]);
    expect(verifyExport(cosignedAt(now - 600), { keyring, now, witnesses: policy }).witnesses).toEqual([
      { name: "w.example", at: now - 600 },
    ]);
    expect(() => verifyExport(cosignedAt(now - 400), { keyring, now, witnesses: policy })).toThrow(
      code("EXPORT_SIGNER_NOT_VALID"),
    );
    expect(() => verifyExport(signed.envelope, { keyring, now, witnesses: policy })).toThrow(
      code("WITNESS_THRESHOLD_MISSED"),
    );
  });
});

describe("TRU-06: the clock of one witness decides nothing either", () => {
  it("a key that had ended stays so when fewer witnesses than the threshold date the log back", () => {
    const keyring = keyringOf(owner, { notBefore: 0, notAfter: now - 500 });
    const names = ["a.example", "b.example", "c.example"];
    const keys = names.map((_, index) => keyOf(30 + index));
    const witnesses = keys.map((key, index) => verifierKey(names[index] ?? "", keyTypes.cosignature, publicKeyOf(key)));
    const { checkpoint } = verifyExport(signed.envelope, trust);
    const cosigned = (...times: number[]) =>
      withCosignatures(
        signed.envelope,
        times.map((at, index) => cosign(checkpoint, names[index] ?? "", keys[index] ?? owner, at)),
      );
    const believing = { keyring, now, witnesses: { witnesses, threshold: 2 } };
    expect(() => verifyExport(cosigned(now - 900, now, now), believing)).toThrow(code("EXPORT_SIGNER_NOT_VALID"));
    expect(verifyExport(cosigned(now - 900, now, now - 600), believing).witnesses).toHaveLength(3);
  });
});

/** A log with an artifact and a snapshot, and where their bytes lie. */
async function recordedWithBlobs(name: string) {
  const place = join(folder, name);
  const store = openArtifactStore(place);
  const log = createTranscript({ clock: () => 1, random: seeded(1) });
  const artifact = await recordArtifact(log, store, {
    producer: "compiler",
    name: "module.wasm",
    bytes: stringToBytes("code"),
  });
  const snapshot = await recordSnapshot(log, store, { balance: 5 });
  const events: TranscriptEvent[] = [];
  readTranscript(log.close(closing).bytes, undefined, (event) => events.push(event));
  const pathOf = (hash: Hex) => join(place, hash.slice(2, 4), hash.slice(4));
  const overwrite = (hash: Hex, bytes: Uint8Array) => {
    chmodSync(pathOf(hash), 0o644);
    writeFileSync(pathOf(hash), bytes);
  };
  const [first, second, last] = events;
  if (!first || !second || !last) throw new RangeError("no events");
  return { store, artifact, snapshot, events: [first, second, last] as const, overwrite, place };
}

describe("TRU-07: artifacts are hashed when they are read", () => {
  it("reads what was written, and finds it named by the log", async () => {
    const { store, artifact, events } = await recordedWithBlobs("honest");
    expect(await store.read(artifact)).toEqual(stringToBytes("code"));
    expect(await Promise.all(events.map((event) => checkArtifact(event, store)))).toEqual([true, true, false]);
  });

  it("refuses a changed artifact, on reading, on writing it again, and from the log", async () => {
    const { store, artifact, events, overwrite } = await recordedWithBlobs("changed");
    overwrite(artifact, stringToBytes("c0de"));
    await expect(store.read(artifact)).rejects.toThrow(code("BLOB_CHANGED"));
    await expect(store.write(stringToBytes("code"))).rejects.toThrow(code("BLOB_CHANGED"));
    await expect(checkArtifact(events[0], store)).rejects.toThrow(code("BLOB_CHANGED"));
  });

  it("refuses an event that names another length, or nothing", async () => {
    const { store, events } = await recordedWithBlobs("length");
    const [artifact] = events;
    const longer = { ...artifact, data: { ...artifact.data, bytes: 5 } };
    await expect(checkArtifact(longer, store)).rejects.toThrow(code("BLOB_CHANGED"));
    await expect(checkArtifact({ ...artifact, data: {} }, store)).rejects.toThrow(code("TRANSCRIPT_BROKEN"));
    await expect(checkArtifact({ ...artifact, type: "snapshot" }, store)).rejects.toThrow(code("TRANSCRIPT_BROKEN"));
  });

  it("makes a module's output a leaf, so that another output is another fingerprint", async () => {
    const rootWith = async (text: string) => {
      const log = createTranscript({ clock: () => 1, random: seeded(1) });
      await recordArtifact(log, openArtifactStore(join(folder, "leaf")), {
        producer: "m",
        name: "out",
        bytes: stringToBytes(text),
      });
      return log.close(closing).root;
    };
    expect(await rootWith("a")).toBe(await rootWith("a"));
    expect(await rootWith("a")).not.toBe(await rootWith("b"));
  });
});

describe("TRU-08: a chain of runs is verified across its exports", () => {
  const run = (dependsOn: readonly Hex[], seed: number) =>
    exported(record(3, (log) => log.append("opened", { dependsOn: [...dependsOn] }), seed).bytes);
  const a = run([], 1);
  const b = run([a.summary.root], 2);
  const c = run([b.summary.root, a.summary.root], 3);
  const envelopes = (...runs: (typeof a)[]) => runs.map(({ envelope }) => envelope);
  const verify = (...runs: (typeof a)[]) => verifyTranscriptChain(envelopes(...runs), trust);

  it("holds in order, whole, also from an anchor", () => {
    expect(verify(a, b, c).map(({ root }) => root)).toEqual([a, b, c].map(({ summary }) => summary.root));
    expect(verifyTranscriptChain(envelopes(b), trust, a.summary.root)).toHaveLength(1);
  });

  const wrong: Readonly<Record<string, [() => unknown, string]>> = {
    "no run": [() => verify(), "TRANSCRIPT_CHAIN_EMPTY"],
    "a run twice": [() => verify(a, b, b), "TRANSCRIPT_CHAIN_REPEATED"],
    "the anchor as a run": [
      () => verifyTranscriptChain(envelopes(a, b), trust, a.summary.root),
      "TRANSCRIPT_CHAIN_REPEATED",
    ],
    "a run missing in the middle": [() => verify(a, c), "TRANSCRIPT_CHAIN_MISSING"],
    "a run missing at the beginning": [() => verify(b), "TRANSCRIPT_CHAIN_MISSING"],
    "a second beginning": [() => verify(a, run([], 7)), "TRANSCRIPT_CHAIN_MISSING"],
    "runs exchanged": [() => verify(b, a), "TRANSCRIPT_CHAIN_OUT_OF_ORDER"],
    "two runs that follow the same one": [() => verify(a, b, run([a.summary.root], 8)), "TRANSCRIPT_CHAIN_FORKED"],
    "a run that another key signed": [
      () => verifyTranscriptChain([a.envelope, exported(b.bytes, stranger).envelope], trust),
      "EXPORT_SIGNER_UNKNOWN",
    ],
    "another anchor": [() => verifyTranscriptChain(envelopes(b), trust, c.summary.root), "TRANSCRIPT_CHAIN_MISSING"],
    "a signer's word instead of the log's about what a run depends on": [
      () =>
        verifyTranscriptChain(
          [a.envelope, exported(run([], 9).bytes, owner, { first: b.summary.first }).envelope],
          trust,
        ),
      "EXPORT_INCONSISTENT",
    ],
  };
  for (const [name, [attempt, expected]] of Object.entries(wrong)) {
    it(`refuses ${name}`, () => expect(attempt).toThrow(code(expected)));
  }
});

describe("TRU-09: a snapshot's state is verified when it is loaded", () => {
  it("gives back the state that the log committed to", async () => {
    const { store, snapshot, events } = await recordedWithBlobs("state");
    expect(openSnapshot(events[1], await store.read(snapshot))).toEqual({ balance: 5 });
  });

  it("refuses another state, another moment's, and one that no event names", async () => {
    const { store, snapshot, events, overwrite } = await recordedWithBlobs("other-state");
    const richer = canonicalBytes({ v: 1, after: 1, state: { balance: 500 } });
    expect(() => openSnapshot(events[1], richer)).toThrow(code("SNAPSHOT_CHANGED"));
    const elsewhere = { ...events[1], index: 4 };
    const bytes = await store.read(snapshot);
    expect(() => openSnapshot(elsewhere, bytes)).toThrow(code("SNAPSHOT_CHANGED"));
    expect(() => openSnapshot(events[0], bytes)).toThrow(code("SNAPSHOT_CHANGED"));
    overwrite(snapshot, richer);
    await expect(checkArtifact(events[1], store)).rejects.toThrow(code("BLOB_CHANGED"));
  });

  it("refuses a log whose snapshot event was changed along with the state", () => {
    forged(
      lines.map((line, at) =>
        at === 3 ? { ...line, type: "snapshot", data: { stateHash: honest.root, bytes: 1 } } : line,
      ),
    );
  });
});

describe("TRU-10: events and fingerprint changed together", () => {
  const rewritten = fileOf(
    relinked(lines.map((line, at) => (at === 2 ? { ...line, data: { paid: 1_000_000 } } : line))),
  );

  it("pass a bare replay, which is why a fingerprint has to come from elsewhere", () => {
    const { root } = readTranscript(rewritten);
    expect(readTranscript(rewritten).root).toBe(root);
    expect(root).not.toBe(honest.root);
  });

  it("are detected by the signed export, and by a checkpoint that witnesses cosigned", () => {
    const forgery = readTranscript(rewritten);
    expect(() => verifyExport(signed.envelope, trust, forgery)).toThrow(code("EXPORT_OF_OTHER_TRANSCRIPT"));
    // Only the owner's key could sign the new one; even then no witness cosigned it.
    expect(() => verifyExport(exported(rewritten, stranger).envelope, trust, forgery)).toThrow(
      code("EXPORT_SIGNER_UNKNOWN"),
    );
    const byOwner = exported(rewritten).envelope;
    expect(verifyExport(byOwner, trust, forgery).root).toBe(forgery.root);
    const key = keyOf(20);
    const witnesses = { witnesses: [verifierKey("w.example", keyTypes.cosignature, publicKeyOf(key))], threshold: 1 };
    const { checkpoint } = verifyExport(signed.envelope, trust);
    const cosignature = cosign(checkpoint, "w.example", key, now);
    expect(
      verifyExport(withCosignatures(signed.envelope, [cosignature]), { ...trust, witnesses }).witnesses,
    ).toHaveLength(1);
    expect(() => verifyExport(byOwner, { ...trust, witnesses })).toThrow(code("WITNESS_THRESHOLD_MISSED"));
    expect(() => verifyExport(withCosignatures(byOwner, [cosignature]), { ...trust, witnesses })).toThrow(
      code("NOTE_SIGNATURE_INVALID"),
    );
  });
});

it("leaves nothing but artifacts in the store's folder", () => {
  const left = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(left.filter(({ name }) => !/^[0-9a-f]{62}$/.test(name))).toEqual([]);
});
