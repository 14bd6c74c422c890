import {
  BaseError,
  ContractFunctionRevertedError,
  encodeErrorResult,
  HttpRequestError,
  InsufficientFundsError,
  parseAbi,
  RpcRequestError,
  UserRejectedRequestError,
} from "viem";
import { describe, expect, it } from "vitest";
import { chainError } from "#lib/chain/errors.ts";
import {
  contractErrors,
  escrowAbi,
  p384Abi,
  settlementAbi,
  sigstoreVerifierAbi,
  trustRootsAbi,
} from "#lib/chain/generated/abis.ts";
import { decodeRevert } from "#lib/chain/revert.ts";

const wrapped = (cause: Error) => new BaseError("the call failed", { cause });
const stepNotNext = encodeErrorResult({ abi: escrowAbi, errorName: "StepNotNext", args: [7, 3n] });

describe("a revert becomes a PawlError", () => {
  it("with the error's code, its sentence, its kind and its values by name", () => {
    const reverted = new ContractFunctionRevertedError({ abi: escrowAbi, data: stepNotNext, functionName: "finalize" });
    const error = decodeRevert(wrapped(reverted));
    expect(error.toJSON()).toEqual({
      code: "STEP_NOT_NEXT",
      message: contractErrors.StepNotNext.sentence,
      values: { step: 7, expected: "3" },
      docs: "docs/errors.md#step_not_next",
    });
    expect(error.kind).toBe("conflict");
    expect(error.cause).toBeInstanceOf(BaseError);
  });

  it("even when it comes through another contract than the one that was called", () => {
    const reverted = new ContractFunctionRevertedError({
      abi: settlementAbi,
      data: stepNotNext,
      functionName: "claim",
    });
    expect(decodeRevert(wrapped(reverted)).code).toBe("STEP_NOT_NEXT");
  });

  it("with what the contracts behind Settlement refused, down to the arithmetic", () => {
    const refused = [
      encodeErrorResult({ abi: trustRootsAbi, errorName: "RunNeverOpened" }),
      encodeErrorResult({ abi: sigstoreVerifierAbi, errorName: "FactMismatch", args: [20n] }),
      encodeErrorResult({ abi: p384Abi, errorName: "SlopeNotOfTheLine" }),
    ];
    const codes = refused.map((data) => {
      const reverted = new ContractFunctionRevertedError({ abi: settlementAbi, data, functionName: "prove" });
      return decodeRevert(wrapped(reverted)).code;
    });
    expect(codes).toEqual(["RUN_NEVER_OPENED", "FACT_MISMATCH", "SLOPE_NOT_OF_THE_LINE"]);
  });

  it.each([
    ["bare", stepNotNext],
    ["wrapped once more", { message: "reverted", data: stepNotNext }],
  ])("from the %s bytes of an RPC error", (_, data) => {
    const error = new RpcRequestError({
      body: {},
      url: "http://localhost",
      error: { code: 3, message: "reverted", data },
    });
    expect(decodeRevert(wrapped(error)).code).toBe("STEP_NOT_NEXT");
  });
});

describe("other failures have codes of their own", () => {
  const errorString = encodeErrorResult({ abi: parseAbi(["error Error(string)"]), args: ["no"] });
  const foreign = encodeErrorResult({ abi: parseAbi(["error EnforcedPause()"]) });
  it.each([
    [
      "CHAIN_REVERT_UNKNOWN",
      new ContractFunctionRevertedError({ abi: escrowAbi, data: errorString, functionName: "x" }),
    ],
    ["CHAIN_REVERT_UNKNOWN", new ContractFunctionRevertedError({ abi: escrowAbi, data: foreign, functionName: "x" })],
    ["CHAIN_REVERT_UNKNOWN", new ContractFunctionRevertedError({ abi: escrowAbi, data: "0x", functionName: "x" })],
    ["CHAIN_REJECTED_BY_USER", new UserRejectedRequestError(new Error("denied"))],
    ["CHAIN_FUNDS_INSUFFICIENT", new InsufficientFundsError()],
    ["CHAIN_UNREACHABLE", new HttpRequestError({ url: "http://localhost", details: "fetch failed" })],
    ["CHAIN_CALL_FAILED", new Error("anything")],
  ])("%s", (code, cause) => {
    expect(decodeRevert(wrapped(cause)).code).toBe(code);
  });

  it("and a PawlError stays what it is", () => {
    const error = chainError("CHAIN_ID_MISMATCH");
    expect(decodeRevert(new Error("outer", { cause: error }))).toBe(error);
  });

  it("and what is no error at all is reported, not thrown", () => {
    expect(decodeRevert("odd").code).toBe("CHAIN_CALL_FAILED");
  });
});
