import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { coreError } from "../core/errors.ts";
import { errorResponse } from "../core/http.ts";

/** A run polls once a second; ten runs behind one address, with room to spare. */
const REQUESTS = 1200;
const PER_SECONDS = 60;

/**
 * Limits requests per client address. One process, so memory will do: what it protects is this process's time.
 *
 * @param trustedProxies how many proxies append to `x-forwarded-for`. What stands before their entries is the client's
 *   own word: it could name a new address with each request.
 */
export function rateLimited(
  handle: (request: Request) => Promise<Response>,
  trustedProxies: number,
): (request: Request) => Promise<Response> {
  const limiter = new RateLimiterMemory({ points: REQUESTS, duration: PER_SECONDS });
  return async (request) => {
    const forwarded = request.headers.get("x-forwarded-for")?.split(",") ?? [];
    const client = trustedProxies === 0 ? "anyone" : (forwarded.at(-trustedProxies)?.trim() ?? "anyone");
    try {
      await limiter.consume(client);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const response = errorResponse(coreError("RATE_LIMITED", { requests: REQUESTS, perSeconds: PER_SECONDS }));
      response.headers.set("retry-after", String(Math.ceil(refusal.msBeforeNext / 1000)));
      return response;
    }
    return handle(request);
  };
}
