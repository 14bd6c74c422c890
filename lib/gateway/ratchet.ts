import { and, eq } from "drizzle-orm";
import { type Hex, zeroHash } from "viem";
import {
  type ChainKind,
  healShare,
  nextHealKey,
  type StepKeys,
  stepKeys,
  stepOutcome,
} from "../capability/keySchedule.ts";
import type { RandomBytes } from "../core/effects.ts";
import { contextKind, type StepContext } from "../permits/stepContext.ts";
import type { Database } from "../store/store.ts";
import type { Custody } from "./custody.ts";
import { gatewayError } from "./errors.ts";
import { ratchetLinks } from "./tables.ts";

/** One chain's secrets after a step: `s` and `C` of that step, `h` of the step that follows. */
type ChainSecrets = { readonly seal: Uint8Array; readonly chain: Uint8Array; readonly heal: Uint8Array };

/** An accepted link of an entitlement's ratchet. Step 0 is the genesis. */
export type RatchetLink = {
  readonly step: number;
  readonly permitHash: Hex;
  readonly bundleHash: Hex;
  readonly parentBundleHash: Hex;
  readonly nextStateCommitment: Hex;
  readonly nextNetCommitment: Hex;
  readonly state: ChainSecrets;
  readonly net: ChainSecrets;
};

/** What a run needs of one chain for its step: plaintext of a capability. */
export type StepShare = {
  readonly share: Uint8Array;
  readonly parentChain: Uint8Array;
  readonly parentSeal: Uint8Array;
};

const WORD = 32;

/** Key custody of the ratchet: genesis, the shares of a step, and the link that a step's outputs lead to. */
export function createRatchet(options: {
  readonly db: Database;
  readonly custody: Custody;
  readonly random: RandomBytes;
}) {
  const { db, custody, random } = options;

  async function store(entitlement: Hex, link: RatchetLink): Promise<void> {
    const { state, net } = link;
    const plain = Buffer.concat([state.seal, state.chain, state.heal, net.seal, net.chain, net.heal]);
    await db
      .insert(ratchetLinks)
      .values({
        entitlement,
        step: link.step,
        permitHash: link.permitHash,
        secrets: custody.wrap(plain, purposeOf(entitlement, link.step, link.permitHash)),
        bundleHash: link.bundleHash,
        parentBundleHash: link.parentBundleHash,
        nextStateCommitment: link.nextStateCommitment,
        nextNetCommitment: link.nextNetCommitment,
      })
      .onConflictDoNothing();
  }

  return {
    /** Makes C_0 and h_1 once; must run before the first ask is answered. */
    async begin(entitlement: Hex): Promise<void> {
      const chain = (): ChainSecrets => ({ seal: new Uint8Array(WORD), chain: random(WORD), heal: random(WORD) });
      await store(entitlement, {
        step: 0,
        permitHash: zeroHash,
        bundleHash: zeroHash,
        parentBundleHash: zeroHash,
        nextStateCommitment: zeroHash,
        nextNetCommitment: zeroHash,
        state: chain(),
        net: chain(),
      });
    },

    /**
     * The link after `step` whose commitment is the given one. Retries after a rejection leave several links at one
     * step; the commitment on-chain says which one counts.
     *
     * @throws RATCHET_LINK_MISSING
     */
    async link(entitlement: Hex, step: number, nextStateCommitment: Hex): Promise<RatchetLink> {
      const [row] = await db
        .select()
        .from(ratchetLinks)
        .where(
          and(
            eq(ratchetLinks.entitlement, entitlement),
            eq(ratchetLinks.step, step),
            eq(ratchetLinks.nextStateCommitment, nextStateCommitment),
          ),
        );
      if (!row) throw gatewayError("RATCHET_LINK_MISSING", { entitlement, step, nextStateCommitment });
      const plain = custody.unwrap(row.secrets, purposeOf(entitlement, step, row.permitHash));
      const word = (index: number) => plain.subarray(index * WORD, (index + 1) * WORD);
      return {
        step,
        permitHash: row.permitHash,
        bundleHash: row.bundleHash,
        parentBundleHash: row.parentBundleHash,
        nextStateCommitment: row.nextStateCommitment,
        nextNetCommitment: row.nextNetCommitment,
        state: { seal: word(0), chain: word(1), heal: word(2) },
        net: { seal: word(3), chain: word(4), heal: word(5) },
      };
    },

    /** The shares for the step that follows `parent`, deterministic in the permit: releasing twice releases the same. */
    shares(
      parent: RatchetLink,
      permitHash: Hex,
      context: StepContext,
    ): { readonly state: StepShare; readonly net: StepShare } {
      const share = (kind: ChainKind, secrets: ChainSecrets): StepShare => ({
        share: healShare(secrets.heal, permitHash, context, parent.step + 1, kind),
        parentChain: secrets.chain,
        parentSeal: secrets.seal,
      });
      return { state: share(contextKind.state, parent.state), net: share(contextKind.net, parent.net) };
    },

    /** The link that `parent`, a permit and outputs lead to. Nothing is stored. */
    follow(
      parent: RatchetLink,
      outputs: { readonly permitHash: Hex; readonly resultHash: Hex; readonly bundleHash: Hex },
      context: StepContext,
    ): RatchetLink {
      const step = parent.step + 1;
      const keys = (kind: ChainKind, secrets: ChainSecrets): StepKeys =>
        stepKeys(healShare(secrets.heal, outputs.permitHash, context, step, kind), secrets.chain, context, step, kind);
      const state = keys(contextKind.state, parent.state);
      const net = keys(contextKind.net, parent.net);
      const outcome = stepOutcome({ state, net }, outputs, context, step);
      return {
        step,
        permitHash: outputs.permitHash,
        bundleHash: outputs.bundleHash,
        parentBundleHash: parent.bundleHash,
        nextStateCommitment: outcome.nextStateCommitment,
        nextNetCommitment: outcome.nextNetCommitment,
        state: {
          seal: state.seal,
          chain: outcome.stateChainKey,
          heal: nextHealKey(parent.state.heal, context, step, contextKind.state),
        },
        net: {
          seal: net.seal,
          chain: outcome.netChainKey,
          heal: nextHealKey(parent.net.heal, context, step, contextKind.net),
        },
      };
    },

    /** Keeps a link once its claim has been verified; keeping it twice changes nothing. */
    keep: store,
  };
}

export type Ratchet = ReturnType<typeof createRatchet>;

function purposeOf(entitlement: Hex, step: number, permitHash: Hex): string {
  return `ratchet ${entitlement} ${step} ${permitHash}`;
}
