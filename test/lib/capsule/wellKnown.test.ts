import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { signAllowlist, verifyAllowlist } from "#lib/capsule/allowlist.ts";
import { SIGNERS_PATH, signerRoutes } from "#lib/capsule/http.ts";
import { fetchSigners, hostOf, type ResolveTxt } from "#lib/capsule/wellKnown.ts";
import { createRouter } from "#lib/core/http.ts";
import { entryOf, listOf, now, root, signerOf } from "./capsule.fixture.ts";

/*
 * A host's list: served byte for byte from its file, or refused clearly; fetched by https only, but from this machine;
 * not past a redirect, a status, a size; compared with DNS, which cannot be switched off by making it fail.
 */
const folder = mkdtempSync(join(tmpdir(), "pawl-signers-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "capsule-signers.json");
const bytes = await signAllowlist(listOf([entryOf(signerOf())]), [root]);
writeFileSync(file, bytes);

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}
const noDns: ResolveTxt = () => Promise.reject(new Error("must not be asked"));
/** Answers as the host that the list is of. */
const served: typeof fetch = async () => new Response(Buffer.from(bytes));
const dnsError = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));

describe("a server", () => {
  const get = (route: string | undefined, path: string) =>
    createRouter(signerRoutes(route), () => undefined)(new Request(`http://host${path}`));

  it("publishes the list byte for byte, under both of its paths", async () => {
    for (const path of [SIGNERS_PATH, "/v1/capsule-signers"]) {
      const response = await get(file, path);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(bytes));
    }
  });

  it("says so where it publishes none", async () => {
    const response = await get(undefined, SIGNERS_PATH);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: "ALLOWLIST_NOT_PUBLISHED" } });
  });

  it("publishes nothing else that lies in the file's place", async () => {
    const secret = join(folder, "secret");
    writeFileSync(secret, "-----BEGIN PRIVATE KEY-----");
    for (const path of [secret, join(folder, "absent"), folder]) {
      const response = await get(path, SIGNERS_PATH);
      expect(response.status).toBe(502);
      const text = await response.text();
      expect(text).toContain("ALLOWLIST_NOT_SERVED");
      expect(text).not.toContain("PRIVATE");
      // Where things lie on the server is nobody's business either.
      expect(text).not.toContain(folder);
    }
  });
});

describe("a list is fetched", () => {
  it("from this machine by http, without DNS, and verifies", async () => {
    const route = createRouter(signerRoutes(file), () => undefined);
    const url = await serve(async (incoming, outgoing) => {
      const response = await route(new Request(`http://host${incoming.url}`));
      outgoing.writeHead(response.status).end(Buffer.from(await response.arrayBuffer()));
    });
    const fetched = await fetchSigners(url, { resolveTxt: noDns });
    expect(fetched.dns).toBe("not asked");
    expect(`http://${fetched.host}`).toBe(url);
    expect(verifyAllowlist(fetched.bytes, { roots: [root.key], now }).digest).toBe(fetched.digest);
  });

  it("of a host by its name alone, with the port where there is one", () => {
    expect(hostOf("https://Acme.example")).toBe("acme.example");
    expect(hostOf("acme.example:8443")).toBe("acme.example:8443");
    expect(() => hostOf("https://acme.example/list")).toThrow(
      expect.objectContaining({ code: "ALLOWLIST_HOST_REFUSED" }),
    );
  });

  for (const where of [
    "http://acme.example",
    "ftp://acme.example",
    "https://acme.example/path",
    "https://user@acme.example",
    "http://127.0.0.1.acme.example",
    "https://acme.example?x",
    "a b",
    "",
  ]) {
    it(`not from ${JSON.stringify(where)}`, async () => {
      await expect(fetchSigners(where, { resolveTxt: noDns })).rejects.toMatchObject({
        code: "ALLOWLIST_HOST_REFUSED",
      });
    });
  }

  for (const [what, listener] of [
    ["a redirect", (_: unknown, o) => o.writeHead(302, { location: "/elsewhere" }).end()],
    ["an error", (_: unknown, o) => o.writeHead(404).end("{}")],
    ["more than a list may be", (_: unknown, o) => o.writeHead(200).end(Buffer.alloc(300_000))],
    [
      "a connection cut short",
      (_: unknown, o) => void o.writeHead(200, { "content-length": "9" }).write("x", () => o.destroy()),
    ],
  ] as const satisfies readonly (readonly [string, RequestListener])[]) {
    it(`not past ${what}`, async () => {
      await expect(fetchSigners(await serve(listener), { resolveTxt: noDns })).rejects.toMatchObject({
        code: "ALLOWLIST_UNREACHABLE",
      });
    });
  }
});

describe("the DNS record", () => {
  const fetchWith = (resolveTxt: ResolveTxt, requireDns = false) =>
    fetchSigners("acme.example", { resolveTxt, requireDns, fetch: served });
  const record = async () => `sha256=${(await fetchWith(() => Promise.resolve([]))).digest.slice(2)}`;

  it("is asked for by the host's name, and matches in pieces and beside others", async () => {
    const text = await record();
    const asked: string[] = [];
    const fetched = await fetchWith(async (name) => {
      asked.push(name);
      return [["v=spf1 -all"], [`sha256=${"0".repeat(64)}`], [text.slice(0, 20), text.slice(20)]];
    });
    expect(fetched.dns).toBe("matched");
    expect(asked).toEqual(["_pawl-capsule-signers.acme.example"]);
  });

  it("refuses another list than it names, and a record that is no digest", async () => {
    for (const text of [`sha256=${"0".repeat(64)}`, "sha256=", (await record()).toUpperCase().replace("SHA", "sha")]) {
      await expect(fetchWith(async () => [[text]])).rejects.toMatchObject({ code: "ALLOWLIST_DNS_MISMATCH" });
    }
  });

  it("may be absent unless it is required, but a DNS that fails is no absence", async () => {
    for (const absent of [() => dnsError("ENOTFOUND"), () => dnsError("ENODATA"), async () => [["other"]]]) {
      expect((await fetchWith(absent)).dns).toBe("absent");
      await expect(fetchWith(absent, true)).rejects.toMatchObject({ code: "ALLOWLIST_DNS_MISMATCH" });
    }
    for (const failure of ["ESERVFAIL", "ETIMEOUT", "EREFUSED"]) {
      await expect(fetchWith(() => dnsError(failure))).rejects.toMatchObject({ code: "ALLOWLIST_UNREACHABLE" });
    }
  });
});
