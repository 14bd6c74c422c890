import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import hre from "hardhat";
import {
  encodeAbiParameters,
  type Hex,
  hashTypedData,
  parseAbiParameters,
  sha256,
  size,
  slice,
  stringToHex,
} from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { offerRegistryAbi, permitConsumerAbi, settlementAbi } from "#lib/chain/generated/abis.ts";
import { offerIdOf } from "#lib/offers/terms.ts";
import { permitHash } from "#lib/permits/stepPermit.ts";
import { approvalDigest } from "#lib/settlement/signedClaim.ts";
import { abiSource } from "../../scripts/contracts/abi-source.ts";
import { addressOf, createWorld, expectRefusal, people, type World } from "./world.ts";

let w: World;
beforeAll(async () => {
  w = await createWorld();
});
afterAll(async () => {
  await w.connection.close();
});

describe("hashes on-chain equal hashes off-chain", () => {
  it("of offer terms", async () => {
    const terms = w.terms({ observer: addressOf("observer"), sourceRepositoryId: 2n ** 64n - 1n });
    const onChain = await w.client.readContract({
      address: w.deployment.offerRegistry,
      abi: offerRegistryAbi,
      functionName: "hashTerms",
      args: [terms],
    });
    expect(onChain).toBe(offerIdOf(terms));
  });

  it("of a step permit: the full EIP-712 digest", async () => {
    const entitlement = await w.buy(await w.publish());
    const input = w.permit(undefined, { resultKey: w.fresh("key"), observationHash: w.fresh("seen"), epoch: 3 });
    const { message } = w.permitTypedData(entitlement, input);
    const onChain = await w.client.readContract({
      address: w.deployment.permitConsumer,
      abi: permitConsumerAbi,
      functionName: "hashPermit",
      args: [entitlement.terms, entitlement.buyer, entitlement.salt, input],
    });
    expect(onChain).toBe(permitHash(message, w.deployment));
  });

  it("of a verifier's approval", async () => {
    const claimHash = w.fresh("claim");
    const typedData = w.approvalTypedData(claimHash, 99n);
    const { reportHash, evidenceHash, deadline } = typedData.message;
    const onChain = await w.client.readContract({
      address: w.deployment.settlement,
      abi: settlementAbi,
      functionName: "hashApproval",
      args: [claimHash, reportHash, evidenceHash, deadline],
    });
    expect(onChain).toBe(hashTypedData(typedData));
    expect(onChain).toBe(approvalDigest({ claimHash, reportHash, evidenceHash, deadline: 99 }, w.deployment));
  });

  it("of a claim blob: twelve words that begin with the tag", async () => {
    const claimed = w.claimOf(w.openedOf(await w.buy(await w.publish()), w.permit(undefined)));
    const args = [claimed.opened.entitlement.id, claimed.claim] as const;
    const contract = { address: w.deployment.settlement, abi: settlementAbi } as const;
    const blob = await w.client.readContract({ ...contract, functionName: "claimBlob", args });
    expect(size(blob)).toBe(384);
    expect(slice(blob, 0, 32)).toBe(sha256(stringToHex("pawl/v1/StepClaim\0")));
    expect(slice(blob, 32, 128)).toBe(
      encodeAbiParameters(parseAbiParameters("uint256, address, bytes32"), [
        BigInt(w.deployment.chainId),
        w.deployment.settlement,
        claimed.opened.entitlement.id,
      ]),
    );
    expect(sha256(blob)).toBe(claimed.ref.claimHash);
    expect(await w.client.readContract({ ...contract, functionName: "hashClaim", args })).toBe(claimed.ref.claimHash);
  });

  it.each([
    ["permitConsumer", permitConsumerAbi],
    ["settlement", settlementAbi],
  ] as const)("of the domain of %s, as ERC-5267 tells it", async (name, abi) => {
    const [fields, domainName, version, chainId, verifyingContract] = await w.client.readContract({
      address: w.deployment[name],
      abi,
      functionName: "eip712Domain",
    });
    expect(fields).toBe("0x0f");
    expect({
      name: domainName,
      version,
      chainId: Number(chainId),
      verifyingContract: verifyingContract.toLowerCase(),
    }).toEqual(w.domainOf(name));
  });
});

describe("signatures serve one purpose", () => {
  it("takes a delegation by signature once, and never a burnt one", async () => {
    const entitlement = await w.buy(await w.publish());
    const register = async (nonce: `0x${string}`) => {
      const delegation = {
        entitlement: entitlement.id,
        delegate: addressOf("delegate"),
        lastStep: 2,
        validUntil: 2n ** 38n,
        generation: 0,
        nonce,
        deadline: 2n ** 38n,
      };
      const signature = await people.buyer.signTypedData({
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
        message: delegation,
      });
      const { offerId, buyer, salt } = entitlement;
      return w.send("stranger", "permitConsumer", "delegateBySignature", [offerId, buyer, salt, delegation, signature]);
    };
    const [used, burnt, revoked] = [w.fresh("nonce"), w.fresh("nonce"), w.fresh("nonce")];
    const revoke = (nonce: Hex) =>
      w.send("buyer", "permitConsumer", "revokeDelegate", [
        entitlement.offerId,
        entitlement.salt,
        addressOf("delegate"),
        nonce,
      ]);
    await revoke(revoked);
    await expectRefusal(register(revoked), "DELEGATION_NONCE_USED");
    await w.send("buyer", "permitConsumer", "burnDelegationNonce", [burnt]);
    await expectRefusal(register(burnt), "DELEGATION_NONCE_USED");
    await register(used);
    const opened = await w.open(entitlement, undefined, {}, { signer: "delegate" });
    await revoke(used);
    await expectRefusal(register(used), "DELEGATION_NONCE_USED");
    const claimed = await w.claim(opened);
    await expectRefusal(w.open(entitlement, claimed, {}, { signer: "delegate" }), "SIGNER_NOT_ALLOWED");
  });

  it("takes the buyer's acknowledgement of this claim only", async () => {
    const entitlement = await w.buy(await w.publish());
    const first = await w.claim(await w.open(entitlement));
    const second = await w.claim(await w.open(entitlement, first));
    const signature = await w.acknowledgement(first, "buyer");
    await expectRefusal(w.settle("seller", "acknowledge", second, [signature]), "ACKNOWLEDGEMENT_INVALID");
    await expectRefusal(
      w.settle("seller", "acknowledge", first, [await w.acknowledgement(first, "seller")]),
      "ACKNOWLEDGEMENT_INVALID",
    );
    await w.settle("seller", "acknowledge", first, [signature]);
    await w.finalize(await w.landed(first));
  });
});

/** The generated ABIs are those of the interfaces: an implementation must add nothing that a caller could miss. */
it.each(["OfferRegistry", "Escrow", "PermitConsumer", "Settlement"])("has all of %s in its interface", async (name) => {
  const named = async (contract: string) => {
    const { abi } = await hre.artifacts.readArtifact(contract);
    // Errors of one interface that another contract also raises are known under that interface.
    return abi
      .filter(({ type }: { type: string }) => type === "function" || type === "event")
      .map(canonical)
      .sort();
  };
  expect(await named(name)).toEqual(await named(`I${name}`));
});

function canonical(item: unknown): string {
  const { type, name, inputs, outputs, stateMutability } = item as Record<string, unknown>;
  return JSON.stringify([type, name, types(inputs), types(outputs), stateMutability]);
}

function types(parameters: unknown): unknown {
  if (!Array.isArray(parameters)) return null;
  return parameters.map(({ type, indexed, components }) => [type, indexed, types(components)]);
}

it("has current generated ABIs", async () => {
  const committed = await readFile(new URL("../../lib/chain/generated/abis.ts", import.meta.url), "utf8");
  expect(await abiSource(fileURLToPath(new URL("../../artifacts", import.meta.url)))).toBe(committed);
});
