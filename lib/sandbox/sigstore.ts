import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { Clock, RandomBytes } from "../core/effects.ts";
import {
  type AuthorityState,
  createAuthority,
  createAuthorityState,
  type LeafOverrides,
  type LeafRequest,
  spki,
} from "./authority.ts";
import type { IdentityClaims } from "./claims.ts";
import { readState, writeState } from "./stateFile.ts";
import {
  createLogState,
  type DsseEnvelope,
  dsseEntryBody,
  LOG_HOST,
  type LogEntry,
  type LogOverrides,
  type LogState,
  openTransparencyLog,
} from "./transparencyLog.ts";

/**
 * A Sigstore instance on one machine: certificate authority, certificate transparency log and transparency log. Its
 * bundles have the layout of the public instance's and chain up to a root of its own, so that nothing made here can
 * ever pass under the production root.
 */

export const BUNDLE_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
export const IN_TOTO_PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** A bundle v0.3 as JSON. */
export type SigstoreBundle = {
  readonly mediaType: string;
  readonly verificationMaterial: {
    readonly tlogEntries: readonly LogEntry[];
    readonly timestampVerificationData: Record<string, never>;
    readonly certificate: { readonly rawBytes: string };
  };
  readonly dsseEnvelope: DsseEnvelope;
};

/** Departures from an honest attestation, for tests that must see them refused. */
export type AttestOverrides = LeafOverrides & {
  readonly log?: LogOverrides;
  /** DSSE payload type; honest is `application/vnd.in-toto+json`. */
  readonly payloadType?: string;
  /** `foreign` signs the envelope with a key that is not the leaf's. */
  readonly signature?: "foreign";
  /** Rewrites the finished bundle. */
  readonly bundle?: (honest: SigstoreBundle) => SigstoreBundle;
};

export type AttestRequest = {
  /** The exact bytes of the in-toto statement. */
  readonly payload: Uint8Array;
  readonly claims: IdentityClaims;
  readonly overrides?: AttestOverrides;
};

type ValidFor = { readonly start: string };
type LogInstance = {
  readonly baseUrl: string;
  readonly hashAlgorithm: "SHA2_256";
  readonly publicKey: { readonly rawBytes: string; readonly keyDetails: string; readonly validFor: ValidFor };
  readonly logId: { readonly keyId: string };
};

/** `application/vnd.dev.sigstore.trustedroot+json;version=0.1`. */
export type TrustedRootJson = {
  readonly mediaType: string;
  readonly tlogs: readonly LogInstance[];
  readonly certificateAuthorities: readonly {
    readonly subject: { readonly organization: string; readonly commonName: string };
    readonly uri: string;
    readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] };
    readonly validFor: ValidFor;
  }[];
  readonly ctlogs: readonly LogInstance[];
  readonly timestampAuthorities: readonly unknown[];
};

export type SandboxSigstore = {
  readonly trustedRoot: TrustedRootJson;
  /** Issues a leaf alone and returns its DER. */
  readonly issueLeaf: (request: LeafRequest) => Uint8Array;
  /** Makes a fresh key, gets a leaf for it, signs the payload, logs the envelope, returns the bundle. */
  readonly attest: (request: AttestRequest) => SigstoreBundle;
  readonly logSize: () => number;
};

/**
 * @param options.state folder for keys and log. With one, a restart keeps root and log; without, all is in memory.
 * @throws SANDBOX_STATE_BROKEN, SCHEMA_MISMATCH when the folder's content cannot be read
 */
export function createSandboxSigstore(options: {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly state?: string;
}): SandboxSigstore {
  const { clock, random, state: folder } = options;
  const state = folder === undefined ? freshState(clock, random) : storedState(folder, clock, random);
  const authority = createAuthority(state.authority, clock, random);
  const log = openTransparencyLog(state.log, clock, folder === undefined ? undefined : join(folder, "log.txt"));

  const validFor = { start: new Date(state.authority.createdAt * 1000).toISOString() };
  const logInstance = (baseUrl: string, publicKey: Uint8Array): LogInstance => ({
    baseUrl,
    hashAlgorithm: "SHA2_256",
    publicKey: { rawBytes: base64(publicKey), keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor },
    logId: { keyId: createHash("sha256").update(publicKey).digest("base64") },
  });

  return {
    trustedRoot: {
      mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
      tlogs: [logInstance(`https://${LOG_HOST}`, log.publicKey)],
      certificateAuthorities: [
        {
          subject: { organization: "sandbox.pawl.invalid", commonName: "pawl-sandbox" },
          uri: "https://fulcio.sandbox.pawl.invalid",
          certChain: {
            certificates: [
              { rawBytes: base64(authority.intermediateCertificate) },
              { rawBytes: base64(authority.rootCertificate) },
            ],
          },
          validFor,
        },
      ],
      ctlogs: [logInstance("https://ctfe.sandbox.pawl.invalid", authority.ctPublicKey)],
      timestampAuthorities: [],
    },
    issueLeaf: authority.issueLeaf,
    logSize: log.size,
    attest({ payload, claims, overrides = {} }) {
      const leaf = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const certificate = authority.issueLeaf({ publicKey: spki(leaf.publicKey), claims, overrides });
      const payloadType = overrides.payloadType ?? IN_TOTO_PAYLOAD_TYPE;
      const signer =
        overrides.signature === "foreign"
          ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
          : leaf.privateKey;
      const envelope: DsseEnvelope = {
        payload: base64(payload),
        payloadType,
        signatures: [{ sig: sign("sha256", preAuthEncoding(payloadType, payload), signer).toString("base64") }],
      };
      const entry = log.append(dsseEntryBody(envelope, certificate), overrides.log);
      const bundle: SigstoreBundle = {
        mediaType: BUNDLE_MEDIA_TYPE,
        verificationMaterial: {
          tlogEntries: [entry],
          timestampVerificationData: {},
          certificate: { rawBytes: base64(certificate) },
        },
        dsseEnvelope: envelope,
      };
      return overrides.bundle?.(bundle) ?? bundle;
    },
  };
}

/** DSSE pre-authentication encoding (secure-systems-lab/dsse, protocol.md). */
function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head, "utf8"), payload]);
}

const stateSchema = z.strictObject({
  authority: z.strictObject({
    createdAt: z.number().int(),
    intermediateKey: z.string(),
    ctKey: z.string(),
    rootCertificate: z.base64(),
    intermediateCertificate: z.base64(),
  }),
  log: z.strictObject({ key: z.string(), treeId: z.string().regex(/^[0-9]+$/) }),
});

type SigstoreState = { readonly authority: AuthorityState; readonly log: LogState };

function freshState(clock: Clock, random: RandomBytes): SigstoreState {
  const treeId = Buffer.from(random(8)).readBigUInt64BE() >> 1n;
  return { authority: createAuthorityState(clock, random), log: createLogState(treeId) };
}

function storedState(folder: string, clock: Clock, random: RandomBytes): SigstoreState {
  const file = join(folder, "keys.json");
  const stored = readState(file, stateSchema);
  if (stored !== undefined) return stored;
  const state = freshState(clock, random);
  writeState(file, state);
  return state;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
