import {
  type Abi,
  type AbiParameter,
  type Address,
  encodeAbiParameters,
  type Hex,
  keccak256,
  parseSignature,
  zeroAddress,
  zeroHash,
} from "viem";
import { escrowAbi, offerRegistryAbi, permitConsumerAbi, settlementAbi } from "#lib/chain/generated/abis.ts";
import type { World } from "../../world.ts";
import type { Action, Call } from "../action.ts";
import { type Consumption, claimName, type Payment, type ProvenClaim, type SignedClaim } from "../messages.ts";
import { entitlementName, runName, type TokenState } from "../state.ts";
import type { Offer } from "../terms.ts";
import type { Names } from "./names.ts";

/** The transaction that does what an action of the model does. */
export type Transaction = {
  readonly to: Address;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
};

/** `type(uint24).max`: refund all unopened steps. */
const ALL_STEPS = 2 ** 24 - 1;
const RULINGS = { upheld: 0, split: 1, rejected: 2 } as const;
const CHALLENGE_KINDS = { evidence: 0, conduct: 1 } as const;
const MOODS: Record<TokenState["mood"], number> = {
  honest: 0,
  "keeps a fee": 1,
  "answers false": 2,
  reverts: 3,
  drains: 4,
};

export async function transactionOf(
  world: World,
  names: Names,
  { by }: Call,
  action: Action,
  hostileToken: { readonly address: Address; readonly abi: Abi },
): Promise<Transaction> {
  const { deployment, evidence } = world;
  const registry = (functionName: string, ...args: unknown[]): Transaction => ({
    to: deployment.offerRegistry,
    abi: offerRegistryAbi,
    functionName,
    args,
  });
  const escrow = (functionName: string, ...args: unknown[]): Transaction => ({
    to: deployment.escrow,
    abi: escrowAbi,
    functionName,
    args,
  });
  const consumer = (functionName: string, ...args: unknown[]): Transaction => ({
    to: deployment.permitConsumer,
    abi: permitConsumerAbi,
    functionName,
    args,
  });
  const settlement = (functionName: string, ...args: unknown[]): Transaction => ({
    to: deployment.settlement,
    abi: settlementAbi,
    functionName,
    args,
  });
  const offerId = (offer: Offer): Hex => {
    names.termsOf(offer);
    return names.hashOf(offer.name);
  };
  const { termsOf, hashOf, addressOf, tokenOf } = names;

  switch (action.do) {
    case "publish":
      return registry("publish", termsOf(action.offer), names.policyOf(action.policy));
    case "retire":
      return registry("retire", offerId(action.offer));
    case "purchase":
    case "topUp": {
      const { offer, buyer, salt, steps } = action;
      names.entitlementOf(offer, buyer, salt);
      const { way, args } = await paymentOf(names, action.payment);
      return escrow(`${action.do}${way}`, termsOf(offer), addressOf(buyer), hashOf(salt), steps, ...args);
    }
    case "refund": {
      const { offer, buyer, salt, steps } = action;
      names.entitlementOf(offer, buyer, salt);
      return escrow("refund", termsOf(offer), addressOf(buyer), hashOf(salt), steps === "all" ? ALL_STEPS : steps);
    }
    case "cancelPermits":
      names.entitlementOf(action.offer, by, action.salt);
      return escrow("cancelPermits", offerId(action.offer), hashOf(action.salt));
    case "consume":
      return consumer("consume", termsOf(action.offer), await consumptionOf(names, action.offer, action.consumption));
    case "consumeBatch": {
      const each = action.consumptions.map((consumption) => consumptionOf(names, action.offer, consumption));
      return consumer("consumeBatch", termsOf(action.offer), await Promise.all(each));
    }
    case "timeout":
      return escrow(
        "timeout",
        hashOf(action.entitlement),
        hashOf(action.run),
        hashOf(action.permit),
        names.placeOf(action.parent),
      );
    case "delegate": {
      const { offer, salt, delegate, lastStep, validUntil } = action;
      names.entitlementOf(offer, by, salt);
      return consumer("delegate", offerId(offer), hashOf(salt), addressOf(delegate), lastStep, validUntil);
    }
    case "delegateBySignature": {
      const { offer, buyer, salt, message, signature } = action;
      names.entitlementOf(offer, buyer, salt);
      const delegation = names.delegationOf(message);
      return consumer(
        "delegateBySignature",
        offerId(offer),
        addressOf(buyer),
        hashOf(salt),
        delegation,
        await names.signatureOf(signature),
      );
    }
    case "revokeDelegate": {
      const { offer, salt, delegate, nonce } = action;
      return consumer("revokeDelegate", offerId(offer), hashOf(salt), addressOf(delegate), hashOf(nonce));
    }
    case "burnDelegationNonce":
      return consumer("burnDelegationNonce", hashOf(action.nonce));
    case "claim":
      return settlement("claim", termsOf(action.offer), await signedClaimOf(names, action.offer, action.signed));
    case "claimBatch": {
      const each = action.signed.map((signed) => signedClaimOf(names, action.offer, signed));
      return settlement("claimBatch", termsOf(action.offer), await Promise.all(each));
    }
    case "claimWithProof":
    case "prove": {
      const proven = provenClaimOf(world, names, action.offer, action.proven);
      const windowEnd = action.do === "prove" ? [action.windowEnd] : [];
      return settlement(action.do, termsOf(action.offer), proven, ...windowEnd);
    }
    case "acknowledge": {
      names.acknowledgementOf(action.offer, action.claimed);
      const signature = await names.signatureOf(action.signature);
      return settlement(
        "acknowledge",
        termsOf(action.offer),
        names.referenceOf(action.offer, action.claimed),
        signature,
      );
    }
    case "finalize":
      return escrow("finalize", names.referenceOf(action.offer, action.claimed), offerId(action.offer));
    case "finalizeBatch":
      return escrow(
        "finalizeBatch",
        action.claimed.map((each) => names.referenceOf(action.offer, each)),
        offerId(action.offer),
      );
    case "challengeConduct":
      return settlement(
        "challengeConduct",
        termsOf(action.offer),
        names.referenceOf(action.offer, action.claimed),
        zeroHash,
        "",
      );
    case "challengeEvidence":
    case "rejectUnproven":
    case "rejectUnruled":
      return settlement(action.do, termsOf(action.offer), names.referenceOf(action.offer, action.claimed));
    case "rule": {
      const { offer, claimed, ruling, sellerShare } = action;
      return settlement("rule", termsOf(offer), names.referenceOf(offer, claimed), RULINGS[ruling], sellerShare);
    }
    case "reclaimBond":
      return settlement("reclaimBond", hashOf(action.run), CHALLENGE_KINDS[action.kind]);
    case "withdraw":
      return escrow("withdraw", tokenOf(action.token), addressOf(action.to));
    case "withdrawEarnings":
      return escrow("withdrawEarnings", termsOf(action.offer), addressOf(action.to));
    case "postStake":
    case "noticeStake":
    case "withdrawStake":
      return escrow(action.do, termsOf(action.offer));
    case "trespass":
      return escrow(action.into, ...emptyArguments(action.into));
    case "changeToken":
      return { to: hostileToken.address, abi: hostileToken.abi, functionName: "setMood", args: [MOODS[action.mood]] };
    case "revokeRoot":
      return { to: evidence.address, abi: evidence.abi, functionName: "revokeRoot", args: [] };
  }
}

/** The end of the function's name and its last argument. */
async function paymentOf(names: Names, payment: Payment): Promise<{ way: string; args: readonly unknown[] }> {
  switch (payment.by) {
    case "call":
      return { way: "", args: [] };
    case "EIP-2612": {
      names.tokenPermitOf(payment.permit);
      const { r, s, yParity } = parseSignature(await names.signatureOf(payment.signature));
      return { way: "WithPermit", args: [{ deadline: BigInt(payment.permit.deadline), v: 27 + yParity, r, s }] };
    }
    case "Permit2": {
      const { payer, message } = payment;
      names.permit2Of(message);
      const signature = await names.signatureOf(payment.signature);
      const real = { payer: names.addressOf(payer), nonce: BigInt(message.nonce), deadline: BigInt(message.deadline) };
      return { way: "WithPermit2", args: [{ ...real, signature }] };
    }
  }
}

async function consumptionOf(names: Names, offer: Offer, consumption: Consumption) {
  const { buyer, salt, permit, signer, signature, observerSignature, stale } = consumption;
  const input = names.permitOf(offer, buyer, salt, permit);
  const run = runName(offer.terms.gateway, permit);
  names.observationOf(run, permit.observation);
  return {
    buyer: names.addressOf(buyer),
    salt: names.hashOf(salt),
    permit: input,
    signer: names.addressOf(signer),
    signature: await names.signatureOf(signature),
    observerSignature: await names.signatureOf(observerSignature),
    staleRunKey: stale === undefined ? zeroHash : names.hashOf(stale.run),
    stalePermitHash: stale === undefined ? zeroHash : names.hashOf(stale.permit),
  };
}

async function signedClaimOf(names: Names, offer: Offer, signed: SignedClaim) {
  const { buyer, salt, run, parent, deadline, signature } = signed;
  const { claim } = names.claimOf(offer, buyer, salt, signed.claim);
  const approved = claimName(signed.claim, entitlementName(offer.name, buyer, salt));
  const { reportHash, evidenceHash } = names.approvalOf(approved, deadline);
  return {
    buyer: names.addressOf(buyer),
    salt: names.hashOf(salt),
    runKey: names.hashOf(run),
    parentHead: names.placeOf(parent),
    claim,
    reportHash,
    evidenceHash,
    deadline: BigInt(deadline),
    signature: await names.signatureOf(signature),
    evidenceLocator: "",
  };
}

/** The stand-in for the evidence verifier takes the hash of the facts, and a log time, for a proof. */
function provenClaimOf(world: World, names: Names, offer: Offer, proven: ProvenClaim) {
  const { buyer, salt, proof } = proven;
  const terms = names.termsOf(offer);
  const permit = names.permitOf(offer, buyer, salt, proven.permit);
  const { claim, ref } = names.claimOf(offer, buyer, salt, proven.claim);
  const facts = {
    claimHash: names.hashOf(proof.claim),
    certificateHash: claim.certificateHash,
    resultHash: claim.resultHash,
    bundleHash: claim.bundleHash,
    signerWorkflow: terms.signerWorkflow,
    signerCommit: terms.signerCommit,
    callerWorkflow: terms.callerWorkflow,
    repositoryId: permit.repositoryId,
    sourceOwnerId: terms.sourceOwnerId,
    sourceCommit: permit.sourceCommit,
    runId: permit.runId,
    runAttempt: permit.runAttempt,
    openedAt: proof.openedAt,
  };
  return {
    buyer: ref.buyer,
    salt: ref.salt,
    claim,
    permit,
    proof: encodeAbiParameters(
      [{ type: "bytes32" }, { type: "uint64" }],
      [keccak256(encodeAbiParameters([factsParameter(world)], [facts])), BigInt(proof.logTime)],
    ),
    evidenceHash: zeroHash,
    evidenceLocator: "",
  };
}

function factsParameter({ evidence }: World): AbiParameter {
  const [facts] = inputsOf(evidence.abi, "verify");
  if (facts === undefined) throw new Error("the evidence verifier checks nothing");
  return facts;
}

function inputsOf(abi: Abi, functionName: string): readonly AbiParameter[] {
  const item = abi.find((candidate) => candidate.type === "function" && candidate.name === functionName);
  if (item?.type !== "function") throw new Error(`there is no ${functionName}`);
  return item.inputs;
}

/** Zeros for every argument of a function of the ledger. */
function emptyArguments(functionName: string): readonly unknown[] {
  return inputsOf(escrowAbi, functionName).map(emptyValue);
}

function emptyValue(parameter: AbiParameter): unknown {
  if ("components" in parameter) {
    return Object.fromEntries(parameter.components.map((member) => [member.name, emptyValue(member)]));
  }
  if (parameter.type === "bool") return false;
  if (parameter.type === "address") return zeroAddress;
  return parameter.type.startsWith("uint") ? 0 : zeroHash;
}
