import { measureOnchain } from "../../test/contracts/evidence/measureOnchain.ts";

/** What others publish or were measured to need, in gas, beside which the figures are read. */
const OTHERS = {
  "Solarity 3.1.0 ECDSA384, before the modexp repricing": 8_830_000,
  "Solarity 3.1.0 ECDSA384, after it: above the transaction cap": 50_800_000,
  "base/nitro-validator P-384 with inverse hints, before": 4_020_000,
  "base/nitro-validator P-384 with inverse hints, after": 4_930_000,
  "nitro-validator SHA-384 of 1,738 bytes": 3_240_000,
  "github-zktls, proof check alone, published": 2_830_000,
} as const;

/** Gas of the on-chain primitives at the newest hardfork. */
export async function onchainFigures(): Promise<Readonly<Record<string, number>>> {
  return { ...(await measureOnchain()), ...OTHERS };
}
