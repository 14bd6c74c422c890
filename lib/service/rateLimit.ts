import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { coreError } from "../core/errors.ts";
import { errorResponse } from "../core/http.ts";

/** A run polls once a second; ten runs behind one address, with room to spare. */
const REQUESTS = 1200;
const PER_SECONDS = 60;

/**
 * Limits requests per client address, as the reverse proxy names it. One process, so memory will do: what it protects
 * is this process's time.
 */
export function rateLimited(handle: (request: Request) => Promise<Response>): (request: Request) => Promise<Response> {
  const limiter = new RateLimiterMemory({ points: REQUESTS, duration: PER_SECONDS });
  return async (request) => {
    const client = request.headers.get("x-forwarded-for")?.split(",")[0]?.trim() ?? "direct";
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
