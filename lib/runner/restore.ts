import { type Hex, zeroHash } from "viem";
import { netCommitment, stateCommitment } from "../capability/keySchedule.ts";
import { sha256Hex } from "../core/hash.ts";
import type { ParentHint } from "../gateway/wire.ts";
import type { Policy } from "../offers/policy.ts";
import type { StepContext } from "../permits/stepContext.ts";
import type { StepPermit } from "../permits/stepPermit.ts";
import type { ArchiveFile } from "../state/archive.ts";
import { bundleLimits, openBundle } from "../state/bundle.ts";
import { type Asked, proof } from "./asking.ts";
import type { Capabilities } from "./capabilities.ts";
import type { StepDependencies } from "./dependencies.ts";
import { runnerError } from "./errors.ts";
import { patiently } from "./patience.ts";

/**
 * Restores the parent's state, or refuses: there is no silent cold start. The gateway's word on which bundle it was is
 * only a hint; the permit's commitments decide.
 *
 * @throws PARENT_NOT_COMMITTED, BUNDLE_*
 */
export async function restoreParent(
  dependencies: StepDependencies,
  asked: Asked,
  hint: ParentHint,
  caps: Capabilities,
  permit: StepPermit,
  policy: Policy,
  context: StepContext,
): Promise<{ readonly bundleHash: Hex; readonly files: readonly ArchiveFile[] }> {
  if (permit.parentStateCommitment === zeroHash) return { bundleHash: zeroHash, files: [] };
  const parentStep = permit.step - 1;
  const bytes = await patiently(dependencies, () =>
    dependencies.gateway.parentBundle(asked.askId, proof(dependencies, asked)),
  );
  const bundleHash = sha256Hex(bytes);
  const committed = stateCommitment(
    { seal: caps.state.parentSeal, chain: caps.state.chain },
    bundleHash,
    context,
    parentStep,
  );
  const committedNet = netCommitment(caps.net.chain, context, parentStep);
  if (committed !== permit.parentStateCommitment || committedNet !== permit.parentNetCommitment) {
    throw runnerError("PARENT_NOT_COMMITTED", {
      bundleHash,
      expected: permit.parentStateCommitment,
      actual: committed,
    });
  }
  const files = await openBundle(
    bytes,
    caps.state.parentSeal,
    {
      context,
      step: parentStep,
      policyHash: permit.policyHash,
      permitHash: hint.permitHash,
      parentBundleHash: hint.parentBundleHash,
    },
    bundleLimits(policy.limits.stateBytes),
  );
  return { bundleHash, files };
}
