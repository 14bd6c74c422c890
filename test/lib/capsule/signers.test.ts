import { generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import { bytesToBigInt, numberToBytes } from "viem";
import { describe, expect, it } from "vitest";
import { readAllowlist, seenOf, signAllowlist, verifyAllowlist } from "#lib/capsule/allowlist.ts";
import { openCapsule } from "#lib/capsule/capsule.ts";
import { payloadTypes, preAuthEncoding, sealEnvelope } from "#lib/capsule/dsse.ts";
import { isSignedBy, localSigner, readPublicKey, readPublicPem } from "#lib/capsule/keys.ts";
import {
  encodeSigners,
  identitySignature,
  parseSigners,
  signManifest,
  verifySigners,
} from "#lib/capsule/signatures.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { evidenceError } from "#lib/evidence/errors.ts";
import { tried } from "../../properties.ts";
import {
  allowlistOf,
  entryOf,
  host,
  listOf,
  now,
  packMinted,
  privatePem,
  publicPem,
  root,
  signerOf,
  spkiOf,
} from "./capsule.fixture.ts";

/*
 * Keys: two algorithms, one spelling each. Signatures: over the manifest, in their own domain; by identities through
 * Sigstore. The allowlist: by a root, for a host, in time, never backwards, each signer once. Trust: from it alone.
 */
const { manifestBytes } = await openCapsule(await packMinted());
const thrown = (name: string) => expect.objectContaining({ name: "PawlError", code: name });
const message = new TextEncoder().encode("message");

describe("a key", () => {
  for (const algorithm of ["ed25519", "p256"] as const) {
    it(`signs with ${algorithm}, and nothing else verifies`, async () => {
      const signer = signerOf(algorithm);
      const signature = await signer.sign(message);
      expect(signature).toHaveLength(64);
      expect(isSignedBy(signer.key, message, signature)).toBe(true);
      expect(isSignedBy(signerOf(algorithm).key, message, signature)).toBe(false);
      expect(isSignedBy(signer.key, new Uint8Array(7), signature)).toBe(false);
      fc.assert(
        fc.property(fc.nat(63), fc.integer({ min: 1, max: 255 }), (at, mask) => {
          const flipped = Uint8Array.from(signature);
          flipped[at] = (flipped[at] ?? 0) ^ mask;
          expect(isSignedBy(signer.key, message, flipped)).toBe(false);
        }),
        tried(`a flipped ${algorithm} signature is refused`, 50),
      );
    });

    it(`reads ${algorithm} from DER, JWK and PEM alike`, () => {
      const { key } = signerOf(algorithm);
      const { kty, crv, x, y } = key.object.export({ format: "jwk" });
      const jwk = { kty, crv, x, ...(y !== undefined && { y }) } as never;
      expect(readPublicKey({ jwk }).fingerprint).toBe(key.fingerprint);
      expect(readPublicKey({ spki: Buffer.from(key.spki).toString("base64") }).fingerprint).toBe(key.fingerprint);
      expect(readPublicPem(key.object.export({ format: "pem", type: "spki" }).toString()).fingerprint).toBe(
        key.fingerprint,
      );
    });
  }

  it("has one spelling of a P-256 signature", async () => {
    const signer = signerOf("p256");
    const signature = await signer.sign(message);
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const other = numberToBytes(order - bytesToBigInt(signature.subarray(32)), { size: 32 });
    expect(isSignedBy(signer.key, message, new Uint8Array([...signature.subarray(0, 32), ...other]))).toBe(false);
  });

  it("is refused when of another kind, not canonical, or no key", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
    const spki = (key: typeof rsa.publicKey) => key.export({ format: "der", type: "spki" }).toString("base64");
    for (const bad of [
      spki(rsa.publicKey),
      spki(p384.publicKey),
      "AAAA",
      Buffer.concat([Buffer.from(spkiOf(root), "base64"), Buffer.from([0])]).toString("base64"),
    ]) {
      expect(() => readPublicKey({ spki: bad })).toThrow(thrown("CAPSULE_KEY_UNSUPPORTED"));
    }
    expect(() => localSigner("no key")).toThrow(thrown("CAPSULE_KEY_UNSUPPORTED"));
    expect(() => readPublicPem(privatePem())).toThrow(thrown("CAPSULE_KEY_UNSUPPORTED"));
  });
});

describe("the signature of a capsule", () => {
  const signer = signerOf();
  const verify = async (
    trust: Partial<Parameters<typeof verifySigners>[3]>,
    signatures?: Parameters<typeof verifySigners>[1],
  ) =>
    verifySigners(manifestBytes, signatures ?? [await signManifest(manifestBytes, signer)], "evidence", {
      now,
      ...trust,
    });

  it("is that of the DSSE envelope of the manifest", () => {
    const expected = `DSSEv1 ${payloadTypes.manifest.length} ${payloadTypes.manifest} ${manifestBytes.length} `;
    const encoded = Buffer.from(preAuthEncoding(payloadTypes.manifest, manifestBytes));
    expect(encoded.toString("utf8")).toBe(expected + Buffer.from(manifestBytes).toString("utf8"));
  });

  it("is valid and trusted by nobody without an allowlist", async () => {
    expect(await verify({})).toEqual([
      {
        fingerprint: signer.key.fingerprint,
        kind: "key",
        identity: null,
        principal: null,
        signature: "valid",
        trusted: false,
        code: "CAPSULE_ALLOWLIST_MISSING",
      },
    ]);
  });

  it("is by an identity at most four times in a capsule, because each costs a chain of checks", () => {
    const identities = Array.from({ length: 5 }, (_, index) => identitySignature(new Uint8Array([index])));
    expect(parseSigners(encodeSigners(identities.slice(1)))).toHaveLength(4);
    expect(() => encodeSigners(identities)).toThrow(thrown("CAPSULE_SIGNERS_MALFORMED"));
  });

  it("is trusted by an allowlist that names the key", async () => {
    const allowlist = await allowlistOf(entryOf(signer));
    expect(await verify({ allowlist })).toMatchObject([
      { principal: "acme", signature: "valid", trusted: true, code: null },
    ]);
  });

  for (const [what, change, code] of [
    ["not yet", { notBefore: now + 1 }, "CAPSULE_SIGNER_NOT_YET_VALID"],
    ["no longer", { notAfter: now }, "CAPSULE_SIGNER_EXPIRED"],
    ["revoked", { revokedAt: now - 1 }, "CAPSULE_SIGNER_REVOKED"],
    [
      "revoked from a later time on, for no one knows when it signed",
      { revokedAt: now + 500 },
      "CAPSULE_SIGNER_REVOKED",
    ],
    ["for another namespace", { namespaces: ["evidence2"] }, "CAPSULE_NAMESPACE_REFUSED"],
  ] as const) {
    it(`is not trusted when the signer is listed ${what}`, async () => {
      const allowlist = await allowlistOf(entryOf(signer, change));
      expect(await verify({ allowlist })).toMatchObject([
        { principal: "acme", signature: "valid", trusted: false, code },
      ]);
    });
  }

  it("is not trusted when another signer is listed", async () => {
    const allowlist = await allowlistOf(entryOf(signerOf()));
    expect(await verify({ allowlist })).toMatchObject([
      { principal: null, trusted: false, code: "CAPSULE_SIGNER_UNKNOWN" },
    ]);
  });

  it("is invalid over anything else, and never trusted then", async () => {
    const allowlist = await allowlistOf(entryOf(signer));
    const bare = Buffer.from(await signer.sign(manifestBytes)).toString("base64");
    const otherDomain = Buffer.from(await signer.sign(preAuthEncoding(payloadTypes.signers, manifestBytes))).toString(
      "base64",
    );
    const otherManifest = await signManifest(new Uint8Array([1]), signer);
    for (const signature of [
      { kind: "key", publicKey: spkiOf(signer), signature: bare } as const,
      { kind: "key", publicKey: spkiOf(signer), signature: otherDomain } as const,
      otherManifest,
    ]) {
      expect(await verify({ allowlist }, [signature])).toMatchObject([
        { signature: "invalid", trusted: false, principal: null, code: "CAPSULE_SIGNATURE_INVALID" },
      ]);
    }
  });

  it("by an identity is what the Sigstore verifier says, and of the time that it says", async () => {
    const identity = { issuer: "https://issuer.example", san: "https://example.org/workflow" };
    const bundle = identitySignature(new Uint8Array([1, 2, 3]));
    const verifyIdentity = () => ({ ...identity, signedAt: now - 5000 });
    const { key: _key, ...withoutKey } = entryOf(signer);
    const listed = (change: object) => allowlistOf({ ...withoutKey, identity, ...change });
    expect(await verify({}, [bundle])).toMatchObject([
      { signature: "unchecked", trusted: false, code: "CAPSULE_IDENTITY_UNCHECKED" },
    ]);
    const past = { notBefore: now - 6000, notAfter: now - 4000 };
    expect(await verify({ verifyIdentity, allowlist: await listed(past) }, [bundle])).toMatchObject([
      { identity, principal: "acme", signature: "valid", trusted: true, code: null },
    ]);
    expect(
      await verify({ verifyIdentity, allowlist: await listed({ ...past, revokedAt: now - 4999 }) }, [bundle]),
    ).toMatchObject([{ trusted: true }]);
    expect(
      await verify({ verifyIdentity, allowlist: await listed({ ...past, revokedAt: now - 5000 }) }, [bundle]),
    ).toMatchObject([{ trusted: false, code: "CAPSULE_SIGNER_REVOKED" }]);
    expect(await verify({ verifyIdentity, allowlist: await listed({}) }, [bundle])).toMatchObject([
      { code: "CAPSULE_SIGNER_NOT_YET_VALID" },
    ]);
    const failing = () => {
      throw evidenceError("VERIFICATION_FAILED");
    };
    expect(await verify({ verifyIdentity: failing, allowlist: await listed(past) }, [bundle])).toMatchObject([
      { signature: "invalid", trusted: false, code: "VERIFICATION_FAILED" },
    ]);
  });

  it("replaces an earlier one by the same signer", async () => {
    const one = await signManifest(manifestBytes, signer);
    expect(encodeSigners([one, one])).toEqual(encodeSigners([one]));
  });
});

describe("an allowlist", () => {
  const signer = signerOf();
  const trust = { roots: [root.key], now, host };
  const signedList = (change: Readonly<Record<string, unknown>> = {}, roots = [root]) =>
    signAllowlist(listOf([entryOf(signer)], change), roots);

  it("names each signer by key, whatever the form", async () => {
    const { kty, crv, x } = signer.key.object.export({ format: "jwk" });
    const allowlist = await allowlistOf(entryOf(signer, { key: { jwk: { kty, crv, x } } }));
    expect(allowlist.byKey.get(signer.key.fingerprint)?.principal).toBe("acme");
  });

  it("is accepted when one of the given roots signed it", async () => {
    const other = signerOf("p256");
    const bytes = await signedList({}, [root, other]);
    expect(verifyAllowlist(bytes, { ...trust, roots: [other.key] }).root).toBe(other.key.fingerprint);
    expect(readAllowlist(bytes).host).toBe(host);
  });

  it("is refused when no given root signed it, or none was given", async () => {
    const stranger = signerOf();
    const untrusted = thrown("ALLOWLIST_UNTRUSTED");
    expect(() => verifyAllowlist(Buffer.from([]), { ...trust })).toThrow(thrown("JSON_MALFORMED"));
    const bytes = await signedList({}, [stranger]);
    expect(() => verifyAllowlist(bytes, trust)).toThrow(untrusted);
    expect(() => verifyAllowlist(bytes, { ...trust, roots: [] })).toThrow(untrusted);
    const claimed = JSON.parse(Buffer.from(bytes).toString("utf8"));
    claimed.signatures[0].keyid = root.key.fingerprint.slice(2);
    expect(() => verifyAllowlist(canonicalBytes(claimed), trust)).toThrow(untrusted);
  });

  it("is refused when it is a root's signature over another kind of document", async () => {
    const payload = canonicalBytes(listOf([entryOf(signer)]));
    const other = await sealEnvelope(payloadTypes.manifest, payload, [root]);
    expect(() => verifyAllowlist(other, trust)).toThrow(thrown("ALLOWLIST_MALFORMED"));
    const renamed = JSON.parse(Buffer.from(other).toString("utf8"));
    renamed.payloadType = payloadTypes.signers;
    expect(() => verifyAllowlist(canonicalBytes(renamed), trust)).toThrow(thrown("ALLOWLIST_UNTRUSTED"));
  });

  for (const [what, change, expected] of [
    ["of another host", { host: "other.example" }, "ALLOWLIST_HOST_MISMATCH"],
    ["issued in the future", { issuedAt: now + 1 }, "ALLOWLIST_NOT_YET_VALID"],
    ["that has expired", { expiresAt: now }, "ALLOWLIST_EXPIRED"],
  ] as const) {
    it(`is refused when ${what}`, async () => {
      const bytes = await signedList(change);
      expect(() => verifyAllowlist(bytes, trust)).toThrow(thrown(expected));
    });
  }

  it("never goes back: an older list, or another of the same time, is refused", async () => {
    const current = verifyAllowlist(await signedList(), trust);
    const seen = seenOf(current);
    const older = await signedList({ issuedAt: now - 101 });
    const twin = await signedList({ expiresAt: now + 5 });
    const newer = await signedList({ issuedAt: now - 99 });
    const rolledBack = thrown("ALLOWLIST_ROLLED_BACK");
    expect(() => verifyAllowlist(older, { ...trust, seen })).toThrow(rolledBack);
    expect(() => verifyAllowlist(twin, { ...trust, seen })).toThrow(rolledBack);
    expect(verifyAllowlist(await signedList(), { ...trust, seen }).digest).toBe(current.digest);
    expect(verifyAllowlist(newer, { ...trust, seen }).list.issuedAt).toBe(now - 99);
  });

  it("is refused when another host's was seen before, though the same root signed both", async () => {
    const first = verifyAllowlist(await signedList(), trust);
    const other = await signedList({ host: "other.example" });
    expect(() => verifyAllowlist(other, { roots: [root.key], now, seen: seenOf(first) })).toThrow(
      thrown("ALLOWLIST_HOST_MISMATCH"),
    );
  });

  it("is refused when a key or an identity stands in it twice, or what a root signed is no list", async () => {
    const twice = listOf([entryOf(signer), entryOf(signer, { principal: "other" })]);
    await expect(signAllowlist(twice, [root])).rejects.toMatchObject({ code: "ALLOWLIST_AMBIGUOUS" });
    const sealed = (payload: unknown) => sealEnvelope(payloadTypes.signers, canonicalBytes(payload), [root]);
    const ambiguous = await sealed(twice);
    expect(() => verifyAllowlist(ambiguous, trust)).toThrow(thrown("ALLOWLIST_AMBIGUOUS"));
    for (const bad of [
      {},
      listOf([entryOf(signer, { extra: 1 })]),
      listOf([entryOf(signer, { principal: "ac\u202eme" })]),
    ]) {
      const bytes = await sealed(bad);
      expect(() => verifyAllowlist(bytes, trust)).toThrow(thrown("ALLOWLIST_MALFORMED"));
    }
  });

  it("is refused for any single flipped byte", async () => {
    const bytes = await signedList();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const flipped = Uint8Array.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ mask;
        expect(() => verifyAllowlist(flipped, trust)).toThrow(expect.objectContaining({ name: "PawlError" }));
      }),
      tried("an allowlist refuses any flipped byte", 200),
    );
  });

  it("signs with keys that others can verify", async () => {
    const envelope = JSON.parse(Buffer.from(await signedList()).toString("utf8"));
    const body = Buffer.from(envelope.payload, "base64");
    const pem = privatePem();
    expect(sign(null, body, pem)).toHaveLength(64);
    expect(publicPem(root)).toContain("PUBLIC KEY");
    const message = Buffer.concat([
      Buffer.from(`DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${body.length} `),
      body,
    ]);
    expect(isSignedBy(root.key, message, Buffer.from(envelope.signatures[0].sig, "base64"))).toBe(true);
  });
});
