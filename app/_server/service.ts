import "server-only";
import { join } from "node:path";
import { parseServerConfig } from "#lib/config/server.ts";
import { type Service, startService } from "#lib/service/service.ts";

const holder = globalThis as typeof globalThis & { pawlService?: Promise<Service> };

/** The one service of this process. A start that failed is tried again by the next request. */
export function getService(): Promise<Service> {
  holder.pawlService ??= startService(
    parseServerConfig(process.env),
    join(process.cwd(), "lib/store/migrations"),
  ).catch((cause: unknown) => {
    delete holder.pawlService;
    throw cause;
  });
  return holder.pawlService;
}
