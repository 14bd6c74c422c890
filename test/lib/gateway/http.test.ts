import type { Hex } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemRandom } from "#lib/core/effects.ts";
import { findPawlError } from "#lib/core/error.ts";
import { createRouter } from "#lib/core/http.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { createGatewayClient } from "#lib/gateway/client.ts";
import { gatewayRoutes } from "#lib/gateway/http.ts";
import { announce, deliveryMac } from "#lib/gateway/runMac.ts";
import { packArchive } from "#lib/state/archive.ts";
import { type Asked, createGatewayWorld, type GatewayWorld } from "./world.ts";

let world: GatewayWorld;
let handle: (request: Request) => Promise<Response>;
const failures: string[] = [];
beforeAll(async () => {
  world = await createGatewayWorld();
  handle = createRouter(gatewayRoutes(world.gateway), ({ error }) => failures.push(error.code));
});
afterAll(() => world.close());

const word = `0x${"11".repeat(32)}`;
const send = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
  const response = await handle(
    new Request(`https://gateway.example${path}`, { method, headers, ...(body === undefined ? {} : { body }) }),
  );
  return { status: response.status, answer: await response.json() };
};

describe("the gateway over HTTP", () => {
  for (const [why, method, path, body, status, code] of [
    ["an unknown path", "GET", "/v1/nothing", undefined, 404, "ROUTE_NOT_FOUND"],
    ["another method", "GET", "/v1/asks", undefined, 404, "ROUTE_NOT_FOUND"],
    ["a body that is not JSON", "POST", "/v1/asks", "{", 400, "JSON_MALFORMED"],
    ["an empty body", "POST", "/v1/asks", "", 400, "JSON_MALFORMED"],
    ["a body of another shape", "POST", "/v1/asks", "[]", 400, "SCHEMA_MISMATCH"],
    ["a missing field", "POST", "/v1/asks", "{}", 400, "SCHEMA_MISMATCH"],
    ["a body that is too large", "POST", "/v1/asks", `{"token":"${"x".repeat(70_000)}"}`, 413, "BODY_TOO_LARGE"],
    ["an ask id that is none", "POST", "/v1/asks/0x12/poll", `{"at":1,"mac":"${word}"}`, 400, "SCHEMA_MISMATCH"],
    ["an unknown ask", "POST", `/v1/asks/${word}/poll`, `{"at":1,"mac":"${word}"}`, 404, "ASK_UNKNOWN"],
    ["an unknown field", "POST", `/v1/asks/${word}/poll`, `{"at":1,"mac":"${word}","more":1}`, 400, "SCHEMA_MISMATCH"],
    ["an unknown entitlement", "GET", `/v1/entitlements/${word}/asks`, undefined, 404, "ENTITLEMENT_NOT_FOUND"],
    ["a delivery without its MAC", "PUT", `/v1/asks/${word}/delivery`, "x", 400, "SCHEMA_MISMATCH"],
    ["a path with dots", "GET", "/v1/../../etc/passwd", undefined, 404, "ROUTE_NOT_FOUND"],
  ] as const) {
    it(`answers ${why} with ${code}`, async () => {
      const { status: actual, answer } = await send(method, path, body);
      expect(answer.error).toMatchObject({
        code,
        message: expect.any(String),
        docs: expect.stringContaining("docs/errors.md#"),
      });
      expect(actual).toBe(status);
    });
  }

  it("caps a body that does not say its length", async () => {
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    });
    const request = new Request("https://gateway.example/v1/asks", {
      method: "POST",
      body: endless,
      duplex: "half",
    } as RequestInit);
    expect((await handle(request)).status).toBe(413);
  });

  it("answers a defect of its own with INTERNAL and nothing of its cause", async () => {
    const broken = createRouter(
      [{ method: "GET", path: "/v1/x", handler: () => Promise.reject(new Error("secret detail")) }],
      () => undefined,
    );
    const response = await broken(new Request("https://gateway.example/v1/x"));
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain("secret detail");
  });

  describe("and a delivery", () => {
    const archive = () =>
      packArchive([
        { name: "result.json", bytes: canonicalBytes({ v: 1, salt: word, payload: { ok: true } }) },
        { name: "state.bundle", bytes: new Uint8Array([1]) },
      ]);
    let asked: Asked & { readonly permitHash: Hex };
    beforeEach(async () => {
      const { id } = await world.buy();
      asked = await world.permitted(id, 1);
      await world.release(id, 1, asked);
    });
    const announcing = (body: Uint8Array, secret = asked.pollSecret) => {
      const at = world.time.now;
      const { bytes, hash } = announce(body);
      return {
        "pawl-at": String(at),
        "pawl-mac": deliveryMac(secret, asked.askId, at, body),
        "pawl-length": String(bytes),
        "pawl-sha256": hash,
      };
    };
    /** Sends a body under headers, and says what was answered and whether anything of the body was read. */
    const put = async (headers: Record<string, string>, body: Uint8Array) => {
      let read = false;
      const stream = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            read = true;
            controller.enqueue(body);
            controller.close();
          },
        },
        { highWaterMark: 0 },
      );
      const url = `https://gateway.example/v1/asks/${asked.askId}/delivery`;
      const init = { method: "PUT", headers, body: stream, duplex: "half" } as RequestInit;
      const response = await handle(new Request(url, init));
      return { read, answer: await response.json() };
    };

    it("takes it from its client and answers the receipt", async () => {
      const client = createGatewayClient({
        url: "https://gateway.example",
        fetch: (input, init) => handle(new Request(String(input), init)),
      });
      const body = await archive();
      const at = world.time.now;
      const proof = { at, mac: deliveryMac(asked.pollSecret, asked.askId, at, body) };
      expect(await client.deliver(asked.askId, proof, body)).toMatchObject({ permitHash: asked.permitHash });
    });

    it("reads nothing of it from anybody but the run", async () => {
      const body = await archive();
      const { read, answer } = await put(announcing(body, systemRandom(32)), body);
      expect(answer.error.code).toBe("POLL_UNAUTHENTICATED");
      expect(read).toBe(false);
    });

    it("reads nothing of it under another length or hash than the MAC covers", async () => {
      const body = await archive();
      for (const change of [{ "pawl-length": "1000000" }, { "pawl-sha256": word }]) {
        const { read, answer } = await put({ ...announcing(body), ...change }, body);
        expect(answer.error.code).toBe("POLL_UNAUTHENTICATED");
        expect(read).toBe(false);
      }
    });

    it("reads nothing of it that is larger than the policy allows", async () => {
      const body = new Uint8Array(3_000_000);
      const { read, answer } = await put(announcing(body), body);
      expect(answer.error.code).toBe("DELIVERY_REFUSED");
      expect(read).toBe(false);
    });

    it("reads nothing of it once the step has timed out", async () => {
      const body = await archive();
      await world.pass(1000);
      const { read, answer } = await put(announcing(body), body);
      expect(answer.error.code).toBe("RELEASE_CLOSED");
      expect(read).toBe(false);
    });

    it("refuses other bytes than were announced", async () => {
      const body = await archive();
      const { answer } = await put(announcing(body), body.toReversed());
      expect(answer.error.code).toBe("DELIVERY_MISMATCH");
    });
  });

  it("gives its client the very error it threw", async () => {
    const client = createGatewayClient({
      url: "https://gateway.example/",
      fetch: (input, init) => handle(new Request(String(input), init)),
    });
    const thrown = await client.inbox(word as `0x${string}`).catch((error: unknown) => error);
    expect(findPawlError(thrown)).toMatchObject({
      code: "ENTITLEMENT_NOT_FOUND",
      exitCode: 2,
      values: { entitlement: word },
    });
  });

  it("is said to be unreachable when it does not speak its protocol", async () => {
    for (const answer of [new Response("<html>", { status: 502 }), new Response("{}", { status: 500 })]) {
      const client = createGatewayClient({ url: "https://gateway.example", fetch: async () => answer });
      await expect(client.inbox(word as `0x${string}`)).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" });
    }
    const gone = createGatewayClient({
      url: "https://gateway.example",
      fetch: () => Promise.reject(new TypeError("fetch failed")),
    });
    await expect(gone.inbox(word as `0x${string}`)).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE", exitCode: 4 });
  });
});
