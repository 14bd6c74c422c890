import { createCipheriv, createDecipheriv } from "node:crypto";
import fc from "fast-check";
import { pack } from "tar-stream";
import { concat } from "viem";
import { describe, expect, it } from "vitest";
import { systemRandom } from "#lib/core/effects.ts";
import { uint } from "#lib/core/hash.ts";
import { hkdfExpand, hkdfExtract } from "#lib/core/hkdf.ts";
import { contextKind, derivationInfo } from "#lib/permits/stepContext.ts";
import { packArchive, unpackArchive } from "#lib/state/archive.ts";
import { type BundleContext, openBundle, sealBundle } from "#lib/state/bundle.ts";
import { tried } from "../../properties.ts";

const limits = { maxFiles: 100, maxBytes: 10_000_000 };
const key = new Uint8Array(32).fill(7);
const bundle: BundleContext = {
  context: { chainId: 31337, permitConsumer: `0x${"11".repeat(20)}`, entitlement: `0x${"22".repeat(32)}` },
  step: 2,
  policyHash: `0x${"33".repeat(32)}`,
  permitHash: `0x${"44".repeat(32)}`,
  parentBundleHash: `0x${"55".repeat(32)}`,
};
const text = (value: string) => new TextEncoder().encode(value);
const files = [
  { name: "ledger/2.json", bytes: text("two") },
  { name: "ledger/1.json", bytes: text("one") },
  { name: "large.bin", bytes: new Uint8Array(200_000).fill(9) },
];
const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));

describe("an archive", () => {
  it("is the same bytes whatever the order of its files", async () => {
    expect(await packArchive(files)).toEqual(await packArchive([...files].reverse()));
  });

  it("gives back what was packed, for any files", async () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,12}(\/[a-z0-9]{1,12}){0,3}$/);
    const content = fc.uint8Array({ maxLength: 3000 });
    // A name that is a file and a folder is refused, as a case of its own says.
    const isTree = (entries: Record<string, Uint8Array>) => {
      const names = Object.keys(entries);
      return !names.some((file) => names.some((other) => other.startsWith(`${file}/`)));
    };
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, content, { maxKeys: 8 }).filter(isTree), async (entries) => {
        const given = Object.entries(entries).map(([entry, bytes]) => ({ name: entry, bytes }));
        const out = await unpackArchive(await packArchive(given), limits);
        expect(Object.fromEntries(out.map((file) => [file.name, [...file.bytes]]))).toEqual(
          Object.fromEntries(given.map((file) => [file.name, [...file.bytes]])),
        );
      }),
      tried("an archive gives back what was packed", 40),
    );
  });

  for (const name of ["../up", "/etc/passwd", "a/../b", ".hidden", "a//b", "a b", "C:\\x", "a/", "ünicode"]) {
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      await expect(packArchive([{ name, bytes: text("x") }])).rejects.toMatchObject({ code: "ARCHIVE_ENTRY_REFUSED" });
    });
  }

  it("refuses a name that is a file and a folder", async () => {
    const pair = [
      { name: "a", bytes: text("x") },
      { name: "a/b", bytes: text("y") },
    ];
    await expect(packArchive(pair)).rejects.toMatchObject({ code: "ARCHIVE_ENTRY_REFUSED" });
  });

  it("refuses names that differ only in case", async () => {
    const pair = [
      { name: "Readme", bytes: text("a") },
      { name: "README", bytes: text("b") },
    ];
    await expect(packArchive(pair)).rejects.toMatchObject({ code: "ARCHIVE_ENTRY_REFUSED" });
  });

  it("refuses links, foreign headers, oversize and trailing bytes", async () => {
    const link = pack();
    link.entry({ name: "a", type: "symlink", linkname: "/etc/passwd" });
    link.finalize();
    await expect(unpackArchive(await bytesOf(link), limits)).rejects.toMatchObject({ code: "ARCHIVE_ENTRY_REFUSED" });

    const foreign = pack();
    foreign.entry({ name: "a", mode: 0o777 }, "x");
    foreign.finalize();
    await expect(unpackArchive(await bytesOf(foreign), limits)).rejects.toMatchObject({
      code: "ARCHIVE_NOT_DETERMINISTIC",
    });

    const whole = await packArchive(files);
    await expect(unpackArchive(whole, { maxFiles: 2, maxBytes: 1e9 })).rejects.toMatchObject({
      code: "ARCHIVE_TOO_LARGE",
    });
    await expect(unpackArchive(whole, { maxFiles: 9, maxBytes: 1000 })).rejects.toMatchObject({
      code: "ARCHIVE_TOO_LARGE",
    });
    await expect(unpackArchive(new Uint8Array([...whole, ...new Uint8Array(512)]), limits)).rejects.toMatchObject({
      code: "ARCHIVE_NOT_DETERMINISTIC",
    });
    await expect(unpackArchive(whole.subarray(0, 700), limits)).rejects.toMatchObject({ name: "PawlError" });
  });
});

/** An altered archive whose header at `at` still has the right checksum. */
function withChecksum(archive: Uint8Array, at: number): Uint8Array {
  const header = archive.subarray(at, at + 512);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.set(text(`${sum.toString(8).padStart(6, "0")} \0`), 148);
  return archive;
}

describe("a hostile archive", () => {
  const SIZE_AT = 124;
  for (const [what, size] of [
    ["a size that begins with 0x82", [0x82, ...text("0000000003 ")]],
    ["a size that begins with 0xe4", [0xe4, ...text("0000000003 ")]],
    ["a size in base 256", [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]],
    ["a negative size", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfd]],
    ["a size that is no number", [...text("ten  bytes  ")]],
    ["an empty size", new Array<number>(12).fill(0)],
    ["a size beyond its end", [...text("00000077777 ")]],
  ] as const) {
    it(`is refused for ${what}`, async () => {
      const archive = await packArchive([{ name: "a", bytes: text("two") }]);
      archive.set(size, SIZE_AT);
      await expect(unpackArchive(withChecksum(archive, 0), limits)).rejects.toMatchObject({
        code: "ARCHIVE_MALFORMED",
      });
    });
  }

  it("is refused, or gives the same files, however it is altered", async () => {
    const whole = await packArchive(files.slice(0, 2));
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    const headerChange = fc.record({ at: fc.nat(511), byte: fc.nat(255) });
    const sizeChange = fc.record({ at: fc.integer({ min: SIZE_AT, max: SIZE_AT + 11 }), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(sizeChange, headerChange, change), { minLength: 1, maxLength: 4 }),
        fc.nat(whole.length + 1024),
        fc.boolean(),
        async (changes, length, cut) => {
          const altered = new Uint8Array(cut ? length : whole.length);
          altered.set(whole.subarray(0, altered.length));
          for (const { at, byte } of changes) altered[at] = byte;
          if (altered.length >= 512) withChecksum(altered, 0);
          const outcome = await unpackArchive(altered, limits).catch((thrown: unknown) => thrown);
          if (outcome instanceof Error) expect(outcome).toMatchObject({ name: "PawlError" });
          else expect(await packArchive(outcome as typeof files)).toEqual(altered);
        },
      ),
      tried("a hostile archive never hangs", 300),
    );
  });
});

describe("a state bundle", () => {
  it("opens with its own key and context", async () => {
    const sealed = await sealBundle(files, key, bundle, systemRandom);
    expect(await openBundle(sealed.bytes, key, bundle, limits)).toEqual(sorted);
  });

  it("holds an empty state", async () => {
    const sealed = await sealBundle([], key, bundle, systemRandom);
    expect(await openBundle(sealed.bytes, key, bundle, limits)).toEqual([]);
  });

  it("refuses another step's key", async () => {
    const sealed = await sealBundle(files, key, bundle, systemRandom);
    await expect(openBundle(sealed.bytes, new Uint8Array(32).fill(8), bundle, limits)).rejects.toMatchObject({
      code: "BUNDLE_WRONG_KEY",
    });
  });

  for (const [field, value] of [
    ["step", 3],
    ["policyHash", `0x${"99".repeat(32)}`],
    ["permitHash", `0x${"99".repeat(32)}`],
    ["parentBundleHash", `0x${"99".repeat(32)}`],
  ] as const) {
    it(`refuses a bundle of another ${field}`, async () => {
      const sealed = await sealBundle(files, key, bundle, systemRandom);
      const other = { ...bundle, [field]: value } as BundleContext;
      await expect(openBundle(sealed.bytes, key, other, limits)).rejects.toMatchObject({
        code: "BUNDLE_CONTEXT_MISMATCH",
      });
    });
  }

  it("refuses truncated, extended and reordered chunks", async () => {
    const { bytes } = await sealBundle(files, key, bundle, systemRandom);
    const headerBytes = 108;
    const stride = 65_536 + 16;
    const chunk = (index: number) => bytes.subarray(headerBytes + index * stride, headerBytes + (index + 1) * stride);
    const header = bytes.subarray(0, headerBytes);
    const variants = {
      truncatedAtChunk: [header, chunk(0), chunk(1)],
      truncatedInside: [bytes.subarray(0, bytes.length - 1)],
      extended: [bytes, new Uint8Array(40)],
      repeated: [header, chunk(0), chunk(0), chunk(1), chunk(2), chunk(3)],
      reordered: [header, chunk(1), chunk(0), chunk(2), chunk(3)],
    };
    for (const [name, parts] of Object.entries(variants)) {
      await expect(openBundle(new Uint8Array(Buffer.concat(parts)), key, bundle, limits), name).rejects.toMatchObject({
        code: "BUNDLE_TAMPERED",
      });
    }
  });

  it("never seals two equal chunks alike", async () => {
    const { bytes } = await sealBundle([{ name: "a", bytes: new Uint8Array(300_000) }], key, bundle, systemRandom);
    const stride = 65_536 + 16;
    const chunk = (index: number) => bytes.subarray(108 + index * stride, 108 + (index + 1) * stride);
    expect(chunk(1).length).toBe(stride);
    expect(Buffer.from(chunk(1)).equals(chunk(2))).toBe(false);
  });

  it("refuses any single flipped bit, with a typed error", async () => {
    const { bytes } = await sealBundle([{ name: "a", bytes: text("secret") }], key, bundle, systemRandom);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = new Uint8Array(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        await expect(openBundle(flipped, key, bundle, limits)).rejects.toMatchObject({ name: "PawlError" });
      }),
      tried("a bundle refuses any flipped bit", 200),
    );
  });

  it("refuses other padding, although it was sealed with the right key", async () => {
    const { bytes } = await sealBundle([], key, bundle, systemRandom);
    const variants: readonly ((plain: Uint8Array) => Uint8Array)[] = [
      (plain) => concat([plain.subarray(0, -1), Uint8Array.of(1)]),
      (plain) => concat([plain, new Uint8Array(64)]),
      (plain) => plain.subarray(0, -1),
      (plain) => concat([uint(plain.length, 64), plain.subarray(8)]),
      () => new Uint8Array(7),
    ];
    for (const change of variants) {
      await expect(openBundle(resealed(bytes, change), key, bundle, limits)).rejects.toMatchObject({
        code: "BUNDLE_TAMPERED",
      });
    }
    expect(
      await openBundle(
        resealed(bytes, (plain) => plain),
        key,
        bundle,
        limits,
      ),
    ).toEqual([]);
  });

  it("hides the size of the state up to its PADMÉ class", async () => {
    const sizes = await Promise.all(
      [70_000, 70_100, 70_200].map(async (size) => {
        const sealed = await sealBundle([{ name: "a", bytes: new Uint8Array(size) }], key, bundle, systemRandom);
        return sealed.bytes.length;
      }),
    );
    expect(new Set(sizes).size).toBe(1);
  });
});

/** A bundle of one chunk with another plaintext, as somebody who holds the key can make it. */
function resealed(bytes: Uint8Array, change: (plain: Uint8Array) => Uint8Array): Uint8Array {
  const [salt, ctx, chunk] = [bytes.subarray(12, 44), bytes.subarray(44, 76), bytes.subarray(108)];
  const info = concat([derivationInfo("file", bundle.context, bundle.step, contextKind.state), uint(65_536, 32), ctx]);
  const fileKey = hkdfExpand(hkdfExtract(salt, key), info, 64).subarray(0, 32);
  const nonce = concat([uint(0, 88), uint(1, 8)]);
  const decipher = createDecipheriv("chacha20-poly1305", fileKey, nonce, { authTagLength: 16 });
  decipher.setAuthTag(chunk.subarray(-16));
  const plain = concat([decipher.update(chunk.subarray(0, -16)), decipher.final()]);
  const cipher = createCipheriv("chacha20-poly1305", fileKey, nonce, { authTagLength: 16 });
  const sealed = [cipher.update(change(plain)), cipher.final(), cipher.getAuthTag()];
  return new Uint8Array(Buffer.concat([bytes.subarray(0, 108), ...sealed]));
}

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) if (part instanceof Uint8Array) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}
