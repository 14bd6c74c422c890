import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle as drizzleNodePg } from "drizzle-orm/node-postgres";
import { migrate as migrateNodePg } from "drizzle-orm/node-postgres/migrator";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { migrate as migratePglite } from "drizzle-orm/pglite/migrator";
import pg from "pg";
import { storeError } from "./errors.ts";
import { acquireLock } from "./lock.ts";

/** The database, whichever engine is behind it. Tables are declared by the concepts that own them. */
export type Database = PgDatabase<PgQueryResultHKT, Record<string, never>>;

export type Store = { readonly db: Database; close(): Promise<void> };

/** Where the data lives: a Postgres server, a folder for the embedded engine, or memory (tests). */
export type StoreLocation = { readonly url: string } | { readonly folder: string } | "memory";

/**
 * Opens and migrates the store. The embedded engine does not notice a second process in its folder and would corrupt
 * it, so a lock file with the owner's process id guards it.
 *
 * @throws STORE_LOCKED, STORE_UNAVAILABLE
 */
export async function openStore(location: StoreLocation, migrationsFolder: string): Promise<Store> {
  try {
    if (typeof location === "object" && "url" in location) return await openPostgres(location.url, migrationsFolder);
    return await openEmbedded(location, migrationsFolder);
  } catch (cause) {
    if (cause instanceof Error && cause.name === "PawlError") throw cause;
    throw storeError(
      "STORE_UNAVAILABLE",
      { engine: typeof location === "object" && "url" in location ? "postgres" : "embedded" },
      cause,
    );
  }
}

async function openPostgres(url: string, migrationsFolder: string): Promise<Store> {
  const pool = new pg.Pool({ connectionString: url });
  // A connection that breaks while idle is dropped by the pool; without a listener it would end the process.
  pool.on("error", () => undefined);
  const db = drizzleNodePg(pool);
  await migrateNodePg(db, { migrationsFolder });
  return { db, close: () => pool.end() };
}

async function openEmbedded(
  location: { readonly folder: string } | "memory",
  migrationsFolder: string,
): Promise<Store> {
  const unlock =
    location === "memory"
      ? () => undefined
      : acquireLock(join(location.folder, "store.lock"), (owner) =>
          storeError("STORE_LOCKED", { folder: location.folder, owner }),
        );
  try {
    const client = location === "memory" ? new PGlite() : new PGlite(join(location.folder, "pglite"));
    const db = drizzlePglite(client);
    await migratePglite(db, { migrationsFolder });
    return {
      db,
      close: async () => {
        await client.close();
        unlock();
      },
    };
  } catch (cause) {
    unlock();
    throw cause;
  }
}
