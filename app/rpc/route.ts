import { chainError } from "#lib/chain/errors.ts";
import { findPawlError } from "#lib/core/error.ts";
import { coreError } from "#lib/core/errors.ts";
import { errorResponse, readJson } from "#lib/core/http.ts";
import { LOCAL_CHAIN_ID } from "../_components/runtime.ts";
import { getService } from "../_server/service.ts";
import { refusedMethod, rpcRequestSchema } from "./allowlist.ts";
import { rpcError } from "./errors.ts";

export const dynamic = "force-dynamic";

const MAX_BODY_BYTES = 262_144;
const TIMEOUT_MS = 20_000;

/** Forwards a few JSON-RPC methods to the chain, so that pages talk to their own origin only. */
export async function POST(request: Request): Promise<Response> {
  const { config, deployment, log, pageLimit } = await getService();
  try {
    requireOwnOrigin(request);
    await pageLimit.take(request.headers);
    const call = await readJson(request, rpcRequestSchema, MAX_BODY_BYTES);
    const isLocal = config.PAWL_MODE === "local" && deployment.chainId === LOCAL_CHAIN_ID;
    const method = refusedMethod(call, isLocal);
    if (method !== undefined) throw rpcError("RPC_METHOD_REFUSED", { method });
    return await forward(config.PAWL_RPC_URL, call);
  } catch (cause) {
    const error = findPawlError(cause) ?? coreError("INTERNAL", {}, cause);
    if (error.kind === "backend") log.error({ code: error.code, path: "/rpc", err: cause }, error.message);
    return errorResponse(error);
  }
}

/** The local node signs whatever it is asked to: no other site's page may do the asking. */
function requireOwnOrigin(request: Request): void {
  const site = request.headers.get("sec-fetch-site");
  const type = request.headers.get("content-type") ?? "";
  if ((site !== null && site !== "same-origin") || !type.startsWith("application/json")) {
    throw rpcError("RPC_FOREIGN_ORIGIN", { site, contentType: type });
  }
}

async function forward(url: string, call: unknown): Promise<Response> {
  let response: Response;
  let body: ArrayBuffer;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(call),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: "no-store",
    });
    body = await response.arrayBuffer();
  } catch (cause) {
    throw chainError("CHAIN_UNREACHABLE", {}, cause);
  }
  return new Response(body, {
    status: response.status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}
