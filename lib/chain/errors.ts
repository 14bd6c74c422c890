import { type ErrorCatalogue, errorsOf } from "../core/error.ts";
import { contractErrors } from "./generated/abis.ts";

/** Failures of talking to a chain that no contract of Pawl names. */
const transportErrors = {
  CHAIN_UNREACHABLE: { kind: "backend", sentence: "The chain's RPC endpoint did not answer. Try again in a moment." },
  CHAIN_ID_MISMATCH: {
    kind: "invalid",
    sentence: "The wallet or endpoint is on another chain than the deployment. Switch the chain.",
  },
  CHAIN_REJECTED_BY_USER: { kind: "forbidden", sentence: "The request was declined in the wallet. Nothing was sent." },
  CHAIN_FUNDS_INSUFFICIENT: {
    kind: "conflict",
    sentence: "The account has too little native money for this amount and its gas. Add funds and try again.",
  },
  CHAIN_REVERT_UNKNOWN: {
    kind: "conflict",
    sentence: "The contract refused, with a reason that is not one of Pawl's. See the values for what it said.",
  },
  TRANSACTION_REVERTED: {
    kind: "conflict",
    sentence: "The transaction was included but reverted: the state changed after it was simulated. Try again.",
  },
  TRANSACTION_UNCONFIRMED: {
    kind: "backend",
    sentence:
      "The transaction was sent, but no block has shown it in time. It may still be included: look it up by its hash before you send another.",
  },
  SIGNING_KEY_MISSING: {
    kind: "invalid",
    sentence: "No key to send with: name a file with --key-file, or set the environment variable.",
  },
  SIGNING_KEY_INVALID: { kind: "invalid", sentence: "The key to send with is not 0x and 64 hexadecimal digits." },
  CHAIN_CALL_FAILED: { kind: "backend", sentence: "The call to the chain failed. The cause is in the log." },
} as const satisfies ErrorCatalogue;

const contractCatalogue: ErrorCatalogue = Object.fromEntries(
  Object.values(contractErrors).map(({ code, kind, sentence }) => [code, { kind, sentence }]),
);

/** Every failure of this folder: transport, and every custom error of the contracts under its stable code. */
export const chainErrors: ErrorCatalogue & typeof transportErrors = { ...contractCatalogue, ...transportErrors };

export const chainError = errorsOf(chainErrors);
