import { createServer, type Server } from "node:net";
import { afterEach, expect, it } from "vitest";
import { choosePort } from "../../../scripts/stack/ports.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function occupy(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    servers.push(server);
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}

it("moves on from a busy port", async () => {
  const busy = await occupy(0);
  const chosen = await choosePort(busy);
  expect(chosen).not.toBe(busy);
  await occupy(chosen);
});

it("gives no port away twice", async () => {
  const free = await choosePort(0);
  expect(await choosePort(free, [free])).not.toBe(free);
});

it("lets the system choose for 0", async () => {
  expect(await choosePort(0)).toBeGreaterThan(0);
});
