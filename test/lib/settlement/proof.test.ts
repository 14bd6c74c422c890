import { type PublicClient, zeroHash } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CapsuleParts } from "#lib/capsule/capsule.ts";
import { estimateCost } from "#lib/chain/cost.ts";
import { type settlementAbi, trustRootsAbi } from "#lib/chain/generated/abis.ts";
import type { Call } from "#lib/chain/transact.ts";
import { encodeClaim } from "#lib/evidence/claim.ts";
import { issuerRootId, logRootId } from "#lib/evidence/onchain/roots.ts";
import { encodeTrade } from "#lib/evidence/trade.ts";
import type { PublishedOffer } from "#lib/offers/published.ts";
import type { StepPermit } from "#lib/permits/stepPermit.ts";
import { expectationOf } from "#lib/settlement/consumption.ts";
import { type PreparedProof, prepareProof } from "#lib/settlement/proof.ts";
import { figures } from "../../../ignition/parameters/figures.ts";
import { FIRST_BUILD_MS } from "../../contracts/evidence/local.ts";
import { ATTESTED_AT, createProvenTrade, type ProvenTrade } from "../../contracts/evidence/provenTrade.ts";
import { addressOf, type Claimed, refusalOf } from "../../contracts/world.ts";

/** Proofs as they are prepared from evidence, sent to the contracts that they are for. */

let trade: ProvenTrade;
let client: PublicClient;
let restore: () => Promise<void>;
beforeAll(async () => {
  trade = await createProvenTrade();
  client = trade.w.client as PublicClient;
}, FIRST_BUILD_MS);
beforeEach(async () => {
  restore = await trade.w.snapshot();
  await trade.w.nextAt(ATTESTED_AT - 1_000);
});
afterEach(() => restore());
afterAll(() => trade.close());

const opened = async (overrides: Parameters<ProvenTrade["publish"]>[0] = {}): Promise<Claimed> =>
  trade.open(await trade.w.buy(await trade.publish(overrides), 4));

/** The parts of a capsule that a proof is made of. */
async function subjectOf(claimed: Claimed) {
  const { deployment } = trade.w;
  const { entitlement, permit: input, permitHash } = claimed.opened;
  const { gateway, signerCommit, policyHash } = entitlement.terms;
  const permit: StepPermit = { ...input, entitlement: entitlement.id, gateway, signerCommit, policyHash };
  const { chainId, settlement } = deployment;
  const run = await trade.w.read.run(claimed.ref.runKey);
  // The world's policy is a stand-in that no reader of published offers takes, so this is put together by hand.
  const { id, offerId, buyer, salt, terms } = entitlement;
  const consumption = {
    identity: { id, buyer, salt, offer: { offerId, terms } as PublishedOffer },
    step: claimed.ref.step,
    permitHash,
    runKey: claimed.ref.runKey,
    parentHead: claimed.ref.parentHead,
    openedAt: run.openedAt,
    claimDeadline: run.claimDeadline,
  };
  const parts = {
    bundle: trade.bundleOf(claimed),
    claim: encodeClaim({ chainId, settlement, entitlement: entitlement.id, ...claimed.claim }),
    trade: encodeTrade({ expectation: expectationOf(consumption, permit, deployment), permitSignature: "0x" }),
  } as unknown as CapsuleParts;
  return { parts, consumption, evidenceHash: zeroHash, evidenceLocator: "" };
}

const prepare = async (claimed: Claimed, deployment = trade.w.deployment) =>
  prepareProof(client, deployment, await subjectOf(claimed));

const sendIt = ({ call }: PreparedProof) =>
  trade.w.send("stranger", "settlement", call.functionName, call.args as readonly unknown[]);

const codeOf = async (call: Promise<unknown>) => (await refusalOf(call)).code;

describe("a proof", () => {
  it("settles a step that is open, and is priced before it is sent", async () => {
    const claimed = await opened();
    const proof = await prepare(claimed);
    expect(proof).toMatchObject({ kind: "settles", claimHash: claimed.ref.claimHash, step: 1 });
    const cost = await estimateCost(
      client,
      proof.call as Call<typeof settlementAbi, "claimWithProof">,
      addressOf("stranger"),
    );
    const { gasUsed } = await sendIt(proof);
    expect(cost.gas).toBeGreaterThanOrEqual(gasUsed);
    expect(cost.total).toBe(cost.gas * cost.gasPrice);
    expect(cost.dataBytes).toBeGreaterThan(9_000);
    expect(await codeOf(prepare(claimed))).toBe("PROOF_ALREADY_MADE");
  });

  it("answers a demand for it", async () => {
    const { w } = trade;
    const claimed = await opened();
    await w.challengeEvidence(await w.claim(claimed.opened, claimed.claim));
    const proof = await prepare(claimed);
    expect(proof.kind).toBe("answers");
    await sendIt(proof);
    expect((await w.read.run(claimed.ref.runKey)).proven).toBe(true);
  });

  it("comes too late for a step that was voided", async () => {
    const { w } = trade;
    const claimed = await opened();
    await w.pass(6_000);
    expect(await codeOf(prepare(claimed))).toBe("PROOF_STEP_CLOSED");
  });

  it("is not for offers that cannot be proven, or deployments that cannot check it", async () => {
    const { deployment } = trade.w;
    const claimed = await opened();
    const { evidence: _evidence, ...bare } = deployment;
    expect(await codeOf(prepare(claimed, bare))).toBe("PROOF_NOT_DEPLOYED");
    const subject = await subjectOf(claimed);
    const { identity } = subject.consumption;
    const terms = { ...identity.offer.terms, provable: false };
    const consumption = { ...subject.consumption, identity: { ...identity, offer: { ...identity.offer, terms } } };
    expect(await codeOf(prepareProof(client, deployment, { ...subject, consumption }))).toBe("PROOF_NOT_PROVABLE");
  });

  it("names the root that does not count, before anybody pays for a refusal", async () => {
    const { w, roots } = trade;
    const claimed = await opened();
    await w.nextAt(ATTESTED_AT + 10);
    const [issuer] = roots.issuers;
    const [log] = roots.logs;
    if (!issuer || !log) throw new Error("the world has no roots");
    const guardian = figures.local.evidence.guardian;
    await w.connection.provider.request({ method: "hardhat_impersonateAccount", params: [guardian] });
    await w.connection.provider.request({ method: "hardhat_setBalance", params: [guardian, "0xde0b6b3a7640000"] });
    for (const [id, code] of [
      [logRootId(log), "PROOF_LOG_UNKNOWN"],
      [issuerRootId(issuer), "PROOF_ISSUER_UNKNOWN"],
    ] as const) {
      const undo = await w.snapshot();
      await w.wallet.writeContract({
        account: guardian,
        address: w.deployment.evidence?.trustRoots ?? guardian,
        abi: trustRootsAbi,
        functionName: "revoke",
        args: [[id], ATTESTED_AT - 100],
        gas: 200_000n,
      });
      expect(await codeOf(prepare(claimed))).toBe(code);
      await undo();
    }
  });
});
