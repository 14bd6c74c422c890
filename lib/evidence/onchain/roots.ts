import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import {
  type Address,
  bytesToHex,
  encodeAbiParameters,
  type Hex,
  keccak256,
  parseAbiParameters,
  stringToHex,
} from "viem";
import type { ParsedTrustedRoot } from "../trustedRoot.ts";
import { p384KeyId } from "./p384.ts";

/** A certificate authority whose certificates the chain can check. Times are unix seconds, inclusive. */
export type IssuerKey = {
  /** On P-384: x and y, 48 bytes each. */
  readonly key: Hex;
  /** keccak256 of its DER Name. */
  readonly nameHash: Hex;
  readonly validFrom: number;
  readonly validUntil: number;
};

/** A transparency log whose promises the chain can check. */
export type LogKey = {
  /** On P-256. */
  readonly x: Hex;
  readonly y: Hex;
  /** As entries name it: SHA-256 of its SubjectPublicKeyInfo. */
  readonly logId: Hex;
  readonly validFrom: number;
  readonly validUntil: number;
};

/** What of a trusted root the chain can check. */
export type CoveredRoots = {
  readonly issuers: readonly IssuerKey[];
  readonly logs: readonly LogKey[];
  /** Names of authorities and logs with other keys, which are left out. */
  readonly leftOut: readonly string[];
};

const P384_KEY_INFO = "3076301006072a8648ce3d020106052b8104002203620004";
/** The last moment that fits; roots without an end have it. */
export const NEVER = 2 ** 40 - 1;
/** Index of the subject among the signed fields of a certificate. */
const SUBJECT = 5;

/** The parts of a trusted root that have keys which the chain can check: P-384 for authorities, P-256 for logs. */
export function coveredRoots({ material }: ParsedTrustedRoot): CoveredRoots {
  const issuers: IssuerKey[] = [];
  const logs: LogKey[] = [];
  const leftOut: string[] = [];
  for (const { certChain, validFor } of material.certificateAuthorities) {
    // The one that signs leaves comes first.
    const [certificate] = certChain;
    const name = certificate?.tbsCertificate.subs[SUBJECT]?.toDER();
    const keyInfo = certificate && Buffer.from(certificate.publicKey).toString("hex");
    if (!certificate || !name || !keyInfo?.startsWith(P384_KEY_INFO)) {
      leftOut.push(`the authority ${nameOf(certificate?.root.toDER())}, whose key is not on P-384`);
      continue;
    }
    issuers.push({
      key: `0x${keyInfo.slice(P384_KEY_INFO.length)}`,
      nameHash: keccak256(name),
      validFrom: Math.max(seconds(validFor.start), seconds(certificate.notBefore)),
      validUntil: Math.min(seconds(validFor.end), seconds(certificate.notAfter)),
    });
  }
  for (const { logID, publicKey, validFor } of material.tlogs) {
    const point = pointOf(publicKey);
    if (point === undefined) leftOut.push(`the log ${logID.toString("hex")}, whose key is not on P-256`);
    else {
      logs.push({
        ...point,
        logId: bytesToHex(logID),
        validFrom: seconds(validFor.start),
        validUntil: seconds(validFor.end),
      });
    }
  }
  return { issuers, logs, leftOut };
}

/** Without those that had ended by then: no step opened later can stand on them. */
export function unexpired({ issuers, logs, leftOut }: CoveredRoots, at: number): CoveredRoots {
  const isOver = ({ validUntil }: { readonly validUntil: number }) => validUntil < at;
  return {
    issuers: issuers.filter((issuer) => !isOver(issuer)),
    logs: logs.filter((log) => !isOver(log)),
    leftOut: [
      ...leftOut,
      ...issuers.filter(isOver).map(({ key }) => `the authority with key ${p384KeyId(key)}, which has expired`),
      ...logs.filter(isOver).map(({ logId }) => `the log ${logId.slice(2)}, which has expired`),
    ],
  };
}

/** An authority as `TrustRoots` takes it. */
export function issuerRoot({ key, nameHash, validFrom, validUntil }: IssuerKey) {
  return { keyId: p384KeyId(key), nameHash, validFrom, validUntil };
}

/** A log as `TrustRoots` takes it. */
export function logRoot({ x, y, validFrom, validUntil }: LogKey) {
  return { x, y, validFrom, validUntil };
}

const rootParameters = parseAbiParameters("bytes32, bytes32, bytes32, uint40, uint40");

/** What `TrustRoots` knows an authority by (`contracts/types/Roots.sol`). */
export function issuerRootId(issuer: IssuerKey): Hex {
  const { keyId, nameHash, validFrom, validUntil } = issuerRoot(issuer);
  const kind = keccak256(stringToHex("Pawl issuer root"));
  return keccak256(encodeAbiParameters(rootParameters, [kind, keyId, nameHash, validFrom, validUntil]));
}

/** What `TrustRoots` knows a log by. */
export function logRootId({ x, y, validFrom, validUntil }: LogKey): Hex {
  const kind = keccak256(stringToHex("Pawl log root"));
  return keccak256(encodeAbiParameters(rootParameters, [kind, x, y, validFrom, validUntil]));
}

/** What `TrustRoots` knows a reader of attestations by. */
export function verifierRootId(verifier: Address): Hex {
  const kind = keccak256(stringToHex("Pawl verifier root"));
  return keccak256(encodeAbiParameters(parseAbiParameters("bytes32, address"), [kind, verifier]));
}

/** Subject of a certificate on one line. */
function nameOf(der: Uint8Array | undefined): string {
  if (der === undefined) return "without a certificate";
  return new X509Certificate(der).subject.split("\n").join(", ");
}

function pointOf(publicKey: KeyObject): { readonly x: Hex; readonly y: Hex } | undefined {
  const { crv, x, y } = createPublicKey(publicKey.export({ format: "pem", type: "spki" })).export({ format: "jwk" });
  if (crv !== "P-256" || !x || !y) return undefined;
  return { x: bytesToHex(Buffer.from(x, "base64url")), y: bytesToHex(Buffer.from(y, "base64url")) };
}

/** Times before 1970 or beyond what fits are brought to the nearest that does. */
function seconds(date: Date): number {
  const whole = Math.floor(date.getTime() / 1000);
  return Number.isNaN(whole) ? NEVER : Math.min(Math.max(whole, 0), NEVER);
}
