import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { derTag, readDer, readDerList, readObjectIdentifier, readTime } from "#lib/evidence/der.ts";
import { readSigningCertificate } from "#lib/evidence/extensions.ts";
import { parseLeaf } from "#lib/evidence/leaf.ts";
import * as der from "#lib/sandbox/der.ts";
import { ECDSA_WITH_SHA384 } from "#lib/sandbox/leaf.ts";

const code = (name: string) => expect.objectContaining({ code: name });
const key = (namedCurve: string) =>
  generateKeyPairSync("ec", { namedCurve }).publicKey.export({ type: "spki", format: "der" });
const p256 = key("P-256");
const extension = (...flag: readonly Uint8Array[]) =>
  der.sequence(der.objectIdentifier("1.2.3"), ...flag, der.octetString(Uint8Array.of(5, 0)));

/** A certificate of the given parts; its signature is nobody's. */
function certificate(parts: {
  readonly version?: Uint8Array;
  readonly publicKey?: Uint8Array;
  readonly innerAlgorithm?: Uint8Array;
  readonly subject?: Uint8Array;
  readonly extensions?: readonly Uint8Array[];
  readonly more?: readonly Uint8Array[];
}): Uint8Array {
  const tbs = der.sequence(
    parts.version ?? der.explicit(0, der.unsignedInteger(Uint8Array.of(2))),
    der.unsignedInteger(Uint8Array.of(1)),
    parts.innerAlgorithm ?? ECDSA_WITH_SHA384,
    der.sequence(),
    der.sequence(der.time(1_700_000_000), der.time(1_700_000_600)),
    parts.subject ?? der.sequence(),
    parts.publicKey ?? p256,
    der.explicit(3, der.sequence(...(parts.extensions ?? [extension()]))),
    ...(parts.more ?? []),
  );
  return der.sequence(tbs, ECDSA_WITH_SHA384, der.bitString(Uint8Array.of(0), 0));
}

describe("a leaf certificate", () => {
  it("is taken apart", () => {
    const leaf = parseLeaf(certificate({ extensions: [extension(der.boolean(true))] }));
    expect(leaf).toMatchObject({ notBefore: 1_700_000_000, notAfter: 1_700_000_600, hasSubject: false });
    const found = leaf.extensions.get("1.2.3");
    expect(found?.critical).toBe(true);
    expect(Buffer.from(found?.value ?? [])).toEqual(Buffer.of(5, 0));
    expect(Buffer.from(leaf.publicKey)).toEqual(Buffer.from(p256));
  });

  it("is refused where an encoding is not the canonical one", () => {
    const refused: readonly Uint8Array[] = [
      certificate({ extensions: [extension(Uint8Array.of(1, 1, 0))] }),
      certificate({ extensions: [extension(Uint8Array.of(1, 1, 1))] }),
      certificate({ extensions: [extension(der.boolean(true), der.boolean(true))] }),
      certificate({ version: der.explicit(0, der.unsignedInteger(Uint8Array.of(1))) }),
      certificate({ innerAlgorithm: der.sequence(der.objectIdentifier("1.2.840.10045.4.3.2")) }),
      certificate({ more: [der.sequence()] }),
    ];
    for (const bytes of refused) expect(() => parseLeaf(bytes)).toThrow(code("LEAF_NOT_DER"));
  });

  it("is refused with a second place for the signer's name", () => {
    const text = (tag: number, value: string) => Uint8Array.of(tag, value.length, ...Buffer.from(value));
    const named = (oid: string, value: Uint8Array, critical = false) =>
      der.sequence(
        der.objectIdentifier(oid),
        ...(critical ? [der.boolean(true)] : []),
        der.octetString(new Uint8Array(value)),
      );
    const uri = der.sequence(text(0x86, "https://github.com/pawl/pawl"));
    const extensions = (critical: boolean) => [
      named("2.5.29.15", Uint8Array.of(3, 2, 7, 0x80), true),
      named("2.5.29.37", der.sequence(der.objectIdentifier("1.3.6.1.5.5.7.3.3"))),
      named("2.5.29.17", uri, critical),
      named("1.3.6.1.4.1.57264.1.8", text(0x0c, "https://issuer.example")),
    ];
    const { facts } = readSigningCertificate(certificate({ extensions: extensions(true) }));
    expect(facts).toMatchObject({ san: "https://github.com/pawl/pawl", issuer: "https://issuer.example" });
    // Where the name need not be understood, or stands beside a subject, a reader may take the other one.
    for (const second of [
      certificate({ extensions: extensions(false) }),
      certificate({ extensions: extensions(true), subject: der.sequence(Uint8Array.of(0x31, 0)) }),
    ]) {
      expect(() => readSigningCertificate(second)).toThrow(code("LEAF_IDENTITY_NOT_ONE_URI"));
    }
  });

  it("is refused with an extension twice, or with another kind of key", () => {
    expect(() => parseLeaf(certificate({ extensions: [extension(), extension()] }))).toThrow(
      code("LEAF_EXTENSION_REPEATED"),
    );
    expect(() => parseLeaf(certificate({ publicKey: key("P-384") }))).toThrow(code("LEAF_KEY_UNSUPPORTED"));
  });
});

describe("DER", () => {
  const refused = (read: () => unknown) => expect(read).toThrow(code("LEAF_NOT_DER"));

  it("refuses lengths that are indefinite, too long, not minimal or beyond the end", () => {
    for (const bytes of [
      [0x30, 0x80, 0, 0],
      [0x30, 0x84, 0, 0, 0, 0],
      [0x30, 0x81, 0x01, 0],
      [0x30, 0x82, 0, 0x80, ...Array.from({ length: 128 }, () => 0)],
      [0x30, 0x02, 0],
      [0x30],
      [],
      [0x1f, 0x01, 0x00],
    ]) {
      refused(() => readDer(Uint8Array.from(bytes)));
    }
  });

  it("refuses bytes after the one element, and the wrong tag", () => {
    refused(() => readDer(Uint8Array.of(5, 0, 5)));
    refused(() => readDer(Uint8Array.of(5, 0), derTag.sequence));
    expect(readDerList(Uint8Array.of(5, 0, 5, 0))).toHaveLength(2);
  });

  it("reads object identifiers and refuses padded or cut-off ones", () => {
    const read = (...content: number[]) => readObjectIdentifier(readDer(Uint8Array.of(6, content.length, ...content)));
    expect(readObjectIdentifier(readDer(der.objectIdentifier("1.3.6.1.4.1.57264.1.21")))).toBe(
      "1.3.6.1.4.1.57264.1.21",
    );
    expect(read(0x88, 0x37)).toBe("2.999");
    refused(() => read(0x2a, 0x80, 0x01));
    refused(() => read(0x2a, 0x86));
    refused(() => read());
    refused(() => read(0x2a, ...Array.from({ length: 9 }, () => 0xff), 0x7f));
  });

  it("reads times and refuses those that are not on a calendar", () => {
    const time = (tag: number, text: string) =>
      readTime(readDer(Buffer.concat([Uint8Array.of(tag, text.length), Buffer.from(text)])));
    expect(time(derTag.utcTime, "491231235959Z")).toBe(Date.UTC(2049, 11, 31, 23, 59, 59) / 1000);
    expect(time(derTag.utcTime, "500101000000Z")).toBe(Date.UTC(1950, 0, 1) / 1000);
    expect(time(derTag.generalizedTime, "20500101000000Z")).toBe(Date.UTC(2050, 0, 1) / 1000);
    for (const text of ["230230000000Z", "2301010000Z", "230101000000+0000", "230101240000Z"]) {
      refused(() => time(derTag.utcTime, text));
    }
  });
});
