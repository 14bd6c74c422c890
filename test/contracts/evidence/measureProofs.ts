import { createProvenTrade } from "./provenTrade.ts";

export type ProofFigures = {
  /** Whole transactions: the first claim of an entitlement, and one whose slots were all used before. */
  readonly claimWithProofFirst: number;
  readonly claimWithProof: number;
  /** A claim by signature that is proven later. */
  readonly prove: number;
  /** Of the transaction: its calldata, and the bytes of it. */
  readonly calldata: number;
  readonly calldataBytes: number;
};

const MAX_PENDING = 4;

/** Gas of a proof as a whole transaction, on the newest hardfork. What was minted once is kept, so figures are exact. */
export async function measureProofs(kept: { readonly file: URL; readonly refresh: boolean }): Promise<ProofFigures> {
  const trade = await createProvenTrade({ kept });
  const { w } = trade;
  try {
    const entitlement = await w.buy(await trade.publish({ maxPending: MAX_PENDING }), 20);
    const used: number[] = [];
    let calldata = { gas: 0, bytes: 0 };
    let parent: Awaited<ReturnType<typeof trade.open>> | undefined;
    for (let step = 1; step <= MAX_PENDING + 2; step++) {
      const claimed = await trade.open(entitlement, parent);
      const args = [entitlement.terms, trade.provenClaim(claimed)];
      const { gasUsed, transactionHash } = await w.send("stranger", "settlement", "claimWithProof", args);
      used.push(Number(gasUsed));
      const { input } = await w.client.getTransaction({ hash: transactionHash });
      calldata = costOf(input);
      parent = await w.landed(claimed);
      await w.finalize(parent);
    }
    const claimed = await w.claim((await trade.open(entitlement, parent)).opened);
    const proven = trade.provenClaim(claimed);
    const { gasUsed } = await w.send("stranger", "settlement", "prove", [
      entitlement.terms,
      proven,
      claimed.ref.windowEnd,
    ]);
    return {
      claimWithProofFirst: used[0] ?? 0,
      claimWithProof: used.at(-1) ?? 0,
      prove: Number(gasUsed),
      calldata: calldata.gas,
      calldataBytes: calldata.bytes,
    };
  } finally {
    await trade.close();
  }
}

/** EIP-2028: 16 gas for a byte, 4 for a zero. */
function costOf(input: string): { readonly gas: number; readonly bytes: number } {
  const bytes = Buffer.from(input.slice(2), "hex");
  return { gas: bytes.reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0), bytes: bytes.length };
}
