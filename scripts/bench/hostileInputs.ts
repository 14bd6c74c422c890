import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { raw } from "#lib/sandbox/leaf.ts";
import { type AttestOverrides, createSandboxSigstore } from "#lib/sandbox/sigstore.ts";
import { claimsOfStep } from "../../test/lib/sandbox/claims.fixture.ts";

/**
 * Bundles made to cost as much as possible, each at the limits of what is read. The signed ones chain up to the root,
 * as an attacker's own workflow would: they reach every check there is.
 */
export function hostileInputs(): {
  readonly trustedRoot: unknown;
  readonly inputs: Readonly<Record<string, Uint8Array>>;
} {
  const sigstore = createSandboxSigstore({ clock: systemClock, random: systemRandom });
  const MiB = 1_048_576;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const attest = (payload: string, overrides: AttestOverrides = {}) =>
    sigstore.attest({ payload: bytes(payload), claims: claimsOfStep(), overrides });
  // biome-ignore lint/suspicious/noExplicitAny: hostile bundles have shapes that no type describes
  const changed = (change: (bundle: any) => void, payload = statement("{}")): Uint8Array => {
    const bundle = structuredClone(attest(payload));
    change(bundle);
    return bytes(JSON.stringify(bundle));
  };
  // Signed by nobody's key, so that what the library refuses as a whole is judged again in parts.
  // biome-ignore lint/suspicious/noExplicitAny: log entries as the sandbox wrote them, changed at will
  const withEntries = (change: (entries: any[]) => unknown[]): Uint8Array => {
    // biome-ignore lint/suspicious/noExplicitAny: hostile bundles have shapes that no type describes
    const bundle: any = structuredClone(attest(statement("{}"), { signature: "foreign" }));
    bundle.verificationMaterial.tlogEntries = change(bundle.verificationMaterial.tlogEntries);
    return bytes(JSON.stringify(bundle));
  };
  const base64 = (length: number) => Buffer.alloc(length, 0x41).toString("base64");
  const repeat = (make: (index: number) => string, length: number): string => {
    const parts: string[] = [];
    for (let size = 0, index = 0; size < length; index++) {
      const part = make(index);
      parts.push(part);
      size += part.length + 1;
    }
    return parts.join(",");
  };
  // Base64 in the bundle takes a third more, and the entry repeats nothing of the payload.
  const payloadBytes = 770_000;

  const inputs: Record<string, Uint8Array> = {
    "nesting to the size limit": bytes("[".repeat(MiB)),
    "a million array elements": bytes(`[${repeat(() => "0", MiB - 4)}]`),
    "distinct keys to the size limit": bytes(`{${repeat((index) => `"${index.toString(36)}":0`, MiB - 40)}}`),
    "escaped keys to the size limit": bytes(`{${repeat((index) => `"\\u0041${index.toString(36)}":0`, MiB - 40)}}`),
    "one string of escapes": bytes(`{"mediaType":"${"\\u0041".repeat(MiB / 6 - 20)}"}`),
    "an unknown field of a megabyte": changed((b) => Object.assign(b, { extra: "x".repeat(1_000_000) })),
    "a thousand unknown fields": changed((b) => {
      for (let index = 0; index < 60_000; index++) b[`f${index}`] = 0;
    }),
    "a payload of one long string": bytes(JSON.stringify(attest(statement(`{"x":"${"x".repeat(payloadBytes)}"}`)))),
    "a payload of distinct keys": bytes(
      JSON.stringify(attest(statement(`{${repeat((index) => `"${index.toString(36)}":0`, payloadBytes)}}`))),
    ),
    "a payload of array elements": bytes(
      JSON.stringify(attest(statement(`{"x":[${repeat(() => "0", payloadBytes)}]}`))),
    ),
    "a subject of thousands of digests": bytes(
      JSON.stringify(
        attest(statement("{}", `{${repeat((index) => `"a${index.toString(36)}":"00000000"`, payloadBytes)}}`)),
      ),
    ),
    "its log entry eight times": changed((b) => {
      const [entry] = b.verificationMaterial.tlogEntries;
      b.verificationMaterial.tlogEntries = Array.from({ length: 8 }, () => entry);
    }),
    "eight log entries of great bodies": changed((b) => {
      const [entry] = b.verificationMaterial.tlogEntries;
      const body = Buffer.from(
        `{"apiVersion":"0.0.1","kind":"dsse","spec":{${repeat((index) => `"${index.toString(36)}":0`, 85_000)}}}`,
      ).toString("base64");
      b.verificationMaterial.tlogEntries = Array.from({ length: 8 }, (_, index) => ({
        ...entry,
        canonicalizedBody: spelt(body, index),
      }));
    }),
    "eight proofs of 64 long hashes": changed((b) => {
      const [entry] = b.verificationMaterial.tlogEntries;
      const inclusionProof = { ...entry.inclusionProof, hashes: Array.from({ length: 64 }, () => base64(1_300)) };
      b.verificationMaterial.tlogEntries = Array.from({ length: 8 }, (_, index) => ({
        ...entry,
        inclusionProof,
        canonicalizedBody: spelt(entry.canonicalizedBody, index),
      }));
    }),
    "a checkpoint of hundreds of signatures": withEntries(([entry]) => [signedBy(entry, 250)]),
    "hundreds of signatures, its log entry eight times": withEntries(([entry]) => {
      const others = unpromised(signedBy(entry, 250));
      return [signedBy(entry, 250), ...Array.from({ length: 7 }, () => others)];
    }),
    "as many log entries and signatures as are read": withEntries(([entry]) => {
      const others = unpromised(signedBy(entry, 7));
      return Array.from({ length: 8 }, (_, index) => ({
        ...(index === 0 ? signedBy(entry, 7) : others),
        canonicalizedBody: spelt(entry.canonicalizedBody, index),
      }));
    }),
    "eight timestamps of great length": changed((b) => {
      b.verificationMaterial.timestampVerificationData = {
        rfc3161Timestamps: Array.from({ length: 8 }, () => ({ signedTimestamp: base64(95_000) })),
      };
    }),
    "a timestamp of nested sequences": changed((b) => {
      const nested = (depth: number): Buffer => {
        let inner: Buffer = Buffer.alloc(0);
        for (let index = 0; index < depth; index++) inner = wrap(inner);
        return inner;
      };
      b.verificationMaterial.timestampVerificationData = {
        rfc3161Timestamps: [{ signedTimestamp: nested(3_000).toString("base64") }],
      };
    }),
    "a timestamp of thousands of elements": changed((b) => {
      const elements = Buffer.alloc(700_000);
      for (let at = 0; at < elements.length; at += 2) elements[at] = 5;
      b.verificationMaterial.timestampVerificationData = {
        rfc3161Timestamps: [{ signedTimestamp: wrap(elements).toString("base64") }],
      };
    }),
    "a leaf of as many extensions as fit": bytes(
      JSON.stringify(
        attest(statement("{}"), {
          extensions: (honest) => [...honest, ...Array.from({ length: 560 }, (_, index) => raw(100 + index, "x"))],
        }),
      ),
    ),
    "as many values as a bundle may hold": bytes(`{${repeat((index) => `"${index.toString(36)}":0`, 4_090 * 7)}}`),
    "as many payload keys as are read": bytes(
      JSON.stringify(
        attest(
          statement(
            `{${Array.from({ length: 8_150 }, (_, index) => `"${"k".repeat(30)}${index}":"${"x".repeat(5)}"`).join()}}`,
          ),
        ),
      ),
    ),
    "as many digests as are read": bytes(
      JSON.stringify(
        attest(statement("{}", `{${Array.from({ length: 8_150 }, (_, index) => `"a${index}":"00000000"`).join()}}`)),
      ),
    ),
    "eight timestamps of as many elements as fit": changed((b) => {
      const elements = Buffer.alloc(7_670);
      for (let at = 0; at < elements.length; at += 2) elements[at] = 5;
      const signedTimestamp = wrap(elements).toString("base64");
      b.verificationMaterial.timestampVerificationData = {
        rfc3161Timestamps: Array.from({ length: 8 }, () => ({ signedTimestamp })),
      };
    }),
    "eight log entries of as many values as are read": changed((b) => {
      const [entry] = b.verificationMaterial.tlogEntries;
      const values = Array.from({ length: 4_080 }, (_, index) => `"${"k".repeat(12)}${index}":0`).join();
      const body = Buffer.from(`{"apiVersion":"0.0.1","kind":"dsse","spec":{${values}}}`).toString("base64");
      b.verificationMaterial.tlogEntries = Array.from({ length: 8 }, (_, index) => ({
        ...entry,
        canonicalizedBody: spelt(body, index),
      }));
    }),
    "everything that is read to its limit, at once": changed(
      (b) => {
        const [entry] = b.verificationMaterial.tlogEntries;
        const elements = Buffer.alloc(7_670);
        for (let at = 0; at < elements.length; at += 2) elements[at] = 5;
        b.verificationMaterial.timestampVerificationData = {
          rfc3161Timestamps: Array.from({ length: 8 }, () => ({ signedTimestamp: wrap(elements).toString("base64") })),
        };
        const values = Array.from({ length: 4_080 }, (_, index) => `"${index}":0`).join();
        const body = Buffer.from(`{"apiVersion":"0.0.1","kind":"dsse","spec":{${values}}}`).toString("base64");
        b.verificationMaterial.tlogEntries = Array.from({ length: 8 }, (_, index) => ({
          ...entry,
          canonicalizedBody: spelt(body, index),
        }));
      },
      statement(`{${Array.from({ length: 8_150 }, (_, index) => `"${"k".repeat(5)}${index}":0`).join()}}`),
    ),
    "a leaf of 64 extensions": bytes(
      JSON.stringify(
        attest(statement("{}"), {
          extensions: (honest) => [
            ...honest,
            ...Array.from({ length: 63 - honest.length }, (_, index) => raw(100 + index, "x".repeat(200))),
          ],
        }),
      ),
    ),
    "a leaf of garbage at its limit": changed((b) => {
      b.verificationMaterial.certificate.rawBytes = base64(16_384);
    }),
    "a chain of eight great certificates": changed((b) => {
      const { certificate } = b.verificationMaterial;
      b.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.2";
      delete b.verificationMaterial.certificate;
      b.verificationMaterial.x509CertificateChain = {
        certificates: [certificate, ...Array.from({ length: 7 }, () => ({ rawBytes: base64(100_000) }))],
      };
    }),
  };
  return { trustedRoot: sigstore.trustedRoot, inputs };
}

/** The entry with as many wrong signatures before the log's own, each under the log's own hint and thus worth a look. */
// biome-ignore lint/suspicious/noExplicitAny: an entry as the sandbox wrote it
function signedBy(entry: any, wrong: number) {
  const [head, own] = entry.inclusionProof.checkpoint.envelope.split("\n\n");
  const [, name, signature] = own.trimEnd().split(" ");
  const tiny = Buffer.from([...Buffer.from(signature, "base64").subarray(0, 4), 0x30, 6, 2, 1, 1, 2, 1, 1]);
  const envelope = `${head}\n\n${`\u2014 ${name.slice(0, 1)} ${tiny.toString("base64")}\n`.repeat(wrong)}${own}`;
  return { ...entry, inclusionProof: { ...entry.inclusionProof, checkpoint: { envelope } } };
}

/** The entry without the log's promise: nothing then vouches for its time, and it needs none beside one that has it. */
// biome-ignore lint/suspicious/noExplicitAny: an entry as the sandbox wrote it
function unpromised({ inclusionPromise: _none, ...entry }: any) {
  return { ...entry, logIndex: entry.inclusionProof.logIndex, integratedTime: "0" };
}

/** The same body with as many spaces after it: another entry to whoever compares bytes. */
function spelt(body: string, spaces: number): string {
  return Buffer.concat([Buffer.from(body, "base64"), Buffer.alloc(spaces, " ")]).toString("base64");
}

function statement(predicate: string, digest = `{"sha256":"${"0".repeat(64)}"}`): string {
  const subject = `[{"name":"a","digest":${digest}}]`;
  return `{"_type":"https://in-toto.io/Statement/v1","subject":${subject},"predicateType":"x","predicate":${predicate}}`;
}

/** A DER SEQUENCE around the content. */
function wrap(content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Uint8Array.of(0x30, length), content]);
  const size =
    length < 0x100
      ? [length]
      : length < 0x1_0000
        ? [length >> 8, length & 0xff]
        : [length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Uint8Array.of(0x30, 0x80 | size.length, ...size), content]);
}
