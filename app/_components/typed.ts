import { parseUnits } from "viem";

/** A typed number of steps from 1 to `most`; undefined for anything else. */
export function typedSteps(text: string, most: number): number | undefined {
  const trimmed = text.trim();
  const steps = /^[0-9]{1,8}$/.test(trimmed) ? Number(trimmed) : 0;
  return steps >= 1 && steps <= most ? steps : undefined;
}

/** A typed amount in the token's smallest unit; undefined where it is no amount, or finer than the token. */
export function typedAmount(text: string, decimals: number): bigint | undefined {
  const trimmed = text.trim();
  if (!/^[0-9]{1,20}(\.[0-9]+)?$/.test(trimmed)) return undefined;
  return (trimmed.split(".")[1]?.length ?? 0) <= decimals ? parseUnits(trimmed, decimals) : undefined;
}
