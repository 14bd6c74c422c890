import { describe, expect, it } from "vitest";
import { evidenceHash } from "#lib/capsule/capsule.ts";
import { addressesOf, fetchCapsule } from "#lib/settlement/watch/capsuleSource.ts";

/**
 * where a capsule is fetched
 * ├── from the services, by the permit; then where the claim says, over https or at a service
 * ├── never from anywhere else that a stranger's text could name
 * └── whatever answers, only bytes with the approved hash count
 */

const permitHash = `0x${"1".repeat(64)}` as const;
const services = ["https://one.test/", "http://127.0.0.1:3000/base"];
const own = [
  `https://one.test/v1/permits/${permitHash}/capsule`,
  `http://127.0.0.1:3000/base/v1/permits/${permitHash}/capsule`,
];
const addresses = (evidenceLocator: string) => addressesOf({ permitHash, evidenceLocator }, services).slice(2);

describe("the addresses of a capsule", () => {
  it("begin with the services' own", () => {
    expect(addressesOf({ permitHash, evidenceLocator: "" }, services)).toEqual(own);
    expect(addressesOf({ permitHash, evidenceLocator: "" }, [])).toEqual([]);
  });

  it("go on with the claim's: https, or relative to a service", () => {
    expect(addresses("https://else.test/a.capsule")).toEqual(["https://else.test/a.capsule"]);
    expect(addresses("/a")).toEqual(["https://one.test/a", "http://127.0.0.1:3000/a"]);
    expect(addresses("http://127.0.0.1:3000/a")).toEqual(["http://127.0.0.1:3000/a"]);
  });

  it("name each once", () => expect(addresses(own[0] ?? "")).toEqual([]));

  for (const hostile of [
    "http://169.254.169.254/latest/meta-data/",
    "http://localhost:8545/",
    "http://127.0.0.1:3001/a",
    "file:///etc/passwd",
    "data:application/octet-stream,x",
    "blob:https://one.test/1",
    "ftp://else.test/a",
    "https://user:secret@else.test/a",
    "javascript:alert(1)",
    "http:/\\evil.test",
  ]) {
    it(`never lead to ${hostile}`, () => {
      expect(addresses(hostile)).toEqual([]);
    });
  }

  it("lead a name without a scheme to another host by https only", () => {
    expect(addresses("//else.test/a")).toEqual(["https://else.test/a"]);
    expect(addresses("//169.254.169.254/a")).toEqual(["https://169.254.169.254/a"]);
  });
});

describe("fetching a capsule", () => {
  const bytes = new TextEncoder().encode("the capsule");
  const claim = { permitHash, evidenceHash: evidenceHash(bytes), evidenceLocator: "https://else.test/a" };
  const answering = (answers: Readonly<Record<string, () => Response | Promise<Response>>>) => {
    const options: (RequestInit | undefined)[] = [];
    const request = (async (url: string, init?: RequestInit) => {
      options.push(init);
      return (answers[url] ?? (() => new Response("no", { status: 404 })))();
    }) as typeof fetch;
    return {
      options,
      get: (signal = new AbortController().signal) => fetchCapsule(claim, { services, fetch: request }, signal),
    };
  };
  const served = () => new Response(bytes);
  const code = (expected: string) => expect.objectContaining({ code: expected });

  it("takes the first answer with the approved bytes, past others, failures and broken answers", async () => {
    const { get, options } = answering({
      [own[0] ?? ""]: () => new Response("another capsule"),
      [own[1] ?? ""]: () => Promise.reject(new TypeError("connection refused")),
      "https://else.test/a": served,
    });
    expect(Buffer.from(await get())).toEqual(Buffer.from(bytes));
    // A redirect would lead anywhere.
    expect(options.every((init) => init?.redirect === "error" && init.signal)).toBe(true);
  });

  it("says that other bytes were served, or that nothing was", async () => {
    await expect(answering({ [own[0] ?? ""]: () => new Response("another") }).get()).rejects.toEqual(
      code("WATCH_CAPSULE_OTHER_BYTES"),
    );
    await expect(answering({}).get()).rejects.toEqual(code("WATCH_CAPSULE_UNREACHABLE"));
  });

  it("is over an answer that breaks off", async () => {
    const broken = () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(bytes.subarray(0, 3));
            controller.error(new TypeError("terminated"));
          },
        }),
      );
    await expect(answering({ [own[0] ?? ""]: broken }).get()).rejects.toEqual(code("WATCH_CAPSULE_UNREACHABLE"));
  });

  it("stops reading what is larger than a capsule can be", async () => {
    let sent = 0;
    const piece = new Uint8Array(16_777_216);
    const endless = () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            sent += piece.length;
            controller.enqueue(piece);
            // For a reader without a cap; it would find other bytes than the approved ones.
            if (sent > 400_000_000) controller.close();
          },
        }),
      );
    await expect(answering({ [own[0] ?? ""]: endless }).get()).rejects.toEqual(code("WATCH_CAPSULE_UNREACHABLE"));
    expect(sent).toBeLessThan(400_000_000);
  });

  it("is no evidence about anything when the watcher itself stops", async () => {
    const stop = new AbortController();
    stop.abort(new Error("stopped"));
    await expect(answering({}).get(stop.signal)).rejects.toThrow("stopped");
  });
});
