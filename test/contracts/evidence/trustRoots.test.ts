import {
  bytesToHex,
  concat,
  encodeAbiParameters,
  encodeFunctionData,
  getAbiItem,
  type Hex,
  keccak256,
  pad,
  parseAbiParameters,
  zeroHash,
} from "viem";
import { expect, it } from "vitest";
import { trustRootsAbi } from "#lib/chain/generated/abis.ts";
import {
  coveredRoots,
  issuerRoot,
  issuerRootId,
  logRoot,
  logRootId,
  verifierRootId,
} from "#lib/evidence/onchain/roots.ts";
import { productionRoot } from "#lib/evidence/trustedRoot.ts";
import { localChain } from "./local.ts";

/** Roots from the document in which Sigstore publishes them to the contract that knows them, and what asking it costs. */

/** As long as a real proof with its hints. */
const PROOF_BYTES = 8_192;
/** Two calls, three roots, and handing the proof on. */
const MOST_GAS = 15_000n;
const NO_COMMIT = "0x0000000000000000000000000000000000000000";

async function deployed() {
  const chain = await localChain();
  const roots = coveredRoots(productionRoot());
  const reader = await chain.deploy("AttestationVerifierDouble");
  const trustRoots = await chain.deploy("TrustRoots", [
    reader.address,
    reader.address,
    1,
    roots.issuers.map(issuerRoot),
    roots.logs.map(logRoot),
    [reader.address],
  ]);
  const probe = await chain.deploy("CallGasProbe");
  return { chain, roots, reader, trustRoots, probe };
}

it("knows every root by the id that is worked out off-chain", async () => {
  const { chain, roots, reader, trustRoots } = await deployed();
  const ids = [...roots.issuers.map(issuerRootId), ...roots.logs.map(logRootId), verifierRootId(reader.address)];
  expect(ids).toHaveLength(4);
  for (const id of ids) expect(await trustRoots.read("rootOf", [id])).toMatchObject({ revokedFrom: 0 });
  for (const id of ids) expect(await trustRoots.read("rootOf", [id])).not.toMatchObject({ queuedAt: 0 });
  await chain.connection.close();
});

it("costs little more than the reader that it asks", async () => {
  const { chain, roots, reader, trustRoots, probe } = await deployed();
  const [issuer] = roots.issuers;
  const [log] = roots.logs;
  if (issuer === undefined || log === undefined) throw new Error("the production root covers nothing");
  const facts = {
    claimHash: keccak256("0x01"),
    certificateHash: keccak256("0x02"),
    resultHash: keccak256("0x03"),
    bundleHash: keccak256("0x04"),
    signerWorkflow: zeroHash,
    signerCommit: NO_COMMIT,
    callerWorkflow: zeroHash,
    repositoryId: 1n,
    sourceOwnerId: 0n,
    sourceCommit: NO_COMMIT,
    runId: 2n,
    runAttempt: 1,
    openedAt: 2 ** 39,
  } as const;
  const { inputs } = getAbiItem({ abi: trustRootsAbi, name: "verify" });
  const read = concat([
    encodeAbiParameters(parseAbiParameters("bytes32, uint64, bytes32[]"), [
      keccak256(encodeAbiParameters([inputs[0]], [facts])),
      1n,
      [issuerRootId(issuer), logRootId(log)],
    ]),
    bytesToHex(new Uint8Array(PROOF_BYTES).fill(0xa5)),
  ]);
  const encode = (proof: Hex) =>
    encodeFunctionData({ abi: trustRootsAbi, functionName: "verify", args: [facts, proof] });
  const measure = async (target: Hex, proof: Hex) => {
    const gas = await probe.read("measure", [target, encode(proof)]);
    if (typeof gas !== "bigint") throw new Error("the probe says no number");
    return gas;
  };
  const alone = await measure(reader.address, read);
  const asked = await measure(trustRoots.address, concat([pad(reader.address), read]));
  expect(asked - alone).toBeLessThanOrEqual(MOST_GAS);
  await chain.connection.close();
});
