import hre from "hardhat";
import {
  type Abi,
  type Address,
  createPublicClient,
  createWalletClient,
  custom,
  encodeAbiParameters,
  getAbiItem,
  type Hex,
  hashTypedData,
  keccak256,
  numberToHex,
  parseAbiParameters,
  sha256,
  stringToBytes,
  stringToHex,
  zeroAddress,
  zeroHash,
} from "viem";
import { type HDAccount, mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { expect } from "vitest";
import {
  escrowAbi,
  offerRegistryAbi,
  permitConsumerAbi,
  sandboxTokenAbi,
  settlementAbi,
} from "#lib/chain/generated/abis.ts";
import { decodeRevert } from "#lib/chain/revert.ts";
import type { PawlError } from "#lib/core/error.ts";
import type { CoveredRoots } from "#lib/evidence/onchain/roots.ts";
import { entitlementIdOf, type OfferTerms, offerIdOf } from "#lib/offers/terms.ts";
import { headOf, runKeyOf } from "#lib/permits/entitlement.ts";
import { type StepPermit, stepPermitTypes } from "#lib/permits/stepPermit.ts";
import { figures } from "../../ignition/parameters/figures.ts";
import { deployWith } from "../../scripts/contracts/deploy.ts";
import { buildContracts } from "./build.ts";

/** One chain in this process with one deployment on it, and the moves of a trade as functions. */

export const POLICY = stringToHex('{"v":1}');
export const PRICE = 1_000n;
export const NATIVE = zeroAddress;
export const WINDOWS = { stepTimeout: 100, disputeWindow: 50, proofWindow: 70, arbitrationWindow: 90 } as const;
/** The figures that the tests' windows fit, with a bond that no base fee here exceeds. */
const FIGURES = { ...figures.local, minBond: 10n ** 17n };
export const MIN_BOND = FIGURES.minBond;

const ROLES = [
  "deployer",
  "seller",
  "buyer",
  "gateway",
  "verifier",
  "observer",
  "arbiter",
  "delegate",
  "stranger",
] as const;
export type Role = (typeof ROLES)[number];
const MNEMONIC = "test test test test test test test test test test test junk";
export const people = Object.fromEntries(
  ROLES.map((role, addressIndex) => [role, mnemonicToAccount(MNEMONIC, { addressIndex })]),
) as Record<Role, HDAccount>;
export const addressOf = (role: Role): Address => people[role].address;

const CONTRACTS = {
  offerRegistry: offerRegistryAbi,
  escrow: escrowAbi,
  permitConsumer: permitConsumerAbi,
  settlement: settlementAbi,
} as const;
export type ContractName = keyof typeof CONTRACTS;

export type Entitlement = {
  readonly terms: OfferTerms;
  readonly offerId: Hex;
  readonly buyer: Address;
  readonly salt: Hex;
  readonly id: Hex;
};
export type PermitInput = Omit<StepPermit, "entitlement" | "gateway" | "signerCommit" | "policyHash">;
export type Opened = {
  readonly entitlement: Entitlement;
  readonly permit: PermitInput;
  readonly permitHash: Hex;
  readonly runKey: Hex;
  readonly parentHead: Hex;
};
export type StepClaim = {
  readonly step: number;
  readonly permitHash: Hex;
  readonly certificateHash: Hex;
  readonly resultHash: Hex;
  readonly bundleHash: Hex;
  readonly nextStateCommitment: Hex;
  readonly nextNetCommitment: Hex;
  readonly transcriptRoot: Hex;
};
type ClaimedStep = {
  readonly buyer: Address;
  readonly salt: Hex;
  readonly step: number;
  readonly runKey: Hex;
  readonly claimHash: Hex;
  readonly parentHead: Hex;
  /** 0 until the claim has landed. */
  readonly windowEnd: number;
};
export type Claimed = { readonly opened: Opened; readonly claim: StepClaim; readonly ref: ClaimedStep };

const verifiedClaimTypes = {
  VerifiedClaim: [
    { name: "claimHash", type: "bytes32" },
    { name: "reportHash", type: "bytes32" },
    { name: "evidenceHash", type: "bytes32" },
    { name: "deadline", type: "uint64" },
  ],
} as const;
const permit2TransferTypes = (kind: "Purchase" | "TopUp") => ({
  PermitWitnessTransferFrom: [
    { name: "permitted", type: "TokenPermissions" },
    { name: "spender", type: "address" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
    { name: "witness", type: kind },
  ],
  TokenPermissions: [
    { name: "token", type: "address" },
    { name: "amount", type: "uint256" },
  ],
  [kind]: [
    { name: "offerId", type: "bytes32" },
    { name: "steps", type: "uint24" },
    { name: "buyer", type: "address" },
    { name: "salt", type: "bytes32" },
    { name: "deadline", type: "uint64" },
  ],
});
const observationTypes = {
  Observation: [
    { name: "runKey", type: "bytes32" },
    { name: "observationHash", type: "bytes32" },
  ],
} as const;
const factsParameters = parseAbiParameters(
  "bytes32 claimHash, bytes32 certificateHash, bytes32 resultHash, bytes32 bundleHash, bytes32 signerWorkflow, bytes20 signerCommit, bytes32 callerWorkflow, uint64 repositoryId, uint64 sourceOwnerId, bytes20 sourceCommit, uint64 runId, uint32 runAttempt, uint40 openedAt",
);

const FAR = 2n ** 39n;
const word = (text: string): Hex => keccak256(stringToBytes(text));

/**
 * @param options.bare without an evidence verifier, play money and Permit2
 * @param options.evidence checked by the real contracts, under these roots, instead of by a double
 */
export async function createWorld(
  options: {
    readonly bare?: boolean;
    readonly evidence?: { readonly roots: CoveredRoots; readonly oidcIssuer: string };
  } = {},
) {
  const connection = await hre.network.create();
  const transport = custom(connection.provider);
  const client = createPublicClient({ chain: hardhat, transport, cacheTime: 0, pollingInterval: 1 });
  const wallet = createWalletClient({ chain: hardhat, transport });
  await buildContracts();

  async function deployDouble(name: string, args: readonly unknown[] = []) {
    const artifact = await hre.artifacts.readArtifact(name);
    const abi = artifact.abi as Abi;
    const hash = await wallet.deployContract({
      account: addressOf("deployer"),
      abi,
      bytecode: artifact.bytecode as Hex,
      args,
    });
    const { contractAddress } = await client.getTransactionReceipt({ hash });
    if (!contractAddress) throw new Error(`${name} was not deployed`);
    const write = (from: Role, functionName: string, callArgs: readonly unknown[] = [], value = 0n) =>
      wallet.writeContract({
        account: addressOf(from),
        address: contractAddress,
        abi,
        functionName,
        args: [...callArgs],
        value,
        gas: 10_000_000n,
      });
    const read = (functionName: string, callArgs: readonly unknown[] = []) =>
      client.readContract({ address: contractAddress, abi, functionName, args: [...callArgs] });
    return { address: contractAddress, abi, write, read };
  }

  const evidence = await deployDouble("EvidenceVerifierDouble");
  const deployment = await deployWith(connection.provider as Parameters<typeof deployWith>[0], {
    figures: FIGURES,
    ...(options.bare === true
      ? {}
      : { withSandbox: true, ...(options.evidence ?? { evidenceVerifier: evidence.address }) }),
  });

  /** Sends a call whatever it will do; a revert rejects with viem's error. Returns gas and receipt. */
  async function send(
    from: Role | Address,
    contract: ContractName,
    functionName: string,
    args: readonly unknown[],
    value = 0n,
  ) {
    const hash = await wallet.writeContract({
      account: from.startsWith("0x") ? (from as Address) : addressOf(from as Role),
      address: deployment[contract],
      abi: CONTRACTS[contract] as Abi,
      functionName,
      args: [...args],
      value,
      gas: 12_000_000n,
    });
    return client.getTransactionReceipt({ hash });
  }

  const read = {
    entitlement: (id: Hex) =>
      client.readContract({ address: deployment.escrow, abi: escrowAbi, functionName: "entitlementOf", args: [id] }),
    head: (id: Hex) =>
      client.readContract({ address: deployment.escrow, abi: escrowAbi, functionName: "headOf", args: [id] }),
    run: (runKey: Hex) =>
      client.readContract({ address: deployment.escrow, abi: escrowAbi, functionName: "runOf", args: [runKey] }),
    credit: (token: Address, owner: Role | Address) =>
      client.readContract({
        address: deployment.escrow,
        abi: escrowAbi,
        functionName: "creditOf",
        args: [token, owner.startsWith("0x") ? (owner as Address) : addressOf(owner as Role)],
      }),
    earnings: (offerId: Hex) =>
      client.readContract({ address: deployment.escrow, abi: escrowAbi, functionName: "earningsOf", args: [offerId] }),
    stake: (offerId: Hex) =>
      client.readContract({ address: deployment.escrow, abi: escrowAbi, functionName: "stakeOf", args: [offerId] }),
    bonds: () => client.readContract({ address: deployment.escrow, abi: escrowAbi, functionName: "bondsHeld" }),
    evidenceBond: () =>
      client.readContract({ address: deployment.settlement, abi: settlementAbi, functionName: "evidenceBond" }),
    challenge: (runKey: Hex, kind: 0 | 1) =>
      client.readContract({
        address: deployment.settlement,
        abi: settlementAbi,
        functionName: "challengeOf",
        args: [runKey, kind],
      }),
  };

  async function now(): Promise<number> {
    return Number((await client.getBlock()).timestamp);
  }
  /** The next transaction's block has this timestamp. */
  async function nextAt(timestamp: number | bigint) {
    await connection.provider.request({ method: "evm_setNextBlockTimestamp", params: [numberToHex(timestamp)] });
  }
  async function pass(seconds: number) {
    await connection.provider.request({ method: "evm_increaseTime", params: [numberToHex(seconds)] });
    await connection.provider.request({ method: "evm_mine", params: [] });
  }
  async function snapshot(): Promise<() => Promise<void>> {
    const id = await connection.provider.request({ method: "evm_snapshot", params: [] });
    return async () => {
      await connection.provider.request({ method: "evm_revert", params: [id] });
    };
  }

  let counter = 0;
  const fresh = (what: string): Hex => word(`${what} ${++counter}`);

  function terms(overrides: Partial<OfferTerms> = {}): OfferTerms {
    return {
      seller: addressOf("seller"),
      token: NATIVE,
      price: PRICE,
      maxSteps: 100,
      maxPending: 4,
      validUntil: 2 ** 35,
      entitlementTtl: 100_000,
      ...WINDOWS,
      conductBond: 500n,
      arbiterFee: 200n,
      gateway: addressOf("gateway"),
      verifier: addressOf("verifier"),
      observer: NATIVE,
      arbiter: addressOf("arbiter"),
      signerWorkflow: word("workflow"),
      signerCommit: "0x1111111111111111111111111111111111111111",
      callerWorkflow: zeroHash,
      sourceRepositoryId: 0n,
      sourceOwnerId: 0n,
      sourceCommit: "0x2222222222222222222222222222222222222222",
      policyHash: sha256(POLICY),
      runnerTier: 1,
      provable: options.bare !== true,
      salt: fresh("offer"),
      ...overrides,
    };
  }

  async function publish(overrides: Partial<OfferTerms> = {}): Promise<OfferTerms> {
    const offer = terms(overrides);
    await send(offer.seller, "offerRegistry", "publish", [offer, POLICY]);
    return offer;
  }

  async function buy(
    offer: OfferTerms,
    steps = 4,
    { buyer = addressOf("buyer"), salt = fresh("salt"), payer = "buyer" as Role } = {},
  ): Promise<Entitlement> {
    const value = offer.token === NATIVE ? offer.price * BigInt(steps) : 0n;
    await send(payer, "escrow", "purchase", [offer, buyer, salt, steps], value);
    const offerId = offerIdOf(offer);
    return { terms: offer, offerId, buyer, salt, id: entitlementIdOf(offerId, buyer, salt) };
  }

  /** Gives somebody play money and lets the escrow and Permit2 pull it. */
  async function fund(who: Role, amount: bigint, allowance = amount) {
    const token = deployment.sandboxToken;
    if (token === undefined) throw new Error("the deployment has no play money");
    const call = { address: token, abi: sandboxTokenAbi, gas: 200_000n } as const;
    await wallet.writeContract({
      ...call,
      account: addressOf("deployer"),
      functionName: "mint",
      args: [addressOf(who), amount],
    });
    for (const spender of [deployment.escrow, await permit2()]) {
      await wallet.writeContract({
        ...call,
        account: addressOf(who),
        functionName: "approve",
        args: [spender, allowance],
      });
    }
  }

  const permit2 = () => client.readContract({ address: deployment.escrow, abi: escrowAbi, functionName: "permit2" });

  /** Permit2's domain has no version. */
  const permit2Domain = async () => ({
    name: "Permit2",
    chainId: deployment.chainId,
    verifyingContract: await permit2(),
  });

  /** A signature over Permit2's transfer, bound to a purchase or a top-up. */
  async function permit2Payment({
    terms: offer,
    steps,
    salt,
    nonce = BigInt(++counter),
    deadline = FAR,
    buyer = addressOf("buyer"),
    payer = "buyer" as Role,
    kind = "Purchase" as "Purchase" | "TopUp",
  }: {
    readonly terms: OfferTerms;
    readonly steps: number;
    readonly salt: Hex;
    readonly nonce?: bigint;
    readonly deadline?: bigint;
    readonly buyer?: Address;
    readonly payer?: Role;
    readonly kind?: "Purchase" | "TopUp";
  }) {
    const signature = await people[payer].signTypedData({
      domain: await permit2Domain(),
      types: permit2TransferTypes(kind),
      primaryType: "PermitWitnessTransferFrom",
      message: {
        permitted: { token: offer.token, amount: offer.price * BigInt(steps) },
        spender: deployment.escrow,
        nonce,
        deadline,
        witness: { offerId: offerIdOf(offer), steps, buyer, salt, deadline },
      },
    });
    return { payer: addressOf(payer), nonce, deadline, signature };
  }

  /** Play money of an account. */
  async function tokenBalance(owner: Address): Promise<bigint> {
    const token = deployment.sandboxToken;
    if (token === undefined) throw new Error("the deployment has no play money");
    return client.readContract({ address: token, abi: sandboxTokenAbi, functionName: "balanceOf", args: [owner] });
  }

  /** A permit for the next step after `parent`, or for the first. */
  function permit(parent: Claimed | undefined, overrides: Partial<PermitInput> = {}): PermitInput {
    return {
      epoch: 0,
      step: (parent?.ref.step ?? 0) + 1,
      repositoryId: 77n,
      runId: BigInt(1_000 + ++counter),
      runAttempt: 1,
      sourceCommit: "0x2222222222222222222222222222222222222222",
      inputHash: fresh("input"),
      workerKey: fresh("worker"),
      resultKey: zeroHash,
      parentStateCommitment: parent?.claim.nextStateCommitment ?? zeroHash,
      parentNetCommitment: parent?.claim.nextNetCommitment ?? zeroHash,
      observationHash: zeroHash,
      salt: fresh("permit"),
      deadline: FAR,
      ...overrides,
    };
  }

  const domainOf = (contract: "permitConsumer" | "settlement") => ({
    name: contract === "settlement" ? "Pawl Settlement" : "Pawl PermitConsumer",
    version: "1",
    chainId: deployment.chainId,
    verifyingContract: deployment[contract],
  });

  function permitTypedData(entitlement: Entitlement, input: PermitInput) {
    const { terms: offer } = entitlement;
    return {
      domain: domainOf("permitConsumer"),
      types: stepPermitTypes,
      primaryType: "StepPermit" as const,
      message: {
        ...input,
        entitlement: entitlement.id,
        gateway: offer.gateway,
        signerCommit: offer.signerCommit,
        policyHash: offer.policyHash,
      },
    };
  }

  async function consumption(
    entitlement: Entitlement,
    input: PermitInput,
    { signer = "buyer" as Role, as = addressOf(signer), stale }: { signer?: Role; as?: Address; stale?: Opened } = {},
  ) {
    const runKey = runKeyOf({ ...input, gateway: entitlement.terms.gateway });
    const observed = entitlement.terms.observer !== NATIVE;
    return {
      buyer: entitlement.buyer,
      salt: entitlement.salt,
      permit: input,
      signer: as,
      signature: await people[signer].signTypedData(permitTypedData(entitlement, input)),
      observerSignature: observed
        ? await people.observer.signTypedData({
            domain: domainOf("permitConsumer"),
            types: observationTypes,
            primaryType: "Observation",
            message: { runKey, observationHash: input.observationHash },
          })
        : ("0x" as Hex),
      staleRunKey: stale?.runKey ?? zeroHash,
      stalePermitHash: stale?.permitHash ?? zeroHash,
    };
  }

  function openedOf(entitlement: Entitlement, input: PermitInput): Opened {
    return {
      entitlement,
      permit: input,
      permitHash: hashTypedData(permitTypedData(entitlement, input)),
      runKey: runKeyOf({ ...input, gateway: entitlement.terms.gateway }),
      parentHead: headOf(input.parentStateCommitment, input.parentNetCommitment),
    };
  }

  /** Signs a permit and has the gateway consume it. */
  async function open(
    entitlement: Entitlement,
    parent?: Claimed,
    overrides: Partial<PermitInput> = {},
    how: Parameters<typeof consumption>[2] & { readonly from?: Role } = {},
  ): Promise<Opened> {
    const input = permit(parent, overrides);
    await send(how.from ?? "gateway", "permitConsumer", "consume", [
      entitlement.terms,
      await consumption(entitlement, input, how),
    ]);
    return openedOf(entitlement, input);
  }

  function claimOf(opened: Opened, overrides: Partial<StepClaim> = {}): Claimed {
    const claim: StepClaim = {
      step: opened.permit.step,
      permitHash: opened.permitHash,
      certificateHash: fresh("certificate"),
      resultHash: fresh("result"),
      bundleHash: fresh("bundle"),
      nextStateCommitment: fresh("state"),
      nextNetCommitment: fresh("net"),
      transcriptRoot: fresh("transcript"),
      ...overrides,
    };
    const blob = encodeAbiParameters(
      parseAbiParameters(
        "bytes32, uint256, address, bytes32, uint256, bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, bytes32",
      ),
      [
        sha256(stringToHex("pawl/v1/StepClaim\0")),
        BigInt(deployment.chainId),
        deployment.settlement,
        opened.entitlement.id,
        BigInt(claim.step),
        claim.permitHash,
        claim.certificateHash,
        claim.resultHash,
        claim.bundleHash,
        claim.nextStateCommitment,
        claim.nextNetCommitment,
        claim.transcriptRoot,
      ],
    );
    const { buyer, salt } = opened.entitlement;
    const { runKey, parentHead } = opened;
    return {
      opened,
      claim,
      ref: { buyer, salt, step: claim.step, runKey, claimHash: sha256(blob), parentHead, windowEnd: 0 },
    };
  }

  function approvalTypedData(claimHash: Hex, deadline: bigint) {
    return {
      domain: domainOf("settlement"),
      types: verifiedClaimTypes,
      primaryType: "VerifiedClaim" as const,
      message: { claimHash, reportHash: word("report"), evidenceHash: word("evidence"), deadline },
    };
  }

  async function signedClaim({ opened, claim, ref }: Claimed, { signer = "verifier" as Role, deadline = FAR } = {}) {
    return {
      buyer: ref.buyer,
      salt: ref.salt,
      runKey: opened.runKey,
      parentHead: opened.parentHead,
      claim,
      reportHash: word("report"),
      evidenceHash: word("evidence"),
      deadline,
      signature: await people[signer].signTypedData(approvalTypedData(ref.claimHash, deadline)),
      evidenceLocator: "https://evidence.test/1",
    };
  }

  /** The verifier signs a claim on an open step and anyone submits it. */
  async function claim(opened: Opened, overrides: Partial<StepClaim> = {}): Promise<Claimed> {
    const claimed = claimOf(opened, overrides);
    await send("stranger", "settlement", "claim", [opened.entitlement.terms, await signedClaim(claimed)]);
    return landed(claimed);
  }

  /** A claim the ledger took, with the end of its window as it stands now. */
  async function landed(claimed: Claimed): Promise<Claimed> {
    const { runKey, step } = claimed.ref;
    const event = getAbiItem({ abi: settlementAbi, name: "StepClaimed" });
    const args = { entitlement: claimed.opened.entitlement.id, step };
    const logs = await client.getLogs({ address: deployment.settlement, event, args, fromBlock: 0n, strict: true });
    const log = logs.find((candidate) => candidate.args.runKey === runKey);
    if (log === undefined) throw new Error(`step ${step} was not claimed by this run`);
    const { windowEnd } = await read.run(runKey);
    return { ...claimed, ref: { ...claimed.ref, windowEnd: windowEnd === 0 ? log.args.windowEnd : windowEnd } };
  }

  /** What the evidence double takes for a proof of this claim, logged when the step was opened. */
  async function provenClaim(claimed: Claimed, { logOffset = 0 } = {}) {
    const { terms: offer } = claimed.opened.entitlement;
    const { openedAt } = await read.run(claimed.ref.runKey);
    const factsHash = keccak256(
      encodeAbiParameters(factsParameters, [
        claimed.ref.claimHash,
        claimed.claim.certificateHash,
        claimed.claim.resultHash,
        claimed.claim.bundleHash,
        offer.signerWorkflow,
        offer.signerCommit,
        offer.callerWorkflow,
        claimed.opened.permit.repositoryId,
        offer.sourceOwnerId,
        claimed.opened.permit.sourceCommit,
        claimed.opened.permit.runId,
        claimed.opened.permit.runAttempt,
        openedAt,
      ]),
    );
    return {
      buyer: claimed.ref.buyer,
      salt: claimed.ref.salt,
      claim: claimed.claim,
      permit: claimed.opened.permit,
      proof: encodeAbiParameters(parseAbiParameters("bytes32, uint64"), [factsHash, BigInt(openedAt + logOffset)]),
      evidenceHash: word("evidence"),
      evidenceLocator: "",
    };
  }

  /** A signature over {Acknowledgement}. */
  function acknowledgement({ opened, ref }: Claimed, signer: Role): Promise<Hex> {
    return people[signer].signTypedData({
      domain: domainOf("settlement"),
      types: {
        Acknowledgement: [
          { name: "entitlement", type: "bytes32" },
          { name: "step", type: "uint32" },
          { name: "claimHash", type: "bytes32" },
        ],
      },
      primaryType: "Acknowledgement",
      message: { entitlement: opened.entitlement.id, step: ref.step, claimHash: ref.claimHash },
    });
  }

  const finalize = ({ opened, ref }: Claimed, from: Role = "stranger") =>
    send(from, "escrow", "finalize", [ref, opened.entitlement.offerId]);
  const settle = (
    from: Role,
    functionName: string,
    { opened, ref }: Claimed,
    rest: readonly unknown[] = [],
    value = 0n,
  ) => send(from, "settlement", functionName, [opened.entitlement.terms, ref, ...rest], value);
  const challengeEvidence = (claimed: Claimed, value = MIN_BOND, from: Role = "stranger") =>
    settle(from, "challengeEvidence", claimed, [], value);
  const challengeConduct = (claimed: Claimed, from: Role = "buyer") =>
    settle(from, "challengeConduct", claimed, [word("statement"), ""], claimed.opened.entitlement.terms.conductBond);

  return {
    connection,
    client,
    wallet,
    deployment,
    evidence,
    deployDouble,
    send,
    read,
    now,
    nextAt,
    pass,
    snapshot,
    fresh,
    policy: POLICY,
    buyer: addressOf("buyer"),
    terms,
    publish,
    buy,
    fund,
    permit2Domain,
    permit2Payment,
    tokenBalance,
    permit,
    permitTypedData,
    consumption,
    openedOf,
    open,
    claimOf,
    signedClaim,
    approvalTypedData,
    domainOf,
    claim,
    landed,
    provenClaim,
    acknowledgement,
    finalize,
    settle,
    challengeEvidence,
    challengeConduct,
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
export const EVIDENCE = 0;
export const RULING = { upheld: 0, split: 1, rejected: 2 } as const;

/** The decoded refusal of a call, or a failure if it went through. */
export async function refusalOf(call: Promise<unknown>): Promise<PawlError> {
  try {
    await call;
  } catch (thrown) {
    return decodeRevert(thrown);
  }
  throw new Error("the call went through");
}

export async function expectRefusal(call: Promise<unknown>, code: string): Promise<PawlError> {
  const refusal = await refusalOf(call);
  expect(`${refusal.code} ${refusal.code === code ? "" : JSON.stringify(refusal.values)}`.trim()).toBe(code);
  return refusal;
}
