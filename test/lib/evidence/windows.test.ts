import { describe, expect, it } from "vitest";
import { logTimeOf, prepareAttestation } from "#lib/evidence/onchain/attestation.ts";
import { coveredRoots } from "#lib/evidence/onchain/roots.ts";
import { mintStep, trust } from "./step.fixture.ts";

/** A key whose validity changed is queued as another root beside the first, which runs out. */
describe("a proof under a key with two windows", () => {
  it("names the roots that were valid at the log's time", async () => {
    const { parts } = await mintStep();
    const at = logTimeOf(parts.bundle);
    const { issuers, logs } = coveredRoots(trust.root);
    const ended = <Root extends object>(root: Root) => ({ ...root, validFrom: 0, validUntil: at - 1 });
    const roots = { issuers: [...issuers.map(ended), ...issuers], logs: [...logs.map(ended), ...logs] };
    const { attestation } = prepareAttestation(parts.bundle, roots);
    expect(attestation.issuerValidUntil).toBeGreaterThanOrEqual(at);
    expect(attestation.log.validUntil).toBeGreaterThanOrEqual(at);
    // Where none was, the contract says so.
    const over = prepareAttestation(parts.bundle, { issuers: issuers.map(ended), logs: logs.map(ended) });
    expect(over.attestation.log.validUntil).toBe(at - 1);
  });
});
