import { invert } from "@noble/curves/abstract/modular.js";
import { p384 } from "@noble/curves/nist.js";
import { concat, type Hex, hexToBigInt, keccak256, numberToHex, size, slice } from "viem";

/**
 * What the contract `P384` is given: slopes, by which it checks additions and doublings without a division. It checks
 * each of them, so nothing here is trusted. Layouts are those of `contracts/interfaces/IP384.sol`.
 *
 * The comb has eight teeth: bit 48k + 12j + i of a scalar, for tooth k, table j and column i, is bit k of the digit by
 * which table j is asked in column i. Entry d of table j is the sum of 2^(48k + 12j) times the base over the bits k of d.
 */
const TEETH = 8;
const TABLES = 4;
const COLUMNS = 12;
const ENTRIES = 2 ** TEETH - 1;

const { ProjectivePoint: Point } = p384;
const { Fp } = p384.CURVE;
const order = p384.CURVE.n;
type Projective = (typeof Point)["BASE"];
type Affine = { readonly x: bigint; readonly y: bigint };

/** x and y of a point, 48 bytes each. */
export const generatorKey: Hex = packed(Point.BASE.toAffine());

/** The name of a key at the contract. */
export function p384KeyId(key: Hex): Hex {
  return keccak256(key);
}

/**
 * Calldata for the registration of a key: the slopes of `beginKey`, and of `buildTable` for each of the four tables.
 *
 * @param key x and y, 48 bytes each
 * @throws Error when the key is no point of the curve
 */
export function p384Registration(key: Hex): { readonly powers: Hex; readonly tables: readonly Hex[] } {
  const chain = doublings(pointOf(key), COLUMNS * (TEETH * TABLES - 1));
  const powers = powersIn(chain);
  return {
    powers: joined(slopesOf(chain.slice(0, -1).map((from) => ({ from })))),
    tables: Array.from({ length: TABLES }, (_, table) => {
      const teeth = teethOf(powers, table);
      const entries = entriesOf(teeth);
      return joined(
        slopesOf(
          teeth.flatMap((tooth, index) =>
            Array.from({ length: 2 ** index - 1 }, (_unused, digit) => ({ from: at(entries, digit), other: tooth })),
          ),
        ),
      );
    }),
  };
}

/** A key's tables as a verification reads them: for each of the four all 255 entries, 96 bytes each. */
export type P384Tables = readonly (readonly Affine[])[];

/** @throws Error when the key is no point of the curve */
export function p384Tables(key: Hex): P384Tables {
  const powers = powersIn(doublings(pointOf(key), COLUMNS * (TEETH * TABLES - 1)));
  return Array.from({ length: TABLES }, (_, table) => entriesOf(teethOf(powers, table)));
}

/** A table's bytes, as the contract keeps them after a first zero byte. */
export function tableBytes(table: readonly Affine[]): Hex {
  return concat(table.map(packed));
}

export type P384Hints = {
  readonly generator: P384Tables;
  readonly key: P384Tables;
  readonly digest: Hex;
  readonly r: bigint;
  readonly s: bigint;
};

/**
 * Hints for `verify`: the inverse of s modulo n, then the slopes of all additions and doublings, negated, 48 bytes each.
 *
 * @param digest 48 bytes
 * @returns nothing where r or s is out of range, or where two points of the sum share their x: then only `verifyPlain`
 * tells about the signature
 */
export function p384Hints({ generator, key, digest, r, s }: P384Hints): Hex | undefined {
  if (!isInRange(r) || !isInRange(s)) return undefined;
  const inverse = invert(s, order);
  const scalars = [(hexToBigInt(digest) * inverse) % order, (r * inverse) % order];
  const moves: { from: Projective; other?: Affine }[] = [];
  let sum: Projective | undefined;
  for (let column = COLUMNS - 1; column >= 0; column--) {
    if (sum !== undefined) {
      moves.push({ from: sum });
      sum = sum.double();
    }
    for (const [base, tables] of [generator, key].entries()) {
      for (const [table, entries] of tables.entries()) {
        const digit = digitOf(at(scalars, base), COLUMNS * table + column);
        if (digit === 0) continue;
        const other = at(entries, digit - 1);
        if (sum === undefined) {
          sum = Point.fromAffine(other);
          continue;
        }
        moves.push({ from: sum, other });
        sum = sum.add(Point.fromAffine(other));
        if (sum.equals(Point.ZERO)) return undefined;
      }
    }
  }
  const froms = Point.normalizeZ(moves.map(({ from }) => from));
  const lines = moves.map(({ other }, index) => ({ from: at(froms, index).toAffine(), ...(other && { other }) }));
  if (lines.some(({ from, other }) => other?.x === from.x)) return undefined;
  return concat([element(inverse), joined(slopesOf(lines).map(Fp.neg))]);
}

function isInRange(scalar: bigint): boolean {
  return scalar > 0n && scalar < order;
}

function digitOf(scalar: bigint, position: number): number {
  let digit = 0;
  for (let tooth = 0; tooth < TEETH; tooth++)
    digit |= Number((scalar >> BigInt(position + COLUMNS * TABLES * tooth)) & 1n) << tooth;
  return digit;
}

/** The point and its doubles, so many of them. */
function doublings(point: Projective, count: number): readonly Affine[] {
  const chain = [point];
  for (let last = point; chain.length <= count; chain.push(last)) last = last.double();
  return Point.normalizeZ(chain).map((link) => link.toAffine());
}

/** Every twelfth point of the chain. */
function powersIn(chain: readonly Affine[]): readonly Affine[] {
  return chain.filter((_, index) => index % COLUMNS === 0);
}

/** The eight entries of a table from which all others are summed. */
function teethOf(powers: readonly Affine[], table: number): readonly Affine[] {
  return Array.from({ length: TEETH }, (_, tooth) => at(powers, TABLES * tooth + table));
}

function entriesOf(teeth: readonly Affine[]): readonly Affine[] {
  const entries: Projective[] = [];
  for (const tooth of teeth.map((affine) => Point.fromAffine(affine)))
    entries.push(tooth, ...entries.map((entry) => entry.add(tooth)));
  if (entries.length !== ENTRIES) throw new RangeError(`a table has ${ENTRIES} entries`);
  return Point.normalizeZ(entries).map((entry) => entry.toAffine());
}

/** Slopes of lines through two points with different x, and of tangents where there is one point. */
function slopesOf(lines: readonly { readonly from: Affine; readonly other?: Affine }[]): readonly bigint[] {
  const inverses = Fp.invertBatch(
    lines.map(({ from, other }) => (other ? Fp.sub(other.x, from.x) : Fp.add(from.y, from.y))),
  );
  return lines.map(({ from, other }, index) => {
    const rise = other ? Fp.sub(other.y, from.y) : Fp.mul(3n, Fp.sub(Fp.sqr(from.x), 1n));
    return Fp.mul(rise, at(inverses, index));
  });
}

function pointOf(key: Hex): Projective {
  if (size(key) !== 96) throw new RangeError("a key has 96 bytes");
  const point = Point.fromAffine({ x: hexToBigInt(slice(key, 0, 48)), y: hexToBigInt(slice(key, 48, 96)) });
  point.assertValidity();
  return point;
}

function packed({ x, y }: Affine): Hex {
  return concat([element(x), element(y)]);
}

function joined(elements: readonly bigint[]): Hex {
  return concat(elements.map(element));
}

function element(value: bigint): Hex {
  return numberToHex(value, { size: 48 });
}

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no value at ${index}`);
  return value;
}
