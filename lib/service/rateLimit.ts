import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { findPawlError } from "../core/error.ts";
import { coreError } from "../core/errors.ts";
import { errorResponse } from "../core/http.ts";

/** A run polls once a second; ten runs behind one address, with room to spare. */
const REQUESTS = 1200;
const PER_SECONDS = 60;

export type RateLimiter = ReturnType<typeof createRateLimiter>;

/**
 * Limits requests per client address. One process, so memory will do: what it protects is this process's time.
 *
 * @param trustedProxies how many proxies append to `x-forwarded-for`. What stands before their entries is the client's
 *   own word: it could name a new address with each request.
 */
export function createRateLimiter(trustedProxies: number) {
  const limiter = new RateLimiterMemory({ points: REQUESTS, duration: PER_SECONDS });

  /** @throws RATE_LIMITED with the seconds to wait */
  async function take(headers: Headers): Promise<void> {
    const client = headers.get("x-forwarded-for")?.split(",").at(-trustedProxies)?.trim() ?? "without address";
    try {
      await limiter.consume(client);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const retryAfter = Math.ceil(refusal.msBeforeNext / 1000);
      throw coreError("RATE_LIMITED", { requests: REQUESTS, perSeconds: PER_SECONDS, retryAfter }, refusal);
    }
  }

  return { take };
}

/** Puts a limit before a handler. */
export function rateLimited(
  handle: (request: Request) => Promise<Response>,
  limiter: RateLimiter,
): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      await limiter.take(request.headers);
    } catch (thrown) {
      return limitResponse(thrown);
    }
    return handle(request);
  };
}

/** 429 with the time to wait. */
function limitResponse(thrown: unknown): Response {
  const error = findPawlError(thrown);
  if (error?.code !== "RATE_LIMITED") throw thrown;
  const response = errorResponse(error);
  response.headers.set("retry-after", String(error.values.retryAfter));
  return response;
}
