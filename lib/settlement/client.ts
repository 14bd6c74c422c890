import type { Hex } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { parseJsonBytes } from "../core/json.ts";
import { remoteError } from "../gateway/client.ts";
import { gatewayError } from "../gateway/errors.ts";
import { signedClaimSchema } from "./signedClaim.ts";

/** What a server answers when it has verified a capsule and signed its claim. */
export const claimAnswerSchema = z.strictObject({
  claimHash: bytes32,
  signed: signedClaimSchema,
  /** Null where the server has no relayer; the signed claim is then for a wallet to submit. */
  transaction: bytes32.nullable(),
});
export type ClaimAnswer = z.output<typeof claimAnswerSchema>;

const TIMEOUT_MS = 120_000;

/** Claiming from the caller's side. Refusals arrive as the PawlError the server threw. */
export function createClaimClient(options: { readonly url: string; readonly fetch?: typeof fetch }) {
  const send = options.fetch ?? fetch;
  const base = options.url.replace(/\/$/, "");

  async function call(path: string, init: RequestInit): Promise<Uint8Array> {
    const url = `${base}${path}`;
    let response: Response;
    let bytes: Uint8Array;
    try {
      response = await send(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      throw gatewayError("GATEWAY_UNREACHABLE", { url }, cause);
    }
    if (!response.ok) throw remoteError(bytes, response.status, url);
    return bytes;
  }

  return {
    capsule: (permitHash: Hex) => call(`/v1/permits/${permitHash}/capsule`, { method: "GET" }),
    claim: async (capsule: Uint8Array): Promise<ClaimAnswer> => {
      const bytes = await call("/v1/claims", {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body: Buffer.from(capsule),
      });
      return parseJsonBytes(bytes, claimAnswerSchema, { what: "claim answer", maxBytes: 65_536 });
    },
  };
}
