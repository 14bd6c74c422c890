import { and, eq } from "drizzle-orm";
import { getAbiItem, type Hex, zeroHash } from "viem";
import { settlementAbi } from "../chain/generated/abis.ts";
import { findLastLog } from "../chain/logs.ts";
import { headOf } from "../permits/entitlement.ts";
import { stepPermitSchema } from "../permits/stepPermit.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import type { EntitlementReader } from "./entitlements.ts";
import { gatewayError } from "./errors.ts";
import type { RatchetLink } from "./ratchet.ts";
import { asks, ratchetLinks } from "./tables.ts";

/**
 * Finds the link of the ratchet that the ledger's head stands for. Claims that this server verified have left one. A
 * claim that somebody proved on-chain has not: its link is worked out from what the chain accepted, so that the next
 * step can be taken whoever claimed the last.
 */
export function createAcceptedLinks(
  { db, client, deployment, ratchet }: GatewayDependencies,
  entitlements: EntitlementReader,
) {
  return { byHead };

  /**
   * @param step the step whose link it is; 0 for the genesis
   * @param head as the ledger has it: of that step's next commitments
   * @throws RATCHET_LINK_MISSING
   */
  async function byHead(entitlement: Hex, step: number, head: Hex): Promise<RatchetLink> {
    if (head === zeroHash) return ratchet.link(entitlement, 0, zeroHash);
    const rows = await db
      .select()
      .from(ratchetLinks)
      .where(and(eq(ratchetLinks.entitlement, entitlement), eq(ratchetLinks.step, step)));
    const kept = rows.find((row) => headOf(row.nextStateCommitment, row.nextNetCommitment) === head);
    return kept ? ratchet.link(entitlement, step, kept.nextStateCommitment) : follow(entitlement, step, head);
  }

  async function follow(entitlement: Hex, step: number, head: Hex): Promise<RatchetLink> {
    const missing = (problem: string) => gatewayError("RATCHET_LINK_MISSING", { entitlement, step, head, problem });
    const claim = await acceptedClaim(entitlement, step, head);
    if (!claim) throw missing("no accepted claim has this head");
    const [row] = await db.select().from(asks).where(eq(asks.permitHash, claim.permitHash));
    // The shares of its step were released by another gateway: its keys were never here.
    if (!row?.permit) throw missing("the claim's permit was not given here");
    const { parentStateCommitment, parentNetCommitment } = stepPermitSchema.parse(row.permit);
    const parentHead = step === 1 ? zeroHash : headOf(parentStateCommitment, parentNetCommitment);
    const parent = await byHead(entitlement, step - 1, parentHead);
    const link = ratchet.follow(parent, claim, entitlements.context(entitlement));
    // The attestation says what the run wrote, not that it used the keys that it was given.
    if (headOf(link.nextStateCommitment, link.nextNetCommitment) !== head) {
      throw missing("the claim's next commitments are not those of the key schedule");
    }
    await ratchet.keep(entitlement, link);
    return link;
  }

  async function acceptedClaim(entitlement: Hex, step: number, head: Hex) {
    const event = getAbiItem({ abi: settlementAbi, name: "StepClaimed" });
    const log = await findLastLog(client, deployment, async (range) => {
      const args = { entitlement, step };
      const logs = await client.getLogs({ address: deployment.settlement, event, args, strict: true, ...range });
      return logs.filter(({ args: { claim } }) => headOf(claim.nextStateCommitment, claim.nextNetCommitment) === head);
    });
    return log?.args.claim;
  }
}
