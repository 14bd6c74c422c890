import { type Hex, recoverAddress } from "viem";

/** Whether an account without code signed the digest. A runner has no chain to ask a contract wallet. */
export async function isSignedBy(address: Hex, hash: Hex, signature: Hex): Promise<boolean> {
  // Bytes from which no key can be recovered are nobody's signature.
  const recovered = await recoverAddress({ hash, signature }).catch(() => undefined);
  return recovered?.toLowerCase() === address;
}
