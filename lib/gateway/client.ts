import type { Hex } from "viem";
import { z } from "zod";
import { type ErrorKind, PawlError } from "../core/error.ts";
import { parseJsonBytes } from "../core/json.ts";
import type { StepPermitJson } from "../permits/stepPermit.ts";
import { gatewayError } from "./errors.ts";
import { announce } from "./runMac.ts";
import {
  type Ask,
  type AskAnswer,
  askAnswerSchema,
  inboxSchema,
  type Poll,
  permitAcceptedSchema,
  pollAnswerSchema,
  type Release,
  type ResultRequest,
  receiptSchema,
  type StepRequest,
  stepRequestedSchema,
} from "./wire.ts";

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

const errorAnswerSchema = z.object({
  error: z.object({
    code: z.string().regex(/^[A-Z][A-Z0-9_]{2,63}$/),
    message: z.string().max(500),
    values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
});

/** The gateway's protocol from the caller's side. Refusals arrive as the PawlError the gateway threw. */
export function createGatewayClient(options: { readonly url: string; readonly fetch?: typeof fetch }) {
  const send = options.fetch ?? fetch;
  const base = options.url.replace(/\/$/, "");

  async function call(
    method: string,
    path: string,
    body?: BodyInit,
    headers: Record<string, string> = {},
  ): Promise<Uint8Array> {
    let response: Response;
    let bytes: Uint8Array;
    try {
      response = await send(`${base}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: "error",
      });
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      throw gatewayError("GATEWAY_UNREACHABLE", { url: `${base}${path}` }, cause);
    }
    if (response.ok) return bytes;
    throw remoteError(bytes, response.status, `${base}${path}`);
  }

  async function json<S extends z.ZodType>(
    method: string,
    path: string,
    schema: S,
    body?: unknown,
  ): Promise<z.output<S>> {
    const bytes = await call(
      method,
      path,
      body === undefined ? undefined : JSON.stringify(body),
      body === undefined ? {} : { "content-type": "application/json" },
    );
    return parseJsonBytes(bytes, schema, { what: `answer of ${path}`, maxBytes: MAX_ANSWER_BYTES });
  }

  return {
    requestStep: (request: StepRequest) => json("POST", "/v1/steps", stepRequestedSchema, request),
    inbox: async (entitlement: Hex) => (await json("GET", `/v1/entitlements/${entitlement}/asks`, inboxSchema)).asks,
    submitPermit: (askId: Hex, submission: { permit: StepPermitJson; signature: Hex; signer: Hex }) =>
      json("POST", `/v1/asks/${askId}/permit`, permitAcceptedSchema, submission),
    ask: (ask: Ask): Promise<AskAnswer> => json("POST", "/v1/asks", askAnswerSchema, ask),
    poll: (askId: Hex, poll: Poll) => json("POST", `/v1/asks/${askId}/poll`, pollAnswerSchema, poll),
    release: (askId: Hex, release: Release) =>
      json("POST", `/v1/asks/${askId}/release`, z.strictObject({ transaction: z.string() }), release),
    parentBundle: (askId: Hex, poll: Poll) =>
      call("POST", `/v1/asks/${askId}/parent`, JSON.stringify(poll), { "content-type": "application/json" }),
    deliver: async (askId: Hex, proof: Poll, archive: Uint8Array) => {
      const announced = announce(archive);
      const bytes = await call("PUT", `/v1/asks/${askId}/delivery`, Buffer.from(archive), {
        "content-type": "application/x-tar",
        "pawl-at": String(proof.at),
        "pawl-mac": proof.mac,
        "pawl-length": String(announced.bytes),
        "pawl-sha256": announced.hash,
      });
      return parseJsonBytes(bytes, receiptSchema, { what: "receipt", maxBytes: 65_536 });
    },
    result: (request: ResultRequest) =>
      call("POST", "/v1/results", JSON.stringify(request), { "content-type": "application/json" }),
  };
}

export type GatewayClient = ReturnType<typeof createGatewayClient>;

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  400: "invalid",
  401: "unauthorised",
  403: "forbidden",
  404: "missing",
  409: "conflict",
  413: "too-large",
  422: "unverified",
  429: "too-many",
};

/** Turns a refusal answered over HTTP back into the error it was. */
export function remoteError(body: Uint8Array, status: number, url: string): PawlError {
  const parsed = errorAnswerSchema.safeParse(safeJson(body));
  if (!parsed.success) return gatewayError("GATEWAY_UNREACHABLE", { url, status });
  const { code, message, values } = parsed.data.error;
  return new PawlError(code, { kind: KIND_OF_STATUS[status] ?? "backend", sentence: message }, values);
}

function safeJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
