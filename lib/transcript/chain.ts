import type { Hex } from "viem";
import { transcriptError } from "./errors.ts";
import { type ExportTrust, type VerifiedExport, verifyExport } from "./export.ts";

/** What a chain is made of: each run's root, and the roots that it says it builds on. */
export type ChainLink = { readonly root: Hex; readonly dependsOn: readonly Hex[] };

/**
 * Verifies exports as one chain of runs, the first first: every export on its own, and that each run after the first
 * depends on the one right before it, and on nothing that is not before it in the chain.
 *
 * @param envelopes exports, as bytes
 * @param anchor root that the first run may depend on: the end of an earlier chain that was verified before
 * @throws TRANSCRIPT_CHAIN_*, and everything that {@link verifyExport} does
 */
export function verifyTranscriptChain(
  envelopes: readonly Uint8Array[],
  trust: ExportTrust,
  anchor?: Hex,
): readonly VerifiedExport[] {
  const links = envelopes.map((envelope) => verifyExport(envelope, trust));
  checkChain(links, anchor);
  return links;
}

/** @throws TRANSCRIPT_CHAIN_* */
export function checkChain(links: readonly ChainLink[], anchor?: Hex): void {
  if (links.length === 0) throw transcriptError("TRANSCRIPT_CHAIN_EMPTY");
  const places = new Map(links.map(({ root }, place) => [root, place]));
  if (places.size !== links.length || (anchor !== undefined && places.has(anchor))) {
    throw transcriptError("TRANSCRIPT_CHAIN_REPEATED", { runs: links.length, roots: places.size });
  }
  // First of all: in a circle every order is wrong, and that would be the lesser news.
  refuseCycles(links, places);
  for (const [place, { root, dependsOn }] of links.entries()) {
    for (const needed of dependsOn) {
      const at = places.get(needed) ?? (needed === anchor ? -1 : undefined);
      if (at === undefined) throw transcriptError("TRANSCRIPT_CHAIN_MISSING", { run: place, root, missing: needed });
      if (at >= place) throw transcriptError("TRANSCRIPT_CHAIN_OUT_OF_ORDER", { run: place, root, needs: needed });
    }
    const before = place === 0 ? anchor : links[place - 1]?.root;
    if (before === undefined || dependsOn.includes(before)) continue;
    // It follows an earlier run, or none at all.
    const code = dependsOn.length === 0 ? "TRANSCRIPT_CHAIN_MISSING" : "TRANSCRIPT_CHAIN_FORKED";
    throw transcriptError(code, { run: place, root, expected: before, actual: dependsOn.join(", ") || "none" });
  }
}

/** Takes away, again and again, the runs of which nothing that is left depends on; a circle is what never goes. */
function refuseCycles(links: readonly ChainLink[], places: ReadonlyMap<Hex, number>): void {
  const dependants = links.map(() => 0);
  const inside = links.map(({ dependsOn }) => dependsOn.flatMap((root) => places.get(root) ?? []));
  for (const place of inside.flat()) dependants[place] = (dependants[place] ?? 0) + 1;
  const free = links.flatMap((_, place) => (dependants[place] === 0 ? [place] : []));
  let removed = 0;
  for (let place = free.pop(); place !== undefined; place = free.pop()) {
    removed += 1;
    for (const needed of inside[place] ?? []) {
      dependants[needed] = (dependants[needed] ?? 0) - 1;
      if (dependants[needed] === 0) free.push(needed);
    }
  }
  if (removed < links.length) throw transcriptError("TRANSCRIPT_CHAIN_CYCLE", { runs: links.length - removed });
}
