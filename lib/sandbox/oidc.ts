import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { join } from "node:path";
import { createLocalJWKSet, type JSONWebKeySet, errors as joseErrors, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock, RandomBytes } from "../core/effects.ts";
import { privatePem, spki } from "./authority.ts";
import type { IdentityClaims, JobClaims } from "./claims.ts";
import * as der from "./der.ts";
import { readState, writeState } from "./stateFile.ts";

/**
 * The issuer of GitHub Actions' ID tokens on one machine. Tokens have the public issuer's header, claims and times; the
 * issuer's name does not depend on the port, so that offers and configuration outlive a restart.
 */

export const SANDBOX_ISSUER = "https://oidc.sandbox.pawl.invalid";

/** Seconds from `iat` to `exp`. */
const TOKEN_LIFETIME = 300;
/** Seconds that `nbf` lies before `iat`. */
const BACKDATING = 300;
const MAX_AUDIENCE_LENGTH = 1_024;

/** The answer of the token endpoint, or a refusal in GitHub's words. */
export type TokenAnswer =
  | { readonly status: 200; readonly value: string }
  | { readonly status: 400 | 401; readonly message: string };

export type OidcIssuer = {
  readonly issuer: string;
  readonly jwks: () => JSONWebKeySet;
  /** Signs with a new key from now on. Two older keys stay published, so that tokens under way still verify. */
  readonly rotate: () => void;
  /** Lets a job ask for tokens: the result is its bearer secret (`ACTIONS_ID_TOKEN_REQUEST_TOKEN`). */
  readonly admitJob: (claims: JobClaims) => string;
  /** Withdraws the secret when the job ends. */
  readonly dismissJob: (requestToken: string) => void;
  /** One request to the token endpoint. `audience` null means that the query named none. */
  readonly answer: (requestToken: string | null, audience: string | null) => TokenAnswer;
  /** Signs any claims with the current key: the low-level door for tests. Times are unix seconds. */
  readonly signToken: (payload: Record<string, unknown>, header?: Record<string, unknown>) => string;
  /** Checks a token as Fulcio does and returns who it speaks for. Throws jose's errors. */
  readonly verifyToken: (token: string, audience: string) => Promise<IdentityClaims>;
};

const keySchema = z.strictObject({ kid: z.string(), privateKey: z.string(), certificate: z.base64() });
const stateSchema = z.strictObject({ keys: z.array(keySchema).min(1) });
type StoredKey = z.output<typeof keySchema>;

/** @param options.state folder for the signing keys; without one they live in memory. */
export function createOidcIssuer(options: {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly state?: string;
  readonly issuer?: string;
}): OidcIssuer {
  const { clock, random } = options;
  const issuer = options.issuer ?? SANDBOX_ISSUER;
  const file = options.state === undefined ? undefined : join(options.state, "keys.json");
  const stored = file === undefined ? undefined : readState(file, stateSchema);
  let keys: SigningKey[] = (stored?.keys ?? [createKey(clock, random)]).map(openKey);
  const keep = () => {
    if (file !== undefined) writeState(file, { keys: keys.map(({ stored: key }) => key) });
  };
  if (stored === undefined) keep();

  const jobs = new Map<string, JobClaims>();
  const jwks = (): JSONWebKeySet => ({ keys: keys.map(({ jwk }) => jwk) });

  const signToken: OidcIssuer["signToken"] = (payload, header = {}) => {
    const [current] = keys;
    if (current === undefined) throw new TypeError("the issuer has no key");
    const head = { typ: "JWT", alg: "RS256", x5t: current.x5t, kid: current.stored.kid, ...header };
    const signed = `${base64url(JSON.stringify(head))}.${base64url(JSON.stringify(payload))}`;
    return `${signed}.${sign("sha256", Buffer.from(signed, "ascii"), current.key).toString("base64url")}`;
  };

  return {
    issuer,
    jwks,
    rotate() {
      keys = [openKey(createKey(clock, random)), ...keys].slice(0, 3);
      keep();
    },
    admitJob(claims) {
      const requestToken = Buffer.from(random(32)).toString("base64url");
      jobs.set(requestToken, claims);
      return requestToken;
    },
    dismissJob(requestToken) {
      jobs.delete(requestToken);
    },
    answer(requestToken, audience) {
      const claims = requestToken === null ? undefined : jobs.get(requestToken);
      if (claims === undefined) return { status: 401, message: "The request token is unknown or its job has ended." };
      const owner = `https://github.com/${claims.repository_owner}`;
      const aud = audience ?? owner;
      // GitHub refuses its own name in a custom audience: such a token could be taken for one of GitHub's services'.
      if (aud !== owner && aud.includes("github.com")) {
        return { status: 400, message: `The audience may not contain github.com: ${aud.slice(0, 100)}` };
      }
      if (aud === "" || aud.length > MAX_AUDIENCE_LENGTH) return { status: 400, message: "The audience is not valid." };
      const iat = clock();
      const times = { nbf: iat - BACKDATING, exp: iat + TOKEN_LIFETIME, iat };
      return { status: 200, value: signToken({ jti: uuid(random), aud, ...claims, iss: issuer, ...times }) };
    },
    signToken,
    async verifyToken(token, audience) {
      const { payload } = await jwtVerify(token, createLocalJWKSet(jwks()), {
        algorithms: ["RS256"],
        issuer,
        audience,
        currentDate: new Date(clock() * 1000),
        requiredClaims: ["exp", "iat", "jti"],
      });
      const parsed = identitySchema.safeParse(payload);
      if (!parsed.success) throw new joseErrors.JWTInvalid("the token lacks a claim of a job");
      const { environment, ...identity } = parsed.data;
      return environment === undefined ? identity : { ...identity, environment };
    },
  };
}

/** `sub` of a token. Repositories made or renamed since 2026-07-15 carry the numeric ids beside the names. */
export function subjectOf(claims: Omit<JobClaims, "sub">, form: "names" | "names and ids"): string {
  const [owner = "", name = ""] = claims.repository.split("/");
  const repository =
    form === "names" ? claims.repository : `${owner}@${claims.repository_owner_id}/${name}@${claims.repository_id}`;
  const context = claims.environment === undefined ? `ref:${claims.ref}` : `environment:${claims.environment}`;
  return `repo:${repository}:${context}`;
}

const text = z.string();
const identitySchema = z.object({
  iss: text,
  sub: text,
  actor: text,
  actor_id: text,
  base_ref: text,
  check_run_id: text,
  event_name: text,
  head_ref: text,
  job_workflow_ref: text,
  job_workflow_sha: text,
  ref: text,
  ref_protected: text,
  ref_type: text,
  repository: text,
  repository_id: text,
  repository_owner: text,
  repository_owner_id: text,
  repository_visibility: text,
  run_attempt: text,
  run_id: text,
  run_number: text,
  runner_environment: text,
  sha: text,
  workflow: text,
  workflow_ref: text,
  workflow_sha: text,
  environment: text.optional(),
});

type SigningKey = {
  readonly stored: StoredKey;
  readonly key: KeyObject;
  readonly x5t: string;
  readonly jwk: JSONWebKeySet["keys"][number];
};

function createKey(clock: Clock, random: RandomBytes): StoredKey {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const certificate = selfSigned(pair.privateKey, spki(pair.publicKey), clock(), random(16));
  return {
    kid: uuid(random),
    privateKey: privatePem(pair.privateKey),
    certificate: Buffer.from(certificate).toString("base64"),
  };
}

function openKey(stored: StoredKey): SigningKey {
  const key = createPrivateKey(stored.privateKey);
  const x5t = createHash("sha1").update(Buffer.from(stored.certificate, "base64")).digest("base64url");
  const { kty, n, e } = createPublicKey(key).export({ format: "jwk" });
  if (kty === undefined || n === undefined || e === undefined) throw new TypeError("not an RSA key");
  return {
    stored,
    key,
    x5t,
    jwk: { kty, alg: "RS256", use: "sig", kid: stored.kid, n, e, x5c: [stored.certificate], x5t },
  };
}

/** The certificate behind `x5c` and `x5t`; nobody validates it, but its hash is what `x5t` means. */
function selfSigned(key: KeyObject, publicKey: Uint8Array, now: number, serial: Uint8Array): Uint8Array {
  const sha256WithRsa = der.sequence(der.objectIdentifier("1.2.840.113549.1.1.11"), der.nullValue());
  const name = der.organisationName("sandbox.pawl.invalid", "oidc.sandbox.pawl.invalid");
  const tbs = der.sequence(
    der.explicit(0, der.unsignedInteger(Uint8Array.of(2))),
    der.unsignedInteger(serial),
    sha256WithRsa,
    name,
    der.sequence(der.time(now - 3_600), der.time(now + 2 * 365 * 86_400)),
    name,
    publicKey,
  );
  return der.sequence(tbs, sha256WithRsa, der.bitString(sign("sha256", tbs, key)));
}

/** A version 4 UUID (RFC 9562). */
export function uuid(random: RandomBytes): string {
  const bytes = Buffer.from(random(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function base64url(value: string): string {
  return Buffer.from(value, "utf8").toString("base64url");
}
