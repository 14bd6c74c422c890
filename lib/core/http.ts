import type { z } from "zod";
import { findPawlError, type PawlError } from "./error.ts";
import { coreError } from "./errors.ts";
import { canonicalBytes, parseJsonBytes } from "./json.ts";

/**
 * A small HTTP surface over the web's own Request and Response, so that the same handlers serve inside Next, behind
 * `node:http` and in tests.
 */
export type Handler = (request: Request, parameters: Readonly<Record<string, string>>) => Promise<Response>;
export type Route = { readonly method: "GET" | "POST" | "PUT"; readonly path: string; readonly handler: Handler };
export type ReportFailure = (failure: {
  readonly error: PawlError;
  readonly cause: unknown;
  readonly path: string;
}) => void;

/** Matches `:name` segments; answers unknown paths with NOT_FOUND and every failure as `{"error": …}`. */
export function createRouter(routes: readonly Route[], report: ReportFailure): (request: Request) => Promise<Response> {
  const compiled = routes.map((route) => ({ ...route, segments: route.path.split("/") }));
  return async (request) => {
    const path = new URL(request.url).pathname;
    const segments = path.split("/");
    try {
      for (const route of compiled) {
        const parameters = route.method === request.method ? match(route.segments, segments) : undefined;
        if (parameters) return await route.handler(request, parameters);
      }
      throw coreError("ROUTE_NOT_FOUND", { method: request.method, path });
    } catch (cause) {
      // A failure without a code is a defect of the server: the caller learns that much, the log learns the rest.
      const error = findPawlError(cause) ?? coreError("INTERNAL", {}, cause);
      report({ error, cause, path });
      return errorResponse(error);
    }
  };
}

export function jsonResponse(value: unknown, status = 200): Response {
  return new Response(Buffer.from(canonicalBytes(value)), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

export function bytesResponse(bytes: Uint8Array): Response {
  return new Response(Buffer.from(bytes), {
    headers: {
      "content-type": "application/octet-stream",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
}

export function errorResponse(error: PawlError): Response {
  return jsonResponse({ error: error.toJSON() }, error.httpStatus);
}

/** Reads a body up to `maxBytes`; a longer one is refused while it arrives, not after. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBytes) throw coreError("BODY_TOO_LARGE", { bytes: declared, maxBytes });
  const chunks: Uint8Array[] = [];
  let total = 0;
  if (request.body) {
    for await (const chunk of request.body) {
      total += chunk.length;
      if (total > maxBytes) throw coreError("BODY_TOO_LARGE", { bytes: total, maxBytes });
      chunks.push(chunk);
    }
  }
  return new Uint8Array(Buffer.concat(chunks));
}

export async function readJson<S extends z.ZodType>(
  request: Request,
  schema: S,
  maxBytes: number,
): Promise<z.output<S>> {
  const body = await readBody(request, maxBytes);
  return parseJsonBytes(body, schema, { what: "request body", maxBytes });
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith(":")) parameters[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return parameters;
}
