import type { ErrorJson } from "#lib/core/error.ts";
import { formatAmount, type TokenInfo } from "../_components/amounts.ts";

type Money = Pick<TokenInfo, "symbol" | "decimals">;

/** A refusal of the registry, with bounds of money written as the seller types them. Other refusals stay as they are. */
export function inTypedUnits(error: ErrorJson, money: { readonly price: Money; readonly native: Money }): ErrorJson {
  if (error.code !== "TERM_OUT_OF_BOUNDS") return error;
  const { term } = error.values;
  const token = term === "price" ? money.price : term === "conductBond" || term === "arbiterFee" ? money.native : null;
  if (!token) return error;
  const values = Object.entries(error.values).map(([name, value]) => [
    name,
    typeof value === "string" && /^[0-9]+$/.test(value) ? formatAmount(BigInt(value), token) : value,
  ]);
  return { ...error, values: Object.fromEntries(values) };
}
