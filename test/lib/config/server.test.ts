import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  GITHUB_ACTIONS_ISSUER,
  localKey,
  parseServerConfig,
  refuseSandboxRoot,
  serverEnvironmentSchema,
} from "#lib/config/server.ts";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { createSandboxSigstore } from "#lib/sandbox/sigstore.ts";

const key = (byte: string) => `0x${`${byte}5`.repeat(31)}01`;
const production = {
  PAWL_MODE: "production",
  PAWL_RPC_URL: "https://rpc.example",
  PAWL_DEPLOYMENT: "deployment.json",
  PAWL_STATE_DIR: "/var/lib/pawl",
  PAWL_PUBLIC_URL: "https://pawl.example",
  PAWL_GATEWAY_KEY: key("a"),
  PAWL_VERIFIER_KEY: key("b"),
  PAWL_KEK: key("c"),
  PAWL_OIDC_ISSUER: GITHUB_ACTIONS_ISSUER,
  PAWL_OIDC_JWKS_URL: `${GITHUB_ACTIONS_ISSUER}/.well-known/jwks`,
  PAWL_GITHUB_API_URL: "https://api.github.com",
  PAWL_GITHUB_TOKEN: "token",
  PAWL_TRUST_ROOT: "production",
  PAWL_TRUST_PROFILE: "public-good",
};

describe("the server's configuration", () => {
  it("is accepted when complete, with defaults for what may be left out", () => {
    expect(parseServerConfig(production)).toMatchObject({ PAWL_RELEASE_TAG: "safe", PAWL_LOG_LEVEL: "info" });
  });

  it("treats an empty variable as absent", () => {
    expect(parseServerConfig({ ...production, DATABASE_URL: "", PAWL_RELAYER_KEY: "" }).DATABASE_URL).toBeUndefined();
  });

  for (const variable of Object.keys(production) as (keyof typeof production)[]) {
    it(`is refused without ${variable}`, () => {
      expect(() => parseServerConfig({ ...production, [variable]: undefined })).toThrowError(
        expect.objectContaining({ code: "CONFIG_INVALID", values: expect.objectContaining({ variable }) }),
      );
    });
  }

  it("never repeats a malformed secret", () => {
    const secret = "0xnot-a-key-but-still-secret";
    try {
      parseServerConfig({ ...production, PAWL_GATEWAY_KEY: secret });
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain("still-secret");
    }
  });

  for (const [why, change] of [
    ["the sandbox's issuer", { PAWL_OIDC_ISSUER: "https://oidc.sandbox.pawl.invalid" }],
    ["keys served by another host", { PAWL_OIDC_JWKS_URL: "https://elsewhere.example/jwks" }],
    ["an issuer that only begins alike", { PAWL_OIDC_JWKS_URL: `${GITHUB_ACTIONS_ISSUER}.example/jwks` }],
    ["the sandbox's profile", { PAWL_TRUST_PROFILE: "sandbox" }],
    ["the sandbox's root", { PAWL_TRUST_ROOT: ".pawl/sandbox/trusted_root.json" }],
    ["a development key as gateway", { PAWL_GATEWAY_KEY: localKey(4) }],
    ["a development key as verifier", { PAWL_VERIFIER_KEY: localKey(5) }],
    ["a development key as relayer", { PAWL_RELAYER_KEY: localKey(6) }],
    ["a key-encryption key of one repeated byte", { PAWL_KEK: `0x${"00".repeat(32)}` }],
    ["a plain http address", { PAWL_PUBLIC_URL: "http://pawl.example" }],
    ["a plain http GitHub API", { PAWL_GITHUB_API_URL: "http://127.0.0.1:8546/api/v3" }],
  ] as const) {
    it(`refuses ${why} in production, and allows it locally`, () => {
      expect(() => parseServerConfig({ ...production, ...change })).toThrowError(
        expect.objectContaining({ code: "CONFIG_UNSAFE" }),
      );
      expect(() => parseServerConfig({ ...production, ...change, PAWL_MODE: "local" })).not.toThrow();
    });
  }

  it("refuses the sandbox's root in production under whatever profile and path it is given", () => {
    const { trustedRoot } = createSandboxSigstore({ clock: systemClock, random: systemRandom });
    const file = new TextEncoder().encode(JSON.stringify(trustedRoot));
    const disguised = { ...production, PAWL_TRUST_PROFILE: "github-private", PAWL_TRUST_ROOT: "/etc/pawl/root.json" };
    const refused = expect.objectContaining({ code: "CONFIG_UNSAFE" });
    expect(() => refuseSandboxRoot(parseServerConfig(disguised), file)).toThrowError(refused);
    expect(() => refuseSandboxRoot(parseServerConfig({ ...disguised, PAWL_MODE: "local" }), file)).not.toThrow();
    const real = new TextEncoder().encode('{"uri":"https://fulcio.githubapp.com"}');
    expect(() => refuseSandboxRoot(parseServerConfig(disguised), real)).not.toThrow();
  });

  it("is documented variable by variable in .env.example", () => {
    const documented = readFileSync(new URL("../../../.env.example", import.meta.url), "utf8")
      .split("\n")
      .flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(documented.sort()).toEqual(Object.keys(serverEnvironmentSchema.shape).sort());
  });
});
