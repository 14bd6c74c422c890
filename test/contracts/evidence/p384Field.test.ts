import fc from "fast-check";
import { type Hex, numberToHex } from "viem";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tried } from "../../properties.ts";
import { type Deployed, type LocalChain, localChain } from "./local.ts";

/** The field operations that verification consists of, against whole numbers of any size. */

const P = 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n;
const CASES_PER_CALL = 1_000;
const CALLS = 100;

let chain: LocalChain;
let field: Deployed;
beforeAll(async () => {
  chain = await localChain();
  field = await chain.deploy("P384FieldDouble");
});
afterAll(() => chain.connection.close());

const modulo = (value: bigint) => ((value % P) + P) % P;
/** Canonical elements, many of them where words or the modulus end. */
const near = fc
  .tuple(
    fc.constantFrom(0n, P, 2n ** 32n, 2n ** 96n, 2n ** 128n, 2n ** 255n, 2n ** 256n, 2n ** 383n, P >> 1n),
    fc.bigInt(-3n, 3n),
  )
  .map(([edge, distance]) => modulo(edge + distance));
/** Words of ones and zeros: sums and products of them carry furthest. */
const words = fc
  .tuple(
    fc.constantFrom(0n, 1n, 2n ** 128n - 1n, 2n ** 127n),
    fc.constantFrom(0n, 1n, 2n ** 256n - 1n, 2n ** 255n, 2n ** 128n - 1n),
  )
  .map(([high, low]) => modulo((high << 256n) + low));
const elements = fc.oneof(fc.bigInt(0n, P - 1n), near, words);
const cases = fc.tuple(elements, elements, elements);

it("are those of whole numbers modulo p, 100,000 times", async () => {
  const batches = fc.array(cases, { minLength: CASES_PER_CALL, maxLength: CASES_PER_CALL, size: "max" });
  await fc.assert(
    fc.asyncProperty(batches, async (batch) => {
      const answer = (await field.read("compute", [packed(batch.flat())])) as Hex;
      const expected = batch.flatMap(([a, b, c]) => [modulo(a * b - c), modulo(a + b), modulo(a * (a - b) - b - c)]);
      if (answer !== packed(expected)) throw new Error(`differs: ${firstDifference(batch, answer, expected)}`);
    }),
    { ...tried("P-384 field operations", CALLS, 384), endOnFailure: true },
  );
}, 120_000);

it("are right for every pair of edges", async () => {
  const edges = [...new Set(fc.sample(fc.oneof(near, words), { numRuns: 2_000, seed: 7 }))].slice(0, 50);
  const pairs = edges.flatMap((a) => edges.map((b) => [a, b, modulo(a + b)] as const));
  for (let from = 0; from < pairs.length; from += CASES_PER_CALL) {
    const batch = pairs.slice(from, from + CASES_PER_CALL);
    const expected = batch.flatMap(([a, b, c]) => [modulo(a * b - c), modulo(a + b), modulo(a * (a - b) - b - c)]);
    expect(await field.read("compute", [packed(batch.flat())])).toBe(packed(expected));
  }
});

function packed(values: readonly bigint[]): Hex {
  return `0x${values.map((value) => numberToHex(value, { size: 48 }).slice(2)).join("")}`;
}

function firstDifference(batch: readonly (readonly bigint[])[], answer: Hex, expected: readonly bigint[]): string {
  const index = expected.findIndex(
    (value, place) => answer.slice(2 + 96 * place, 98 + 96 * place) !== packed([value]).slice(2),
  );
  return `${["a b - c", "a + b", "a (a - b) - b - c"][index % 3]} of ${batch[Math.floor(index / 3)]?.join(", ")}`;
}
