import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringToBytes } from "viem";
import { afterAll, describe, expect, it } from "vitest";
import { sha256Hex } from "#lib/core/hash.ts";
import { openArtifactStore } from "#lib/transcript/artifactStore.ts";
import { code } from "./log.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytes = stringToBytes("an artifact");
const name = sha256Hex(bytes);
const fresh = (what: string, limits?: { maxBytes: number }) => {
  const place = join(folder, what);
  return { place, store: openArtifactStore(place, limits), path: join(place, name.slice(2, 4), name.slice(4)) };
};

describe("the artifact store", () => {
  it("keeps bytes under their hash, once, however many write them at the same time", async () => {
    const { store, place } = fresh("together");
    const names = await Promise.all(Array.from({ length: 8 }, () => store.write(bytes)));
    expect(new Set(names)).toEqual(new Set([name]));
    expect(await store.read(name)).toEqual(bytes);
    expect(readdirSync(join(place, name.slice(2, 4)))).toEqual([name.slice(4)]);
  });

  it("keeps the empty artifact", async () => {
    const { store } = fresh("empty");
    expect(await store.read(await store.write(new Uint8Array()))).toHaveLength(0);
  });

  it("refuses names that are not hashes, whatever lies there", async () => {
    const { store } = fresh("names");
    writeFileSync(join(folder, "secret"), "secret");
    for (const wrong of [
      "",
      "../secret",
      "0x",
      name.slice(2),
      name.toUpperCase(),
      `${name}0`,
      `0x../../secret`,
      `${name}\n`,
    ]) {
      await expect(store.read(wrong)).rejects.toThrow(code("BLOB_NAME_REFUSED"));
    }
  });

  it("says when it does not hold an artifact", async () => {
    await expect(fresh("absent").store.read(name)).rejects.toThrow(code("BLOB_MISSING"));
  });

  it("refuses a truncated artifact, and one that grew", async () => {
    for (const [what, changed] of [
      ["short", "an artifac"],
      ["long", "an artifact!"],
      ["none", ""],
    ] as const) {
      const { store, path } = fresh(what);
      await store.write(bytes);
      chmodSync(path, 0o644);
      writeFileSync(path, changed);
      await expect(store.read(name)).rejects.toThrow(code("BLOB_CHANGED"));
    }
  });

  it("follows no link, not even to the right bytes, and reads no folder", async () => {
    const linked = fresh("linked");
    mkdirSync(join(linked.path, ".."), { recursive: true });
    writeFileSync(join(folder, "right"), bytes);
    symlinkSync(join(folder, "right"), linked.path);
    await expect(linked.store.read(name)).rejects.toThrow(code("BLOB_CHANGED"));
    await expect(linked.store.write(bytes)).rejects.toThrow(code("BLOB_CHANGED"));
    const nested = fresh("nested");
    mkdirSync(nested.path, { recursive: true });
    await expect(nested.store.read(name)).rejects.toThrow(code("BLOB_CHANGED"));
  });

  it("takes no more than its limit, in either direction", async () => {
    const small = fresh("limit", { maxBytes: bytes.length - 1 });
    await expect(small.store.write(bytes)).rejects.toThrow(code("BLOB_TOO_LARGE"));
    await openArtifactStore(small.place).write(bytes);
    await expect(small.store.read(name)).rejects.toThrow(code("BLOB_TOO_LARGE"));
  });

  it("says when its folder cannot be used", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(openArtifactStore(join(folder, "file")).write(bytes)).rejects.toThrow(code("BLOB_STORE_FAILED"));
  });
});
