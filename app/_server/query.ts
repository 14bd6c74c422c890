import "server-only";
import { notFound } from "next/navigation";
import type { Address, Hex } from "viem";
import { address, bytes32 } from "#lib/core/encoding.ts";
import { findPawlError } from "#lib/core/error.ts";

export type SearchParams = Promise<Readonly<Record<string, string | readonly string[] | undefined>>>;
type Value = string | readonly string[] | undefined;

/** A query value as text; repeated or absent, it is empty. */
export function text(value: Value): string {
  return typeof value === "string" ? value : "";
}

export function oneOf<T extends string>(value: Value, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === value);
}

export function addressIn(value: Value): Address | undefined {
  return address.safeParse(text(value)).data;
}

export function hashIn(value: Value): Hex | undefined {
  return bytes32.safeParse(text(value).toLowerCase()).data;
}

/** Runs a read whose refusal of kind "missing" is the page's 404. */
export async function orNotFound<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (thrown) {
    if (findPawlError(thrown)?.kind === "missing") notFound();
    throw thrown;
  }
}
