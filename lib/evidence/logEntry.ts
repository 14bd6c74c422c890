import { z } from "zod";
import type { BundleLogEntry } from "./bundle.ts";
import { evidenceError } from "./errors.ts";
import { parseUnambiguousJson } from "./jsonText.ts";

/**
 * What the library leaves open about a log entry: that it names the bundle's own certificate, and that the numbers
 * beside the proof are the ones the log signed.
 */

const MAX_BODY_DEPTH = 16;

/** The kinds of entry that are read, and where each holds the signer. */
const verifierOf: Readonly<Record<string, (spec: unknown) => unknown>> = {
  "dsse 0.0.1": (spec) => at(spec, "signatures", 0, "verifier"),
  "intoto 0.0.2": (spec) => at(spec, "content", "envelope", "signatures", 0, "publicKey"),
  "hashedrekord 0.0.1": (spec) => at(spec, "signature", "publicKey", "content"),
  "hashedrekord 0.0.2": (spec) => at(spec, "hashedRekordV002", "signature", "verifier", "x509Certificate", "rawBytes"),
  "dsse 0.0.2": (spec) => at(spec, "dsseV002", "signatures", 0, "verifier", "x509Certificate", "rawBytes"),
};

/** @param signer DER of the certificate, or of the key. @throws LOG_ENTRY_MISMATCH, LOG_PROOF_INCONSISTENT */
export function checkLogEntry(entry: BundleLogEntry, signer: Uint8Array): void {
  const named = signerOf(entry);
  if (named === undefined || Buffer.compare(named, signer) !== 0) {
    throw evidenceError("LOG_ENTRY_MISMATCH", { problem: "the entry names another signer than the bundle" });
  }
  const [, size, root] = entry.checkpoint.split("\n");
  if (size !== entry.proof.treeSize.toString()) {
    throw evidenceError("LOG_PROOF_INCONSISTENT", { field: "treeSize", expected: size, actual: entry.proof.treeSize });
  }
  const stated = Buffer.from(entry.proof.rootHash).toString("base64");
  if (root !== stated) {
    throw evidenceError("LOG_PROOF_INCONSISTENT", { field: "rootHash", expected: root, actual: stated });
  }
  // A promise signs the entry's own index; without one, only the proof's index is signed.
  if (!entry.hasPromise && entry.logIndex !== entry.proof.logIndex) {
    const { logIndex } = entry.proof;
    throw evidenceError("LOG_PROOF_INCONSISTENT", { field: "logIndex", expected: logIndex, actual: entry.logIndex });
  }
}

/** DER of the certificate or key that the entry's body names, in whichever encoding the entry's kind uses. */
function signerOf(entry: BundleLogEntry): Uint8Array | undefined {
  const read = verifierOf[`${entry.kind} ${entry.version}`];
  if (read === undefined) {
    throw evidenceError("LOG_ENTRY_MISMATCH", { problem: "unknown kind", actual: `${entry.kind} ${entry.version}` });
  }
  let body: unknown;
  try {
    body = parseUnambiguousJson(new TextDecoder("utf-8", { fatal: true }).decode(entry.body), MAX_BODY_DEPTH);
  } catch (cause) {
    throw evidenceError("LOG_ENTRY_MISMATCH", { problem: "the entry's body is not unambiguous JSON" }, cause);
  }
  const field = z.string().safeParse(read(at(body, "spec")));
  if (!field.success) return undefined;
  const decoded = Buffer.from(field.data, "base64");
  const pem =
    /^-----BEGIN (?<label>CERTIFICATE|PUBLIC KEY)-----\n(?<body>[A-Za-z0-9+/=\n]+)-----END \k<label>-----\n?$/.exec(
      decoded.toString("latin1"),
    );
  return pem?.groups?.body === undefined ? decoded : Buffer.from(pem.groups.body, "base64");
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}
