import { describe, expect, it } from "vitest";
import { createRateLimiter, rateLimited } from "#lib/service/rateLimit.ts";

/** Sends more than one client may, each request with the header the callback gives, and counts the refusals. */
async function refusals(trustedProxies: number, forwardedFor: (request: number) => string | undefined) {
  const handle = rateLimited(async () => new Response(), createRateLimiter(trustedProxies));
  const statuses: number[] = [];
  for (let request = 0; request < 1_300; request++) {
    const value = forwardedFor(request);
    const headers = value === undefined ? {} : { "x-forwarded-for": value };
    statuses.push((await handle(new Request("http://127.0.0.1/v1/health", { headers }))).status);
  }
  return statuses.filter((status) => status === 429).length;
}

describe("requests are limited", () => {
  it("per client, as the proxy saw it", async () => {
    expect(await refusals(1, (request) => `198.51.100.${request % 2}`)).toBe(0);
    expect(await refusals(1, () => "198.51.100.1")).toBe(100);
  });

  it("whatever the client itself writes into the header", async () => {
    expect(await refusals(1, (request) => `10.0.${request >> 8}.${request & 255}, 198.51.100.1`)).toBe(100);
  });

  it("as the outermost trusted proxy saw the client, where there are several", async () => {
    expect(await refusals(2, (request) => `203.0.113.9, 198.51.100.${request % 2}, 192.0.2.1`)).toBe(0);
    expect(await refusals(2, (request) => `10.0.0.${request & 255}, 198.51.100.1, 192.0.2.${request % 2}`)).toBe(100);
  });

  it("all together where nobody says from where they come", async () => {
    expect(await refusals(1, () => undefined)).toBe(100);
  });

  it("with a code and the time to wait", async () => {
    const handle = rateLimited(async () => new Response(), createRateLimiter(1));
    let last = new Response();
    for (let request = 0; request <= 1_200; request++) last = await handle(new Request("http://127.0.0.1/"));
    expect(last.status).toBe(429);
    expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await last.json()).toMatchObject({ error: { code: "RATE_LIMITED" } });
  });
});
