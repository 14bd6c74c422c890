import {
  type ContractErrorName,
  ContractFunctionRevertedError,
  concat,
  encodeAbiParameters,
  encodeFunctionData,
  getAbiItem,
  type Hex,
  keccak256,
  pad,
  parseAbiParameters,
  stringToHex,
  zeroAddress,
  zeroHash,
} from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  contractErrors,
  escrowAbi,
  offerRegistryAbi,
  type p384Abi,
  type sigstoreVerifierAbi,
  trustRootsAbi,
} from "#lib/chain/generated/abis.ts";
import type { OfferTerms } from "#lib/offers/terms.ts";
import { figures } from "../../ignition/parameters/figures.ts";
import {
  addressOf,
  createWorld,
  expectRefusal,
  MIN_BOND,
  NATIVE,
  POLICY,
  PRICE,
  people,
  RULING,
  WINDOWS,
  type World,
} from "./world.ts";

/** Every custom error is reached once, and reaches people with its own code, sentence and values. */

/** Those of the contracts that check evidence have tests of their own, in `evidence/`. */
type EvidenceErrorName = ContractErrorName<typeof sigstoreVerifierAbi | typeof p384Abi>;
type ErrorName = Exclude<keyof typeof contractErrors, EvidenceErrorName>;

const ROOT_DELAY = 100;
const NO_COMMIT: Hex = zeroAddress;
const NO_ARBITER = { arbiter: NATIVE, arbitrationWindow: 0, conductBond: 0n, arbiterFee: 0n } as const;

async function claimed(w: World, overrides: Parameters<World["publish"]>[0] = {}) {
  return w.claim(await w.open(await w.buy(await w.publish(overrides))));
}

async function delegation(w: World, overrides: object = {}, signer: "buyer" | "seller" = "buyer") {
  const entitlement = await w.buy(await w.publish());
  const message = {
    entitlement: entitlement.id,
    delegate: addressOf("delegate"),
    lastStep: 3,
    validUntil: 2n ** 38n,
    generation: 0,
    nonce: w.fresh("nonce"),
    deadline: 2n ** 38n,
    ...overrides,
  };
  const signature = await people[signer].signTypedData({
    domain: w.domainOf("permitConsumer"),
    types: {
      Delegation: [
        { name: "entitlement", type: "bytes32" },
        { name: "delegate", type: "address" },
        { name: "lastStep", type: "uint32" },
        { name: "validUntil", type: "uint64" },
        { name: "generation", type: "uint16" },
        { name: "nonce", type: "bytes32" },
        { name: "deadline", type: "uint64" },
      ],
    },
    primaryType: "Delegation",
    message,
  });
  const register = () =>
    w.send("stranger", "permitConsumer", "delegateBySignature", [
      entitlement.offerId,
      entitlement.buyer,
      entitlement.salt,
      message,
      signature,
    ]);
  return { entitlement, register, message };
}

async function hostileOffer(w: World, mood: number) {
  const token = await w.deployDouble("HostileToken");
  await token.write("buyer", "mint", [addressOf("buyer"), 1_000n * PRICE]);
  await token.write("buyer", "approve", [w.deployment.escrow, 1_000n * PRICE]);
  await token.write("buyer", "setMood", [mood]);
  return w.publish({ token: token.address });
}

/** A purchase through Permit2 whose signature nobody made. */
function payBySignature(w: World, terms: OfferTerms) {
  const payment = { payer: addressOf("buyer"), nonce: 0n, deadline: 2n ** 40n, signature: "0x" };
  return w.send("stranger", "escrow", "purchaseWithPermit2", [terms, addressOf("buyer"), zeroHash, 1, payment]);
}

const noRef = {
  entitlement: zeroHash,
  step: 1,
  runKey: zeroHash,
  claimHash: zeroHash,
  parentHead: zeroHash,
  windowEnd: 0,
};

const provocations: Record<ErrorName, (w: World) => Promise<unknown>> = {
  // ---------------------------------------------------------------- registry
  NotSeller: (w) => w.send("stranger", "offerRegistry", "publish", [w.terms(), POLICY]),
  TermOutOfBounds: (w) => w.publish({ price: 0n }),
  TermMissing: (w) => w.publish({ gateway: NATIVE }),
  PolicyHashMismatch: (w) => w.send("seller", "offerRegistry", "publish", [w.terms(), "0x00"]),
  TokenWithoutCode: (w) => w.publish({ token: addressOf("stranger") }),
  NotProvableHere: async () => (await bareWorld()).publish({ provable: true }),
  VerifierWithoutCode: (w) => w.deployDouble("OfferRegistry", [figures.local.limits, addressOf("stranger")]),
  OfferAlreadyPublished: async (w) => w.send("seller", "offerRegistry", "publish", [await w.publish(), POLICY]),
  OfferNotLive: (w) => w.buy(w.terms()),
  LimitsContradict: (w) =>
    w.deployDouble("OfferRegistry", [{ ...figures.local.limits, minStepTimeout: 2 ** 31 }, zeroAddress]),
  PageSizeOutOfRange: (w) =>
    w.client.readContract({
      address: w.deployment.offerRegistry,
      abi: offerRegistryAbi,
      functionName: "offers",
      args: [0n, 501n],
    }),
  // ---------------------------------------------------------------- ledger
  NotAuthorisedContract: (w) => w.send("seller", "escrow", "reject", [noRef]),
  WiringMismatch: (w) =>
    w.deployDouble("Escrow", [
      w.deployment.offerRegistry,
      w.deployment.permitConsumer,
      w.deployment.settlement,
      zeroAddress,
    ]),
  Locked: reenter,
  BuyerMissing: async (w) => w.buy(await w.publish(), 1, { buyer: NATIVE }),
  SaleEnded: async (w) => {
    const offer = await w.publish({ validUntil: (await w.now()) + 10 });
    await w.pass(10);
    return w.buy(offer);
  },
  StepsOutOfRange: async (w) => w.buy(await w.publish(), 101),
  EntitlementExists: async (w) => {
    const { terms, salt } = await w.buy(await w.publish());
    return w.buy(terms, 1, { salt });
  },
  NoSuchEntitlement: (w) => w.send("buyer", "escrow", "cancelPermits", [zeroHash, zeroHash]),
  EntitlementExpired: async (w) => {
    const entitlement = await w.buy(await w.publish({ entitlementTtl: 10 }));
    await w.pass(10);
    return w.open(entitlement);
  },
  WrongPayment: async (w) =>
    w.send("buyer", "escrow", "purchase", [await w.publish(), addressOf("buyer"), zeroHash, 1], PRICE + 1n),
  TokenAmountMismatch: async (w) => w.buy(await hostileOffer(w, 1)),
  TokenTransferFailed: async (w) => w.buy(await hostileOffer(w, 2)),
  TokenMissing: async (w) => payBySignature(w, await w.publish()),
  Permit2Missing: async () => {
    const w = await bareWorld();
    return payBySignature(w, await w.publish({ token: (await w.deployDouble("HostileToken")).address }));
  },
  Permit2Refused: async (w) => payBySignature(w, await hostileOffer(w, 0)),
  ReceiverRefused: async (w) => {
    const account = await w.deployDouble("SmartAccount", [addressOf("buyer")]);
    await account.write("buyer", "setRefusesMoney", [true]);
    await refundedBuyer(w);
    return w.send("buyer", "escrow", "withdraw", [NATIVE, account.address]);
  },
  ReceiverMissing: async (w) => {
    await refundedBuyer(w);
    return w.send("buyer", "escrow", "withdraw", [NATIVE, NATIVE]);
  },
  NotBuyer: async (w) => {
    const { terms, buyer, salt } = await w.buy(await w.publish());
    return w.send("seller", "escrow", "refund", [terms, buyer, salt, 1]);
  },
  StepNotNext: async (w) => w.open(await w.buy(await w.publish()), undefined, { step: 2 }),
  StepNotBought: async (w) => {
    const entitlement = await w.buy(await w.publish(), 1);
    return w.open(entitlement, await w.claim(await w.open(entitlement)));
  },
  TooManyPending: async (w) => {
    const first = await claimed(w, { maxPending: 1 });
    return w.open(first.opened.entitlement, first);
  },
  ChallengePending: async (w) => {
    const first = await claimed(w);
    await w.challengeEvidence(first);
    return w.open(first.opened.entitlement, first);
  },
  PermitParentMismatch: async (w) =>
    w.open(await w.buy(await w.publish()), undefined, { parentStateCommitment: w.fresh("x") }),
  EpochOutdated: async (w) => w.open(await w.buy(await w.publish()), undefined, { epoch: 1 }),
  DelegationOutdated: async (w) => (await delegation(w, { generation: 1 })).register(),
  RunUsed: async (w) => {
    const offer = await w.publish();
    const { permit } = await w.open(await w.buy(offer));
    return w.open(await w.buy(offer), undefined, { runId: permit.runId });
  },
  StepNotOpen: async (w) => w.claim(w.openedOf(await w.buy(await w.publish()), w.permit(undefined))),
  StepNotTimedOut: async (w) => {
    const { entitlement, runKey, permitHash, parentHead } = await w.open(await w.buy(await w.publish()));
    return w.send("stranger", "escrow", "timeout", [entitlement.id, runKey, permitHash, parentHead]);
  },
  ClaimTooLate: async (w) => {
    const opened = await w.open(await w.buy(await w.publish()));
    await w.pass(WINDOWS.stepTimeout);
    return w.claim(opened);
  },
  ClaimNotPending: async (w) => w.challengeEvidence(w.claimOf(await w.open(await w.buy(await w.publish())))),
  WindowOpen: async (w) => w.finalize(await claimed(w)),
  WindowClosed: async (w) => {
    const first = await claimed(w);
    await w.pass(WINDOWS.disputeWindow);
    return w.challengeConduct(first);
  },
  ClaimChallenged: async (w) => {
    const first = await claimed(w);
    await w.challengeConduct(first);
    return w.settle("buyer", "acknowledge", first, ["0x"]);
  },
  AlreadyChallenged: async (w) => {
    const first = await claimed(w);
    await w.challengeEvidence(first);
    return w.challengeEvidence(first);
  },
  NotChallenged: async (w) => {
    // Settlement asks only about challenges it opened, so the ledger's own guard is met by calling in its place.
    const { opened, ref } = await claimed(w);
    return asSettlement(w, "recordUpheld", [
      {
        entitlement: opened.entitlement.id,
        step: ref.step,
        runKey: ref.runKey,
        claimHash: ref.claimHash,
        parentHead: ref.parentHead,
        windowEnd: ref.windowEnd,
      },
    ]);
  },
  AlreadyProven: async (w) => {
    const first = await claimed(w);
    const proven = await w.provenClaim(first);
    await w.send("seller", "settlement", "prove", [first.opened.entitlement.terms, proven, first.ref.windowEnd]);
    return w.send("seller", "settlement", "prove", [first.opened.entitlement.terms, proven, first.ref.windowEnd]);
  },
  ShareOutOfRange: async (w) => {
    const first = await claimed(w);
    await w.challengeConduct(first);
    return w.settle("arbiter", "rule", first, [RULING.split, PRICE]);
  },
  NothingToWithdraw: (w) => w.send("stranger", "escrow", "withdraw", [NATIVE, addressOf("stranger")]),
  StakeNotWithdrawable: async (w) => {
    const offer = await w.publish();
    await w.send("seller", "escrow", "postStake", [offer], 1n);
    return w.send("seller", "escrow", "withdrawStake", [offer]);
  },
  // ---------------------------------------------------------------- permits
  NotGateway: async (w) => w.open(await w.buy(await w.publish()), undefined, {}, { from: "buyer" }),
  PermitExpired: async (w) => w.open(await w.buy(await w.publish()), undefined, { deadline: 1n }),
  PermitSignatureInvalid: async (w) =>
    w.open(await w.buy(await w.publish()), undefined, {}, { signer: "stranger", as: addressOf("buyer") }),
  SignerNotAllowed: async (w) => w.open(await w.buy(await w.publish()), undefined, {}, { signer: "stranger" }),
  PermitRepositoryMismatch: async (w) => w.open(await w.buy(await w.publish({ sourceRepositoryId: 5n }))),
  PermitCommitMismatch: async (w) =>
    w.open(await w.buy(await w.publish({ sourceCommit: "0x4444444444444444444444444444444444444444" }))),
  PermitUnobserved: async (w) =>
    w.open(await w.buy(await w.publish({ runnerTier: 2, sourceCommit: "0x2222222222222222222222222222222222222222" }))),
  ObserverSignatureInvalid: async (w) => {
    const terms = await w.publish({
      runnerTier: 2,
      sourceCommit: "0x2222222222222222222222222222222222222222",
      observer: addressOf("observer"),
    });
    const entitlement = await w.buy(terms);
    const permit = w.permit(undefined, { observationHash: w.fresh("seen") });
    const consumption = { ...(await w.consumption(entitlement, permit)), observerSignature: "0x" };
    return w.send("gateway", "permitConsumer", "consume", [terms, consumption]);
  },
  DelegationInvalid: async (w) => {
    const { offerId, salt } = await w.buy(await w.publish());
    return w.send("buyer", "permitConsumer", "delegate", [offerId, salt, addressOf("buyer"), 1, 2 ** 38]);
  },
  DelegationExpired: async (w) => (await delegation(w, { deadline: 1n })).register(),
  DelegationSignatureInvalid: async (w) => (await delegation(w, {}, "seller")).register(),
  DelegationNonceUsed: async (w) => {
    const { register } = await delegation(w);
    await register();
    return register();
  },
  DelegationMismatch: async (w) => (await delegation(w, { entitlement: w.fresh("other") })).register(),
  // ---------------------------------------------------------------- settlement
  ApprovalExpired: async (w) => {
    const first = w.claimOf(await w.open(await w.buy(await w.publish())));
    const signed = await w.signedClaim(first, { deadline: 1n });
    return w.send("stranger", "settlement", "claim", [first.opened.entitlement.terms, signed]);
  },
  ApprovalSignatureInvalid: async (w) => {
    const first = w.claimOf(await w.open(await w.buy(await w.publish())));
    const signed = await w.signedClaim(first, { signer: "stranger" });
    return w.send("stranger", "settlement", "claim", [first.opened.entitlement.terms, signed]);
  },
  VerifierMissing: async (w) => claimed(w, { verifier: NATIVE }),
  OfferNotProvable: async (w) => w.challengeEvidence(await claimed(w, { provable: false })),
  PermitHashMismatch: async (w) => {
    const first = await claimed(w);
    const proven = await w.provenClaim(first);
    const other = { ...proven, permit: { ...proven.permit, runId: 1n } };
    return w.send("seller", "settlement", "prove", [first.opened.entitlement.terms, other, first.ref.windowEnd]);
  },
  EvidenceTimeOutside: async (w) => {
    const first = await claimed(w);
    const proven = await w.provenClaim(first, { logOffset: -1_801 });
    return w.send("seller", "settlement", "prove", [first.opened.entitlement.terms, proven, first.ref.windowEnd]);
  },
  RunAlreadyProven: async (w) => {
    const mine = w.claimOf(await w.open(await w.buy(await w.publish(NO_ARBITER))));
    await w.send("stranger", "settlement", "claimWithProof", [
      mine.opened.entitlement.terms,
      await w.provenClaim(mine),
    ]);
    const elsewhere = await w.buy(await w.publish({ ...NO_ARBITER, gateway: addressOf("stranger") }));
    const { runId, runAttempt } = mine.opened.permit;
    const again = w.claimOf(await w.open(elsewhere, undefined, { runId, runAttempt }, { from: "stranger" }));
    return w.send("stranger", "settlement", "claimWithProof", [elsewhere.terms, await w.provenClaim(again)]);
  },
  AcknowledgementInvalid: async (w) => w.settle("seller", "acknowledge", await claimed(w), ["0x"]),
  BondTooSmall: async (w) => w.challengeEvidence(await claimed(w), MIN_BOND - 1n),
  BondMismatch: async (w) => w.settle("buyer", "challengeConduct", await claimed(w), [zeroHash, ""], 1n),
  NotEntitlementBuyer: async (w) => w.challengeConduct(await claimed(w), "seller"),
  ArbiterMissing: async (w) => w.challengeConduct(await claimed(w, NO_ARBITER)),
  NotArbiter: async (w) => w.settle("seller", "rule", await claimed(w), [RULING.upheld, 0n]),
  ChallengeTimeOver: async (w) => {
    const first = await claimed(w);
    await w.challengeConduct(first);
    await w.pass(WINDOWS.arbitrationWindow);
    return w.settle("arbiter", "rule", first, [RULING.upheld, 0n]);
  },
  ProofOverdue: async (w) => {
    const first = await claimed(w);
    await w.challengeEvidence(first);
    await w.challengeConduct(first);
    await w.pass(WINDOWS.proofWindow);
    return w.settle("arbiter", "rule", first, [RULING.upheld, 0n]);
  },
  ChallengeTimeRunning: async (w) => {
    const first = await claimed(w);
    await w.challengeEvidence(first);
    return w.settle("stranger", "rejectUnproven", first);
  },
  ChallengeUnknown: async (w) => w.settle("stranger", "rejectUnproven", await claimed(w)),
  ChallengeStillCounts: async (w) => {
    const first = await claimed(w);
    await w.challengeEvidence(first);
    return w.send("stranger", "settlement", "reclaimBond", [first.ref.runKey, 0]);
  },
  ShareNotAllowed: async (w) => {
    const first = await claimed(w);
    await w.challengeConduct(first);
    return w.settle("arbiter", "rule", first, [RULING.upheld, 1n]);
  },
  // ---------------------------------------------------------------- roots
  NotGovernor: async (w) => {
    const { roots, issuer } = await trustRoots(w);
    return roots.write("observer", "queueIssuer", [issuer]);
  },
  NotGuardian: async (w) => {
    const { roots, issuerId } = await trustRoots(w);
    return roots.write("deployer", "revoke", [[issuerId], await w.now()]);
  },
  RootAlreadyQueued: async (w) => {
    const { roots, issuer } = await trustRoots(w);
    return roots.write("deployer", "queueIssuer", [issuer]);
  },
  RootMalformed: (w) => trustRoots(w, [addressOf("stranger")]),
  RootUnknown: async (w) => (await trustRoots(w)).counts(zeroHash, 2 ** 38),
  RootNotActive: async (w) => {
    const { roots, issuer, counts } = await trustRoots(w);
    const other = { ...issuer, validUntil: issuer.validFrom };
    const { data } = await w.client.call({
      account: addressOf("deployer"),
      to: roots.address,
      data: encodeFunctionData({ abi: trustRootsAbi, functionName: "queueIssuer", args: [other] }),
    });
    await roots.write("deployer", "queueIssuer", [other]);
    return counts(data ?? "0x", 2 ** 38);
  },
  RootTooYoung: async (w) => {
    const { issuerId, counts } = await trustRoots(w);
    return counts(issuerId, await w.now());
  },
  RootRevokedAt: async (w) => {
    const { issuerId, revoke, counts } = await trustRoots(w);
    await revoke([issuerId]);
    return counts(issuerId, 2 ** 38, await w.now());
  },
  RootAlreadyRevoked: async (w) => {
    const { issuerId, revoke } = await trustRoots(w);
    await revoke([issuerId]);
    return revoke([issuerId]);
  },
  RevocationTimeOutside: async (w) => {
    const { issuerId, revoke } = await trustRoots(w);
    return revoke([issuerId], (await w.now()) + 1_000);
  },
  ProofNamesNoVerifier: async (w) => (await trustRoots(w)).verify("0x00"),
  RunNeverOpened: async (w) => (await trustRoots(w)).verify(zeroHash, { openedAt: 0 }),
  ProofWithoutRoots: async (w) => {
    const { reader, facts, verify } = await trustRoots(w);
    const item = getAbiItem({ abi: trustRootsAbi, name: "verify" });
    const factsHash = keccak256(encodeAbiParameters([item.inputs[0]], [facts]));
    const read = encodeAbiParameters(parseAbiParameters("bytes32, uint64, bytes32[]"), [factsHash, 0n, []]);
    return verify(concat([pad(reader.address), read]));
  },
};

/** Roots with one of each kind, governed by the deployer and guarded by the observer. */
async function trustRoots(w: World, verifiers?: readonly Hex[]) {
  const reader = await w.deployDouble("AttestationVerifierDouble");
  const issuer = { keyId: w.fresh("key"), nameHash: w.fresh("name"), validFrom: 1, validUntil: 2 ** 39 };
  const roots = await w.deployDouble("TrustRoots", [
    addressOf("deployer"),
    addressOf("observer"),
    ROOT_DELAY,
    [issuer],
    [],
    verifiers ?? [reader.address],
  ]);
  const issuerId = keccak256(
    encodeAbiParameters(parseAbiParameters("bytes32, bytes32, bytes32, uint40, uint40"), [
      keccak256(stringToHex("Pawl issuer root")),
      issuer.keyId,
      issuer.nameHash,
      issuer.validFrom,
      issuer.validUntil,
    ]),
  );
  const revoke = async (ids: readonly Hex[], effectiveFrom?: number) =>
    roots.write("observer", "revoke", [ids, effectiveFrom ?? (await w.now())]);
  const counts = async (id: Hex, openedAt: number, logTime = 0) =>
    w.client.readContract({
      address: roots.address,
      abi: trustRootsAbi,
      functionName: "requireCounts",
      args: [id, openedAt, BigInt(logTime)],
    });
  const facts = {
    claimHash: zeroHash,
    certificateHash: zeroHash,
    resultHash: zeroHash,
    bundleHash: zeroHash,
    signerWorkflow: zeroHash,
    signerCommit: NO_COMMIT,
    callerWorkflow: zeroHash,
    repositoryId: 0n,
    sourceOwnerId: 0n,
    sourceCommit: NO_COMMIT,
    runId: 0n,
    runAttempt: 0,
    openedAt: 2 ** 38,
  };
  const verify = (proof: Hex, overrides: object = {}) =>
    w.client.readContract({
      address: roots.address,
      abi: trustRootsAbi,
      functionName: "verify",
      args: [{ ...facts, ...overrides }, proof],
    });
  return { roots, reader, issuer, issuerId, facts, revoke, counts, verify };
}

async function refundedBuyer(w: World) {
  const { terms, buyer, salt } = await w.buy(await w.publish());
  await w.send("buyer", "escrow", "refund", [terms, buyer, salt, 1]);
}

/** A token calls back into the ledger in the middle of a purchase; what the ledger answered is thrown. */
async function reenter(w: World) {
  const token = await w.deployDouble("HostileToken");
  await token.write("buyer", "mint", [addressOf("buyer"), 1_000n * PRICE]);
  await token.write("buyer", "approve", [w.deployment.escrow, 1_000n * PRICE]);
  const data = encodeFunctionData({ abi: escrowAbi, functionName: "withdraw", args: [NATIVE, token.address] });
  await token.write("buyer", "setHook", [w.deployment.escrow, data]);
  await w.buy(await w.publish({ token: token.address }));
  throw new ContractFunctionRevertedError({
    abi: escrowAbi,
    data: (await token.read("hookAnswer")) as Hex,
    functionName: "withdraw",
  });
}

async function asSettlement(w: World, functionName: string, args: readonly unknown[]) {
  const { provider } = w.connection;
  await provider.request({ method: "hardhat_impersonateAccount", params: [w.deployment.settlement] });
  await provider.request({
    method: "hardhat_setBalance",
    params: [w.deployment.settlement, "0xde0b6b3a7640000000"],
  });
  return w.send(w.deployment.settlement, "escrow", functionName, args);
}

let bare: World | undefined;
/** A deployment that cannot check evidence on-chain. */
async function bareWorld(): Promise<World> {
  bare ??= await createWorld({ bare: true });
  return bare;
}

describe("every custom error", () => {
  let w: World;
  let restore: () => Promise<void>;
  beforeAll(async () => {
    w = await createWorld();
  });
  beforeEach(async () => {
    restore = await w.snapshot();
  });
  afterEach(async () => {
    await restore();
  });
  afterAll(async () => {
    await w.connection.close();
    await bare?.connection.close();
  });

  it.each(Object.entries(provocations))("%s is reached and decoded", async (name, provoke) => {
    const { code, sentence } = contractErrors[name as ErrorName];
    const refusal = await expectRefusal(provoke(w), code);
    expect(refusal.message).toBe(sentence);
  });
});

it("takes no native money that is sent without a call", async () => {
  const w = await createWorld();
  const { offerRegistry, escrow, permitConsumer, settlement } = w.deployment;
  for (const to of [offerRegistry, escrow, permitConsumer, settlement]) {
    const sending = w.wallet.sendTransaction({ account: addressOf("stranger"), to, value: 1n, gas: 100_000n });
    await expectRefusal(sending, "CHAIN_CALL_FAILED");
    expect(await w.client.getBalance({ address: to })).toBe(0n);
  }
  await w.connection.close();
});
