import { type Command, Option } from "commander";
import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  formatEther,
  formatGwei,
  http,
  type PublicClient,
} from "viem";
import { evidenceHash, openCapsule } from "#lib/capsule/capsule.ts";
import { chainOf, requireChain } from "#lib/chain/clients.ts";
import { type Cost, estimateCost } from "#lib/chain/cost.ts";
import { type Deployment, parseDeployment } from "#lib/chain/deployment.ts";
import { settlementAbi } from "#lib/chain/generated/abis.ts";
import { transact } from "#lib/chain/transact.ts";
import { systemClock } from "#lib/core/effects.ts";
import { printableJson } from "#lib/core/printable.ts";
import { parseTrade } from "#lib/evidence/trade.ts";
import { type TrustProfile, thresholds } from "#lib/evidence/trustedRoot.ts";
import { verifyStep } from "#lib/evidence/verify.ts";
import { permitHash } from "#lib/permits/stepPermit.ts";
import { expectationOf, readConsumption } from "#lib/settlement/consumption.ts";
import { requirePassed } from "#lib/settlement/passed.ts";
import { type PreparedProof, prepareProof } from "#lib/settlement/proof.ts";
import { readEvidence } from "./files.ts";
import { checkRootOptions, type RootOptions, rootOptions, trustOf } from "./roots.ts";
import { signingAccount } from "./signingKey.ts";

type ProveOptions = RootOptions & {
  readonly rpc: string;
  readonly deployment: string;
  readonly locator: string;
  readonly keyFile?: string;
  readonly profile?: TrustProfile;
  readonly issuer?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

const KEY_VARIABLE = "PAWL_PROVE_KEY";

/** `pawl prove`: has the chain itself verify a step's attestation. */
export function proveCommand(program: Command): void {
  const command = program
    .command("prove")
    .description("Prove a step on-chain from its capsule: settle it at once, or answer a demand for proof.")
    .argument("<capsule>", "file made by pawl capsule fetch")
    .addOption(new Option("--rpc <url>", "JSON-RPC endpoint of the chain").env("PAWL_RPC_URL").makeOptionMandatory())
    .addOption(
      new Option("--deployment <file>", "file with the contracts' addresses")
        .env("PAWL_DEPLOYMENT")
        .makeOptionMandatory(),
    )
    .option("--key-file <file>", `the key that pays for the transaction, 0x and 64 hex digits; or ${KEY_VARIABLE}`)
    .option("--locator <text>", "where the capsule is published; recorded beside the claim, trusted by nobody", "")
    .addOption(new Option("--profile <name>", "what evidence the instance gives").choices(Object.keys(thresholds)))
    .option("--issuer <url>", "identity provider that must have vouched for the signer")
    .option("--dry-run", "verify, prepare, run and price the transaction, and send nothing; needs no key")
    .option("--json", "print one JSON object, with the transaction's data");
  rootOptions(command).action(async (file: string, options: ProveOptions) => {
    checkRootOptions(options);
    const say = options.json ? () => undefined : (line: string) => console.log(line);
    const account = options.dryRun ? undefined : await signingAccount(options.keyFile, KEY_VARIABLE);
    const deployment = parseDeployment(await readEvidence(options.deployment));
    const chain = chainOf(deployment.chainId, options.rpc);
    const client: PublicClient = createPublicClient({ chain, transport: http(options.rpc), cacheTime: 0 });
    await requireChain(client, deployment.chainId);

    const { proof, checks } = await proofOf(await readEvidence(file), { client, deployment, options });
    say(`evidence  holds: ${checks} checks passed`);
    say(`proof     ${wordsOf(proof)}`);
    const cost = await estimateCost(client, proof.call as PreparedProof["call"], account?.address);
    const { symbol } = chain.nativeCurrency;
    for (const line of costLines(cost, symbol)) say(line);
    const data = encodeFunctionData({ ...proof.call, abi: settlementAbi } as Parameters<typeof encodeFunctionData>[0]);
    const prepared = {
      kind: proof.kind,
      claimHash: proof.claimHash,
      entitlement: proof.entitlement,
      step: proof.step,
      to: proof.call.address,
      data,
      ...cost,
    };
    if (!account) {
      if (options.json) console.log(printableJson(jsonOf({ ...prepared, transaction: null })));
      say("Nothing was sent. Leave out --dry-run to send it, or send the data of --json with any wallet.");
      return;
    }
    const wallet = createWalletClient({ account, chain, transport: http(options.rpc) });
    say("sending   …");
    const receipt = await transact({ client, wallet }, proof.call as PreparedProof["call"]);
    if (options.json) {
      const { transactionHash, gasUsed, blockNumber } = receipt;
      console.log(printableJson(jsonOf({ ...prepared, transaction: transactionHash, gasUsed, blockNumber })));
    }
    say(`proven    ${proof.claimHash}`);
    say(`          in transaction ${receipt.transactionHash}, ${count(receipt.gasUsed)} gas`);
  });
}

async function proofOf(
  bytes: Uint8Array,
  { client, deployment, options }: { client: PublicClient; deployment: Deployment; options: ProveOptions },
): Promise<{ readonly proof: PreparedProof; readonly checks: number }> {
  const capsule = await openCapsule(bytes);
  const { parts } = capsule;
  const { permit } = parseTrade(parts.trade).expectation;
  const consumption = await readConsumption(client, deployment, permitHash(permit, deployment));
  const now = systemClock();
  const { trust } = await trustOf(options, now);
  const report = await verifyStep(parts, expectationOf(consumption, permit, deployment), trust, {
    now,
    verifyDigest: (address, hash, signature) => client.verifyHash({ address, hash, signature }),
    capsule: { capsule, leaveSigners: true },
  });
  requirePassed(report);
  const proof = await prepareProof(client, deployment, {
    parts,
    consumption,
    evidenceHash: evidenceHash(bytes),
    evidenceLocator: options.locator,
  });
  return { proof, checks: report.checks.filter(({ status }) => status === "passed").length };
}

function wordsOf({ kind, step, entitlement }: PreparedProof): string {
  const of = `step ${step} of ${entitlement.slice(0, 10)}…`;
  return kind === "settles"
    ? `claims ${of} by the attestation itself, without the verifier's signature`
    : `proves the claim of ${of}, and answers whoever demanded it`;
}

function* costLines({ gas, gasPrice, dataFee, total, dataBytes }: Cost, symbol: string): Generator<string> {
  yield `cost      ${count(gas)} gas at ${formatGwei(gasPrice)} gwei, ${count(BigInt(dataBytes))} bytes of data`;
  if (dataFee > 0n) yield `          and at most ${formatEther(dataFee)} ${symbol} for publishing the data`;
  yield `          ${formatEther(total)} ${symbol} in all, at this moment`;
}

/** Amounts are decimal strings: JSON's numbers end at 2^53. */
function jsonOf(answer: Readonly<Record<string, string | number | bigint | null>>) {
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [name, typeof value === "bigint" ? value.toString() : value]),
  );
}

function count(value: bigint): string {
  return value.toLocaleString("en-GB");
}
