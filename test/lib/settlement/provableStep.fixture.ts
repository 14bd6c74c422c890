import hre from "hardhat";
import {
  type Abi,
  type Address,
  bytesToHex,
  createPublicClient,
  createWalletClient,
  custom,
  type Hex,
  numberToHex,
  type PublicClient,
  parseEther,
  zeroAddress,
  zeroHash,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import type { CapsuleParts } from "#lib/capsule/capsule.ts";
import type { Deployment } from "#lib/chain/deployment.ts";
import { escrowAbi, offerRegistryAbi, permitConsumerAbi, trustRootsAbi } from "#lib/chain/generated/abis.ts";
import type { Call } from "#lib/chain/transact.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { decodeClaim } from "#lib/evidence/claim.ts";
import { coveredRoots } from "#lib/evidence/onchain/roots.ts";
import { parseTrade } from "#lib/evidence/trade.ts";
import { entitlementIdOf, type OfferTerms, offerIdOf } from "#lib/offers/terms.ts";
import { permitHash } from "#lib/permits/stepPermit.ts";
import { type Consumption, readConsumption } from "#lib/settlement/consumption.ts";
import { prepareProof } from "#lib/settlement/proof.ts";
import { approvalDigest, claimCall } from "#lib/settlement/signedClaim.ts";
import { figures } from "../../../ignition/parameters/figures.ts";
import { deployWith } from "../../../scripts/contracts/deploy.ts";
import { buildContracts } from "../../contracts/build.ts";
import { attestedAt, buyer, gateway, mintStep, openedAt, type StepChanges, trust } from "../evidence/step.fixture.ts";

/** A whole deployment in this process, under whose roots the evidence of the fixture's steps is minted. */

const verifier = privateKeyToAccount(`0x${"6".repeat(64)}`);
const SALT: Hex = zeroHash;

/** A step that was bought, permitted and opened, and attested ten minutes later. */
export type ProvableStep = {
  readonly parts: CapsuleParts;
  readonly consumption: Consumption;
  readonly evidenceHash: Hex;
  readonly evidenceLocator: string;
};

export type ProvableChain = Awaited<ReturnType<typeof provableChain>>;

export async function provableChain() {
  await buildContracts();
  const connection = await hre.network.create({
    network: "default",
    override: { initialDate: new Date((openedAt - 3600) * 1000).toISOString() },
  });
  const { provider } = connection;
  // A node says no with a code; this one in words, after which viem would ask again.
  const transport = custom(provider, { retryCount: 0 });
  const client: PublicClient = createPublicClient({ chain: hardhat, transport, cacheTime: 0, pollingInterval: 5 });
  const wallet = createWalletClient({ chain: hardhat, transport });
  const deployment = await deployWith(provider as Parameters<typeof deployWith>[0], {
    figures: figures.local,
    roots: coveredRoots(trust.root),
    oidcIssuer: trust.issuer,
  });
  const [first] = await wallet.getAddresses();
  if (!first) throw new Error("the chain has no accounts");
  const seller = first.toLowerCase() as Address;
  const fromGateway = createWalletClient({ chain: hardhat, transport, account: gateway });
  await wallet.sendTransaction({ account: seller, to: gateway.address, value: parseEther("10") });

  /** Sends a call with more gas than it needs; rejects where it reverts. */
  async function send(call: unknown, from: Address = seller): Promise<void> {
    const { value, ...rest } = call as Call<Abi, string>;
    await wallet.writeContract({ ...rest, account: from, gas: 16_000_000n, ...(value !== undefined && { value }) });
  }

  async function at(timestamp: number): Promise<void> {
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [numberToHex(timestamp)] });
    await provider.request({ method: "evm_mine", params: [] });
  }

  /** Opens a step of a new offer and mints its evidence. Each call belongs into a snapshot of its own. */
  async function open(
    changes: StepChanges & { readonly offer?: Partial<OfferTerms> } = {},
  ): Promise<ProvableStep & { readonly terms: OfferTerms }> {
    const { offer, ...minted } = changes;
    const contracts = { permitConsumer: deployment.permitConsumer, settlement: deployment.settlement };
    const terms = (honest: OfferTerms): OfferTerms => ({
      ...honest,
      seller,
      verifier: verifier.address.toLowerCase() as Address,
      observer: zeroAddress,
      arbiter: zeroAddress,
      arbitrationWindow: 0,
      runnerTier: 1,
      ...offer,
    });
    const drafted = await mintStep({ contracts, terms });
    const published = drafted.expectation.terms;
    await send({
      address: deployment.offerRegistry,
      abi: offerRegistryAbi,
      functionName: "publish",
      args: [published, bytesToHex(drafted.parts.policy)],
    });
    await send({
      address: deployment.escrow,
      abi: escrowAbi,
      functionName: "purchase",
      args: [published, buyer.address, SALT, 2],
      value: published.price * 2n,
    });
    const entitlement = entitlementIdOf(offerIdOf(published), buyer.address, SALT);
    const { parts } = await mintStep({
      ...minted,
      contracts,
      terms,
      permit: (honest) => ({
        ...honest,
        entitlement,
        step: 1,
        parentStateCommitment: zeroHash,
        parentNetCommitment: zeroHash,
      }),
    });
    const { expectation, permitSignature = "0x" } = parseTrade(parts.trade);
    const { entitlement: _e, gateway: _g, signerCommit: _s, policyHash: _p, ...permit } = expectation.permit;
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [numberToHex(openedAt)] });
    await fromGateway.writeContract({
      address: deployment.permitConsumer,
      abi: permitConsumerAbi,
      functionName: "consume",
      args: [
        published,
        {
          buyer: buyer.address,
          salt: SALT,
          permit,
          signer: buyer.address,
          signature: permitSignature,
          observerSignature: "0x",
          staleRunKey: zeroHash,
          stalePermitHash: zeroHash,
        },
      ],
      gas: 1_000_000n,
    });
    await at(attestedAt + 60);
    const consumption = await readConsumption(client, deployment, permitHash(expectation.permit, deployment));
    return { parts, consumption, evidenceHash: zeroHash, evidenceLocator: "", terms: published };
  }

  /** The offer's verifier signs the claim, and it is made. */
  async function claimBySignature({ parts, consumption, terms }: ProvableStep & { readonly terms: OfferTerms }) {
    const { chainId: _c, settlement: _s, entitlement: _e, ...claim } = decodeClaim(parts.claim);
    const approval = {
      claimHash: sha256Hex(parts.claim),
      reportHash: zeroHash,
      evidenceHash: zeroHash,
      deadline: consumption.claimDeadline,
    };
    const signature = await verifier.sign({ hash: approvalDigest(approval, deployment) });
    await send(
      claimCall(deployment, terms, {
        ...approval,
        buyer: consumption.identity.buyer,
        salt: SALT,
        runKey: consumption.runKey,
        parentHead: consumption.parentHead,
        claim,
        signature,
        evidenceLocator: "",
      }),
    );
  }

  async function prove(step: ProvableStep): Promise<void> {
    await send((await prepareProof(client, deployment, step)).call);
  }

  async function revoke(ids: readonly Hex[], effectiveFrom: number): Promise<void> {
    await send(
      {
        address: evidenceOf(deployment).trustRoots,
        abi: trustRootsAbi,
        functionName: "revoke",
        args: [ids, effectiveFrom],
      },
      figures.local.evidence.guardian,
    );
  }

  async function snapshot(): Promise<() => Promise<void>> {
    const id = await provider.request({ method: "evm_snapshot", params: [] });
    return async () => {
      await provider.request({ method: "evm_revert", params: [id] });
    };
  }

  return { connection, client, deployment, seller, open, claimBySignature, prove, revoke, send, at, snapshot };
}

export function evidenceOf({ evidence }: Deployment): NonNullable<Deployment["evidence"]> {
  if (!evidence) throw new Error("nothing checks evidence on this chain");
  return evidence;
}
