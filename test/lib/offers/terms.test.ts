import { getAbiItem, type Hex, zeroAddress, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { offerRegistryAbi } from "#lib/chain/generated/abis.ts";
import { type Policy, policyBytes, policyHashOf } from "#lib/offers/policy.ts";
import {
  checkTermsAgainstPolicy,
  type OfferTerms,
  offerIdOf,
  offerTermsJson,
  offerTermsParameters,
  offerTermsSchema,
} from "#lib/offers/terms.ts";
import { workflowIdentity } from "#lib/offers/workflowPin.ts";

const permitConsumer: Hex = `0x${"11".repeat(20)}`;
const gateway: Hex = `0x${"22".repeat(20)}`;
const policy: Policy = {
  v: 1,
  title: "Ledger",
  description: "",
  chainId: 31337,
  permitConsumer,
  gateway,
  workload: { repository: "atelier/workloads", commit: "a".repeat(40), entry: "main.mjs" },
  workflows: { signer: "pawl/pawl/.github/workflows/a.yml", caller: "pawl/steps/.github/workflows/b.yml" },
  runsOn: "ubuntu-24.04",
  limits: {
    permitWaitSeconds: 600,
    stepSeconds: 60,
    memoryBytes: 536_870_912,
    inputBytes: 1000,
    resultBytes: 1000,
    stateBytes: 1000,
  },
  restore: "fail_closed",
  tools: ["node"],
  network: { mode: "none" },
};
const terms: OfferTerms = {
  seller: `0x${"33".repeat(20)}`,
  token: zeroAddress,
  price: 2n ** 95n,
  maxSteps: 10,
  maxPending: 4,
  validUntil: 2_000_000_000,
  entitlementTtl: 1000,
  stepTimeout: 900,
  disputeWindow: 5,
  proofWindow: 5,
  arbitrationWindow: 5,
  conductBond: 5n,
  arbiterFee: 2n,
  gateway,
  verifier: `0x${"44".repeat(20)}`,
  observer: zeroAddress,
  arbiter: `0x${"55".repeat(20)}`,
  signerWorkflow: workflowIdentity(policy.workflows.signer),
  signerCommit: `0x${"66".repeat(20)}`,
  callerWorkflow: workflowIdentity(policy.workflows.caller),
  sourceRepositoryId: 5n,
  sourceOwnerId: 6n,
  sourceCommit: `0x${"77".repeat(20)}`,
  policyHash: policyHashOf(policyBytes(policy)),
  runnerTier: 2,
  provable: false,
  salt: zeroHash,
};
const deployment = { chainId: 31337, permitConsumer };

describe("offer terms", () => {
  it("have the fields of the contracts' struct, in the same order and types", () => {
    const plain = (parameters: readonly { name?: string; type: string }[]) =>
      parameters.map(({ name, type }) => `${type} ${name}`);
    const [compiled] = getAbiItem({ abi: offerRegistryAbi, name: "publish" }).inputs;
    expect(plain(offerTermsParameters[0].components)).toEqual(plain(compiled.components));
  });

  it("come back from JSON as they were", () => {
    const json: unknown = JSON.parse(JSON.stringify(offerTermsJson(terms)));
    expect(offerTermsSchema.parse(json)).toEqual(terms);
  });

  it("have an id that every field changes", () => {
    const ids = new Set([offerIdOf(terms)]);
    for (const [field, value] of Object.entries(terms)) {
      const other =
        typeof value === "boolean"
          ? !value
          : typeof value === "bigint"
            ? value + 1n
            : typeof value === "number"
              ? value + 1
              : value.replace(/.$/, (digit) => (digit === "1" ? "2" : "1"));
      ids.add(offerIdOf({ ...terms, [field]: other }));
    }
    expect(ids.size).toBe(Object.keys(terms).length + 1);
  });

  it("agree with the policy they pin", () => {
    expect(() => checkTermsAgainstPolicy(terms, policy, deployment)).not.toThrow();
  });

  for (const [why, change, code] of [
    ["another gateway", { gateway: zeroAddress }, "POLICY_WRONG_DEPLOYMENT"],
    ["another signer workflow", { signerWorkflow: zeroHash }, "TERMS_INCONSISTENT"],
    [
      "another caller workflow",
      { callerWorkflow: workflowIdentity("x/y/.github/workflows/z.yml") },
      "TERMS_INCONSISTENT",
    ],
    ["a claim deadline within the step's own time", { stepTimeout: 60 }, "TERMS_INCONSISTENT"],
    ["tier 2 without a pinned source", { sourceCommit: `0x${"00".repeat(20)}` }, "TERMS_INCONSISTENT"],
    [
      "proof on-chain without a pinned source",
      { runnerTier: 1, provable: true, sourceCommit: `0x${"00".repeat(20)}` },
      "TERMS_INCONSISTENT",
    ],
    ["neither proof nor arbiter", { arbiter: zeroAddress }, "TERMS_INCONSISTENT"],
  ] as const) {
    it(`are refused with ${why}`, () => {
      expect(() => checkTermsAgainstPolicy({ ...terms, ...change }, policy, deployment)).toThrowError(
        expect.objectContaining({ code }),
      );
    });
  }

  it("are refused with a policy for another chain or contract", () => {
    for (const other of [
      { ...deployment, chainId: 1 },
      { ...deployment, permitConsumer: zeroAddress },
    ]) {
      expect(() => checkTermsAgainstPolicy(terms, policy, other)).toThrowError(
        expect.objectContaining({ code: "POLICY_WRONG_DEPLOYMENT" }),
      );
    }
  });
});
