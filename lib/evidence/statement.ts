import type { Hex } from "viem";

/** SHA-256 digests of the four attested files. */
export type StatementHashes = {
  readonly claimHash: Hex;
  readonly certificateHash: Hex;
  readonly resultHash: Hex;
  readonly bundleHash: Hex;
};

/** Names of the attested files, in the order of the subjects. */
const subjectNames = ["pawl-claim", "certificate.json", "result.json", "state.bundle"] as const;

const STEP_PREDICATE_TYPE = "urn:pawl:step:v1";
export const STATEMENT_PAYLOAD_TYPE = "application/vnd.in-toto+json";

/**
 * The attested payload of a step. It is a fixed template: whoever holds the four digests rebuilds these bytes and
 * compares, so nobody parses a payload, and no field can hide in one.
 */
export function statementBytes(hashes: StatementHashes): Uint8Array {
  const digests = [hashes.claimHash, hashes.certificateHash, hashes.resultHash, hashes.bundleHash];
  const subjects = subjectNames.map(
    (name, index) => `{"name":"${name}","digest":{"sha256":"${(digests[index] ?? "").slice(2)}"}}`,
  );
  return new TextEncoder().encode(
    `{"_type":"https://in-toto.io/Statement/v1","subject":[${subjects.join(",")}],` +
      `"predicateType":"${STEP_PREDICATE_TYPE}","predicate":{"v":1}}`,
  );
}

/** The checksums file whose line order becomes the order of the subjects: `<64 lower hex>  <name>` per line. */
export function checksumsText(hashes: StatementHashes): string {
  const digests = [hashes.claimHash, hashes.certificateHash, hashes.resultHash, hashes.bundleHash];
  return subjectNames.map((name, index) => `${(digests[index] ?? "").slice(2)}  ${name}\n`).join("");
}
