import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, bearerOf, gitHubError, json, readBody, send } from "./http.ts";
import type { OidcIssuer } from "./oidc.ts";
import type { RestApi } from "./rest.ts";

/** What is behind the server's paths; made once the port, hence every absolute URL, is known. */
export type Services = { readonly oidc: OidcIssuer; readonly rest: RestApi };

export type SandboxServer = {
  readonly url: string;
  readonly serve: (services: Services) => void;
  readonly close: () => Promise<void>;
};

/**
 * Listens on an address of this machine only. Until `serve` is called, every request is answered with 503.
 *
 * @param port 0 picks a free one
 */
export async function listen(host: string, port: number): Promise<SandboxServer> {
  let services: Services | undefined;
  const url = { base: "" };
  const server = createServer((request, response) => {
    const answer = services === undefined ? gitHubError(503, "starting") : route(services, url.base, request);
    Promise.resolve(answer)
      .catch((error: unknown) => {
        console.error("sandbox: a request failed", request.method, request.url, error);
        return gitHubError(500, "The sandbox failed; its own output says why.");
      })
      .then((ready) => send(response, ready));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  url.base = `http://${host}:${isInternet(address) ? address.port : port}`;
  return {
    url: url.base,
    serve: (ready) => {
      services = ready;
    },
    close: () => closeServer(server),
  };
}

async function route({ oidc, rest }: Services, base: string, request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? "/", base);
  const method = request.method ?? "GET";
  if (pathname.startsWith("/api/v3/")) {
    const body = await readBody(request);
    if (body === undefined) return gitHubError(413, "Payload too large");
    const version = request.headers["x-github-api-version"];
    return rest.answer({
      method,
      path: pathname.slice("/api/v3".length),
      query: searchParams,
      body,
      token: bearerOf(request),
      apiVersion: typeof version === "string" ? version : undefined,
    });
  }
  if (method !== "GET") return gitHubError(405, "Method not allowed");
  if (pathname.startsWith("/download/")) return rest.download(pathname.slice("/download/".length));
  switch (pathname) {
    case "/oidc/.well-known/openid-configuration":
      return json(200, discovery(oidc.issuer, base));
    case "/oidc/.well-known/jwks":
      return json(200, oidc.jwks());
    case "/oidc/token": {
      const answer = oidc.answer(bearerOf(request), searchParams.get("audience"));
      return answer.status === 200
        ? json(200, { value: answer.value })
        : json(answer.status, { message: answer.message });
    }
    default:
      return gitHubError(404, "Not Found");
  }
}

function discovery(issuer: string, base: string) {
  return {
    issuer,
    jwks_uri: `${base}/oidc/.well-known/jwks`,
    subject_types_supported: ["public", "pairwise"],
    response_types_supported: ["id_token"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid"],
  };
}

function isInternet(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
