/**
 * ECDSA on P-384 as FIPS 186-5 (section 6.4.2) words it: whole numbers, affine points, double and add, an inversion
 * per step. Slow, and without any idea of its own.
 */
export const P = 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n;
export const N = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n;
/** Nothing is the point at infinity. */
export type ReferencePoint = { readonly x: bigint; readonly y: bigint } | undefined;

export const G: ReferencePoint = {
  x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
  y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
};

/** Whether (r, s) signs the digest, a number of 384 bits, by the key. */
export function referenceVerify(key: ReferencePoint, digest: bigint, r: bigint, s: bigint): boolean {
  if (r < 1n || r >= N || s < 1n || s >= N) return false;
  const w = inverse(s, N);
  const sum = plus(times(digest * w, G), times(r * w, key));
  return sum !== undefined && modulo(sum.x, N) === r;
}

export function times(factor: bigint, point: ReferencePoint): ReferencePoint {
  let result: ReferencePoint;
  for (const bit of modulo(factor, N).toString(2)) {
    result = plus(result, result);
    if (bit === "1") result = plus(result, point);
  }
  return result;
}

function plus(a: ReferencePoint, b: ReferencePoint): ReferencePoint {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (a.x === b.x && modulo(a.y + b.y, P) === 0n) return undefined;
  const [rise, run] = a.x === b.x ? [3n * a.x * a.x - 3n, 2n * a.y] : [b.y - a.y, b.x - a.x];
  const slope = rise * inverse(run, P);
  const x = modulo(slope * slope - a.x - b.x, P);
  return { x, y: modulo(slope * (a.x - x) - a.y, P) };
}

/** By the extended algorithm of Euclid; the value has no factor in common with the modulus. */
export function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [modulo(value, modulus), modulus, 1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [x, y] = [y - quotient * x, x];
  }
  return modulo(x, modulus);
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}
