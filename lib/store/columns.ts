import { bigint, customType } from "drizzle-orm/pg-core";

/** Raw bytes. */
export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
  fromDriver: (value) => new Uint8Array(value),
  toDriver: (value) => Buffer.from(value),
});

/** An unsigned integer of up to 256 bits, exact, stored as numeric. */
export const uint256 = customType<{ data: bigint; driverData: string }>({
  dataType: () => "numeric(78, 0)",
  fromDriver: (value) => BigInt(value),
  toDriver: (value) => value.toString(),
});

/** 0x-prefixed lower-case hex (addresses, hashes). */
export const hex = customType<{ data: `0x${string}`; driverData: string }>({ dataType: () => "text" });

/** Unix seconds. Contracts hold 40 bits of them, and anybody may write the largest into an offer. */
export const seconds = (name?: string) =>
  name === undefined ? bigint({ mode: "number" }) : bigint(name, { mode: "number" });
