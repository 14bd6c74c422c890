import { generateKeyPairSync } from "node:crypto";
import { type Allowlist, signAllowlist, verifyAllowlist } from "#lib/capsule/allowlist.ts";
import { type CapsuleDetails, packCapsule } from "#lib/capsule/capsule.ts";
import { type CapsuleSigner, localSigner } from "#lib/capsule/keys.ts";
import { capsuleAnchors } from "#lib/evidence/capsuleChecks.ts";
import { attestedAt, mintStep } from "../evidence/step.fixture.ts";

/** One honest step's evidence, keys to sign its capsule with, and lists that trust them. */
export const minted = await mintStep({ finalObservation: (f) => f });
export const anchors = capsuleAnchors(minted.parts);
export const now = attestedAt + 3600;

/** PEM of a fresh private key. */
export function privatePem(algorithm: "ed25519" | "p256" = "ed25519"): string {
  const { privateKey } =
    algorithm === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}

export const signerOf = (algorithm: "ed25519" | "p256" = "ed25519") => localSigner(privatePem(algorithm));
export const publicPem = (signer: CapsuleSigner) =>
  signer.key.object.export({ format: "pem", type: "spki" }).toString();
export const spkiOf = (signer: CapsuleSigner) => Buffer.from(signer.key.spki).toString("base64");

export const root = signerOf();
export const host = "acme.example";

/** A list's entry that trusts a key for evidence, now. */
export const entryOf = (signer: CapsuleSigner, change: Readonly<Record<string, unknown>> = {}) => ({
  principal: "acme",
  key: { spki: spkiOf(signer) },
  namespaces: ["evidence"],
  notBefore: now - 1000,
  notAfter: now + 1000,
  ...change,
});

export const listOf = (signers: readonly object[], change: Readonly<Record<string, unknown>> = {}) => ({
  v: 1,
  host,
  issuedAt: now - 100,
  expiresAt: now + 100_000,
  signers,
  ...change,
});

export async function allowlistOf(...signers: readonly object[]): Promise<Allowlist> {
  return verifyAllowlist(await signAllowlist(listOf(signers), [root]), { roots: [root.key], now, host });
}

export const packMinted = (details: Partial<CapsuleDetails> = {}) => packCapsule(minted.parts, { anchors, ...details });
