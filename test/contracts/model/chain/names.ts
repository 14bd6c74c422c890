import {
  type Address,
  encodeAbiParameters,
  type Hex,
  hashTypedData,
  keccak256,
  parseAbiParameters,
  sha256,
  stringToBytes,
  stringToHex,
  zeroAddress,
  zeroHash,
} from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { entitlementIdOf, type OfferTerms, offerIdOf } from "#lib/offers/terms.ts";
import { headOf, runKeyOf } from "#lib/permits/entitlement.ts";
import type { Claimed, Entitlement, PermitInput, World } from "../../world.ts";
import {
  acknowledgementName,
  approvalName,
  type Claim,
  type ClaimReference,
  claimName,
  type DelegationMessage,
  delegationName,
  observationName,
  type Permit,
  type Permit2Message,
  permit2Name,
  permitName,
  type Signature,
  type TokenPermit,
  tokenPermitName,
} from "../messages.ts";
import { entitlementName, NOTHING, type Position, runName, runOf, type State } from "../state.ts";
import { type Account, ESCROW, NATIVE_MONEY, NOBODY, type Offer, type Token } from "../terms.ts";
import {
  acknowledgementTypes,
  delegationTypes,
  observationTypes,
  permit2TypesOf,
  tokenPermitTypes,
} from "./typedData.ts";

const word = (text: string): Hex => keccak256(stringToBytes(text));
const wordOrZero = (text: string): Hex => (text === "" || text === NOTHING ? zeroHash : word(text));
export const commitOf = (text: string): Hex => (text === "" ? zeroAddress : (word(text).slice(0, 42) as Hex));

const keys = new Map<Account, PrivateKeyAccount>();
/** Everybody's key follows from his name. */
export function keyOf(account: Account): PrivateKeyAccount {
  const key = keys.get(account) ?? privateKeyToAccount(word(account));
  keys.set(account, key);
  return key;
}

/** Addresses of the contracts that have a name in the model. */
export type Places = Readonly<Record<string, Address>>;

/** What goes by name in the model has an address or a hash on the chain: this is the dictionary of one sequence. */
export function createNames(world: World, places: Places) {
  const known = new Map<string, Hex>();
  const offers = new Map<string, OfferTerms>();
  const { deployment, domainOf, permitTypedData } = world;

  const addressOf = (account: Account): Address =>
    account === NOBODY
      ? zeroAddress
      : account === ESCROW
        ? deployment.escrow
        : (places[account] ?? keyOf(account).address);
  const tokenOf = (token: Token): Address => (token === NATIVE_MONEY ? zeroAddress : addressOf(token));

  /** The hash that goes with a name. A name that stands for nothing yet gets one that nothing has. */
  const hashOf = (name: string): Hex => known.get(name) ?? wordOrZero(name);

  function remember(name: string, hash: () => Hex): Hex {
    const found = known.get(name) ?? hash();
    known.set(name, found);
    return found;
  }

  function termsOf({ name, terms }: Offer): OfferTerms {
    const found = offers.get(name) ?? realTerms(name, terms);
    offers.set(name, found);
    remember(name, () => offerIdOf(found));
    return found;
  }

  function realTerms(name: string, terms: Offer["terms"]): OfferTerms {
    const { sourceRepository, policy, ...same } = terms;
    policyOf(policy);
    return {
      ...same,
      seller: addressOf(terms.seller),
      token: tokenOf(terms.token),
      gateway: addressOf(terms.gateway),
      verifier: addressOf(terms.verifier),
      observer: addressOf(terms.observer),
      arbiter: addressOf(terms.arbiter),
      signerWorkflow: wordOrZero(terms.signerWorkflow),
      signerCommit: commitOf(terms.signerCommit),
      callerWorkflow: zeroHash,
      sourceRepositoryId: BigInt(sourceRepository),
      sourceOwnerId: 0n,
      sourceCommit: commitOf(terms.sourceCommit),
      policyHash: hashOf(policy),
      salt: word(name),
    };
  }

  /** The bytes of a policy. */
  function policyOf(policy: string): Hex {
    const bytes = stringToHex(policy);
    remember(policy, () => sha256(bytes));
    return bytes;
  }

  function entitlementOf(offer: Offer, buyer: Account, salt: string): Entitlement {
    const terms = termsOf(offer);
    const offerId = hashOf(offer.name);
    const id = remember(entitlementName(offer.name, buyer, salt), () =>
      entitlementIdOf(offerId, addressOf(buyer), hashOf(salt)),
    );
    return { terms, offerId, buyer: addressOf(buyer), salt: hashOf(salt), id };
  }

  function permitOf(offer: Offer, buyer: Account, salt: string, permit: Permit): PermitInput {
    const entitlement = entitlementOf(offer, buyer, salt);
    const run = { repositoryId: BigInt(permit.repository), runId: BigInt(permit.run), runAttempt: permit.attempt };
    const input: PermitInput = {
      ...run,
      epoch: permit.epoch,
      step: permit.step,
      sourceCommit: commitOf(permit.commit),
      inputHash: word(`input of ${permit.name}`),
      workerKey: word(`worker of ${permit.name}`),
      resultKey: zeroHash,
      parentStateCommitment: wordOrZero(permit.parent.state),
      parentNetCommitment: wordOrZero(permit.parent.net),
      observationHash: wordOrZero(permit.observation),
      salt: word(permit.name),
      deadline: BigInt(permit.deadline),
    };
    const { gateway } = offer.terms;
    remember(runName(gateway, permit), () => runKeyOf({ ...run, gateway: addressOf(gateway) }));
    const signed = permitName(permit, entitlementName(offer.name, buyer, salt));
    remember(signed, () => hashTypedData(permitTypedData(entitlement, input)));
    return input;
  }

  function observationOf(run: string, observation: string): void {
    remember(observationName(run, observation), () =>
      hashTypedData({
        domain: domainOf("permitConsumer"),
        types: observationTypes,
        primaryType: "Observation",
        message: { runKey: hashOf(run), observationHash: wordOrZero(observation) },
      }),
    );
  }

  function delegationOf(message: DelegationMessage) {
    const { rejections, validUntil, deadline, ...same } = message;
    const real = {
      ...same,
      entitlement: hashOf(message.entitlement),
      delegate: addressOf(message.delegate),
      validUntil: BigInt(validUntil),
      generation: rejections,
      nonce: hashOf(message.nonce),
      deadline: BigInt(deadline),
    };
    remember(delegationName(message), () =>
      hashTypedData({
        domain: domainOf("permitConsumer"),
        types: delegationTypes,
        primaryType: "Delegation",
        message: real,
      }),
    );
    return real;
  }

  function claimOf(offer: Offer, buyer: Account, salt: string, claim: Claim): Claimed {
    const entitlement = entitlementOf(offer, buyer, salt);
    const permitHash = hashOf(claim.permit);
    // Only the entitlement and the claim's own members are in its hash.
    const opened = { entitlement, permit: { step: claim.step } as PermitInput, permitHash, runKey: zeroHash } as const;
    const claimed = world.claimOf(
      { ...opened, parentHead: zeroHash },
      {
        step: claim.step,
        permitHash,
        certificateHash: word(`certificate of ${claim.name}`),
        resultHash: word(`result of ${claim.name}`),
        bundleHash: word(`bundle of ${claim.name}`),
        nextStateCommitment: wordOrZero(claim.next.state),
        nextNetCommitment: wordOrZero(claim.next.net),
        transcriptRoot: word(`transcript of ${claim.name}`),
      },
    );
    remember(claimName(claim, entitlementName(offer.name, buyer, salt)), () => claimed.ref.claimHash);
    return claimed;
  }

  /** Also names the report and the evidence that the approval is about. */
  function approvalOf(claim: string, deadline: number) {
    const typedData = world.approvalTypedData(hashOf(claim), BigInt(deadline));
    remember(approvalName(claim, deadline), () => hashTypedData(typedData));
    return typedData.message;
  }

  function referenceOf(offer: Offer, reference: ClaimReference) {
    const { buyer, salt, step, run, claim, parent, windowEnd } = reference;
    entitlementOf(offer, buyer, salt);
    return {
      buyer: addressOf(buyer),
      salt: hashOf(salt),
      step,
      runKey: hashOf(run),
      claimHash: hashOf(claim),
      parentHead: placeOf(parent),
      windowEnd,
    };
  }

  function acknowledgementOf(offer: Offer, reference: ClaimReference): void {
    const { id } = entitlementOf(offer, reference.buyer, reference.salt);
    remember(acknowledgementName(entitlementName(offer.name, reference.buyer, reference.salt), reference), () =>
      hashTypedData({
        domain: domainOf("settlement"),
        types: acknowledgementTypes,
        primaryType: "Acknowledgement",
        message: { entitlement: id, step: reference.step, claimHash: hashOf(reference.claim) },
      }),
    );
  }

  function tokenPermitOf({ token, owner, amount, nonce, deadline }: TokenPermit): void {
    remember(tokenPermitName({ token, owner, amount, nonce, deadline }), () =>
      hashTypedData({
        domain: {
          name: "Sandbox USD",
          version: "1",
          chainId: deployment.chainId,
          verifyingContract: tokenOf(token),
        },
        types: tokenPermitTypes,
        primaryType: "Permit",
        message: {
          owner: addressOf(owner),
          spender: deployment.escrow,
          value: amount,
          nonce: BigInt(nonce),
          deadline: BigInt(deadline),
        },
      }),
    );
  }

  function permit2Of(message: Permit2Message): void {
    const { token, amount, nonce, deadline, pays, offer, steps, buyer, salt } = message;
    remember(permit2Name(message), () =>
      hashTypedData({
        domain: { name: "Permit2", chainId: deployment.chainId, verifyingContract: addressOf("Permit2") },
        types: permit2TypesOf(pays === "purchase" ? "Purchase" : "TopUp"),
        primaryType: "PermitWitnessTransferFrom",
        message: {
          permitted: { token: tokenOf(token), amount },
          spender: deployment.escrow,
          nonce: BigInt(nonce),
          deadline: BigInt(deadline),
          witness: {
            offerId: hashOf(offer),
            steps,
            buyer: addressOf(buyer),
            salt: hashOf(salt),
            deadline: BigInt(deadline),
          },
        },
      }),
    );
  }

  /** The head of the chain at a place. */
  function placeOf({ state, net }: Position): Hex {
    return headOf(wordOrZero(state), wordOrZero(net));
  }

  /** The head of the chain, which is a marker while a step is open. */
  function headIn(state: State, place: Position | { readonly open: string }): Hex {
    if ("state" in place) return placeOf(place);
    const { parent, permit, name } = runOf(state, place.open);
    return keccak256(
      encodeAbiParameters(parseAbiParameters("bytes32, bytes32, bytes32, bytes32"), [
        stringToHex("open", { size: 32 }),
        placeOf(parent),
        hashOf(permit),
        hashOf(name),
      ]),
    );
  }

  const signed = new Map<string, Promise<Hex>>();
  function signatureOf({ key, over }: Signature): Promise<Hex> {
    const what = `${key}: ${over}`;
    const made = signed.get(what) ?? keyOf(key).sign({ hash: hashOf(over) });
    // What was signed before it had a meaning is signed anew when it has one.
    if (known.has(over)) signed.set(what, made);
    return made;
  }

  return {
    addressOf,
    tokenOf,
    hashOf,
    termsOf,
    policyOf,
    entitlementOf,
    permitOf,
    observationOf,
    delegationOf,
    claimOf,
    approvalOf,
    referenceOf,
    acknowledgementOf,
    tokenPermitOf,
    permit2Of,
    placeOf,
    headIn,
    signatureOf,
  };
}

export type Names = ReturnType<typeof createNames>;
