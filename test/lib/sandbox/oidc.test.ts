import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { expect, it } from "vitest";
import { systemRandom } from "#lib/core/effects.ts";
import { createOidcIssuer, SANDBOX_ISSUER, subjectOf } from "#lib/sandbox/oidc.ts";
import { claimsOfStep } from "./claims.fixture.ts";

const now = 1_790_000_000;
const open = (state?: string) =>
  createOidcIssuer({ clock: () => now, random: systemRandom, ...(state !== undefined && { state }) });
const { iss: _, ...claims } = claimsOfStep();
const issuer = open();
const job = issuer.admitJob(claims);
const tokenFor = (audience: string | null) => {
  const answer = issuer.answer(job, audience);
  if (answer.status !== 200) throw new Error(answer.message);
  return answer.value;
};
const verifyOptions = { issuer: SANDBOX_ISSUER, audience: "pawl", currentDate: new Date(now * 1000) };

it("issues tokens that a JOSE library verifies against the published keys", async () => {
  const { payload } = await jwtVerify(tokenFor("pawl"), createLocalJWKSet(issuer.jwks()), verifyOptions);
  expect(payload).toMatchObject({ ...claims, iss: SANDBOX_ISSUER, aud: "pawl" });
});

it("writes every claim as a string but the three times, which are 300 seconds apart", () => {
  const payload = decodeJwt(tokenFor("pawl"));
  const { iat, nbf, exp, ...rest } = payload;
  expect({ iat, nbf, exp }).toEqual({ iat: now, nbf: now - 300, exp: now + 300 });
  for (const [name, value] of Object.entries(rest)) expect(typeof value, name).toBe("string");
});

it("names type, algorithm, key and certificate hash in the header", () => {
  const header = decodeProtectedHeader(tokenFor("pawl"));
  const [key] = issuer.jwks().keys;
  expect(header).toEqual({ typ: "JWT", alg: "RS256", kid: key?.kid, x5t: key?.x5t });
  const certificate = Buffer.from(key?.x5c?.[0] ?? "", "base64");
  expect(createHash("sha1").update(certificate).digest("base64url")).toBe(header.x5t);
});

it("never issues one jti twice", () => {
  expect(decodeJwt(tokenFor("pawl")).jti).not.toBe(decodeJwt(tokenFor("pawl")).jti);
});

it("refuses audiences that contain github.com, but for the default one", () => {
  expect(decodeJwt(tokenFor(null)).aud).toBe("https://github.com/pawl-neutral");
  for (const audience of ["https://github.com/pawl", "api.github.com", ""]) {
    expect(issuer.answer(job, audience).status).toBe(400);
  }
});

it("refuses a missing, a wrong and a withdrawn request token", () => {
  const ended = issuer.admitJob(claims);
  issuer.dismissJob(ended);
  for (const token of [null, "x", ended]) expect(issuer.answer(token, "pawl").status).toBe(401);
});

it("verifies old tokens after one rotation and no longer after three", async () => {
  const rotating = open();
  const bearer = rotating.admitJob(claims);
  const answer = rotating.answer(bearer, "pawl");
  const old = answer.status === 200 ? answer.value : "";
  rotating.rotate();
  await expect(rotating.verifyToken(old, "pawl")).resolves.toMatchObject({ run_id: claims.run_id });
  const kids = rotating.jwks().keys.map((key) => key.kid);
  expect(new Set(kids).size).toBe(2);
  rotating.rotate();
  rotating.rotate();
  await expect(rotating.verifyToken(old, "pawl")).rejects.toThrow();
});

it("refuses as Fulcio would: another audience, an expired token, a changed one", async () => {
  const token = tokenFor("sigstore");
  await expect(issuer.verifyToken(token, "sigstore")).resolves.toMatchObject({ iss: SANDBOX_ISSUER });
  await expect(issuer.verifyToken(token, "pawl")).rejects.toThrow();
  const { iat: _iat, exp: _exp, ...payload } = decodeJwt(token);
  const expired = issuer.signToken({ ...payload, iat: now - 600, exp: now - 300 });
  await expect(issuer.verifyToken(expired, "sigstore")).rejects.toThrow();
  const [head, body, signature] = token.split(".");
  await expect(issuer.verifyToken(`${head}.${body}x.${signature}`, "sigstore")).rejects.toThrow();
});

it("keeps its keys over a restart", () => {
  const state = mkdtempSync(join(tmpdir(), "pawl-oidc-"));
  try {
    const before = open(state);
    before.rotate();
    expect(open(state).jwks()).toEqual(before.jwks());
  } finally {
    rmSync(state, { recursive: true });
  }
});

it("writes both forms of the subject", () => {
  expect(subjectOf(claims, "names")).toBe("repo:pawl-neutral/steps:ref:refs/heads/main");
  expect(subjectOf(claims, "names and ids")).toBe("repo:pawl-neutral@9200002/steps@810000002:ref:refs/heads/main");
});
