import { BaseError } from "viem";
import { decodeRevert } from "#lib/chain/revert.ts";
import { type ErrorJson, findPawlError, PawlError } from "#lib/core/error.ts";
import { pageError } from "./errorCatalogue.ts";

/** Whatever a wallet, a contract or the gateway threw, as the one form in which pages show errors. */
export function errorJson(thrown: unknown): ErrorJson {
  const known = findPawlError(thrown);
  if (known) return known.toJSON();
  if (thrown instanceof BaseError) return decodeRevert(thrown).toJSON();
  const problem = thrown instanceof Error ? thrown.message : String(thrown);
  return pageError("PAGE_FAILED", { problem }, thrown).toJSON();
}

/** An error that a server action answered with, to be thrown on. */
export function remoteError({ code, message, values }: ErrorJson): PawlError {
  return new PawlError(code, { kind: "conflict", sentence: message }, values);
}
