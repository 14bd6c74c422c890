import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { createTokenVerifier, type VerifyRunToken } from "#lib/gateway/token.ts";

const issuer = "https://token.actions.githubusercontent.com";
const audience = "pawl:ask:v1:abc";
const now = 1_800_000_000;
const claims = {
  jti: "one",
  repository: "pawl-neutral/steps",
  repository_id: "5",
  repository_owner_id: "6",
  repository_visibility: "public",
  sha: "a".repeat(40),
  ref: "refs/tags/pawl/x",
  workflow_ref: "pawl-neutral/steps/.github/workflows/step.yml@refs/tags/pawl/x",
  workflow_sha: "a".repeat(40),
  job_workflow_ref: `pawl/pawl/.github/workflows/pawl-step.yml@${"b".repeat(40)}`,
  job_workflow_sha: "b".repeat(40),
  run_id: "77",
  run_attempt: "1",
  check_run_id: "99",
  event_name: "workflow_dispatch",
  runner_environment: "github-hosted",
  sub: "repo:pawl-neutral/steps:whatever",
};

let keys: CryptoKeyPair;
let verify: VerifyRunToken;

beforeAll(async () => {
  keys = (await generateKeyPair("RS256", { extractable: true })) as CryptoKeyPair;
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  verify = createTokenVerifier({ issuer, keys: createLocalJWKSet({ keys: [jwk] }), clock: () => now });
});

type Changes = {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, string>;
  readonly iat?: number;
  readonly exp?: number;
  readonly nbf?: number;
};

function token({ claims: changed = {}, header = {}, iat = now, exp = now + 300, nbf = now - 600 }: Changes = {}) {
  return new SignJWT({ iss: issuer, aud: audience, iat, exp, nbf, ...claims, ...changed })
    .setProtectedHeader({ typ: "JWT", alg: "RS256", kid: "k1", ...header })
    .sign(keys.privateKey);
}

describe("a run's token", () => {
  it("tells what the run is, by ids and commits", async () => {
    const { facts, jti } = await verify(await token(), audience);
    expect(jti).toBe("one");
    expect(facts).toMatchObject({ repositoryId: "5", runId: "77", runAttempt: 1, checkRunId: "99" });
  });

  it("does not depend on `sub`, which a repository may customise", async () => {
    const { facts } = await verify(await token({ claims: { sub: "anything at all" } }), audience);
    expect(facts.runId).toBe("77");
  });

  it("may come from a clock that is some seconds ahead", async () => {
    const { facts } = await verify(await token({ iat: now + 10, nbf: now + 10 }), audience);
    expect(facts.runId).toBe("77");
  });

  it("may be 330 seconds old and no more", async () => {
    const aged = (seconds: number) => token({ iat: now - seconds, exp: now + 60 });
    await verify(await aged(330), audience);
    await expect(verify(await aged(331), audience)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  const refused: readonly (readonly [string, Changes, string])[] = [
    ["for another audience", { claims: { aud: "pawl:ask:v1:other" } }, "TOKEN_AUDIENCE_MISMATCH"],
    ["for Sigstore", { claims: { aud: "sigstore" } }, "TOKEN_AUDIENCE_MISMATCH"],
    ["for a list of audiences", { claims: { aud: [audience, "other"] } }, "TOKEN_INVALID"],
    ["of another issuer", { claims: { iss: `${issuer}/enterprise` } }, "TOKEN_INVALID"],
    ["of an issuer with a trailing slash", { claims: { iss: `${issuer}/` } }, "TOKEN_INVALID"],
    ["that has expired", { iat: now - 320, exp: now - 20 }, "TOKEN_INVALID"],
    ["in the second of its expiry", { iat: now - 300, exp: now }, "TOKEN_INVALID"],
    ["that is not valid yet", { nbf: now + 11 }, "TOKEN_INVALID"],
    ["from the future", { iat: now + 11 }, "TOKEN_INVALID"],
    ["older than a token lives, whatever its expiry says", { iat: now - 400, exp: now + 3600 }, "TOKEN_INVALID"],
    ["under an unknown key", { header: { kid: "k2" } }, "TOKEN_INVALID"],
    ["without check_run_id", { claims: { check_run_id: undefined } }, "TOKEN_INVALID"],
    ["with a numeric run id", { claims: { run_id: 77 } }, "TOKEN_INVALID"],
    ["with a run id that is padded", { claims: { run_id: "077" } }, "TOKEN_INVALID"],
    ["with an upper-case commit", { claims: { sha: "A".repeat(40) } }, "TOKEN_INVALID"],
    ["without an id of its own", { claims: { jti: undefined } }, "TOKEN_INVALID"],
  ];
  for (const [why, changes, code] of refused) {
    it(`is refused ${why}`, async () => {
      await expect(verify(await token(changes), audience)).rejects.toMatchObject({ name: "PawlError", code });
    });
  }

  it("is refused unsigned, and signed with a shared secret", async () => {
    const body = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const payload = body({ iss: issuer, aud: audience, iat: now, exp: now + 300, ...claims });
    const none = `${body({ alg: "none", typ: "JWT" })}.${payload}.`;
    const hs256 = await new SignJWT({ iss: issuer, aud: audience, iat: now, exp: now + 300, ...claims })
      .setProtectedHeader({ alg: "HS256", kid: "k1", typ: "JWT" })
      .sign(new TextEncoder().encode(JSON.stringify(await exportJWK(keys.publicKey))));
    for (const forged of [none, hs256, "", "a.b.c", "x".repeat(10_000)]) {
      await expect(verify(forged, audience)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    }
  });

  it("is refused when one character of it is changed", async () => {
    const honest = await token();
    for (const at of [3, honest.indexOf(".") + 5, honest.length - 3]) {
      const other = honest[at] === "A" ? "B" : "A";
      const forged = honest.slice(0, at) + other + honest.slice(at + 1);
      await expect(verify(forged, audience)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    }
  });
});
