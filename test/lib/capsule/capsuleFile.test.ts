import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  addSignature,
  type Capsule,
  evidenceHash,
  openCapsule,
  packCapsule,
  type StepEvidence,
} from "#lib/capsule/capsule.ts";
import {
  type CapsuleSource,
  packCapsuleFile,
  readCapsuleFile,
  signCapsuleFile,
  unpackCapsuleFile,
} from "#lib/capsule/capsuleFile.ts";
import { digestOf } from "#lib/capsule/digest.ts";
import { type EvidencePart, evidenceFiles, lastFiles } from "#lib/capsule/layout.ts";
import { signManifest } from "#lib/capsule/signatures.ts";
import { packArchive } from "#lib/state/archive.ts";
import { tried } from "../../properties.ts";
import { anchors, minted, packMinted, signerOf } from "./capsule.fixture.ts";

/*
 * A capsule on disk: reads, packs and signs as in memory, also beyond the size from which a second thread hashes;
 * unpacks whole into a new folder or leaves nothing; refuses what is no regular file, and what is there already.
 */
const folder = mkdtempSync(join(tmpdir(), "pawl-capsule-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
const fresh = () => join(folder, `f${++count}`);
const write = (bytes: Uint8Array) => {
  const path = fresh();
  writeFileSync(path, bytes);
  return path;
};
const capsule = await packMinted();
const large = { ...minted.parts, stateBundle: new Uint8Array(10_500_001).map((_, at) => at % 251) };

/** Nothing half-made stays behind. */
const leftovers = () => readdirSync(folder).filter((name) => name.includes("partial"));

describe("a capsule on disk", () => {
  for (const [what, parts] of [
    ["small", minted.parts],
    ["large enough for a second thread", large],
  ] as const) {
    it(`reads as in memory, when ${what}`, async () => {
      const bytes = await packCapsule(parts, { anchors });
      const seen: number[] = [];
      const read = await readCapsuleFile(write(bytes), { progress: (done) => void seen.push(done) });
      expect(read.evidenceHash).toBe(evidenceHash(bytes));
      expect(read.bytes).toBe(bytes.length);
      expect(seen.at(-1)).toBe(bytes.length);
      const { stateBundle, ...others } = read.capsule.parts;
      const { stateBundle: expected, ...expectedOthers } = parts;
      expect(stateBundle).toEqual(digestOf(expected ?? new Uint8Array()));
      expect(Object.keys(others).sort()).toEqual(Object.keys(expectedOthers).sort());
      expect(Buffer.from(read.capsule.manifestBytes)).toEqual(Buffer.from((await openCapsule(bytes)).manifestBytes));
    });

    it(`is packed as in memory, when ${what}`, async () => {
      const sources = Object.entries(parts).map(([part, content]): CapsuleSource => {
        const name = evidenceFiles[part as EvidencePart];
        return { name, content: part === "stateBundle" ? { path: write(content) } : content };
      });
      const target = fresh();
      const packed = await packCapsuleFile(sources, { anchors }, target);
      const expected = await packCapsule(parts, { anchors });
      expect(packed.evidenceHash).toBe(evidenceHash(expected));
      expect(readFileSync(target).equals(expected)).toBe(true);
    });
  }

  it("is signed as in memory, once more and again", async () => {
    const [one, two] = [signerOf(), signerOf("p256")];
    const [first, second] = [fresh(), fresh()];
    await signCapsuleFile(write(capsule), first, (manifest) => signManifest(manifest, one));
    const signed = await signCapsuleFile(first, second, (manifest) => signManifest(manifest, two));
    expect(signed.capsule.signatures).toHaveLength(2);
    expect(signed.evidenceHash).toBe(evidenceHash(new Uint8Array(readFileSync(second))));
    const { manifestBytes, signatures } = await openCapsule(new Uint8Array(readFileSync(second)));
    expect(manifestBytes).toEqual((await openCapsule(capsule)).manifestBytes);
    let inMemory = capsule;
    for (const signature of signatures) inMemory = await addSignature(inMemory, signature);
    expect(readFileSync(second).equals(inMemory)).toBe(true);
  });

  it("fares as in memory with any single flipped byte: refused, or with other anchors, which verification compares", async () => {
    type Opening = Promise<Pick<Capsule<StepEvidence>, "manifest">>;
    const outcome = (opening: Opening) =>
      opening.then(
        ({ manifest }) => ({ opened: manifest.anchors }),
        (thrown: { code: string }) => ({ refused: thrown.code }),
      );
    await fc.assert(
      fc.asyncProperty(fc.nat(capsule.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const flipped = Uint8Array.from(capsule);
        flipped[at] = (flipped[at] ?? 0) ^ mask;
        const path = write(flipped);
        const onDisk = await outcome(readCapsuleFile(path).then((read) => read.capsule));
        rmSync(path);
        expect(onDisk).toEqual(await outcome(openCapsule(flipped)));
        expect(onDisk).not.toEqual({ opened: anchors });
        expect(onDisk).not.toEqual({ refused: undefined });
      }),
      tried("a capsule on disk fares as in memory with any flipped byte", 60),
    );
  });

  it("is refused when it is cut short, in the middle of a large file too", async () => {
    const bytes = await packCapsule(large, { anchors });
    await expect(readCapsuleFile(write(bytes.subarray(0, 9_000_000)))).rejects.toMatchObject({
      code: "ARCHIVE_MALFORMED",
    });
  });

  it("is refused when it cannot be read, or is no regular file", async () => {
    const pipe = fresh();
    execFileSync("mkfifo", [pipe]);
    for (const path of [join(folder, "absent"), folder, "/dev/null", pipe]) {
      await expect(readCapsuleFile(path)).rejects.toMatchObject({ code: "CAPSULE_FILE_UNREADABLE" });
    }
  });
});

describe("unpacking", () => {
  it("writes every file as it was", async () => {
    const target = fresh();
    const { index } = await unpackCapsuleFile(write(capsule), target);
    expect(readdirSync(target).sort()).toEqual([...index.keys()].sort());
    for (const [part, name] of Object.entries(evidenceFiles)) {
      expect(readFileSync(join(target, name)).equals(minted.parts[part as EvidencePart] ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it("leaves nothing behind when the capsule is refused, however late", async () => {
    const flipped = Uint8Array.from(capsule);
    flipped[Buffer.from(capsule).indexOf("sealed state")] = 0;
    const hostile = await packArchive([{ name: "a/b", bytes: new Uint8Array(3) }], lastFiles);
    for (const [bytes, code] of [
      [flipped, "CAPSULE_FILE_MISMATCH"],
      [capsule.subarray(0, -512), "ARCHIVE_MALFORMED"],
      [hostile, "CAPSULE_FILE_UNKNOWN"],
    ] as const) {
      const target = fresh();
      await expect(unpackCapsuleFile(write(bytes), target)).rejects.toMatchObject({ code });
      expect(existsSync(target)).toBe(false);
    }
    expect(leftovers()).toEqual([]);
  });

  it("refuses a folder, a file or a link that is there", async () => {
    const [taken, link] = [fresh(), fresh()];
    mkdirSync(taken);
    symlinkSync(join(folder, "nowhere"), link);
    for (const target of [taken, link, write(capsule)]) {
      await expect(unpackCapsuleFile(write(capsule), target)).rejects.toMatchObject({ code: "CAPSULE_TARGET_EXISTS" });
    }
    await expect(unpackCapsuleFile(write(capsule), join(fresh(), "deep"))).rejects.toMatchObject({
      code: "CAPSULE_TARGET_UNWRITABLE",
    });
  });
});

describe("packing", () => {
  const source = { name: evidenceFiles.policy, content: new Uint8Array(3) };

  it("refuses names that are no capsule's, its manifest's, and sources that are not there", async () => {
    for (const name of ["other", "manifest.json", "../up"]) {
      await expect(packCapsuleFile([{ ...source, name }], { anchors }, fresh())).rejects.toMatchObject({
        code: "CAPSULE_FILE_UNKNOWN",
      });
    }
    const absent = { name: evidenceFiles.stateBundle, content: { path: join(folder, "absent") } };
    await expect(packCapsuleFile([absent], { anchors }, fresh())).rejects.toMatchObject({
      code: "CAPSULE_FILE_UNREADABLE",
    });
    expect(leftovers()).toEqual([]);
  });

  it("never overwrites", async () => {
    await expect(packCapsuleFile([source], { anchors }, write(capsule))).rejects.toMatchObject({
      code: "CAPSULE_TARGET_EXISTS",
    });
  });
});
