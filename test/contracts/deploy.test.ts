import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hre from "hardhat";
import {
  type Abi,
  type Address,
  createPublicClient,
  createWalletClient,
  custom,
  encodeDeployData,
  getAddress,
  getContractAddress,
  type Hex,
  http,
  zeroAddress,
} from "viem";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { chainOf, requireChain } from "#lib/chain/clients.ts";
import { parseDeployment } from "#lib/chain/deployment.ts";
import { escrowAbi } from "#lib/chain/generated/abis.ts";
import { readOffer } from "#lib/chain/reads.ts";
import { decodeRevert } from "#lib/chain/revert.ts";
import { p384KeyId, p384Registration } from "#lib/evidence/onchain/p384.ts";
import {
  type CoveredRoots,
  coveredRoots,
  issuerRootId,
  logRootId,
  unexpired,
  verifierRootId,
} from "#lib/evidence/onchain/roots.ts";
import { productionRoot } from "#lib/evidence/trustedRoot.ts";
import { type Figures, figures, parseParameters } from "../../ignition/parameters/figures.ts";
import { MIN_ROOT_DELAY, production } from "../../ignition/parameters/production.ts";
import { deployPawl, deployPublic, deployWith, type PublicDeployment } from "../../scripts/contracts/deploy.ts";
import {
  type Comparison,
  compareDeployment,
  readRoots,
  standardInputs,
} from "../../scripts/contracts/deploy-verification.ts";
import { registerKeys } from "../../scripts/contracts/registerKeys.ts";
import { callsToQueue, callToRevoke } from "../../scripts/contracts/rootCalls.ts";
import { buildContracts } from "./build.ts";
import { refusalOf } from "./world.ts";

/** A client of the local chain at this address. */
const clientOf = (rpcUrl: string) => createPublicClient({ chain: chainOf(31_337, rpcUrl), transport: http(rpcUrl) });

beforeAll(buildContracts, 120_000);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function node(): Promise<string> {
  const server = await hre.network.createServer({ network: "node" }, "127.0.0.1", 0);
  const { address, port } = await server.listen();
  cleanups.push(() => server.close());
  return `http://${address}:${port}`;
}

it("deploys over RPC, finds itself again, and starts afresh on a fresh chain", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pawl-deploy-"));
  cleanups.push(() => rm(folder, { recursive: true }));
  const rpcUrl = await node();
  const deployment = await deployPawl({ rpcUrl, folder });
  expect(parseDeployment(await readFile(join(folder, "deployment.json")))).toEqual(deployment);
  expect(await deployPawl({ rpcUrl, folder })).toEqual(deployment);

  const client = clientOf(rpcUrl);
  const offerId = `0x${"ab".repeat(32)}` as const;
  expect(await readOffer(client, deployment, offerId)).toMatchObject({ status: "none" });
  await requireChain(client, deployment.chainId);
  expect(await refusalOf(requireChain(client, 1))).toMatchObject({ code: "CHAIN_ID_MISMATCH" });

  const other = await node();
  const again = await deployPawl({ rpcUrl: other, folder });
  expect(await clientOf(other).getCode({ address: again.escrow })).toBeDefined();
});

it("says that a chain which does not answer is unreachable", async () => {
  const client = clientOf("http://127.0.0.1:9");
  expect(decodeRevert(await client.getChainId().catch((thrown: unknown) => thrown))).toMatchObject({
    code: "CHAIN_UNREACHABLE",
    kind: "backend",
  });
});

const GOVERNOR = `0x${"ab".repeat(20)}` as const;
const DELEGATED = `0x${"cd".repeat(20)}` as const;
const PUBLIC_FIGURES: Figures = {
  ...figures.baseSepolia,
  evidence: { ...figures.baseSepolia.evidence, governor: GOVERNOR, guardian: `0x${"ef".repeat(20)}` },
};
const ROOTS = coveredRoots(productionRoot());

describe("a deployment to a public chain", () => {
  /** A chain in memory that says it is Base Sepolia, with Permit2 where it is there. */
  async function publicChain(id = 84_532) {
    const connection = await hre.network.create({
      network: "default",
      override: { chainId: id, mining: { auto: true, interval: 20 }, allowBlocksWithSameTimestamp: true },
    });
    cleanups.push(() => connection.close());
    const provider = connection.provider as Parameters<typeof deployPublic>[0];
    const client = createPublicClient({ transport: custom(provider) });
    const { deployedBytecode } = await hre.artifacts.readArtifact("SandboxPermit2");
    await provider.request({
      method: "hardhat_setCode",
      params: [figures.baseSepolia.permit2, deployedBytecode],
    });
    await provider.request({ method: "hardhat_setCode", params: [GOVERNOR, "0x00"] });
    const folder = await mkdtemp(join(tmpdir(), "pawl-public-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    const lines: string[] = [];
    const run = (options: Partial<PublicDeployment> = {}) =>
      deployPublic(provider, {
        chainId: 84_532,
        figures: PUBLIC_FIGURES,
        roots: ROOTS,
        folder,
        isDryRun: true,
        print: (line) => lines.push(line),
        ...options,
      });
    const [deployer = "0x", other = "0x"] = (await provider.request({ method: "eth_accounts" })) as Address[];
    const nonce = () => client.getTransactionCount({ address: deployer });
    async function token(name: "SandboxToken" | "HostileToken") {
      const { abi, bytecode } = await hre.artifacts.readArtifact(name);
      const data = encodeDeployData({ abi: abi as Abi, bytecode: bytecode as Hex });
      const wallet = createWalletClient({ account: deployer, transport: custom(provider) });
      const hash = await wallet.sendTransaction({ data, chain: null });
      const { contractAddress } = await client.waitForTransactionReceipt({ hash });
      if (!contractAddress) throw new Error(`${name} was not deployed`);
      const write = (functionName: string, args: readonly unknown[]) =>
        wallet.writeContract({ address: contractAddress, abi: abi as Abi, functionName, args: [...args], chain: null });
      await write("mint", [other, 1_000_000n]);
      return { address: contractAddress, holder: other, write };
    }
    return { provider, client, run, lines, deployer, nonce, token, folder };
  }

  /** Refuses under this code, with that line last in the table, and nothing sent. */
  async function expectRefused(
    chain: Awaited<ReturnType<typeof publicChain>>,
    options: Partial<PublicDeployment>,
    code: string,
  ) {
    const before = await chain.nonce();
    chain.lines.length = 0;
    expect(await refusalOf(chain.run({ isDryRun: false, ...options }))).toMatchObject({ code });
    expect(chain.lines.filter((line) => line.startsWith("refused"))).toEqual([chain.lines.at(-1)]);
    expect(await chain.nonce()).toBe(before);
  }

  it("is refused on another chain before anything else is looked at", async () => {
    const chain = await publicChain(8453);
    await expectRefused(chain, {}, "DEPLOY_CHAIN_WRONG");
    expect(chain.lines).toHaveLength(1);
  });

  it.each(Object.keys(production.limits) as (keyof Figures["limits"])[])("is refused with another %s", async (name) => {
    const chain = await publicChain();
    const { limits } = figures.baseSepolia;
    const changed = { ...limits, [name]: typeof limits[name] === "bigint" ? limits[name] + 1n : limits[name] - 1 };
    await expectRefused(chain, { figures: { ...figures.baseSepolia, limits: changed } }, "DEPLOY_BOUND_CHANGED");
  });

  it("is refused with the figures of local chains, a lower bond or another gas", async () => {
    const chain = await publicChain();
    await expectRefused(chain, { figures: figures.local }, "DEPLOY_BOUND_CHANGED");
    for (const changed of [{ minBond: 1n }, { proofGas: 1n }]) {
      await expectRefused(chain, { figures: { ...figures.baseSepolia, ...changed } }, "DEPLOY_BOUND_CHANGED");
    }
  });

  it("is refused where one of the contracts would find code", async () => {
    const chain = await publicChain();
    const address = getContractAddress({ from: chain.deployer, nonce: BigInt(await chain.nonce()) + 7n });
    await chain.provider.request({ method: "hardhat_setCode", params: [address, "0x00"] });
    await expectRefused(chain, {}, "DEPLOY_ADDRESS_TAKEN");
  });

  it("is refused to a deployer who cannot pay for all of it", async () => {
    const chain = await publicChain();
    await chain.provider.request({ method: "hardhat_setBalance", params: [chain.deployer, "0x2386f26fc10000"] });
    await expectRefused(chain, {}, "DEPLOY_FUNDS_INSUFFICIENT");
  });

  it("is refused where Permit2 is missing, or is something else", async () => {
    const chain = await publicChain();
    const { permit2 } = figures.baseSepolia;
    for (const code of ["0x", "0x00", (await hre.artifacts.readArtifact("SandboxToken")).deployedBytecode]) {
      await chain.provider.request({ method: "hardhat_setCode", params: [permit2, code] });
      await expectRefused(chain, {}, "DEPLOY_PERMIT2_UNFIT");
    }
  });

  it.each([
    ["no governor", { governor: zeroAddress }],
    ["a governor that is one key", { governor: `0x${"12".repeat(20)}` }],
    ["a governor whose one key acts by a contract", { governor: DELEGATED }],
    ["no guardian", { guardian: zeroAddress }],
    ["a precompile for a guardian", { guardian: "0x0000000000000000000000000000000000000100" }],
    ["one account for governor and guardian", { guardian: GOVERNOR }],
    ["the same in another spelling", { guardian: getAddress(GOVERNOR) }],
  ] as const)("is refused with %s", async (_, changed) => {
    const chain = await publicChain();
    await chain.provider.request({ method: "hardhat_setCode", params: [DELEGATED, `0xef0100${"12".repeat(20)}`] });
    const { evidence } = PUBLIC_FIGURES;
    const changedFigures = { ...PUBLIC_FIGURES, evidence: { ...evidence, ...changed } };
    await expectRefused(chain, { figures: changedFigures }, "DEPLOY_GOVERNANCE_UNFIT");
  });

  it("is refused with the parameters' file until it names governor and guardian", async () => {
    const chain = await publicChain();
    await expectRefused(chain, { figures: figures.baseSepolia }, "DEPLOY_GOVERNANCE_UNFIT");
  });

  it("is refused with roots that wait for less than 48 hours", async () => {
    const chain = await publicChain();
    const evidence = { ...PUBLIC_FIGURES.evidence, delay: 48 * 3600 - 1 };
    await expectRefused(chain, { figures: { ...PUBLIC_FIGURES, evidence } }, "DEPLOY_ROOT_DELAY_TOO_SHORT");
  });

  it("is refused without an authority, without a log, or with none that is valid still", async () => {
    const chain = await publicChain();
    const expired = (root: CoveredRoots["issuers"][number]) => ({ ...root, validUntil: 1_700_000_000 });
    const { issuers, logs } = ROOTS;
    for (const roots of [
      { ...ROOTS, issuers: [] },
      { ...ROOTS, logs: [] },
      { ...ROOTS, issuers: issuers.map(expired) },
      { ...ROOTS, logs: logs.map((log) => ({ ...log, validUntil: 1_700_000_000 })) },
    ]) {
      await expectRefused(chain, { roots }, "DEPLOY_ROOTS_MISSING");
    }
  });

  it("is refused for a token that is none, or that moves less than it is asked to", async () => {
    const chain = await publicChain();
    const holder = chain.deployer;
    await expectRefused(chain, { token: { address: `0x${"34".repeat(20)}`, holder } }, "DEPLOY_TOKEN_UNFIT");
    await expectRefused(chain, { token: { address: figures.baseSepolia.permit2, holder } }, "DEPLOY_TOKEN_UNFIT");
    const { address, holder: owner, write } = await chain.token("HostileToken");
    for (const mood of [1, 2, 3]) {
      await write("setMood", [mood]);
      await expectRefused(chain, { token: { address, holder: owner } }, "DEPLOY_TOKEN_UNFIT");
    }
  });

  it.each([
    ["nobody", zeroAddress],
    ["a precompile", "0x0000000000000000000000000000000000000100"],
  ] as const)("is refused with %s in a role", async (_, address) => {
    await expectRefused(await publicChain(), { roles: { gateway: address } }, "DEPLOY_ROLE_UNFIT");
  });

  it("is refused with one of its own contracts in a role", async () => {
    const chain = await publicChain();
    const own = getContractAddress({ from: chain.deployer, nonce: BigInt(await chain.nonce()) + 2n });
    await expectRefused(chain, { roles: { arbiter: own } }, "DEPLOY_ROLE_UNFIT");
  });

  it("is only looked at in a dry run", async () => {
    const chain = await publicChain();
    const { address, holder } = await chain.token("SandboxToken");
    const before = await chain.nonce();
    const gateway = chain.deployer;
    expect(await chain.run({ token: { address, holder }, roles: { gateway } })).toBeUndefined();
    expect(chain.lines.every((line) => line.startsWith("ok "))).toBe(true);
    // Chain, bounds, governance, roots with one authority, one log and two left out, addresses, Permit2, token, role,
    // balance.
    expect(chain.lines).toHaveLength(1 + 13 + 3 + (1 + 1 + 1 + 2) + 8 + 1 + 1 + 1 + 1);
    expect(chain.lines.join("\n")).toContain("6 decimals, of 500000 units 500000 and 500000 left");
    expect(await chain.nonce()).toBe(before);
  });

  it("is where it was foretold, knows Permit2, and is the code of this build", async () => {
    const chain = await publicChain();
    const foretold = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map((offset) =>
      getContractAddress({ from: chain.deployer, nonce: offset }),
    );
    const deployment = await chain.run({ isDryRun: false });
    if (deployment === undefined) throw new Error("nothing was deployed");
    const { offerRegistry, permitConsumer, settlement, escrow, evidence } = deployment;
    if (evidence === undefined) throw new Error("evidence was not deployed");
    const { p384, sha384, sigstoreVerifier, trustRoots } = evidence;
    expect(
      [p384, sha384, sigstoreVerifier, trustRoots, offerRegistry, permitConsumer, settlement, escrow].map((at) =>
        getAddress(at),
      ),
    ).toEqual(foretold);
    expect(await chain.client.readContract({ address: escrow, abi: escrowAbi, functionName: "permit2" })).toBe(
      getAddress(figures.baseSepolia.permit2),
    );
    // Run again, it is found.
    expect(await chain.run({ isDryRun: false })).toEqual(deployment);

    const compare = (to = deployment) => compareDeployment(chain.client, to, hre.config.paths.artifacts);
    const differences = (compared: readonly Comparison[]) =>
      compared.flatMap(({ name, difference }) => (difference === undefined ? [] : [`${name}: ${difference}`]));
    expect((await compare()).map(({ name }) => name)).toEqual([
      "P384",
      "Sha384Hasher",
      "SigstoreVerifier",
      "TrustRoots",
      "OfferRegistry",
      "PermitConsumer",
      "Settlement",
      "Escrow",
    ]);
    expect(differences(await compare())).toEqual([]);

    // Roots of today, with tables for their keys, and nobody else's hand on them.
    const [authority] = unexpired(ROOTS, 1_700_000_000).issuers;
    const [log] = ROOTS.logs;
    if (authority === undefined || log === undefined) throw new Error("the production root covers nothing");
    expect(await readRoots(chain.client, deployment)).toMatchObject({
      governor: getAddress(GOVERNOR),
      guardian: getAddress(PUBLIC_FIGURES.evidence.guardian),
      delay: 7 * 24 * 3600,
      roots: [
        { kind: "authority", id: issuerRootId(authority), revokedFrom: 0 },
        { kind: "log", id: logRootId(log), revokedFrom: 0 },
        { kind: "verifier", id: verifierRootId(sigstoreVerifier), revokedFrom: 0 },
      ],
    });
    expect((await readRoots(chain.client, deployment))?.roots.filter(({ lacks }) => lacks)).toEqual([]);

    // Contracts of another deployment have the same code, but not the same partners.
    const stranger = `0x${"56".repeat(20)}` as const;
    const code = await chain.client.getCode({ address: permitConsumer });
    await chain.provider.request({ method: "hardhat_setCode", params: [stranger, code] });
    expect(differences(await compare({ ...deployment, permitConsumer: stranger }))).toEqual([
      `Settlement: points to ${getAddress(permitConsumer)} as permitConsumer, not to ${stranger}`,
      `Escrow: points to ${getAddress(permitConsumer)} as permitConsumer, not to ${stranger}`,
    ]);
    const otherRoots = await compare({ ...deployment, evidence: { ...evidence, trustRoots: stranger } });
    expect(differences(otherRoots)).toEqual([
      expect.stringMatching(/^TrustRoots: \d+ bytes of code, the build has \d+$/),
    ]);
    await chain.provider.request({
      method: "hardhat_setCode",
      params: [stranger, await chain.client.getCode({ address: trustRoots })],
    });
    expect(differences(await compare({ ...deployment, evidence: { ...evidence, trustRoots: stranger } }))).toEqual([
      `OfferRegistry: points to ${getAddress(trustRoots)} as evidenceVerifier, not to ${stranger}`,
      `Settlement: points to ${getAddress(trustRoots)} as evidenceVerifier, not to ${stranger}`,
    ]);
    // One byte, in the middle of the code.
    const ledger = (await chain.client.getCode({ address: escrow })) ?? "0x";
    const flipped = `${ledger.slice(0, 2002)}${ledger[2002] === "0" ? "1" : "0"}${ledger.slice(2003)}`;
    await chain.provider.request({ method: "hardhat_setCode", params: [escrow, flipped] });
    expect(differences(await compare())).toEqual(["Escrow: code differs from byte 1000 on"]);
    await chain.provider.request({ method: "hardhat_setCode", params: [escrow, `${ledger}00`] });
    expect(differences(await compare())).toEqual([
      expect.stringMatching(/^Escrow: \d+ bytes of code, the build has \d+$/),
    ]);
    await chain.provider.request({ method: "hardhat_setCode", params: [escrow, "0x"] });
    expect(differences(await compare())).toEqual(["Escrow: no code at this address"]);
  });
});

/** A chain with the governor's role in the deployer's hand. */
async function deployedUnder(roots: CoveredRoots) {
  const connection = await hre.network.create("default");
  cleanups.push(() => connection.close());
  const provider = connection.provider as Parameters<typeof deployWith>[0];
  const client = createPublicClient({ transport: custom(provider), pollingInterval: 5, cacheTime: 0 });
  const [deployer = "0x"] = (await provider.request({ method: "eth_accounts" })) as Address[];
  const wallet = createWalletClient({ account: deployer, transport: custom(provider) });
  const evidence = { ...figures.local.evidence, governor: deployer };
  const deployment = await deployWith(provider, {
    figures: { ...figures.local, evidence },
    roots,
  });
  if (deployment.evidence === undefined) throw new Error("evidence was not deployed");
  return { provider, client, wallet, deployer, deployment, evidence: deployment.evidence };
}

describe("the keys of authorities", () => {
  it("get their tables from anybody, who goes on where somebody stopped", async () => {
    // No authority yet, so that only the generator has tables.
    const begun = await deployedUnder({ ...ROOTS, issuers: [] });
    const { provider, client, wallet, deployer, deployment, evidence } = begun;
    const [issuer] = unexpired(ROOTS, 1_700_000_000).issuers;
    if (issuer === undefined) throw new Error("the production root covers nothing");
    const data = callsToQueue({ issuers: [issuer], logs: [], leftOut: [] }, new Set())[0]?.data ?? "0x";
    await wallet.sendTransaction({ to: evidence.trustRoots, data, chain: null });
    const lacks = async () => (await readRoots(client, deployment))?.roots.map((root) => root.lacks);
    expect((await lacks())?.filter(Boolean)).toEqual(["its key is not registered at P384"]);

    const abi = (await hre.artifacts.readArtifact("P384")).abi as Abi;
    const { powers, tables } = p384Registration(issuer.key);
    const call = { address: evidence.p384, abi, chain: null } as const;
    await wallet.writeContract({ ...call, functionName: "beginKey", args: [issuer.key, powers] });
    await wallet.writeContract({ ...call, functionName: "buildTable", args: [p384KeyId(issuer.key), 2n, tables[2]] });
    const keys = { p384: evidence.p384, keys: [issuer.key], sender: deployer };
    const before = await client.getTransactionCount({ address: deployer });
    await registerKeys(client, provider, keys);
    expect(await client.getTransactionCount({ address: deployer })).toBe(before + 3);
    await registerKeys(client, provider, keys);
    expect(await client.getTransactionCount({ address: deployer })).toBe(before + 3);
    expect(await lacks()).toEqual([undefined, undefined, undefined]);
  });
});

describe("calls for governor and guardian", () => {
  it("append what the chain lacks, once, and revoke it", async () => {
    const { provider, client, wallet, deployment, evidence } = await deployedUnder({ ...ROOTS, issuers: [] });
    const known = async () => new Set((await readRoots(client, deployment))?.roots.map(({ id }) => id));
    const calls = callsToQueue(ROOTS, await known());
    expect(calls.map(({ what }) => what)).toEqual(
      ROOTS.issuers.map((issuer) => `queue authority ${issuerRootId(issuer)}`),
    );
    for (const { data } of calls) await wallet.sendTransaction({ to: evidence.trustRoots, data, chain: null });
    expect(callsToQueue(ROOTS, await known())).toEqual([]);

    // Over a provider that serves no more than 600 blocks at once.
    const shown = await readRoots(client, deployment);
    await provider.request({ method: "hardhat_mine", params: ["0x7d0"] });
    let refused = 0;
    const limited = {
      ...client,
      getContractEvents: async (asked: { readonly fromBlock: bigint; readonly toBlock: bigint }) => {
        if (asked.toBlock - asked.fromBlock <= 600n) return client.getContractEvents(asked as never);
        refused++;
        throw new Error("the range is too wide");
      },
    };
    expect(await readRoots(limited as never, deployment)).toEqual(shown);
    expect(refused).toBeGreaterThan(0);

    const ids = ROOTS.logs.map(logRootId);
    const { timestamp } = await client.getBlock();
    const { what, data } = callToRevoke(ids, Number(timestamp));
    expect(what).toBe(`revoke ${ids.join(", ")} as of ${new Date(Number(timestamp) * 1000).toISOString()}`);
    const { guardian } = figures.local.evidence;
    await wallet.sendTransaction({ account: guardian, to: evidence.trustRoots, data, chain: null });
    const revoked = (await readRoots(client, deployment))?.roots.filter(({ revokedFrom }) => revokedFrom > 0);
    expect(revoked?.map(({ id, revokedFrom }) => [id, revokedFrom])).toEqual([[ids[0], Number(timestamp)]]);
  });
});

describe("parameters", () => {
  it("of Base Sepolia are the protocol's, and those of local chains differ in least windows only", () => {
    const { limits, minBond, proofGas } = figures.baseSepolia;
    expect({ limits, minBond, proofGas }).toEqual(production);
    expect(figures.baseSepolia.evidence.delay).toBeGreaterThanOrEqual(MIN_ROOT_DELAY);
    const changed = Object.keys(limits).filter(
      (name) => limits[name as keyof typeof limits] !== figures.local.limits[name as keyof typeof limits],
    );
    expect(changed).toEqual(
      ["StepTimeout", "DisputeWindow", "ProofWindow", "ArbitrationWindow", "EntitlementTtl"].map(
        (name) => `min${name}`,
      ),
    );
  });

  it.each([
    ["a member too many", { Pawl: { ...rawParameters().Pawl, owner: zeroAddress } }],
    ["a number where wei are text", { Pawl: { ...rawParameters().Pawl, minBond: 1 } }],
    ["a governor that is no address", { Evidence: { ...rawParameters().Evidence, governor: "0x12" } }],
    ["roots that wait for nothing", { Evidence: { ...rawParameters().Evidence, delay: 0 } }],
    ["no word on who governs the roots", { Evidence: undefined }],
    [
      "a window of nothing",
      { Pawl: { ...rawParameters().Pawl, limits: { ...rawParameters().Pawl.limits, minStepTimeout: 0 } } },
    ],
    ["an address that is none", { Pawl: { ...rawParameters().Pawl, permit2: "0x12" } }],
  ])("with %s are refused", (_, parameters) => {
    expect(() => parseParameters(JSON.stringify({ ...rawParameters(), ...parameters }))).toThrow();
  });
});

describe("what source verification asks for", () => {
  it("is the input of the build, for every contract", async () => {
    const inputs = await standardInputs(hre.config.paths.artifacts);
    expect(inputs.map(({ name }) => name)).toEqual([
      "P384",
      "Sha384Hasher",
      "SigstoreVerifier",
      "TrustRoots",
      "OfferRegistry",
      "PermitConsumer",
      "Settlement",
      "Escrow",
      "SandboxToken",
    ]);
    for (const { text, contract, compiler } of inputs) {
      const input = JSON.parse(text) as { language: string; sources: Record<string, unknown>; settings: unknown };
      expect(input.language).toBe("Solidity");
      expect(Object.keys(input.sources)).toContain(contract.split(":")[0]);
      const viaIR = contract.includes("/arithmetic/") ? undefined : true;
      expect((input.settings as { viaIR?: true }).viaIR).toBe(viaIR);
      expect(input.settings).toMatchObject({ evmVersion: "osaka", optimizer: { runs: 1_000_000 } });
      expect(compiler).toMatch(/^0\.8\.37\+commit\.[0-9a-f]{8}/);
    }
  });
});

function rawParameters() {
  const file = new URL("../../ignition/parameters/baseSepolia.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as {
    readonly Pawl: { readonly limits: object };
    readonly Evidence: object;
  };
}
