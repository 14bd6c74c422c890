import { z } from "zod";
import { commitSha, decimal } from "../core/encoding.ts";
import { parseJsonBytes } from "../core/json.ts";
import type { RunnerEnvironment } from "./environment.ts";
import { runnerError } from "./errors.ts";

const answerSchema = z.object({ value: z.string().min(1).max(8192) });

const ownClaimsSchema = z.object({
  repository: z.string(),
  repository_id: decimal,
  run_id: decimal,
  run_attempt: decimal,
  check_run_id: decimal,
  sha: commitSha,
  workflow_ref: z.string(),
  workflow_sha: commitSha,
  job_workflow_ref: z.string(),
  job_workflow_sha: commitSha,
});

/** What the platform says of this very job. */
export type OwnClaims = z.output<typeof ownClaimsSchema>;

/**
 * Fetches an OIDC token for one audience. The request URL already carries a query, so the audience is appended to it.
 *
 * @throws ID_TOKEN_REFUSED
 */
export async function fetchIdToken(
  environment: RunnerEnvironment,
  audience: string,
  send: typeof fetch,
): Promise<{ readonly token: string; readonly claims: OwnClaims }> {
  const url = new URL(environment.ACTIONS_ID_TOKEN_REQUEST_URL);
  url.searchParams.set("audience", audience);
  let response: Response;
  let body: Uint8Array;
  try {
    response = await send(url, {
      headers: { authorization: `Bearer ${environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN}`, accept: "application/json" },
      signal: AbortSignal.timeout(30_000),
    });
    body = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw runnerError("ID_TOKEN_REFUSED", { host: url.host }, cause);
  }
  if (!response.ok) throw runnerError("ID_TOKEN_REFUSED", { host: url.host, status: response.status });
  const { value: token } = parseJsonBytes(body, answerSchema, { what: "OIDC token answer", maxBytes: 16_384 });
  // The runner reads its own token to learn what it is; whoever relies on the token verifies it.
  const payload = new Uint8Array(Buffer.from(token.split(".")[1] ?? "", "base64url"));
  return { token, claims: parseJsonBytes(payload, ownClaimsSchema, { what: "own OIDC token", maxBytes: 8192 }) };
}
