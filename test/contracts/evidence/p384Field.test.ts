import fc from "fast-check";
import { type Hex, numberToHex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tried } from "../../properties.ts";
import { type Deployed, FIRST_BUILD_MS, type LocalChain, localChain } from "./local.ts";
import { inverse } from "./referenceP384.ts";

/** The field operations that verification consists of, against whole numbers of any size. */

const P = 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n;
const CASES_PER_CALL = 1_000;
const CALLS = 100;

let chain: LocalChain;
let field: Deployed;
beforeAll(async () => {
  chain = await localChain();
  field = await chain.deploy("P384FieldDouble");
}, FIRST_BUILD_MS);
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
const additions = fc
  .record({ before: elements, slope: elements, sum: elements, last: fc.tuple(elements, elements), x: elements })
  .filter(({ sum, x }) => (x + sum) % P !== 0n)
  .map((addition): Addition => ({ ...addition, off: 0n }));

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

describe("adding a point to a sum", () => {
  it("takes the one slope that fits and gives the next x, 20,000 times", async () => {
    const batches = fc.array(additions, { minLength: CASES_PER_CALL, maxLength: CASES_PER_CALL, size: "max" });
    await fc.assert(
      fc.asyncProperty(batches, async (batch) => {
        const answer = (await field.read("addToSum", [packed(batch.flatMap(wordsOf))])) as Hex;
        if (answer !== packed(batch.map(nextOf))) throw new Error("differs");
      }),
      { ...tried("P-384 additions to a sum", 20, 386), endOnFailure: true },
    );
  }, 120_000);

  it("refuses every other case: one that is changed in any of its numbers", async () => {
    await fc.assert(
      fc.asyncProperty(additions, fc.nat(6), fc.nat(383), async (addition, place, bit) => {
        const changed = wordsOf(addition).map((word, index) => (index === place ? word ^ (1n << BigInt(bit)) : word));
        if (equationOf(changed) === 0n || changed.some((word) => word >= P)) return;
        await expect(field.read("addToSum", [packed(changed)])).rejects.toThrow(/SlopeNotOfTheLine/);
      }),
      tried("P-384 changed additions to a sum", 500, 387),
    );
  }, 120_000);

  it.each([
    ["2^512 (2^256 - 1), of which residues say nothing", 2n ** 512n, 3n],
    ["2^256 (2^256 - 1), near a multiple of p", 2n ** 256n, 2n ** 128n],
  ])("refuses a multiple of p but for multiples of %s", async (name, factor, most) => {
    const times = fc.oneof(fc.bigInt(-most, -1n), fc.bigInt(1n, most));
    await fc.assert(
      fc.asyncProperty(additions, times, async (addition, count) => {
        const words = wordsOf({ ...addition, off: modulo(count * factor * (2n ** 256n - 1n)) });
        await expect(field.read("addToSum", [packed(words)])).rejects.toThrow(/SlopeNotOfTheLine/);
      }),
      tried(`P-384 additions off by ${name}`, 100, 388),
    );
  });

  it("takes p for 0, which is the negated x of a sum that begins where x is 0", async () => {
    const words = wordsOf({ before: 5n, slope: 7n, sum: P, last: [0n, 9n], x: 3n, off: 0n });
    expect(await field.read("addToSum", [packed(words)])).toBe(packed([modulo(3n - 49n)]));
    const shared = wordsOf({ before: 5n, slope: 7n, sum: P, last: [0n, 9n], x: 0n, off: 0n });
    await expect(field.read("addToSum", [packed(shared)])).rejects.toThrow(/PointsShareX/);
  });

  it("refuses points that share their x, also where it is 0", async () => {
    for (const x of [0n, 1n, P - 1n, P >> 1n]) {
      const words = wordsOf({ before: 5n, slope: 7n, sum: modulo(-x), last: [3n, 9n], x, off: 0n });
      await expect(field.read("addToSum", [packed(words)])).rejects.toThrow(/PointsShareX/);
    }
  });

  it("refuses a slope that is not below p, though it is that of the line modulo p", async () => {
    const K = 2n ** 384n - P;
    for (const slope of [0n, 1n, 2n ** 96n, 2n ** 128n, K - 2n ** 127n, K - 1n]) {
      const words = wordsOf({ before: 5n, slope, sum: 11n, last: [3n, 9n], x: 2n ** 300n, off: 0n });
      expect(await field.read("addToSum", [packed(words)])).toBe(packed([modulo(2n ** 300n - 11n - slope * slope)]));
      const beyond = words.map((word, index) => (index === 1 ? word + P : word));
      await expect(field.read("addToSum", [packed(beyond)])).rejects.toThrow(/SlopeNotOfTheLine/);
    }
  });
});

describe("a slope of a registration", () => {
  const K = 2n ** 384n - P;

  it.each([1n, 2n ** 96n, K - 2n ** 127n, K - 1n])("of an addition is refused beyond p: %s", async (slope) => {
    const [x, y, otherX] = [5n, 2n ** 383n, 7n];
    const points = [x, y, otherX, modulo(y + slope * (otherX - x))];
    const nextX = modulo(slope * slope - x - otherX);
    expect(await field.read("addWithSlope", [packed([slope, ...points])])).toBe(
      packed([nextX, modulo(slope * (x - nextX) - y)]),
    );
    const call = field.read("addWithSlope", [packed([slope + P, ...points])]);
    await expect(call).rejects.toThrow(/SlopeNotOfTheLine/);
  });

  it.each([0n, 1n, 2n ** 300n])("of an addition is refused where points share their x, with y %s", async (y) => {
    for (const x of [0n, 5n, P - 1n]) {
      const call = field.read("addWithSlope", [packed([y, x, y, x, y])]);
      await expect(call).rejects.toThrow(/PointsShareX/);
    }
  });

  it.each([1n, 2n ** 96n, K - 2n ** 127n, K - 1n])("of a doubling is refused beyond p: %s", async (slope) => {
    const x = 2n ** 200n;
    const y = modulo((3n * x * x - 3n) * inverse(2n * slope, P));
    const nextX = modulo(slope * slope - 2n * x);
    expect(await field.read("doubleWithSlope", [packed([slope, x, y])])).toBe(
      packed([nextX, modulo(slope * (x - nextX) - y)]),
    );
    const call = field.read("doubleWithSlope", [packed([slope + P, x, y])]);
    await expect(call).rejects.toThrow(/SlopeNotOfTheLine/);
  });
});

/** A line's negated slope and one point, a sum's negated x, and the next line's negated slope and x of its point. */
type Addition = {
  readonly before: bigint;
  readonly slope: bigint;
  readonly sum: bigint;
  readonly last: readonly [bigint, bigint];
  readonly x: bigint;
  /** What the equation's left side is modulo p. */
  readonly off: bigint;
};

/** What the contract is given: y of the added point is chosen so that the equation holds. */
function wordsOf({ before, slope, sum, last, x, off }: Addition): readonly bigint[] {
  const y = modulo(off - equationOf([before, slope, sum, ...last, x, 0n]));
  return [before, slope, sum, ...last, x, y];
}

function equationOf([before = 0n, slope = 0n, sum = 0n, lastX = 0n, lastY = 0n, x = 0n, y = 0n]: readonly bigint[]) {
  return modulo(slope * (x + sum) + before * (lastX + sum) + lastY + y);
}

function nextOf({ slope, sum, x }: Addition): bigint {
  return modulo(x - sum - slope * slope);
}

function packed(values: readonly bigint[]): Hex {
  return `0x${values.map((value) => numberToHex(value, { size: 48 }).slice(2)).join("")}`;
}

function firstDifference(batch: readonly (readonly bigint[])[], answer: Hex, expected: readonly bigint[]): string {
  const index = expected.findIndex(
    (value, place) => answer.slice(2 + 96 * place, 98 + 96 * place) !== packed([value]).slice(2),
  );
  return `${["a b - c", "a + b", "a (a - b) - b - c"][index % 3]} of ${batch[Math.floor(index / 3)]?.join(", ")}`;
}
