import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zeroHash } from "viem";
import { z } from "zod";
import { stepKeys } from "#lib/capability/keySchedule.ts";
import { type CapsuleParts, openCapsule, packCapsule } from "#lib/capsule/capsule.ts";
import { permitConsumerAbi } from "#lib/chain/generated/abis.ts";
import { simulate } from "#lib/chain/transact.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { findPawlError, PawlError } from "#lib/core/error.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { capsuleAnchors } from "#lib/evidence/capsuleChecks.ts";
import { encodeTrade, parseTrade, type StepExpectation } from "#lib/evidence/trade.ts";
import { createGatewayClient } from "#lib/gateway/client.ts";
import { contextKind } from "#lib/permits/stepContext.ts";
import { permitHash } from "#lib/permits/stepPermit.ts";
import { createClaimClient } from "#lib/settlement/client.ts";
import { openBundle } from "#lib/state/bundle.ts";
import { transactorFor } from "../stack/seed.ts";
import { pawl } from "./cli.ts";
import type { DemoContext, DemoRefusal, FinishedStep } from "./context.ts";
import { type Buyer, flipBit, signRequest } from "./trade.ts";
import { trustArguments } from "./trust.ts";

const verdictSchema = z.object({
  report: z.object({
    checks: z.array(
      z.object({ name: z.string(), status: z.string(), code: z.string().nullable(), sentence: z.string() }),
    ),
  }),
});

/** The failures that matter, each tried for real while step 2 is open and honestly finished, each refused. */
export async function refusals(context: DemoContext, buyer: Buyer, finished: FinishedStep): Promise<DemoRefusal[]> {
  const { report, stack } = context;
  const gateway = createGatewayClient({ url: buyer.gatewayUrl });
  const claims = createClaimClient({ url: buyer.gatewayUrl });
  const { parts } = await openCapsule(new Uint8Array(await readFile(finished.capsuleFile)));
  const { parts: previous } = await openCapsule(new Uint8Array(await readFile(join(context.folder, "step-1.capsule"))));
  const trade = parseTrade(parts.trade);
  const { expectation } = trade;
  const { permit } = expectation;

  const pack = (changed: CapsuleParts) => packCapsule(changed, { anchors: capsuleAnchors(changed) });
  const claimOf = async (changed: Partial<CapsuleParts>) => claims.claim(await pack({ ...parts, ...changed }));
  const expecting = (changed: Partial<StepExpectation>) =>
    encodeTrade({ ...trade, expectation: { ...expectation, ...changed } });

  /** Holds the honest evidence against another trade, on the command line; answers with what the named check says. */
  const verifyAs = async (check: string, changed: Partial<StepExpectation>) => {
    const file = join(context.folder, "another-trade.capsule");
    await writeFile(file, await pack({ ...parts, trade: expecting(changed) }));
    const { exitCode, stdout } = await pawl("verify", file, ...trustArguments(stack), "--json");
    const { report: verdict } = verdictSchema.parse(JSON.parse(stdout));
    const failed = verdict.checks.find(({ name, status }) => name === check && status === "failed");
    if (exitCode === 3 && failed?.code)
      throw new PawlError(failed.code, { kind: "unverified", sentence: failed.sentence });
  };

  const tries: readonly { readonly name: string; readonly attempt: () => Promise<unknown> }[] = [
    {
      name: "a permit replayed on-chain",
      attempt: () => {
        const { entitlement: _e, gateway: _g, signerCommit: _c, policyHash: _p, ...supplied } = permit;
        return simulate(transactorFor("gateway", stack.rpcUrl, stack.deployment.chainId), {
          address: stack.deployment.permitConsumer,
          abi: permitConsumerAbi,
          functionName: "consume",
          args: [
            buyer.offer.terms,
            {
              buyer: buyer.address,
              salt: buyer.salt,
              permit: supplied,
              signer: buyer.address,
              signature: trade.permitSignature ?? "0x",
              observerSignature: "0x",
              staleRunKey: zeroHash,
              stalePermitHash: zeroHash,
            },
          ],
        });
      },
    },
    {
      name: "a claim with another commit",
      attempt: () => {
        const terms = { ...expectation.terms, signerCommit: `0x${"5".repeat(40)}` as const };
        return verifyAs("signer-commit", {
          terms,
          permit: { ...permit, signerCommit: terms.signerCommit },
        });
      },
    },
    {
      name: "a claim with another policy",
      attempt: () =>
        claimOf({
          policy: canonicalBytes({
            ...buyer.offer.policy,
            limits: { ...buyer.offer.policy.limits, stepSeconds: 21_600 },
          }),
        }),
    },
    {
      name: "a claim with another input",
      attempt: () => verifyAs("certificate", { permit: { ...permit, inputHash: flipBit(permit.inputHash) } }),
    },
    {
      name: "a step out of order",
      attempt: async () => gateway.requestStep(await signRequest(buyer, permit.step + 2, { entries: [] })),
    },
    {
      name: "a state bundle opened with the wrong step's key",
      attempt: () => {
        const domain = { chainId: expectation.chainId, permitConsumer: expectation.permitConsumer };
        const place = { ...domain, entitlement: permit.entitlement };
        const share = systemRandom(32);
        const otherStep = stepKeys(share, systemRandom(32), place, permit.step - 1, contextKind.state);
        const bundle = parts.stateBundle ?? new Uint8Array();
        return openBundle(
          bundle,
          otherStep.seal,
          {
            context: place,
            step: permit.step,
            policyHash: permit.policyHash,
            permitHash: permitHash(permit, domain),
            parentBundleHash: sha256Hex(previous.stateBundle ?? new Uint8Array()),
          },
          { maxFiles: 100, maxBytes: 1_000_000 },
        );
      },
    },
    {
      name: "a claim whose evidence would hold, with a part left out",
      attempt: async () => {
        const { transcript: _withheld, ...rest } = parts;
        await claims.claim(await pack(rest));
      },
    },
    {
      name: "a tampered certificate",
      attempt: () => {
        const certificate = JSON.parse(Buffer.from(parts.certificate).toString("utf8"));
        return claimOf({ certificate: canonicalBytes({ ...certificate, finishedAt: certificate.finishedAt + 1 }) });
      },
    },
  ];

  const refused: DemoRefusal[] = [];
  for (const { name, attempt } of tries) {
    const code = await refusedWith(attempt);
    report(`refused, as it must be: ${name} (${code})`);
    refused.push({ case: name, code });
  }
  return refused;
}

/** @throws Error when the attempt is not refused: the demo must then fail */
async function refusedWith(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
  } catch (thrown) {
    const error = findPawlError(thrown);
    if (!error) throw thrown;
    // A rejected capsule says which check failed; that is the interesting code.
    return typeof error.values.checkCode === "string" ? error.values.checkCode : error.code;
  }
  throw new Error("an attack was not refused");
}
