import {
  BaseError,
  ContractFunctionRevertedError,
  type ContractFunctionRevertedErrorType,
  decodeErrorResult,
  type Hex,
  HttpRequestError,
  InsufficientFundsError,
  isHex,
  TimeoutError,
  toFunctionSelector,
  UserRejectedRequestError,
} from "viem";
import { type ErrorValue, findPawlError, type PawlError } from "../core/error.ts";
import { chainError } from "./errors.ts";
import {
  contractErrors,
  escrowAbi,
  offerRegistryAbi,
  p384Abi,
  permitConsumerAbi,
  settlementAbi,
  sigstoreVerifierAbi,
  trustRootsAbi,
} from "./generated/abis.ts";

/** A call through one contract can revert with another's error, so all of them are known everywhere. */
const allErrors = [
  ...offerRegistryAbi,
  ...escrowAbi,
  ...permitConsumerAbi,
  ...settlementAbi,
  ...trustRootsAbi,
  ...sigstoreVerifierAbi,
  ...p384Abi,
].filter((item) => item.type === "error");

/**
 * Turns whatever a viem call threw into a PawlError. A custom error of the contracts gets its own code, the sentence
 * of its NatSpec and its arguments as values; other failures get a code of this folder, with the cause kept.
 */
export function decodeRevert(thrown: unknown): PawlError {
  const known = findPawlError(thrown);
  if (known !== undefined) return known;
  const data = revertData(thrown);
  const custom = data === undefined ? undefined : decodeCustomError(data, thrown);
  if (custom !== undefined) return custom;
  if (!(thrown instanceof BaseError)) return chainError("CHAIN_CALL_FAILED", { problem: textOf(thrown) }, thrown);

  if (thrown.walk((error) => error instanceof UserRejectedRequestError) !== null) {
    return chainError("CHAIN_REJECTED_BY_USER", {}, thrown);
  }
  if (thrown.walk((error) => error instanceof InsufficientFundsError) !== null) {
    return chainError("CHAIN_FUNDS_INSUFFICIENT", {}, thrown);
  }
  const reverted = thrown.walk((error) => error instanceof ContractFunctionRevertedError);
  if (reverted instanceof ContractFunctionRevertedError) {
    return chainError("CHAIN_REVERT_UNKNOWN", { reason: reverted.reason ?? reverted.signature, data }, thrown);
  }
  if (thrown.walk((error) => error instanceof HttpRequestError || error instanceof TimeoutError) !== null) {
    return chainError("CHAIN_UNREACHABLE", {}, thrown);
  }
  return chainError("CHAIN_CALL_FAILED", { problem: thrown.shortMessage }, thrown);
}

/** The code and values of a custom error of the contracts, or undefined when the data is none of theirs. */
function decodeCustomError(data: Hex, cause: unknown): PawlError | undefined {
  const item = allErrors.find((candidate) => toFunctionSelector(toSignature(candidate)) === data.slice(0, 10));
  if (item === undefined) return undefined;
  let args: readonly unknown[];
  try {
    args = decodeErrorResult({ abi: [item], data }).args ?? [];
  } catch (thrown) {
    // The selector is ours and the rest is not: a foreign contract that imitates one, or cut bytes.
    if (thrown instanceof BaseError) return undefined;
    throw thrown;
  }
  const values = Object.fromEntries(item.inputs.map(({ name }, index) => [name, printable(args[index])]));
  return chainError(contractErrors[item.name].code, values, cause);
}

/** Error signatures have the form of function signatures, and their selectors the same rule. */
function toSignature({ name, inputs }: (typeof allErrors)[number]): string {
  return `${name}(${inputs.map(({ type }) => type).join(",")})`;
}

function revertData(thrown: unknown): Hex | undefined {
  if (!(thrown instanceof BaseError)) return undefined;
  let found: Hex | undefined;
  thrown.walk((error) => {
    found ??= dataOf(error);
    return found !== undefined;
  });
  return found;
}

function dataOf(error: unknown): Hex | undefined {
  if (error instanceof ContractFunctionRevertedError) return (error as ContractFunctionRevertedErrorType).raw;
  if (!(error instanceof Error) || !("data" in error)) return undefined;
  const { data } = error;
  if (isHex(data)) return data;
  // Some nodes and wallets wrap the bytes once more.
  if (typeof data === "object" && data !== null && "data" in data && isHex(data.data)) return data.data;
  return undefined;
}

function printable(value: unknown): ErrorValue {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return typeof value === "bigint" ? value : undefined;
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
