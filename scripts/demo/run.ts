import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Hex, zeroAddress } from "viem";
import { z } from "zod";
import { escrowAbi, settlementAbi } from "#lib/chain/generated/abis.ts";
import { transact } from "#lib/chain/transact.ts";
import { localKey } from "#lib/config/server.ts";
import { bytes32 } from "#lib/core/encoding.ts";
import { findPawlError } from "#lib/core/error.ts";
import type { Json } from "#lib/core/json.ts";
import { createGatewayClient } from "#lib/gateway/client.ts";
import { readPendingClaim } from "#lib/settlement/claimedStep.ts";
import { createClaimClient } from "#lib/settlement/client.ts";
import { finalizeNext } from "#lib/settlement/keeper.ts";
import { roleIndexes } from "../stack/roles.ts";
import { transactorFor } from "../stack/seed.ts";
import { jsonOf, pawl } from "./cli.ts";
import type { DemoContext, DemoOutcome, DemoRefusal, DemoStep, FinishedStep } from "./context.ts";
import { refusals } from "./refusals.ts";
import { type Buyer, purchase, signPermit, signRequest, waitForAsk } from "./trade.ts";
import { trustArguments } from "./trust.ts";

/** How each step is settled. */
const WAYS = ["signature", "proof on demand", "proof"] as const satisfies readonly DemoStep["settledBy"][];
const STEPS = WAYS.length;

/** Journal entries for the ledger program: each step goes on from the balances that the one before left. */
const entries: readonly Json[] = [
  {
    date: "2026-01-01",
    memo: "Founders pay in",
    postings: [
      { account: "assets:cash", amount: 500000 },
      { account: "equity:founders", amount: -500000 },
    ],
  },
  {
    date: "2026-01-02",
    memo: "Desk",
    postings: [
      { account: "assets:furniture", amount: 42000 },
      { account: "assets:cash", amount: -42000 },
    ],
  },
  {
    date: "2026-01-03",
    memo: "First sale",
    postings: [
      { account: "assets:cash", amount: 19900 },
      { account: "income:sales", amount: -19900 },
    ],
  },
];

export async function runDemo(context: DemoContext): Promise<DemoOutcome> {
  const began = Date.now();
  const { stack, report } = context;
  const { deployment, rpcUrl, webUrl } = stack;
  const offer = stack.offers.find(({ name }) => name === "ledger");
  if (!offer) throw new Error("the stack did not publish the ledger offer");
  const buyer = await purchase({
    transactor: transactorFor("buyer", rpcUrl, deployment.chainId),
    deployment,
    gatewayUrl: webUrl,
    offer,
    steps: STEPS + 1,
  });
  report(`buyer funded ${STEPS + 1} steps of "${offer.policy.title}"`);

  const steps: DemoStep[] = [];
  const refused: DemoRefusal[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const stepBegan = Date.now();
    const finished = await takeStep(context, buyer, step);
    if (step === 2) refused.push(...(await refusals(context, buyer, finished)));
    steps.push({ ...(await settle(context, buyer, step, finished)), ms: Date.now() - stepBegan });
  }
  const balances = await close(context, buyer);
  return { steps, refused, balances, ms: Date.now() - began };
}

/** Ask, permit, release, run, seal, attest; then the evidence in one file. */
async function takeStep(context: DemoContext, buyer: Buyer, step: number): Promise<FinishedStep> {
  const { report, folder } = context;
  const gateway = createGatewayClient({ url: buyer.gatewayUrl });
  const payload: Json = { entries: [entries[step - 1] ?? null] };
  const { runId } = await gateway.requestStep(await signRequest(buyer, step, payload));
  report(`step ${step}: run ${runId} dispatched`);
  const ask = await waitForAsk(buyer, runId);
  const { permitHash } = await gateway.submitPermit(ask.askId, await signPermit(buyer, ask.proposal));
  report(`step ${step}: buyer permitted the run`);
  const capsuleFile = join(folder, `step-${step}.capsule`);
  await waitForCapsule(buyer.gatewayUrl, permitHash, context.signal);
  jsonOf(await pawl("capsule", permitHash, "--gateway", buyer.gatewayUrl, "-o", capsuleFile, "--json"));
  report(`step ${step}: run finished, evidence collected`);
  return { runId, permitHash, capsuleFile };
}

/** Verify, claim, wait out the window, finalise. Each step is settled in another of the three ways. */
async function settle(context: DemoContext, buyer: Buyer, step: number, finished: FinishedStep) {
  const { report, stack } = context;
  const { runId, permitHash, capsuleFile } = finished;
  const verified = jsonOf(await pawl("verify", capsuleFile, ...trustArguments(stack), "--json"));
  report(`step ${step}: verified offline by the command line`);
  const settledBy = WAYS[step - 1] ?? "signature";
  let claimTx: Hex;
  if (settledBy === "proof") {
    claimTx = hexField(await prove(context, step, finished, "settles"), "transaction");
  } else {
    claimTx = hexField(
      jsonOf(await pawl("claim", capsuleFile, "--gateway", buyer.gatewayUrl, "--json")),
      "transaction",
    );
    report(`step ${step}: claimed by the verifier's signature`);
    if (settledBy === "proof on demand") {
      await demandProof(context, buyer, step);
      await prove(context, step, finished, "answers");
    }
  }
  const paid = await finalizeWhenDue(context, buyer);
  report(`step ${step}: paid`);
  const ask = (await createGatewayClient({ url: buyer.gatewayUrl }).inbox(buyer.entitlement)).find(
    (entry) => entry.permitHash === permitHash,
  );
  return {
    step,
    runId,
    settledBy,
    permitTx: ask?.consumeTransaction ?? missing("consume transaction"),
    claimTx,
    finalizeTx: paid,
    certificateHash: certificateHashOf(verified),
  };
}

/** Somebody posts a bond and doubts that the evidence exists. */
async function demandProof({ stack, report }: DemoContext, buyer: Buyer, step: number): Promise<void> {
  const { deployment, rpcUrl } = stack;
  const doubter = transactorFor("stranger", rpcUrl, deployment.chainId);
  const identity = { id: buyer.entitlement, buyer: buyer.address, salt: buyer.salt };
  const pending = await readPendingClaim(doubter.client, deployment, identity, step);
  if (!pending) throw new Error(`step ${step} has no pending claim`);
  const settlement = { address: deployment.settlement, abi: settlementAbi } as const;
  const bond = await doubter.client.readContract({ ...settlement, functionName: "evidenceBond" });
  await transact(doubter, {
    ...settlement,
    functionName: "challengeEvidence",
    args: [buyer.offer.terms, pending.claimed],
    value: 2n * bond,
  });
  report(`step ${step}: a stranger demanded proof, with a bond`);
}

/** The attestation goes to the chain, which checks it itself. */
async function prove(
  { stack, report, folder }: DemoContext,
  step: number,
  { capsuleFile }: FinishedStep,
  kind: "settles" | "answers",
): Promise<Record<string, unknown>> {
  const keyFile = join(folder, "prover.key");
  await writeFile(keyFile, localKey(roleIndexes.relayer), { mode: 0o600 });
  const chain = ["--rpc", stack.rpcUrl, "--deployment", join(stack.folder, "deployment", "deployment.json")];
  const proven = jsonOf(
    await pawl("prove", capsuleFile, ...chain, "--key-file", keyFile, ...trustArguments(stack), "--json"),
  );
  if (proven.kind !== kind) throw new Error(`the proof ${String(proven.kind)} instead of ${kind}`);
  report(`step ${step}: proven on-chain for ${Number(proven.gasUsed).toLocaleString("en-GB")} gas`);
  return proven;
}

async function waitForCapsule(gatewayUrl: string, permitHash: Hex, signal: AbortSignal): Promise<void> {
  const client = createClaimClient({ url: gatewayUrl });
  for (let waited = 0; waited < 120; waited++) {
    signal.throwIfAborted();
    try {
      await client.capsule(permitHash);
      return;
    } catch (thrown) {
      const code = findPawlError(thrown)?.code;
      if (code !== "RUN_NOT_COMPLETED" && code !== "CLAIM_RUN_UNKNOWN") throw thrown;
      await sleep(1000);
    }
  }
  throw new Error("the run did not finish within 120 s");
}

async function finalizeWhenDue({ stack, signal }: DemoContext, buyer: Buyer): Promise<Hex> {
  const anyone = transactorFor("relayer", stack.rpcUrl, stack.deployment.chainId);
  for (;;) {
    signal.throwIfAborted();
    const outcome = await finalizeNext(anyone, stack.deployment, buyer.entitlement);
    if (outcome.status === "paid") return outcome.transaction;
    if (outcome.status !== "waiting") throw new Error(`cannot finalise: ${outcome.status}`);
    await sleep(500);
  }
}

/** The buyer takes back the step that was not opened; both withdraw. */
async function close({ stack, report }: DemoContext, buyer: Buyer): Promise<Record<string, string>> {
  const { deployment, rpcUrl } = stack;
  const { offer, transactor } = buyer;
  const seller = transactorFor("seller", rpcUrl, deployment.chainId);
  const escrow = { address: deployment.escrow, abi: escrowAbi } as const;
  await transact(transactor, {
    ...escrow,
    functionName: "refund",
    args: [offer.terms, buyer.address, buyer.salt, 1],
  });
  const earned = await transactor.client.readContract({ ...escrow, functionName: "earningsOf", args: [offer.offerId] });
  const credit = await transactor.client.readContract({
    ...escrow,
    functionName: "creditOf",
    args: [zeroAddress, buyer.address],
  });
  await transact(seller, {
    ...escrow,
    functionName: "withdrawEarnings",
    args: [offer.terms, seller.wallet.account.address],
  });
  await transact(transactor, { ...escrow, functionName: "withdraw", args: [zeroAddress, buyer.address] });
  report("seller and buyer withdrew");
  const left = await transactor.client.getBalance({ address: deployment.escrow });
  return {
    price: offer.terms.price.toString(),
    sellerWithdrew: earned.toString(),
    buyerRefunded: credit.toString(),
    leftInEscrow: left.toString(),
  };
}

const verifiedSchema = z.object({ report: z.object({ hashes: z.object({ certificate: bytes32 }) }) });

function certificateHashOf(verified: Record<string, unknown>): Hex {
  return verifiedSchema.parse(verified).report.hashes.certificate;
}

function hexField(object: Record<string, unknown>, name: string): Hex {
  const value = object[name];
  return typeof value === "string" && value.startsWith("0x") ? (value as Hex) : missing(name);
}

function missing(what: string): never {
  throw new Error(`the answer holds no ${what}`);
}
