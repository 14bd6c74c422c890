import { type Address, formatUnits, zeroAddress } from "viem";
import type { Policy } from "#lib/offers/policy.ts";
import type { OfferTerms } from "#lib/offers/terms.ts";
import type { Draft } from "./draft.ts";

const MEBIBYTE = 1_048_576;
const DAY = 86_400;

/** A draft with nothing pinned: figures that production contracts accept, and this server's own accounts. */
export function emptyDraft(server: { readonly gateway: Address; readonly verifier: Address }): Draft {
  return {
    title: "",
    description: "",
    token: zeroAddress,
    price: "0.01",
    maxSteps: "10",
    maxPending: "4",
    saleDays: "30",
    entitlementDays: "30",
    stepTimeout: String(2 * DAY),
    disputeWindow: String(DAY),
    proofWindow: String(DAY),
    arbitrationWindow: String(3 * DAY),
    conductBond: "0.005",
    arbiterFee: "0.002",
    gateway: server.gateway,
    verifier: server.verifier,
    observer: "",
    arbiter: "",
    signerWorkflow: "",
    signerCommit: "",
    callerWorkflow: "",
    sourceRepositoryId: "0",
    sourceOwnerId: "0",
    sourceCommit: "",
    workloadRepository: "",
    workloadCommit: "",
    workloadEntry: "",
    runsOn: "ubuntu-24.04",
    runnerTier: "1",
    provable: "no",
    network: "none",
    permitWaitSeconds: "600",
    stepSeconds: "600",
    memoryMebibytes: "512",
    inputBytes: String(MEBIBYTE),
    resultBytes: String(MEBIBYTE),
    stateMebibytes: "16",
  };
}

/** A draft with everything an existing offer has, but for its title. */
export function draftLike(terms: OfferTerms, policy: Policy, decimals: number): Draft {
  const optional = (address: Address) => (address === zeroAddress ? "" : address);
  return {
    title: "",
    description: policy.description,
    token: terms.token,
    price: formatUnits(terms.price, decimals),
    maxSteps: String(terms.maxSteps),
    maxPending: String(terms.maxPending),
    saleDays: "30",
    entitlementDays: String(Math.max(1, Math.floor(terms.entitlementTtl / DAY))),
    stepTimeout: String(terms.stepTimeout),
    disputeWindow: String(terms.disputeWindow),
    proofWindow: String(terms.proofWindow),
    arbitrationWindow: String(terms.arbitrationWindow),
    conductBond: formatUnits(terms.conductBond, 18),
    arbiterFee: formatUnits(terms.arbiterFee, 18),
    gateway: terms.gateway,
    verifier: optional(terms.verifier),
    observer: optional(terms.observer),
    arbiter: optional(terms.arbiter),
    signerWorkflow: policy.workflows.signer,
    signerCommit: terms.signerCommit.slice(2),
    callerWorkflow: policy.workflows.caller,
    sourceRepositoryId: terms.sourceRepositoryId.toString(),
    sourceOwnerId: terms.sourceOwnerId.toString(),
    sourceCommit: BigInt(terms.sourceCommit) === 0n ? "" : terms.sourceCommit.slice(2),
    workloadRepository: policy.workload.repository,
    workloadCommit: policy.workload.commit,
    workloadEntry: policy.workload.entry,
    runsOn: policy.runsOn,
    runnerTier: terms.runnerTier === 2 ? "2" : "1",
    provable: terms.provable ? "yes" : "no",
    network: policy.network.mode,
    permitWaitSeconds: String(policy.limits.permitWaitSeconds),
    stepSeconds: String(policy.limits.stepSeconds),
    memoryMebibytes: String(Math.floor(policy.limits.memoryBytes / MEBIBYTE)),
    inputBytes: String(policy.limits.inputBytes),
    resultBytes: String(policy.limits.resultBytes),
    stateMebibytes: String(Math.floor(policy.limits.stateBytes / MEBIBYTE)),
  };
}
