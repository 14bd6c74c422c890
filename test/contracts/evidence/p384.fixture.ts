import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { bytesToHex, type Hex, hexToBigInt, slice } from "viem";
import { p384KeyId, p384Registration } from "#lib/evidence/onchain/p384.ts";
import type { Deployed } from "./local.ts";

export const ORDER =
  0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n;

/** Registers a key, and answers with the gas of each transaction. */
export async function register(p384: Deployed, key: Hex): Promise<readonly bigint[]> {
  const { powers, tables } = p384Registration(key);
  const used = [await p384.send("beginKey", [key, powers])];
  for (const [index, slopes] of tables.entries())
    used.push(await p384.send("buildTable", [p384KeyId(key), BigInt(index), slopes]));
  return used;
}

/** A 384-bit value as the contracts take it. */
export function u384(value: bigint): { readonly high: bigint; readonly low: bigint } {
  return { high: value >> 256n, low: value & (2n ** 256n - 1n) };
}

/** The 96 bytes that the contract names a key by. */
export function coordinatesOf(key: KeyObject): Hex {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  return bytesToHex(Buffer.concat([Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]));
}

export function sha384(message: Uint8Array): Hex {
  return bytesToHex(createHash("sha384").update(message).digest());
}

/** Node's own signature, as two numbers. */
export function signedBy(key: KeyObject, message: Uint8Array): { readonly r: bigint; readonly s: bigint } {
  const signature = bytesToHex(sign("sha384", message, { key, dsaEncoding: "ieee-p1363" }));
  return { r: hexToBigInt(slice(signature, 0, 48)), s: hexToBigInt(slice(signature, 48, 96)) };
}

/** The same key pair every time. */
export function fixedKey(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const privateKey = createPrivateKey(FIXED);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

const FIXED = `-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCTnBPXh4gIyqTdLvBO
/QffUnoPW+OYiKsaPSg4K3bhCeyrcii/02orSYNwwOqh16uhZANiAASzNwWAtPMs
CgVVQGVfjv02w7KBJWfhsEBv7zsLvxZ/W5nzs/VBsmc5vq4mDmOq0tPJW72/5Jxn
DJ9mAM23YnzOWQT+M2xzcrGg0eP9sl6kIAsIWwuZntK6fpBb2zk++fY=
-----END PRIVATE KEY-----
`;

/** Of the fixed key, over a hundred bytes of 7: signatures are never the same twice, and their digits cost gas. */
export const FIXED_SIGNATURE = {
  r: 0xc88318a3ac36ca2c49a2e7891730a7526c4ea2841ef7859f50fe55effe51190d040d4c1c6ddc723cdf543cb21c34c9fen,
  s: 0xf606a595d3776b506a35c8ae6748fb7b8a1dab2e78c8272985ff1f78222e7e894aaf7b59deca94b3c06bdd7afa857233n,
} as const;
