import { createServer } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parseServerConfig } from "#lib/config/server.ts";
import { startService } from "#lib/service/service.ts";
import { projectRoot } from "./stack/stack.ts";

/** Gateway, indexer and settlement without pages: the same HTTP protocol behind node:http. */
const port = Number(process.argv[2] ?? 3000);
const service = await startService(parseServerConfig(process.env), join(projectRoot, "lib/store/migrations"));

const server = createServer(async (incoming, outgoing) => {
  const body = incoming.method === "GET" || incoming.method === "HEAD" ? null : Readable.toWeb(incoming);
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as [string, string]] : [],
  );
  const request = new Request(`http://127.0.0.1:${port}${incoming.url ?? "/"}`, {
    method: incoming.method ?? "GET",
    headers,
    body: body as ReadableStream | null,
    ...(body ? { duplex: "half" } : {}),
  } as RequestInit);
  const response = await service.handle(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
});
server.listen(port, "127.0.0.1");

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    server.close();
    server.closeAllConnections();
    await service.close();
    process.exit(0);
  });
}
