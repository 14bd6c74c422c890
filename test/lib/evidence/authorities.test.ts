import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toTrustMaterial } from "@sigstore/verify";
import { describe, expect, it } from "vitest";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { rememberAuthorities } from "#lib/evidence/authorities.ts";
import { createSandboxSigstore } from "#lib/sandbox/sigstore.ts";

const materialOf = () => {
  const { trustedRoot } = createSandboxSigstore({ clock: systemClock, random: systemRandom });
  return () => toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(JSON.stringify(trustedRoot))));
};
const read = materialOf();
const certificatesOf = (material: ReturnType<typeof read>) =>
  material.certificateAuthorities.flatMap(({ certChain }) => certChain);

describe("what is remembered of a root's own certificates", () => {
  it("is what the library works out, for every pair, however often it is asked", () => {
    const plain = certificatesOf(read());
    const remembered = certificatesOf(rememberAuthorities(read()));
    for (const [i, certificate] of remembered.entries()) {
      for (const _ of [1, 2]) {
        expect(certificate.root.toDER()).toEqual(plain[i]?.root.toDER());
        expect(certificate.tbsCertificate.toDER()).toEqual(plain[i]?.tbsCertificate.toDER());
        expect(certificate.publicKey).toEqual(plain[i]?.publicKey);
        expect(certificate.verify()).toBe(plain[i]?.verify());
        for (const [j, issuer] of remembered.entries()) {
          expect(certificate.verify(issuer), `${i} by ${j}`).toBe(plain[i]?.verify(plain[j]));
        }
      }
    }
  });

  it("says nothing about a certificate from elsewhere, also one that was asked about before", () => {
    const [intermediate, root] = certificatesOf(rememberAuthorities(read()));
    const [, otherRoot] = certificatesOf(rememberAuthorities(materialOf()()));
    expect(intermediate?.verify(root)).toBe(true);
    expect(intermediate?.verify(otherRoot)).toBe(false);
    expect(intermediate?.verify(otherRoot)).toBe(false);
  });
});
