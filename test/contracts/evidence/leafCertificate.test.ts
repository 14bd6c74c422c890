import fc from "fast-check";
import { bytesToHex, decodeErrorResult, decodeFunctionResult, encodeFunctionData, type Hex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PawlError } from "#lib/core/error.ts";
import { derTag, readDer, readDerList } from "#lib/evidence/der.ts";
import { type ReadLeaf, readSigningCertificate } from "#lib/evidence/extensions.ts";
import * as der from "#lib/sandbox/der.ts";
import { raw, text } from "#lib/sandbox/leaf.ts";
import type { AttestOverrides } from "#lib/sandbox/sigstore.ts";
import { mintStep } from "../../lib/evidence/step.fixture.ts";
import { reportDeep, tried } from "../../properties.ts";
import { derEdit, edited } from "./derEdits.fixture.ts";
import { type Deployed, FIRST_BUILD_MS, type LocalChain, localChain } from "./local.ts";

/**
 * Two readers of certificates: what the contract takes, the library takes with the same facts. The other way around
 * they may differ, in the few ways that are listed here.
 */

let chain: LocalChain;
let double: Deployed;
let honest: readonly Uint8Array[];
beforeAll(async () => {
  chain = await localChain();
  double = await chain.deploy("SigstoreDouble");
  honest = [
    await certificateWith({}),
    await certificateWith({ extensions: (all) => all.filter((one) => !/\.1\.[2-6]$/.test(one.oid)) }),
    await certificateWith({
      extensions: (all) =>
        [
          { oid: "2.5.29.19", critical: true, value: der.sequence() },
          ...all,
          text(23, ""),
          text(7, "seven"),
          text(24, "later"),
          text(128, "much later"),
          text(14, "r".repeat(300)),
        ].filter(({ oid }, index, list) => list.findLastIndex((other) => other.oid === oid) === index),
    }),
  ];
}, FIRST_BUILD_MS);
afterAll(() => chain.connection.close());

async function certificateWith(attest: AttestOverrides): Promise<Uint8Array> {
  const { parts } = await mintStep({ attest });
  const bundle = JSON.parse(Buffer.from(parts.bundle).toString("utf8"));
  return Buffer.from(bundle.verificationMaterial.certificate.rawBytes, "base64");
}

type Written = {
  readonly signedBytes: Hex;
  readonly notBefore: bigint;
  readonly notAfter: bigint;
  readonly x: bigint;
  readonly y: bigint;
  readonly alternativeName: Hex;
  readonly isThere: readonly boolean[];
  readonly extensions: readonly Hex[];
};
type OnChain = { readonly leaf: Written } | { readonly error: string };
type InLibrary = ReadLeaf | { readonly error: PawlError };

async function readOnChain(certificates: readonly Uint8Array[]): Promise<readonly OnChain[]> {
  const { abi } = double;
  const args = [certificates.map((certificate) => bytesToHex(certificate))];
  const [done, data] = await double.attempt(encodeFunctionData({ abi, functionName: "parseEach", args }));
  if (!done) throw new Error("the double was refused, perhaps for want of gas");
  const answer = decodeFunctionResult({ abi, functionName: "parseEach", data });
  const [taken, answers] = answer as readonly [readonly boolean[], readonly Hex[]];
  return answers.map((found, index) =>
    taken[index]
      ? { leaf: decodeFunctionResult({ abi, functionName: "parse", data: found }) as Written }
      : { error: decodeErrorResult({ abi, data: found }).errorName },
  );
}

function readByLibrary(certificate: Uint8Array): InLibrary {
  try {
    return readSigningCertificate(certificate);
  } catch (error) {
    if (error instanceof PawlError) return { error };
    throw error;
  }
}

/** What both say of a certificate that both take, in one form. */
function factsOnChain({ leaf }: { readonly leaf: Written }) {
  return {
    signedBytes: leaf.signedBytes,
    notBefore: Number(leaf.notBefore),
    notAfter: Number(leaf.notAfter),
    point: `${leaf.x.toString(16).padStart(64, "0")}${leaf.y.toString(16).padStart(64, "0")}`,
    alternativeName: leaf.alternativeName,
    extensions: leaf.extensions.map((found, number) => (leaf.isThere[number] ? found : null)),
  };
}

function factsOfLibrary({ leaf, facts }: ReadLeaf) {
  const extensions = Array.from({ length: 24 }, (_, number) => {
    const value = leaf.extensions.get(`1.3.6.1.4.1.57264.1.${number}`)?.value;
    if (value === undefined) return null;
    return bytesToHex(number < 8 ? value : readDer(value, derTag.utf8String).content);
  });
  return {
    signedBytes: bytesToHex(leaf.signedBytes),
    notBefore: facts.notBefore,
    notAfter: facts.notAfter,
    point: Buffer.from(leaf.publicKey).subarray(-64).toString("hex"),
    alternativeName: bytesToHex(Buffer.from(facts.san, "latin1")),
    extensions,
  };
}

/**
 * Why the contract refuses what the library takes. Fulcio writes none of these; each would cost code and gas to read,
 * and a proof that is refused costs nobody but its sender anything.
 */
const strictness: Readonly<Record<string, (certificate: Uint8Array) => boolean>> = {
  "an authority's key signs by ECDSA with SHA-384": (certificate) =>
    hex(partsOf(certificate).outer[1]?.whole) !== "300a06082a8648ce3d040303",
  "a signature is of whole bytes": (certificate) => partsOf(certificate).outer[2]?.content[0] !== 0,
  "a serial number is positive, minimal and of at most 20 bytes": (certificate) => {
    const serial = BigInt(`0x${hex(partsOf(certificate).signed[1]?.content) || "0"}`);
    const canonical = der.unsignedInteger(Buffer.from(serial.toString(16).padStart(42, "0"), "hex"));
    return serial === 0n || serial >= 1n << 160n || hex(partsOf(certificate).signed[1]?.whole) !== hex(canonical);
  },
  "times are of 2000 to 2049, in the form that is for them": (certificate) =>
    readDerList(partsOf(certificate).signed[4]?.content ?? new Uint8Array()).some(
      ({ tag, content }) => tag !== derTag.utcTime || (content[0] ?? 0) >= 0x35,
    ),
  "a key is an uncompressed point": (certificate) =>
    !/^3059301306072a8648ce3d020106082a8648ce3d03010703420004.{128}$/.test(hex(partsOf(certificate).signed[6]?.whole)),
  "numbers of Fulcio's arc are at most 255": (certificate) =>
    oidsOf(certificate).some((oid) => /^060[b-f]2b0601040183bf3001(?:8[2-9a-f]|[9a-f])/.test(oid)),
  "constraints deny authority by saying nothing": (certificate) =>
    contentOf(certificate, "0603551d13") !== undefined && contentOf(certificate, "0603551d13") !== "3000",
  "a name is not empty": (certificate) => contentOf(certificate, "0603551d11") === "30028600",
};

function partsOf(certificate: Uint8Array) {
  const outer = readDerList(readDer(certificate, derTag.sequence).content);
  return { outer, signed: readDerList(outer[0]?.content ?? new Uint8Array()) };
}

function extensionsOf(certificate: Uint8Array) {
  const wrapper = partsOf(certificate).signed[7]?.content ?? new Uint8Array();
  return readDerList(readDer(wrapper, derTag.sequence).content).map(({ content }) => readDerList(content));
}

const oidsOf = (certificate: Uint8Array) => extensionsOf(certificate).map(([oid]) => hex(oid?.whole));

function contentOf(certificate: Uint8Array, oid: string): string | undefined {
  const found = extensionsOf(certificate).find(([first]) => hex(first?.whole) === oid);
  return found && hex(found.at(-1)?.content);
}

function hex(bytes: Uint8Array = new Uint8Array()): string {
  return Buffer.from(bytes).toString("hex");
}

/** The one thing that the contract takes and the library refuses: no fact that is compared can be such a text. */
function isNotUtf8({ error }: { readonly error: PawlError }): boolean {
  const { cause } = error;
  return (
    error.code === "LEAF_EXTENSION_MALFORMED" &&
    cause instanceof PawlError &&
    /UTF-8/.test(String(cause.values.problem))
  );
}

/** Requires agreement, or a difference that is listed; answers with how it went. */
function judged(certificate: Uint8Array, onChain: OnChain): string {
  const library = readByLibrary(certificate);
  if ("leaf" in onChain) {
    if ("error" in library) {
      expect(isNotUtf8(library), `taken on-chain, but ${library.error.code}: ${hex(certificate)}`).toBe(true);
      return "text that is not UTF-8";
    }
    expect(factsOnChain(onChain)).toEqual(factsOfLibrary(library));
    return "taken";
  }
  if ("error" in library) return "refused";
  const reason = Object.entries(strictness).find(([, applies]) => applies(certificate))?.[0];
  expect(reason, `${onChain.error} for no listed reason: ${hex(certificate)}`).toBeDefined();
  return reason ?? "";
}

describe("a certificate", () => {
  it("is read alike by both", async () => {
    for (const [index, found] of (await readOnChain(honest)).entries()) {
      expect(judged(honest[index] ?? new Uint8Array(), found)).toBe("taken");
    }
  });

  it("that was damaged anywhere is taken on-chain only if the library takes it, with the same facts", async () => {
    const BATCH = 50;
    const damaged = fc.record({ base: fc.nat(2), edits: fc.array(derEdit, { minLength: 1, maxLength: 3 }) });
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(damaged, { minLength: 1, maxLength: BATCH, size: "max" }), async (batch) => {
        const certificates = batch.map(({ base, edits }) => edited(honest[base] ?? new Uint8Array(), edits));
        for (const [index, found] of (await readOnChain(certificates)).entries()) {
          const verdict = judged(certificates[index] ?? new Uint8Array(), found);
          seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
        }
      }),
      tried("two readers of certificates", 100, 1),
    );
    reportDeep({ ...Object.fromEntries(seen) });
    // Neither side is tried in vain.
    for (const verdict of ["taken", "refused"]) expect(seen.get(verdict) ?? 0).toBeGreaterThan(100);
  }, 300_000);

  /** Filled up to so many bytes by an extension that nobody reads. */
  async function certificateOf(length: number): Promise<Uint8Array> {
    const filled = (fill: number) => certificateWith({ extensions: (all) => [...all, raw(99, "x".repeat(fill))] });
    // The authority's signature has one of several lengths.
    for (let fill = length - 1_850; ; ) {
      const certificate = await filled(fill);
      if (certificate.length === length) return certificate;
      fill += Math.sign(length - certificate.length) * Math.max(1, Math.abs(length - certificate.length) - 1);
    }
  }

  it("has at most 16,384 bytes for both", async () => {
    const [largest, larger] = [await certificateOf(16_384), await certificateOf(16_385)];
    const answers = await readOnChain([largest, larger]);
    expect(judged(largest, answers[0] ?? { error: "" })).toBe("taken");
    expect(answers[1]).toEqual({ error: "NotDer" });
    expect(readByLibrary(larger)).toMatchObject({ error: { code: "LEAF_NOT_DER" } });
  });

  it("has at most 64 extensions for both", async () => {
    const of = async (count: number) => {
      const certificate = await certificateWith({
        // The authority adds one.
        extensions: (all) => [
          ...all,
          ...Array.from({ length: count - 1 - all.length }, (_, index) => text(101 + index, "x")),
        ],
      });
      expect(extensionsOf(certificate).length).toBe(count);
      return certificate;
    };
    const [most, more] = [await of(64), await of(65)];
    const answers = await readOnChain([most, more]);
    expect(judged(most, answers[0] ?? { error: "" })).toBe("taken");
    expect(answers[1]).toEqual({ error: "CertificateExtensionsTooMany" });
    expect(readByLibrary(more)).toMatchObject({ error: { code: "LEAF_EXTENSIONS_TOO_MANY" } });
  });
});
