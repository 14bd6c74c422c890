import { decodeEventLog, type Hex } from "viem";
import { escrowAbi, offerRegistryAbi, permitConsumerAbi, settlementAbi } from "../chain/generated/abis.ts";

const isEvent = <T extends { readonly type: string }>(item: T): item is Extract<T, { type: "event" }> =>
  item.type === "event";

const allItems = [...offerRegistryAbi, ...escrowAbi, ...permitConsumerAbi, ...settlementAbi] as const;

/** Every event of the four contracts. */
export const marketEvents = allItems.filter(isEvent);

/** A decoded event, told apart by `eventName`. */
export type MarketEvent = ReturnType<typeof decodeMarketEvent>;

export function decodeMarketEvent(topics: readonly Hex[], data: Hex) {
  // The tuple type says what every log has: a first topic.
  return decodeEventLog({ abi: marketEvents, topics: topics as [Hex, ...Hex[]], data, strict: true });
}

/** Which offer and which entitlement an event is about, as far as it says so itself. */
export function subjectOf(event: MarketEvent): { readonly offerId: Hex | null; readonly entitlement: Hex | null } {
  const args: object = event.args ?? {};
  return { offerId: wordIn(args, "offerId"), entitlement: wordIn(args, "entitlement") };
}

function wordIn(args: object, name: string): Hex | null {
  const value: unknown = Reflect.get(args, name);
  return typeof value === "string" ? (value as Hex) : null;
}
