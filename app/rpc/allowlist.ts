import { z } from "zod";

/** Methods that read the chain or send what was signed elsewhere. */
const OPEN_METHODS = [
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_estimateGas",
  "eth_feeHistory",
  "eth_gasPrice",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getCode",
  "eth_getLogs",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
  "eth_maxPriorityFeePerGas",
  "eth_sendRawTransaction",
  "net_version",
] as const;

/** Methods by which the local node signs for its unlocked accounts. */
const UNLOCKED_METHODS = ["eth_accounts", "eth_sendTransaction", "eth_signTypedData_v4", "personal_sign"] as const;

const MAX_BATCH = 50;

const callSchema = z.strictObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.number(), z.string()]),
  method: z.string(),
  params: z.array(z.unknown()).optional(),
});
export const rpcRequestSchema = z.union([callSchema, z.array(callSchema).min(1).max(MAX_BATCH)]);
export type RpcRequest = z.output<typeof rpcRequestSchema>;

/** The first method that this route does not forward, if there is one. */
export function refusedMethod(request: RpcRequest, isLocal: boolean): string | undefined {
  const allowed = new Set<string>(isLocal ? [...OPEN_METHODS, ...UNLOCKED_METHODS] : OPEN_METHODS);
  return [request].flat().find(({ method }) => !allowed.has(method))?.method;
}
