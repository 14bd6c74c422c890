import type { TrustMaterial } from "@sigstore/verify";

/**
 * The library encodes and verifies the authorities' own certificates afresh for every bundle, which costs several times
 * what the bundle's own certificate costs. They belong to the root, are read once and never change, so what they encode
 * to and whether one issued the other is worked out once. A bundle's certificate is never judged from memory.
 */
type AuthorityCertificate = TrustMaterial["certificateAuthorities"][number]["certChain"][number];
type Encoded = { toDER: () => Buffer };

export function rememberAuthorities(material: TrustMaterial): TrustMaterial {
  const authorities = [...material.certificateAuthorities, ...material.timestampAuthorities];
  const certificates: ReadonlySet<AuthorityCertificate> = new Set(authorities.flatMap(({ certChain }) => certChain));
  for (const certificate of certificates) {
    rememberEncoding(certificate);
    rememberIssuers(certificate, certificates);
  }
  return material;
}

/** Encodes whole, signed part and public key at most once each; nothing in the library writes to these bytes. */
export function rememberEncoding({ root, tbsCertificate }: AuthorityCertificate): void {
  const PUBLIC_KEY = 6;
  for (const part of [root, tbsCertificate, tbsCertificate.subs[PUBLIC_KEY]]) if (part) encodeOnce(part);
}

function encodeOnce(part: Encoded): void {
  const encode = part.toDER.bind(part);
  let encoded: Buffer | undefined;
  part.toDER = () => {
    encoded ??= encode();
    return encoded;
  };
}

/** Only pairs of the root's own certificates are remembered: whatever else claims to have issued one is looked at. */
function rememberIssuers(certificate: AuthorityCertificate, known: ReadonlySet<AuthorityCertificate>): void {
  const verify = certificate.verify.bind(certificate);
  const verdicts = new Map<AuthorityCertificate | undefined, boolean>();
  certificate.verify = (issuer) => {
    if (issuer !== undefined && !known.has(issuer)) return verify(issuer);
    const verdict = verdicts.get(issuer) ?? verify(issuer);
    verdicts.set(issuer, verdict);
    return verdict;
  };
}
