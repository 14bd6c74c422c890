import type { PublicClient } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { provableAttestation } from "#lib/settlement/proof.ts";
import { FIRST_BUILD_MS } from "./local.ts";
import { ATTESTED_AT, createProvenTrade, type ProvenTrade } from "./provenTrade.ts";

/** What a verifier asks before it approves a claim of a provable offer: evidence that holds may have no proof. */

let trade: ProvenTrade;
let bundle: Uint8Array;
beforeAll(async () => {
  trade = await createProvenTrade();
  bundle = trade.attested();
}, FIRST_BUILD_MS);
afterAll(() => trade.close());

const ask = (openedAt: number, of: Uint8Array = bundle) => {
  const { client, deployment } = trade.w;
  if (!deployment.evidence) throw new Error("the deployment does not check evidence");
  return provableAttestation(client as PublicClient, deployment, deployment.evidence, { bundle: of, openedAt });
};
const refusal = (code: string) => expect.objectContaining({ code });

describe("an attestation of a provable offer", () => {
  it("has a proof under roots that were queued before the step opened", async () => {
    expect(await ask(ATTESTED_AT)).toMatchObject({ integratedTime: BigInt(ATTESTED_AT) });
  });

  it("has none where the step was opened before its roots were known", async () => {
    await expect(ask(1)).rejects.toThrow(refusal("PROOF_ISSUER_UNKNOWN"));
  });

  it("has none without the log's promise", async () => {
    const json = JSON.parse(new TextDecoder().decode(bundle));
    delete json.verificationMaterial.tlogEntries[0].inclusionPromise;
    const without = new TextEncoder().encode(JSON.stringify(json));
    await expect(ask(ATTESTED_AT, without)).rejects.toThrow(refusal("PROOF_LOG_TIME_MISSING"));
  });
});
