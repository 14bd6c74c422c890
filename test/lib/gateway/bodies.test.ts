import { setImmediate as turn } from "node:timers/promises";
import type { Hex } from "viem";
import { describe, expect, it } from "vitest";
import { createBodyReader } from "#lib/gateway/bodies.ts";
import { announce } from "#lib/gateway/runMac.ts";

const bytes = new TextEncoder().encode("a delivery");
const sender = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;
const itself = async (body: Uint8Array) => body;

/** A body that sends nothing until it is told to, and remembers whether anybody wanted it. */
function slow(chunks: readonly Uint8Array[] = [bytes]) {
  let go: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    go = resolve;
  });
  const seen = { wanted: false };
  const rest = [...chunks];
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        seen.wanted = true;
        await told;
        const chunk = rest.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen, go: () => go() };
}
const streamOf = (...chunks: readonly Uint8Array[]) => {
  const each = slow(chunks);
  each.go();
  return each.body;
};
const settle = async () => {
  for (let n = 0; n < 20; n++) await turn();
};

describe("a large body", () => {
  it("is read in pieces and handed on whole", async () => {
    const read = createBodyReader();
    const pieces = streamOf(bytes.slice(0, 3), bytes.slice(3));
    expect(await read(sender(1), announce(bytes), pieces, itself)).toEqual(bytes);
  });

  const others: readonly (readonly [string, ReadableStream<Uint8Array> | null, string])[] = [
    ["longer", streamOf(bytes, bytes), "length"],
    ["shorter", streamOf(bytes.slice(1)), "length"],
    ["missing", null, "length"],
    ["another of the same length", streamOf(bytes.toReversed()), "hash"],
  ];
  for (const [what, body, field] of others) {
    it(`is refused when it is ${what}`, async () => {
      const work = createBodyReader()(sender(1), announce(bytes), body, itself);
      await expect(work).rejects.toMatchObject({ code: "DELIVERY_MISMATCH", values: { field } });
    });
  }

  it("that breaks off is said to be incomplete", async () => {
    const broken = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error("socket closed")) });
    const work = createBodyReader()(sender(1), announce(bytes), broken, itself);
    await expect(work).rejects.toMatchObject({ code: "DELIVERY_INCOMPLETE" });
  });

  it("waits unread while four others are being read, and has its turn then", async () => {
    const read = createBodyReader();
    const bodies = [1, 2, 3, 4, 5].map(() => slow());
    const works = bodies.map(({ body }, n) => read(sender(n), announce(bytes), body, itself));
    await settle();
    expect(bodies.map(({ seen }) => seen.wanted)).toEqual([true, true, true, true, false]);
    bodies[0]?.go();
    await works[0];
    await settle();
    expect(bodies[4]?.seen.wanted).toBe(true);
    for (const { go } of bodies) go();
    expect(await Promise.all(works)).toHaveLength(5);
  });

  it("takes the place of the same sender's earlier one", async () => {
    const read = createBodyReader();
    const first = read(sender(1), announce(bytes), slow().body, itself);
    const refused = expect(first).rejects.toMatchObject({ code: "DELIVERY_INCOMPLETE" });
    await settle();
    expect(await read(sender(1), announce(bytes), streamOf(bytes), itself)).toEqual(bytes);
    await refused;
  });

  it("gives its place free when the work on it fails", async () => {
    const read = createBodyReader();
    const fail = () => Promise.reject(new Error("no"));
    for (let n = 0; n < 5; n++) {
      await expect(read(sender(n), announce(bytes), streamOf(bytes), fail)).rejects.toThrow("no");
    }
    expect(await read(sender(9), announce(bytes), streamOf(bytes), itself)).toEqual(bytes);
  });
});
