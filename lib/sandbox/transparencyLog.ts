import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Clock } from "../core/effects.ts";
import { canonicalBytes } from "../core/json.ts";
import { foreignKey, privatePem, spki } from "./authority.ts";
import { pem } from "./der.ts";
import { sandboxError } from "./errors.ts";
import { createMerkleTree } from "./merkle.ts";

/** A transparency log that answers as Rekor v1 does: `dsse 0.0.1` entries, signed entry timestamps, checkpoints. */

export const LOG_HOST = "rekor.sandbox.pawl.invalid";

// Rekor's public indices run over all its shards, those in a proof over one tree; the offset keeps them apart here too.
const SHARD_OFFSET = 4_163_431;

export type DsseEnvelope = {
  /** Base64. */
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly sig: string }[];
};

/** The log entry in a bundle's JSON form (protobuf JSON: 64-bit numbers are strings, bytes are base64). */
export type LogEntry = {
  readonly logIndex: string;
  readonly logId: { readonly keyId: string };
  readonly kindVersion: { readonly kind: string; readonly version: string };
  readonly integratedTime: string;
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string };
  readonly inclusionProof?: {
    readonly logIndex: string;
    readonly rootHash: string;
    readonly treeSize: string;
    readonly hashes: readonly string[];
    readonly checkpoint: { readonly envelope: string };
  };
  readonly canonicalizedBody: string;
};

/** How an entry departs from an honest one. The tree itself is always extended honestly. */
export type LogOverrides = {
  /** `none` leaves the part out; `foreign` signs it with a key that no trusted log has. */
  readonly promise?: "none" | "foreign";
  readonly proof?: "none" | "foreign";
  /** Unix seconds. */
  readonly integratedTime?: number;
};

export type TransparencyLog = {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly size: () => number;
  readonly append: (body: Uint8Array, overrides?: LogOverrides) => LogEntry;
};

export type LogState = { readonly key: string; readonly treeId: string };

export function createLogState(treeId: bigint): LogState {
  return { key: privatePem(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey), treeId: treeId.toString() };
}

/**
 * Opens the log. With a file, every entry is on disk before it is answered, and a restart rebuilds the tree from it.
 *
 * @throws SANDBOX_STATE_BROKEN
 */
export function openTransparencyLog(state: LogState, clock: Clock, file?: string): TransparencyLog {
  const key = createPrivateKey(state.key);
  const publicKey = spki(createPublicKey(key));
  const logId = createHash("sha256").update(publicKey).digest();
  const tree = createMerkleTree();
  if (file !== undefined) for (const body of storedBodies(file)) tree.append(body);

  return {
    publicKey,
    size: tree.size,
    append(body, overrides = {}) {
      if (file !== undefined) appendFileSync(file, `${Buffer.from(body).toString("base64")}\n`);
      const index = tree.append(body);
      const size = index + 1;
      const root = tree.root(size);
      const integratedTime = overrides.integratedTime ?? clock();
      const logIndex = SHARD_OFFSET + index;
      const canonicalizedBody = Buffer.from(body).toString("base64");
      const promise = canonicalBytes({
        body: canonicalizedBody,
        integratedTime,
        logID: logId.toString("hex"),
        logIndex,
      });
      const signerOf = (part: "none" | "foreign" | undefined): KeyObject =>
        part === "foreign" ? foreignKey("P-256") : key;
      return {
        logIndex: String(logIndex),
        logId: { keyId: logId.toString("base64") },
        kindVersion: { kind: "dsse", version: "0.0.1" },
        integratedTime: String(integratedTime),
        ...(overrides.promise !== "none" && {
          inclusionPromise: {
            signedEntryTimestamp: sign("sha256", promise, signerOf(overrides.promise)).toString("base64"),
          },
        }),
        ...(overrides.proof !== "none" && {
          inclusionProof: {
            logIndex: String(index),
            rootHash: Buffer.from(root).toString("base64"),
            treeSize: String(size),
            hashes: tree.proof(index, size).map((hash) => Buffer.from(hash).toString("base64")),
            checkpoint: { envelope: checkpoint(state.treeId, size, root, logId, signerOf(overrides.proof)) },
          },
        }),
        canonicalizedBody,
      };
    },
  };
}

/** The body that is logged for an envelope: the same bytes that Rekor v1 writes for a DSSE envelope with a certificate. */
export function dsseEntryBody(envelope: DsseEnvelope, certificate: Uint8Array): Uint8Array {
  // Rekor hashes the envelope as its own library serialises it: fields in this order, with an empty keyid that the
  // bundle leaves out.
  const serialised = JSON.stringify({
    payload: envelope.payload,
    payloadType: envelope.payloadType,
    signatures: envelope.signatures.map(({ sig }) => ({ sig, keyid: "" })),
  });
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const verifier = Buffer.from(pem("CERTIFICATE", certificate)).toString("base64");
  return canonicalBytes({
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: { algorithm: "sha256", value: sha256(Buffer.from(serialised, "utf8")) },
      payloadHash: { algorithm: "sha256", value: sha256(Buffer.from(envelope.payload, "base64")) },
      signatures: envelope.signatures.map(({ sig }) => ({ signature: sig, verifier })),
    },
  });
}

/** A signed note (C2SP checkpoint): origin, size, root; then name, key hint and signature. */
function checkpoint(treeId: string, size: number, root: Uint8Array, logId: Uint8Array, key: KeyObject): string {
  const note = `${LOG_HOST} - ${treeId}\n${size}\n${Buffer.from(root).toString("base64")}\n`;
  const signature = Buffer.concat([logId.subarray(0, 4), sign("sha256", Buffer.from(note, "utf8"), key)]);
  return `${note}\n— ${LOG_HOST} ${signature.toString("base64")}\n`;
}

function storedBodies(file: string): Uint8Array[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  // A line without its newline was cut off by a crash before anyone got an answer: it never was an entry.
  if (complete.length !== text.length) writeFileSync(file, complete);
  return complete.split("\n").flatMap((line, number) => {
    if (line === "") return [];
    const body = Buffer.from(line, "base64");
    if (body.toString("base64") !== line) throw sandboxError("SANDBOX_STATE_BROKEN", { file, line: number + 1 });
    return [body];
  });
}
