import { errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../core/effects.ts";
import { commitSha, decimal } from "../core/encoding.ts";
import type { AskFacts } from "./ask.ts";
import { gatewayError } from "./errors.ts";

export type RunToken = { readonly jti: string; readonly expiresAt: number; readonly facts: AskFacts };

/** Checks one token for one audience and returns what it says of the run. */
export type VerifyRunToken = (token: string, audience: string) => Promise<RunToken>;

const MAX_TOKEN_BYTES = 8192;
/** Tokens live 300 seconds; the rest is for clocks that differ. */
const MAX_AGE_SECONDS = 330;
/** How far the issuer's clock may be ahead: a token is often used in the second in which it was made. */
const MAX_AHEAD_SECONDS = 10;

// GitHub adds claims over time and `sub` is customisable: only what is used is read, and `sub` never is.
const claimsSchema = z.object({
  jti: z.string().min(1).max(200),
  aud: z.string(),
  iat: z.int(),
  exp: z.int(),
  repository: z.string(),
  repository_id: decimal,
  repository_owner_id: decimal,
  repository_visibility: z.string(),
  sha: commitSha,
  ref: z.string(),
  workflow_ref: z.string(),
  workflow_sha: commitSha,
  job_workflow_ref: z.string(),
  job_workflow_sha: commitSha,
  run_id: decimal,
  run_attempt: decimal,
  check_run_id: decimal,
  event_name: z.string(),
  runner_environment: z.string(),
});

/**
 * @param keys the issuer's JWKS (`createRemoteJWKSet` in the server, a local set in tests)
 * @throws TOKEN_INVALID, TOKEN_AUDIENCE_MISMATCH
 */
export function createTokenVerifier(options: {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
  readonly clock: Clock;
}): VerifyRunToken {
  return async (token, audience) => {
    if (token.length > MAX_TOKEN_BYTES)
      throw gatewayError("TOKEN_INVALID", { problem: "too long", bytes: token.length });
    const now = options.clock();
    let payload: unknown;
    try {
      const verified = await jwtVerify(token, options.keys, {
        issuer: options.issuer,
        audience,
        algorithms: ["RS256"],
        typ: "JWT",
        requiredClaims: ["jti", "aud", "iat", "exp"],
        // The tolerance is meant for `iat` and `nbf`. It widens age and expiry as well: the age is narrowed by it here,
        // and the expiry is checked again below.
        clockTolerance: MAX_AHEAD_SECONDS,
        maxTokenAge: MAX_AGE_SECONDS - MAX_AHEAD_SECONDS,
        currentDate: new Date(now * 1000),
      });
      payload = verified.payload;
    } catch (cause) {
      if (cause instanceof errors.JWTClaimValidationFailed && cause.claim === "aud") {
        throw gatewayError("TOKEN_AUDIENCE_MISMATCH", { expected: audience }, cause);
      }
      if (cause instanceof errors.JOSEError) throw gatewayError("TOKEN_INVALID", { problem: cause.code }, cause);
      throw cause;
    }
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) {
      const issue = claims.error.issues[0];
      throw gatewayError("TOKEN_INVALID", { problem: issue?.message, claim: issue?.path.join(".") });
    }
    const c = claims.data;
    if (c.exp <= now) throw gatewayError("TOKEN_INVALID", { problem: "expired", claim: "exp", exp: c.exp, now });
    return {
      jti: c.jti,
      expiresAt: c.exp,
      facts: {
        repository: c.repository,
        repositoryId: c.repository_id,
        ownerId: c.repository_owner_id,
        visibility: c.repository_visibility,
        sha: c.sha,
        ref: c.ref,
        workflowRef: c.workflow_ref,
        workflowSha: c.workflow_sha,
        jobWorkflowRef: c.job_workflow_ref,
        jobWorkflowSha: c.job_workflow_sha,
        runId: c.run_id,
        runAttempt: Number(c.run_attempt),
        checkRunId: c.check_run_id,
        event: c.event_name,
        runnerEnvironment: c.runner_environment,
      },
    };
  };
}
