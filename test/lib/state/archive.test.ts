import fc from "fast-check";
import { type Header, pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { type ArchiveLimits, ArchiveReader, archiveHeader, packArchive, unpackArchive } from "#lib/state/archive.ts";
import { tried } from "../../properties.ts";

/*
 * An archive is refused
 * ├ for its entries: traversal, absolute, hidden and odd names; links, devices, folders, pipes; PAX, GNU and sparse
 * │ entries; names that meet: twice, in another case, in another Unicode form, a file where a folder is
 * ├ for its sizes: more files or bytes than allowed, sizes in another spelling, sizes beyond the end
 * ├ for its headers: a wrong checksum, any byte that would be written otherwise
 * ├ for its frame: cut short anywhere, bytes after the end, padding that is not zeros, another order
 * └ whatever the pieces it arrives in
 */

const limits: ArchiveLimits = { maxFiles: 100, maxBytes: 1_000_000 };
const text = (value: string) => new TextEncoder().encode(value);

type Entry = readonly [Partial<Header> & { name: string }, string?];

/** An archive by the library that everybody uses, with whatever headers are asked for. */
async function foreign(...entries: readonly Entry[]): Promise<Uint8Array> {
  const stream = pack();
  const chunks: Uint8Array[] = [];
  const done = (async () => {
    for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  })();
  for (const [header, content = ""] of entries) {
    await new Promise<void>((resolve, reject) => {
      const plain = { mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) };
      const entry = stream.entry({ ...plain, ...header, size: content.length }, (error) =>
        error ? reject(error) : resolve(),
      );
      entry.end(content);
    });
  }
  stream.finalize();
  await done;
  return new Uint8Array(Buffer.concat(chunks));
}

/** Changes bytes of the header at the beginning, and makes its checksum right again. */
function withHeader(archive: Uint8Array, change: (header: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(archive);
  const header = copy.subarray(0, 512);
  change(header);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.set(text(`${sum.toString(8).padStart(6, "0")} \0`), 148);
  return copy;
}

const refused = (archive: Uint8Array, code: string, within = limits) =>
  expect(unpackArchive(archive, within)).rejects.toMatchObject({ name: "PawlError", code });

describe("an archive's header", () => {
  it("is the one that tar-stream writes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[a-z0-9]{1,12}(\/[a-z0-9.]{0,3}[a-z0-9]){0,3}$/),
        fc.nat(2000),
        async (name, size) => {
          if (name.includes("/.")) return;
          const archive = await foreign([{ name }, "x".repeat(size)]);
          expect(Buffer.from(archive.subarray(0, 512))).toEqual(Buffer.from(archiveHeader(name, size)));
          expect(Buffer.from(await packArchive([{ name, bytes: text("x".repeat(size)) }]))).toEqual(
            Buffer.from(archive),
          );
        },
      ),
      tried("an archive is the one that tar-stream writes", 30),
    );
  });
});

describe("an archive with a hostile entry", () => {
  for (const name of [
    "../up",
    "a/../../b",
    "/etc/passwd",
    "./a",
    ".hidden",
    "a/.git/config",
    "a//b",
    "a\\b",
    "C:x",
    "a b",
  ]) {
    it(`is refused for the name ${JSON.stringify(name)}`, async () => {
      await refused(await foreign([{ name }, "x"]), "ARCHIVE_ENTRY_REFUSED");
    });
  }

  it("is refused for a name with a control character, or one that hides another after a zero byte", async () => {
    const honest = await packArchive([{ name: "ab", bytes: text("x") }]);
    await refused(
      withHeader(honest, (header) => header.set([0x1b], 1)),
      "ARCHIVE_ENTRY_REFUSED",
    );
    await refused(
      withHeader(honest, (header) => header.set(text("a\0../up"), 0)),
      "ARCHIVE_NOT_DETERMINISTIC",
    );
  });

  for (const type of [
    "symlink",
    "link",
    "character-device",
    "block-device",
    "directory",
    "fifo",
    "contiguous-file",
  ] as const) {
    it(`is refused for a ${type}`, async () => {
      const linkname = type.endsWith("link") ? { linkname: "/etc/passwd" } : {};
      await refused(await foreign([{ name: "a", type, ...linkname }]), "ARCHIVE_ENTRY_REFUSED");
    });
  }

  for (const [what, type] of [
    ["a PAX header", "x"],
    ["a global PAX header", "g"],
    ["a GNU long name", "L"],
    ["a GNU long link", "K"],
    ["a GNU sparse file", "S"],
    ["a GNU volume label", "V"],
    ["a multi-volume continuation", "M"],
    ["the old spelling of a file", "\0"],
  ]) {
    it(`is refused for ${what}`, async () => {
      const honest = await packArchive([{ name: "a", bytes: text("x") }]);
      await refused(
        withHeader(honest, (header) => header.set(text(type ?? ""), 156)),
        "ARCHIVE_ENTRY_REFUSED",
      );
    });
  }

  it("is refused for extended attributes that tar-stream writes as PAX", async () => {
    await refused(await foreign([{ name: "a", pax: { path: "../up" } }, "x"]), "ARCHIVE_ENTRY_REFUSED");
    // A name in two fields of the header, which is no name that is written here.
    await refused(await foreign([{ name: `${"long/".repeat(40)}name` }, "x"]), "ARCHIVE_NOT_DETERMINISTIC");
  });

  for (const [what, first, second] of [
    ["twice", "a", "a"],
    ["in another case", "README", "readme"],
    ["in another case of its folder", "Docs/x", "docs/X"],
    ["as file and as folder", "a", "a/b"],
    ["as file and as folder, in another case", "A", "a/b"],
  ] as const) {
    it(`is refused for a name that appears ${what}`, async () => {
      await refused(await foreign([{ name: first }, "x"], [{ name: second }, "y"]), "ARCHIVE_ENTRY_REFUSED");
      await refused(await foreign([{ name: second }, "x"], [{ name: first }, "y"]), "ARCHIVE_ENTRY_REFUSED");
    });
  }

  it("is refused for names in two Unicode forms, and for either", async () => {
    for (const form of ["NFC", "NFD"]) {
      await refused(await foreign([{ name: "é".normalize(form) }, "x"]), "ARCHIVE_ENTRY_REFUSED");
    }
  });
});

describe("an archive of the wrong size", () => {
  it("is refused for more files or bytes than allowed, before they are kept", async () => {
    const files = Array.from({ length: 5 }, (_, index) => ({ name: `f${index}`, bytes: new Uint8Array(1000) }));
    const archive = await packArchive(files);
    await refused(archive, "ARCHIVE_TOO_LARGE", { maxFiles: 4, maxBytes: 10_000 });
    await refused(archive, "ARCHIVE_TOO_LARGE", { maxFiles: 5, maxBytes: 4999 });
  });

  it("is refused as soon as a header announces too much", () => {
    const seen: string[] = [];
    const reader = new ArchiveReader(limits, { file: (name) => void seen.push(name), content: () => undefined });
    expect(() => reader.push(archiveHeader("bomb", 0o77777777777))).toThrow(
      expect.objectContaining({ code: "ARCHIVE_TOO_LARGE" }),
    );
    expect(seen).toEqual([]);
  });

  for (const [what, size] of [
    ["in base 256", [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ["that is negative", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ["without leading zeros", [...text("1          ")]],
    ["that ends with a zero byte", [...text("00000000001\0")]],
  ] as const) {
    it(`is refused for a size ${what}`, async () => {
      const honest = await packArchive([{ name: "a", bytes: text("x") }]);
      await refused(
        withHeader(honest, (header) => header.set(size, 124)),
        "ARCHIVE_MALFORMED",
      );
    });
  }
});

describe("an archive that is not whole", () => {
  const files = [
    { name: "a", bytes: text("one") },
    { name: "b", bytes: new Uint8Array(512).fill(7) },
  ];

  it("is refused for a wrong checksum", async () => {
    const archive = Uint8Array.from(await packArchive(files));
    archive.set(text("000000 \0"), 148);
    await refused(archive, "ARCHIVE_MALFORMED");
  });

  it("is refused when cut short, wherever", async () => {
    const archive = await packArchive(files);
    for (let length = 0; length < archive.length; length += 64) {
      await refused(archive.subarray(0, length), "ARCHIVE_MALFORMED");
    }
    await refused(archive.subarray(0, -1), "ARCHIVE_MALFORMED");
  });

  it("is refused for bytes after its end, zeros too, and a second archive", async () => {
    const archive = await packArchive(files);
    for (const more of [new Uint8Array(1), new Uint8Array(512), archive]) {
      await refused(new Uint8Array(Buffer.concat([archive, more])), "ARCHIVE_NOT_DETERMINISTIC");
    }
  });

  it("is refused for padding that is not zeros, and for another order", async () => {
    const archive = Uint8Array.from(await packArchive(files));
    archive[512 + 3] = 1;
    await refused(archive, "ARCHIVE_NOT_DETERMINISTIC");
    await refused(await foreign([{ name: "b" }, "x"], [{ name: "a" }, "y"]), "ARCHIVE_NOT_DETERMINISTIC");
  });

  it("is refused for any header that would be written otherwise", async () => {
    for (const header of [{ mode: 0o755 }, { uid: 1 }, { gid: 1 }, { mtime: new Date(1000) }, { uname: "root" }]) {
      await refused(await foreign([{ name: "a", ...header }, "x"]), "ARCHIVE_NOT_DETERMINISTIC");
    }
  });

  it("is refused for every flipped bit outside of contents, whatever the checksum", async () => {
    const archive = await packArchive(files);
    const isContent = (at: number) => (at >= 512 && at < 515) || (at >= 1536 && at < 2048);
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.nat(7), fc.boolean(), async (at, bit, mend) => {
        fc.pre(!isContent(at));
        const flipped = Uint8Array.from(archive);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        const made = mend && at < 512 && (at < 148 || at >= 156) ? withHeader(flipped, () => undefined) : flipped;
        // A name may be another name, and is then another archive.
        if (mend && at < 1) return;
        await expect(unpackArchive(made, limits)).rejects.toMatchObject({ name: "PawlError" });
      }),
      tried("an archive refuses flipped bits", 300),
    );
  });
});

describe("an archive in pieces", () => {
  it("gives the same files, or the same refusal, whatever the pieces", async () => {
    const archive = await packArchive([
      { name: "a", bytes: text("one") },
      { name: "b/c", bytes: new Uint8Array(1500).fill(3) },
      { name: "z", bytes: new Uint8Array() },
    ]);
    const read = (bytes: Uint8Array, pieces: readonly number[]) => {
      const log: string[] = [];
      let hex = "";
      const sink = {
        file: (name: string, size: number) => void log.push(`${name} ${size}`),
        content: (piece: Uint8Array) => {
          hex += Buffer.from(piece).toString("hex");
        },
      };
      const reader = new ArchiveReader(limits, sink);
      try {
        let at = 0;
        for (const length of pieces) {
          reader.push(bytes.subarray(at, at + length));
          at += length;
        }
        reader.push(bytes.subarray(at));
        reader.finish();
      } catch (thrown) {
        return thrown instanceof Error && "code" in thrown ? thrown.code : thrown;
      }
      return [...log, hex];
    };
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 12 }),
        fc.nat(archive.length - 1),
        fc.boolean(),
        (pieces, at, alter) => {
          const bytes = Uint8Array.from(archive);
          if (alter) bytes[at] = (bytes[at] ?? 0) ^ 1;
          expect(read(bytes, pieces)).toEqual(read(bytes, []));
        },
      ),
      tried("an archive reads alike in any pieces", 100),
    );
  });

  it("has the files that stand last where they are asked to stand", async () => {
    const files = ["manifest", "a", "z", "signers"].map((name) => ({ name, bytes: text(name) }));
    const last = ["manifest", "signers"];
    const archive = await packArchive(files, last);
    const names = (await unpackArchive(archive, { ...limits, last })).map(({ name }) => name);
    expect(names).toEqual(["a", "z", "manifest", "signers"]);
    await refused(archive, "ARCHIVE_NOT_DETERMINISTIC");
    await refused(await packArchive(files), "ARCHIVE_NOT_DETERMINISTIC", { ...limits, last });
  });
});
