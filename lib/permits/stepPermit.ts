import { type Address, type Hex, hashTypedData, type TypedDataDomain } from "viem";
import { z } from "zod";
import { address, bytes20, bytes32, decimal } from "../core/encoding.ts";

/** The buyer's permission for exactly one run, holding one worker key, to take one step. Types as in `StepPermit.sol`. */
export type StepPermit = {
  readonly entitlement: Hex;
  readonly epoch: number;
  readonly step: number;
  readonly gateway: Address;
  readonly repositoryId: bigint;
  readonly runId: bigint;
  readonly runAttempt: number;
  readonly sourceCommit: Hex;
  readonly signerCommit: Hex;
  readonly policyHash: Hex;
  readonly inputHash: Hex;
  /** X25519 public key of the run. */
  readonly workerKey: Hex;
  /** X25519 public key of the buyer; 0 = the result is public. */
  readonly resultKey: Hex;
  /** 32 zero bytes for the first step. */
  readonly parentStateCommitment: Hex;
  readonly parentNetCommitment: Hex;
  /** 0 below runner tier 2. */
  readonly observationHash: Hex;
  readonly salt: Hex;
  /** Unix seconds, inclusive. */
  readonly deadline: bigint;
};

export const stepPermitTypes = {
  StepPermit: [
    { name: "entitlement", type: "bytes32" },
    { name: "epoch", type: "uint32" },
    { name: "step", type: "uint32" },
    { name: "gateway", type: "address" },
    { name: "repositoryId", type: "uint64" },
    { name: "runId", type: "uint64" },
    { name: "runAttempt", type: "uint32" },
    { name: "sourceCommit", type: "bytes20" },
    { name: "signerCommit", type: "bytes20" },
    { name: "policyHash", type: "bytes32" },
    { name: "inputHash", type: "bytes32" },
    { name: "workerKey", type: "bytes32" },
    { name: "resultKey", type: "bytes32" },
    { name: "parentStateCommitment", type: "bytes32" },
    { name: "parentNetCommitment", type: "bytes32" },
    { name: "observationHash", type: "bytes32" },
    { name: "salt", type: "bytes32" },
    { name: "deadline", type: "uint64" },
  ],
} as const;

export type PermitDomain = { readonly chainId: number; readonly permitConsumer: Address };

/** The ERC-5267 domain of PermitConsumer, under which permits, envelopes, receipts and requests are signed. */
export function permitConsumerDomain({ chainId, permitConsumer }: PermitDomain) {
  return {
    name: "Pawl PermitConsumer",
    version: "1",
    chainId,
    verifyingContract: permitConsumer,
  } as const satisfies TypedDataDomain;
}

/** The full EIP-712 digest (0x1901…), `P` in the pipeline. */
export function permitHash(permit: StepPermit, domain: PermitDomain): Hex {
  return hashTypedData({
    domain: permitConsumerDomain(domain),
    types: stepPermitTypes,
    primaryType: "StepPermit",
    message: permit,
  });
}

const u64 = decimal.transform(BigInt).refine((value) => value < 1n << 64n, "expected an integer below 2^64");
const u32 = z.int().min(0).max(4_294_967_295);

/** A permit as it travels in JSON. */
export const stepPermitSchema = z.strictObject({
  entitlement: bytes32,
  epoch: u32,
  step: u32,
  gateway: address,
  repositoryId: u64,
  runId: u64,
  runAttempt: u32,
  sourceCommit: bytes20,
  signerCommit: bytes20,
  policyHash: bytes32,
  inputHash: bytes32,
  workerKey: bytes32,
  resultKey: bytes32,
  parentStateCommitment: bytes32,
  parentNetCommitment: bytes32,
  observationHash: bytes32,
  salt: bytes32,
  deadline: u64,
});

export type StepPermitJson = z.input<typeof stepPermitSchema>;

export function stepPermitJson(permit: StepPermit): StepPermitJson {
  return {
    ...permit,
    repositoryId: permit.repositoryId.toString(),
    runId: permit.runId.toString(),
    deadline: permit.deadline.toString(),
  };
}
