import type { IncomingMessage, ServerResponse } from "node:http";

/** An answer of the sandbox's server. */
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
};

const MAX_BODY_BYTES = 1_048_576;
const DOCUMENTATION = "https://docs.github.com/rest";

export function json(status: number, value: unknown): Answer {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: Buffer.from(JSON.stringify(value), "utf8"),
  };
}

/** An error in GitHub's shape. */
export function gitHubError(status: number, message: string): Answer {
  return json(status, { message, documentation_url: DOCUMENTATION, status: String(status) });
}

export function bearerOf(request: IncomingMessage): string | null {
  return /^(?:bearer|token) (?<token>\S+)$/i.exec(request.headers.authorization ?? "")?.groups?.token ?? null;
}

/** The body, or undefined when it is larger than a megabyte. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

export function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    "content-length": String(answer.body?.length ?? 0),
    "cache-control": "no-store",
    ...answer.headers,
  });
  response.end(answer.body);
}
