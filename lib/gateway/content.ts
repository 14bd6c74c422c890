import { eq } from "drizzle-orm";
import type { Hex } from "viem";
import { sha256Hex } from "../core/hash.ts";
import type { Database } from "../store/store.ts";
import { gatewayError } from "./errors.ts";
import { content } from "./tables.ts";

/** Bytes by their SHA-256. They are hashed again on the way out, so a damaged store is noticed and not believed. */
export function createContentStore(db: Database) {
  return {
    async keep(bytes: Uint8Array): Promise<Hex> {
      const hash = sha256Hex(bytes);
      await db.insert(content).values({ hash, bytes }).onConflictDoNothing();
      return hash;
    },

    /** @throws CONTENT_UNKNOWN, CONTENT_CORRUPT */
    async read(hash: Hex): Promise<Uint8Array> {
      const [row] = await db.select().from(content).where(eq(content.hash, hash));
      if (!row) throw gatewayError("CONTENT_UNKNOWN", { hash });
      if (sha256Hex(row.bytes) !== hash) throw gatewayError("CONTENT_CORRUPT", { hash });
      return row.bytes;
    },
  };
}

export type ContentStore = ReturnType<typeof createContentStore>;
