import { createServer } from "node:net";

/** Whether nothing listens on a loopback port. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/**
 * `wanted` if it is free, else the next free port of the twenty after it; 0, or none of them, is the system's choice.
 *
 * @param promised ports that nothing listens on yet, but that are given away
 */
export async function choosePort(wanted: number, promised: readonly number[] = []): Promise<number> {
  for (let port = wanted; wanted !== 0 && port < wanted + 20; port++) {
    if (!promised.includes(port) && (await isFree(port))) return port;
  }
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
