import { type ErrorCatalogue, errorsOf } from "#lib/core/error.ts";

/** Refusals of the browser's way to the chain. */
export const rpcErrors = {
  RPC_METHOD_REFUSED: {
    kind: "forbidden",
    sentence: "This JSON-RPC method is not forwarded here. Use your own endpoint for it.",
  },
  RPC_FOREIGN_ORIGIN: { kind: "forbidden", sentence: "Only this site's own pages may call the chain through it." },
} as const satisfies ErrorCatalogue;

export const rpcError = errorsOf(rpcErrors);
