import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createContentStore } from "#lib/gateway/content.ts";
import { content } from "#lib/gateway/tables.ts";
import { openStore } from "#lib/store/store.ts";

const migrations = new URL("../../../lib/store/migrations", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "pawl-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the embedded store", () => {
  it("has one owner at a time, and is free again when closed", async () => {
    const first = await openStore({ folder }, migrations);
    await expect(openStore({ folder }, migrations)).rejects.toMatchObject({ code: "STORE_LOCKED" });
    await first.close();
    const second = await openStore({ folder }, migrations);
    await second.close();
  });

  it("takes over the lock of a process that died", async () => {
    writeFileSync(join(folder, "store.lock"), "999999999");
    const store = await openStore({ folder }, migrations);
    await store.close();
  });

  it("keeps content by hash, and notices when stored bytes were changed", async () => {
    const store = await openStore("memory", migrations);
    const kept = createContentStore(store.db);
    const hash = await kept.keep(new Uint8Array([1, 2, 3]));
    expect(await kept.read(hash)).toEqual(new Uint8Array([1, 2, 3]));
    await store.db.update(content).set({ bytes: new Uint8Array([1, 2, 4]) });
    await expect(kept.read(hash)).rejects.toMatchObject({ code: "CONTENT_CORRUPT", values: { hash } });
    await expect(kept.read(`0x${"00".repeat(32)}`)).rejects.toMatchObject({ code: "CONTENT_UNKNOWN" });
    await store.close();
  });
});
