import type { Hex } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { z } from "zod";
import { configError } from "./errors.ts";

/** GitHub's only issuer of Actions tokens. */
export const GITHUB_ACTIONS_ISSUER = "https://token.actions.githubusercontent.com";

const secretKey = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value), {
  message: "expected 0x and 64 hex digits",
});
const url = z.url({ protocol: /^https?$/ });

/** Every variable the server reads. Each is documented in `.env.example`; a test holds the two lists together. */
export const serverEnvironmentSchema = z.object({
  PAWL_MODE: z.enum(["local", "production"]),
  PAWL_RPC_URL: url,
  /** File with chain id, start block and contract addresses. */
  PAWL_DEPLOYMENT: z.string().min(1),
  /** Folder of the embedded store and other state, when DATABASE_URL is not set. */
  PAWL_STATE_DIR: z.string().min(1),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** Where runners reach this gateway. */
  PAWL_PUBLIC_URL: url,
  PAWL_GATEWAY_KEY: secretKey,
  PAWL_VERIFIER_KEY: secretKey,
  /** Submits claims; without it any wallet can submit what the verifier signed. */
  PAWL_RELAYER_KEY: secretKey.optional(),
  /** Wraps the ratchet secrets in the store. */
  PAWL_KEK: secretKey,
  PAWL_OIDC_ISSUER: url,
  PAWL_OIDC_JWKS_URL: url,
  PAWL_GITHUB_API_URL: url,
  PAWL_GITHUB_TOKEN: z.string().min(1),
  /** `production` (Sigstore's public good instance, built in), or the path of a trusted_root.json. */
  PAWL_TRUST_ROOT: z.string().min(1),
  PAWL_TRUST_PROFILE: z.enum(["public-good", "github-private", "sandbox"]),
  /** The signed capsule-signers.json that this host publishes; without it, it publishes none. */
  PAWL_CAPSULE_SIGNERS: z.string().min(1).optional(),
  /** Block tag at which a consumption is safe enough to release keys. */
  PAWL_RELEASE_TAG: z.enum(["safe", "finalized"]).default("safe"),
  /** Reverse proxies in front of this server, each of which appends to `x-forwarded-for`. */
  PAWL_TRUSTED_PROXIES: z
    .string()
    .regex(/^[1-8]$/, "expected a number from 1 to 8")
    .default("1")
    .transform(Number),
  PAWL_WALLETCONNECT_PROJECT_ID: z.string().optional(),
  PAWL_LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

export type ServerConfig = Readonly<z.output<typeof serverEnvironmentSchema>>;

/**
 * Parses the environment once, before anything starts. Production mode accepts only GitHub's issuer, a published trust
 * root and keys of one's own.
 *
 * @throws CONFIG_INVALID naming the variable (never its value when it is a secret), CONFIG_UNSAFE
 */
export function parseServerConfig(environment: Readonly<Record<string, string | undefined>>): ServerConfig {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const result = serverEnvironmentSchema.safeParse(present);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw configError("CONFIG_INVALID", { variable: issue?.path.join("."), problem: issue?.message });
  }
  if (result.data.PAWL_MODE === "production") refuseSandbox(result.data);
  return result.data;
}

function refuseSandbox(config: ServerConfig): void {
  const refuse = (variable: keyof ServerConfig, problem: string) => configError("CONFIG_UNSAFE", { variable, problem });
  if (config.PAWL_OIDC_ISSUER !== GITHUB_ACTIONS_ISSUER) {
    throw refuse("PAWL_OIDC_ISSUER", `must be ${GITHUB_ACTIONS_ISSUER}`);
  }
  if (!config.PAWL_OIDC_JWKS_URL.startsWith(`${GITHUB_ACTIONS_ISSUER}/`)) {
    throw refuse("PAWL_OIDC_JWKS_URL", "must be served by the issuer");
  }
  if (config.PAWL_TRUST_PROFILE === "sandbox") throw refuse("PAWL_TRUST_PROFILE", "must not be sandbox");
  if (config.PAWL_TRUST_PROFILE === "public-good" && config.PAWL_TRUST_ROOT !== "production") {
    throw refuse("PAWL_TRUST_ROOT", "must be production for the public-good profile");
  }
  if (!config.PAWL_PUBLIC_URL.startsWith("https://")) throw refuse("PAWL_PUBLIC_URL", "must be https");
  if (!config.PAWL_GITHUB_API_URL.startsWith("https://")) throw refuse("PAWL_GITHUB_API_URL", "must be https");
  const known = knownKeys();
  for (const variable of ["PAWL_GATEWAY_KEY", "PAWL_VERIFIER_KEY", "PAWL_RELAYER_KEY", "PAWL_KEK"] as const) {
    const key = config[variable];
    if (key !== undefined && (known.has(key) || /^0x(.{2})\1{31}$/.test(key))) {
      throw refuse(variable, "is a key that everyone knows");
    }
  }
}

/**
 * Refuses, in production, a trust root whose instances stand under `.invalid`: the names that RFC 2606 keeps for what is
 * not real, the sandbox's among them. The path alone cannot tell, so this reads the file.
 *
 * @throws CONFIG_UNSAFE
 */
export function refuseSandboxRoot(config: ServerConfig, rootFile: Uint8Array): void {
  if (config.PAWL_MODE !== "production" || !new TextDecoder().decode(rootFile).includes(".invalid")) return;
  throw configError("CONFIG_UNSAFE", { variable: "PAWL_TRUST_ROOT", problem: "is a sandbox's trust root" });
}

/** The mnemonic of every local development chain. Its keys are public. */
export const LOCAL_MNEMONIC = "test test test test test test test test test test test junk";

/** The private key of local development account `index`, for processes that sign outside the node. */
export function localKey(index: number): Hex {
  const key = mnemonicToAccount(LOCAL_MNEMONIC, { addressIndex: index }).getHdKey().privateKey;
  if (!key) throw new TypeError("the local mnemonic yields no key");
  return `0x${Buffer.from(key).toString("hex")}`;
}

function knownKeys(): ReadonlySet<string> {
  return new Set(Array.from({ length: 20 }, (_, index) => localKey(index)));
}
