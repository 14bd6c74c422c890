import { bytesToHex, concat, type Hex, hexToBytes } from "viem";
import { taggedHash } from "../core/hash.ts";
import { hkdfExpand, hkdfExtract } from "../core/hkdf.ts";
import { contextKind, derivationInfo, type StepContext, stepContextBytes } from "../permits/stepContext.ts";

/**
 * The ratchet, one chain per entitlement and kind. Only the gateway holds the healing chain `h`; a runner gets its own
 * step's share `g` and the parent's chain key, so a compromised runner cannot derive the step after its own.
 */
export type ChainKind = typeof contextKind.state | typeof contextKind.net;

/** `h_{n+1}`, from `h_n`. */
export function nextHealKey(healKey: Uint8Array, context: StepContext, step: number, kind: ChainKind): Uint8Array {
  return hkdfExpand(healKey, derivationInfo("heal-next", context, step, kind), 32);
}

/** `g_n`: the gateway's share of step n, deterministic from the consumed permit, so a crash loses nothing. */
export function healShare(
  healKey: Uint8Array,
  permitHash: Hex,
  context: StepContext,
  step: number,
  kind: ChainKind,
): Uint8Array {
  return hkdfExpand(hkdfExtract(hexToBytes(permitHash), healKey), derivationInfo("heal", context, step, kind), 32);
}

export type StepKeys = {
  /** `s_n`: seals this step's bundle (state) or authenticates its connections (net). */
  readonly seal: Uint8Array;
  /** `x_n`: becomes the next chain key once the outputs are known. */
  readonly next: Uint8Array;
};

/** `s_n` and `x_n` from the gateway's share and the parent step's chain key `C_p`. */
export function stepKeys(
  share: Uint8Array,
  parentChainKey: Uint8Array,
  context: StepContext,
  step: number,
  kind: ChainKind,
): StepKeys {
  const key = hkdfExtract(share, parentChainKey);
  return {
    seal: hkdfExpand(key, derivationInfo("seal", context, step, kind), 32),
    next: hkdfExpand(key, derivationInfo("next", context, step, kind), 32),
  };
}

/** `o_n` = T(`outputs`, P ‖ resultHash ‖ bundleHash). */
export function outputsHash(permitHash: Hex, resultHash: Hex, bundleHash: Hex): Uint8Array {
  return taggedHash("outputs", hexToBytes(permitHash), hexToBytes(resultHash), hexToBytes(bundleHash));
}

/** `C_n`: the chain key after step n. It follows the outputs, so it cannot exist before them. */
export function chainKey(
  next: Uint8Array,
  outputs: Uint8Array,
  context: StepContext,
  step: number,
  kind: ChainKind,
): Uint8Array {
  return hkdfExpand(hkdfExtract(outputs, next), derivationInfo("chain", context, step, kind), 32);
}

/** `κ_n`: public commitment to `s_n`. */
export function sealCommitment(seal: Uint8Array, context: StepContext, step: number, kind: ChainKind): Uint8Array {
  return taggedHash("keycommit", hkdfExpand(seal, derivationInfo("commit", context, step, kind), 32));
}

/** `χ_n`: public commitment to `C_n`. */
export function chainCommitment(chain: Uint8Array, context: StepContext, step: number, kind: ChainKind): Uint8Array {
  return taggedHash("chaincommit", hkdfExpand(chain, derivationInfo("commit", context, step, kind), 32));
}

/** `nextStateCommitment` = T(`state`, X(n,1) ‖ bundleHash ‖ κ_n ‖ χ_n). */
export function stateCommitment(
  keys: { readonly seal: Uint8Array; readonly chain: Uint8Array },
  bundleHash: Hex,
  context: StepContext,
  step: number,
): Hex {
  return bytesToHex(
    taggedHash(
      "state",
      stepContextBytes(context, step, contextKind.state),
      hexToBytes(bundleHash),
      sealCommitment(keys.seal, context, step, contextKind.state),
      chainCommitment(keys.chain, context, step, contextKind.state),
    ),
  );
}

/** `nextNetCommitment` = T(`net`, X(n,2) ‖ χ_n). */
export function netCommitment(chain: Uint8Array, context: StepContext, step: number): Hex {
  return bytesToHex(
    taggedHash(
      "net",
      stepContextBytes(context, step, contextKind.net),
      chainCommitment(chain, context, step, contextKind.net),
    ),
  );
}

/** Everything that follows a step's outputs on both chains; runner and gateway compute it alike and must agree. */
export function stepOutcome(
  keys: { readonly state: StepKeys; readonly net: StepKeys },
  outputs: { readonly permitHash: Hex; readonly resultHash: Hex; readonly bundleHash: Hex },
  context: StepContext,
  step: number,
): {
  readonly stateChainKey: Uint8Array;
  readonly netChainKey: Uint8Array;
  readonly nextStateCommitment: Hex;
  readonly nextNetCommitment: Hex;
} {
  const hash = outputsHash(outputs.permitHash, outputs.resultHash, outputs.bundleHash);
  const stateChainKey = chainKey(keys.state.next, hash, context, step, contextKind.state);
  const netChainKey = chainKey(keys.net.next, hash, context, step, contextKind.net);
  return {
    stateChainKey,
    netChainKey,
    nextStateCommitment: stateCommitment(
      { seal: keys.state.seal, chain: stateChainKey },
      outputs.bundleHash,
      context,
      step,
    ),
    nextNetCommitment: netCommitment(netChainKey, context, step),
  };
}

/** Audience of the ask token: `pawl:ask:v1:` and base64url of T(`aud/ask`, X(n,0) ‖ workerKey). */
export function askAudience(context: StepContext, step: number, workerKey: Hex): string {
  return audience("ask", context, step, concat([hexToBytes(workerKey)]));
}

/** Audience of the release token: as the ask's, with the permit hash: it proves the run is alive after the permit. */
export function releaseAudience(context: StepContext, step: number, workerKey: Hex, permitHash: Hex): string {
  return audience("release", context, step, concat([hexToBytes(workerKey), hexToBytes(permitHash)]));
}

function audience(purpose: "ask" | "release", context: StepContext, step: number, bound: Uint8Array): string {
  const hash = taggedHash(`aud/${purpose}`, stepContextBytes(context, step, contextKind.ask), bound);
  return `pawl:${purpose}:v1:${Buffer.from(hash).toString("base64url")}`;
}
