import type { PublicClient } from "viem";
import { openCapsule } from "../../capsule/capsule.ts";
import type { Deployment } from "../../chain/deployment.ts";
import { decodeRevert } from "../../chain/revert.ts";
import { findPawlError } from "../../core/error.ts";
import { sha256Hex } from "../../core/hash.ts";
import { parseCertificate } from "../../evidence/certificate.ts";
import { parseTrade } from "../../evidence/trade.ts";
import type { TrustPolicy } from "../../evidence/trustedRoot.ts";
import { verifyStep } from "../../evidence/verify.ts";
import { permitHash } from "../../permits/stepPermit.ts";
import { expectationOf, readConsumption } from "../consumption.ts";
import { type CapsuleSource, fetchCapsule } from "./capsuleSource.ts";
import type { WatchedClaim } from "./claim.ts";
import { observesRuns, runOfCertificate } from "./conduct.ts";
import type { Outcome } from "./decision.ts";
import { watchError } from "./errors.ts";
import { groundsOf } from "./grounds.ts";

export type JudgeDependencies = {
  readonly client: PublicClient;
  readonly deployment: Deployment;
  readonly source: CapsuleSource;
  /** What is trusted at the moment. */
  readonly trust: () => Promise<TrustPolicy>;
};

/** Looks at a claim's evidence: `now` is the chain's time, unix seconds. */
export type Judge = (claim: WatchedClaim, now: number, signal: AbortSignal) => Promise<Outcome>;

/**
 * A judge that fetches the approved capsule and verifies it as the offer's verifier does, against what the chain says of
 * the claim's permit. What fails on this side (chain, trusted root) is never held against the evidence.
 */
export function createJudge({ client, deployment, source, trust }: JudgeDependencies): Judge {
  return async (claim, now, signal) => {
    let bytes: Uint8Array;
    try {
      bytes = await fetchCapsule(claim, source, signal);
    } catch (thrown) {
      const error = findPawlError(thrown);
      if (error === undefined) throw thrown;
      return { status: "missing", code: error.code };
    }
    const opened = await open(bytes, claim, deployment);
    if ("status" in opened) return opened;
    try {
      return await verify(opened, claim, now);
    } catch (thrown) {
      return { status: "unjudged", code: decodeRevert(thrown).code };
    }
  };

  async function verify({ capsule, permit }: Opened, claim: WatchedClaim, now: number): Promise<Outcome> {
    const [consumption, trusted] = await Promise.all([readConsumption(client, deployment, claim.permitHash), trust()]);
    const expectation = expectationOf(consumption, permit, deployment);
    const { parts } = capsule;
    let chainFailure: unknown;
    const report = await verifyStep(parts, expectation, trusted, {
      now,
      verifyDigest: async (address, hash, signature) => {
        try {
          return await client.verifyHash({ address, hash, signature });
        } catch (thrown) {
          chainFailure = thrown;
          throw thrown;
        }
      },
      capsule: { capsule, leaveSigners: true },
    });
    // A check that failed because the endpoint did says nothing about the evidence.
    if (chainFailure !== undefined) throw chainFailure;
    const grounds = groundsOf(report);
    if (grounds !== undefined) return { status: "failed", ...grounds };
    const { offer } = consumption.identity;
    const run = observesRuns(offer.terms) ? runOfCertificate(parseCertificate(parts.certificate), offer.policy) : null;
    return { status: "passed", run };
  }
}

type Opened = Awaited<ReturnType<typeof unpack>>;

/** A capsule whose form does not hold, or which is about another claim, is evidence that fails. */
async function open(bytes: Uint8Array, claim: WatchedClaim, deployment: Deployment): Promise<Opened | Outcome> {
  try {
    return await unpack(bytes, claim, deployment);
  } catch (thrown) {
    const error = findPawlError(thrown);
    if (error === undefined) throw thrown;
    return { status: "failed", check: "capsule", code: error.code, proofFails: true };
  }
}

async function unpack(bytes: Uint8Array, claim: WatchedClaim, deployment: Deployment) {
  const capsule = await openCapsule(bytes);
  const { permit } = parseTrade(capsule.parts.trade).expectation;
  const expected = `permit ${claim.permitHash}, claim ${claim.claimHash}`;
  const actual = `permit ${permitHash(permit, deployment)}, claim ${sha256Hex(capsule.parts.claim)}`;
  if (actual !== expected) throw watchError("WATCH_CAPSULE_OTHER_CLAIM", { expected, actual });
  return { capsule, permit };
}
