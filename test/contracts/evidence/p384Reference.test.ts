import fc from "fast-check";
import { type Hex, numberToHex } from "viem";
import { afterAll, beforeAll, expect, it } from "vitest";
import { p384Hints, p384KeyId, p384Tables, tableBytes } from "#lib/evidence/onchain/p384.ts";
import { tried } from "../../properties.ts";
import { type Deployed, FIRST_BUILD_MS, type LocalChain, localChain } from "./local.ts";
import { u384 } from "./p384.fixture.ts";
import { G, inverse, N, type ReferencePoint, referenceVerify, times } from "./referenceP384.ts";

/** The fast verifier beside the plain one, for keys and signatures where sums of points meet, cancel or vanish. */

const SECRETS = [1n, 2n, 3n, N - 1n, N - 2n, 2n ** 48n, 2n ** 12n, 2n ** 383n, 12345678901234567890n];

const keys = SECRETS.map((secret) => {
  const point = times(secret, G);
  return { secret, point, packed: packedKey(point) };
});
/** A point whose x is 0, so that sums begin and go on where numbers modulo p have two forms. */
const onYAxis = {
  x: 0n,
  y: 0xc306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793406d80d2b91ad54f9048bd487af1ade1n,
};
const tables = new Map([...keys.map(({ packed }) => packed), packedKey(onYAxis)].map((key) => [key, p384Tables(key)]));

let chain: LocalChain;
let p384: Deployed;
beforeAll(async () => {
  chain = await localChain();
  p384 = await chain.deploy("P384Double");
  for (const [key, own] of tables)
    for (const [index, table] of own.entries()) {
      const place = await p384.read("tableAt", [p384KeyId(key), BigInt(index)]);
      const params = [place, `0x00${tableBytes(table).slice(2)}`];
      await chain.connection.provider.request({ method: "hardhat_setCode", params });
    }
}, FIRST_BUILD_MS);
afterAll(() => chain.connection.close());

const scalars = fc.oneof(
  fc.constantFrom(1n, 2n, 3n, 255n, 256n, N - 1n, N - 2n, N, 0n, 2n ** 48n, 2n ** 96n, 2n ** 12n + 1n, 2n ** 383n),
  fc.bigInt(0n, 2n ** 384n - 1n),
);

/** A signature by the key with this nonce, or with one number of it changed. */
const signatures = fc
  .record({
    key: fc.constantFrom(...keys),
    nonce: scalars.filter((value) => value % N !== 0n),
    digest: scalars,
    change: fc.constantFrom("none", "none", "r", "s", "digest", "negated s"),
    by: scalars,
  })
  .map(({ key, nonce, digest, change, by }) => {
    const r = (times(nonce, G)?.x ?? 0n) % N;
    const s = (((digest + r * key.secret) % N) * inverse(nonce, N)) % N;
    const pick = (name: string, value: bigint) => (change === name ? by : value);
    return { key, digest: pick("digest", digest), r: pick("r", r), s: change === "negated s" ? N - s : pick("s", s) };
  });

it("agrees with the plain verifier, hinted and plain", async () => {
  let valid = 0;
  let hinted = 0;
  await fc.assert(
    fc.asyncProperty(signatures, async ({ key, digest, r, s }) => {
      const expected = referenceVerify(key.point, digest, r, s);
      valid += Number(expected);
      const args = [p384KeyId(key.packed), u384(digest), u384(r), u384(s)];
      expect(await p384.read("verifyPlain", args)).toBe(expected);
      const hints = hintsOf(key.packed, digest, r, s);
      if (hints === undefined) return;
      hinted += 1;
      expect(await p384.read("verify", [...args, hints])).toBe(expected);
    }),
    tried("P-384 signatures beside the reference", 150, 385),
  );
  expect(valid).toBeGreaterThan(30);
  expect(hinted).toBeGreaterThan(30);
}, 120_000);

it.each([2n, 3n, 2n ** 12n + 2n, 2n ** 48n + 4n])("sums a point with x = 0 and factor %s", async (factor) => {
  const r = (times(factor, onYAxis)?.x ?? 0n) % N;
  const s = (r * inverse(factor, N)) % N;
  const args = [p384KeyId(packedKey(onYAxis)), u384(0n), u384(r), u384(s)];
  expect(referenceVerify(onYAxis, 0n, r, s)).toBe(true);
  expect(await p384.read("verifyPlain", args)).toBe(true);
  expect(await p384.read("verify", [...args, hintsOf(packedKey(onYAxis), 0n, r, s)])).toBe(true);
});

function hintsOf(key: Hex, digest: bigint, r: bigint, s: bigint): Hex | undefined {
  return p384Hints({
    generator: tables.get(packedKey(G)) ?? [],
    key: tables.get(key) ?? [],
    digest: numberToHex(digest, { size: 48 }),
    r,
    s,
  });
}

function packedKey(point: ReferencePoint): Hex {
  if (point === undefined) throw new RangeError("infinity is no key");
  return `${numberToHex(point.x, { size: 48 })}${numberToHex(point.y, { size: 48 }).slice(2)}`;
}
