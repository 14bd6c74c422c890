import type { Address } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { localKey } from "#lib/config/server.ts";

/** Who is who on the local chain: indexes of the node's unlocked development accounts. */
export const roleIndexes = {
  deployer: 0,
  seller: 1,
  buyer: 2,
  arbiter: 3,
  gateway: 4,
  verifier: 5,
  relayer: 6,
  // 7 and 8 govern and guard the roots of evidence.
  stranger: 9,
} as const;

export type Role = keyof typeof roleIndexes;

export function roleAddress(role: Role): Address {
  return privateKeyToAccount(localKey(roleIndexes[role])).address.toLowerCase() as Address;
}
